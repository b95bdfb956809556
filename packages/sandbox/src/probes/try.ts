/** Tries attacks on this machine: each first where it should work, then in the sandbox as tasks get it. */
import type { SandboxResult } from '@swarm/core/ports/running';
import { findOnPath } from '../find-on-path.ts';
import { BRIDGE_SOURCE } from '../policy.ts';
import { createBubblewrap } from '../providers/bubblewrap.ts';
import { createNone } from '../providers/none.ts';
import { type Wall, wallsWithout } from '../walls.ts';
import { type Attack, isThrough } from './attack.ts';
import { BOUND_ATTACKS } from './bounds.ts';
import { CALL_ATTACKS } from './calls.ts';
import { type MadeGround, makeGround } from './ground.ts';
import { NETWORK_ATTACKS } from './network.ts';
import { PLACE_ATTACKS } from './places.ts';

export const ATTACKS: readonly Attack[] = [
  ...PLACE_ATTACKS,
  ...CALL_ATTACKS,
  ...NETWORK_ATTACKS,
  ...BOUND_ATTACKS,
];

export interface Tried {
  readonly attack: Pick<Attack, 'family' | 'fact'>;
  /**
   * `held`: it works without the defence and not with it. `through`: it works. `unproved`: it does not work on this
   * machine even without the defence. `not-tried`: what it needs is not here.
   */
  readonly verdict: 'held' | 'through' | 'unproved' | 'not-tried';
  readonly why?: string;
}

const LIMITS = { wallMs: 20_000, outputBytes: 64 * 1024 };

/** One after the other, told as they come. Takes a few seconds. */
export async function* tryAttacks(bwrap: string, attacks = ATTACKS): AsyncGenerator<Tried> {
  const perl = findOnPath('perl', '/usr/bin:/bin');
  if (perl === undefined) {
    const why = 'there is no perl in /usr/bin to make the calls with';
    for (const attack of attacks) yield { attack, verdict: 'not-tried', why };
    return;
  }
  const ground = await makeGround();
  try {
    for (const attack of attacks) yield await tryOne(attack, { ground, bwrap, perl });
  } finally {
    await ground.close();
  }
}

interface Means {
  readonly ground: MadeGround;
  readonly bwrap: string;
  readonly perl: string;
}

async function tryOne(attack: Attack, means: Means): Promise<Tried> {
  const limits = attack.spec?.limits ?? LIMITS;
  const behind = await run(attack, [], limits, means);
  if (behind.end === 'cannot-run') return { attack, verdict: 'not-tried', why: behind.output.trim() };
  if (isThrough(attack, behind)) return { attack, verdict: 'through' };
  const bare = await run(attack, attack.control, attack.controlLimits ?? limits, means);
  if (isThrough(attack, bare)) return { attack, verdict: 'held' };
  return { attack, verdict: 'unproved', why: 'this machine refuses it without a sandbox too' };
}

function run(
  attack: Attack,
  control: 'host' | readonly Wall[],
  limits: typeof LIMITS,
  { ground, bwrap, perl }: Means,
): Promise<SandboxResult> {
  const options = {
    stateKey: ground.workspace,
    bridgeFile: BRIDGE_SOURCE,
    nodePath: process.execPath,
    readOnly: [],
    path: ['/usr/bin', '/bin'],
  };
  const provider =
    control === 'host'
      ? createNone(options)
      : createBubblewrap({ ...options, bwrap, walls: wallsWithout(control) });
  return provider.run({
    name: 'attack',
    argv: [perl, '-e', attack.script(ground)],
    workspace: ground.workspace,
    readOnly: [],
    readWrite: [],
    network: attack.spec?.network ?? 'none',
    limits,
    env: control === 'host' ? { SWARM_PROBE_SECRET: 'x' } : {},
  });
}
