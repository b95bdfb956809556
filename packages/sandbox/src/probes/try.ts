/** Tries attacks on this machine: each first where it should work, then in the sandbox as tasks get it. */
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SandboxResult } from '@swarm/core/ports/running';
import { findOnPath } from '../find-on-path.ts';
import { BRIDGE_SOURCE, type Choices } from '../policy.ts';
import type { Provider } from '../provider.ts';
import { bubblewrapWithout, PROVIDERS, type ProviderName } from '../providers/index.ts';
import { createNone } from '../providers/none.ts';
import type { Wall } from '../walls.ts';
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

/** What attacks are tried on: a sandbox, and how it is without some of its walls, where it can be had so. */
export interface Behind {
  readonly sandbox: Provider;
  without?(walls: readonly Wall[]): Provider;
}

/**
 * Nobody else's, so that what ends here ends nobody's attack there; and found by its name where we are killed
 * (sweep-temporary.ts).
 */
const FOLDER = join(tmpdir(), `swarm-probe-${process.pid}-${randomBytes(4).toString('hex')}`);

const OPTIONS = (stateKey: string) => ({
  stateKey,
  bridgeFile: BRIDGE_SOURCE,
  nodePath: process.execPath,
  readOnly: [],
  path: ['/usr/bin', '/bin'],
});

/** The sandbox of this name as tasks get it. @throws SwarmError SW0304 where it is not installed. */
export function behind(name: ProviderName, choices: Choices): Behind {
  const options = { ...OPTIONS(FOLDER), ...choices };
  const sandbox = PROVIDERS[name].create(options);
  if (name !== 'bubblewrap') return { sandbox };
  return { sandbox, without: (walls) => bubblewrapWithout(walls, options) };
}

/** One after the other, told as they come. Takes a few seconds; with containers, a minute or two. */
export async function* tryAttacks(on: Behind, attacks = ATTACKS): AsyncGenerator<Tried> {
  const perl = findOnPath('perl', '/usr/bin:/bin');
  if (perl === undefined) {
    const why = 'there is no perl in /usr/bin to make the calls with';
    for (const attack of attacks) yield { attack, verdict: 'not-tried', why };
    return;
  }
  const ground = await makeGround(perl, FOLDER);
  try {
    for (const attack of attacks) yield await tryOne(attack, { ground, on, perl });
  } finally {
    await ground.close();
  }
}

interface Means {
  readonly ground: MadeGround;
  readonly on: Behind;
  readonly perl: string;
}

async function tryOne(attack: Attack, means: Means): Promise<Tried> {
  const { sandbox, without } = means.on;
  if (attack.isOnFirst && !without)
    return { attack, verdict: 'not-tried', why: 'the command is the first process there itself' };
  const limits = attack.spec?.limits ?? LIMITS;
  const inside = await run(attack, sandbox, limits, means);
  if (inside.end === 'cannot-run') return { attack, verdict: 'not-tried', why: inside.output.trim() };
  if (isThrough(attack, inside)) return { attack, verdict: 'through' };
  const bare = await run(attack, controlOf(attack, means), attack.controlLimits ?? limits, means);
  if (isThrough(attack, bare)) return { attack, verdict: 'held' };
  return { attack, verdict: 'unproved', why: 'this machine refuses it without a sandbox too' };
}

/** Where no wall can be taken away by itself, there is none at all. */
function controlOf({ control }: Attack, { on: { sandbox, without }, ground }: Means): Provider {
  if (control !== 'host' && control.length === 0) return sandbox;
  if (control === 'host' || !without) return createNone(OPTIONS(ground.workspace));
  return without(control);
}

function run(
  attack: Attack,
  provider: Provider,
  limits: typeof LIMITS,
  { ground, perl }: Means,
): Promise<SandboxResult> {
  return provider.run({
    name: 'attack',
    argv: [perl, '-e', attack.script(ground)],
    workspace: ground.workspace,
    readOnly: [],
    readWrite: [],
    network: attack.spec?.network ?? 'none',
    limits,
    env: provider.name === 'none' ? { SWARM_PROBE_SECRET: 'x' } : {},
  });
}
