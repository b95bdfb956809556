/** What the sandbox holds against, tried on this machine: each attack first where it should work. */
import { behind, type Tried, tryAttacks } from '@swarm/sandbox';
import type { LoadedConfig } from '../config/load.ts';
import { choicesOf } from '../config/sandbox-choice.ts';
import { isOpen } from '../config/sandboxes.ts';
import { stateHome } from '../finding/paths.ts';
import { probeOnce } from '../preparing/sandbox-probe.ts';
import type { Context } from '../program/context.ts';
import { type Check, failed, note, ok } from './check.ts';

/** Told one by one, as they are tried: some take seconds. */
export async function attackChecks(
  { config }: LoadedConfig,
  { output, env }: Context,
): Promise<readonly Check[]> {
  const probe = await probeOnce(config, env);
  if (probe.kind === 'missing') return [note('attacks', `none tried: ${probe.reason}`)];
  const { provider } = probe;
  if (isOpen(provider)) return [note('attacks', `none tried: ${provider} keeps nothing from anybody`)];
  const checks: Check[] = [];
  for await (const tried of tryAttacks(behind(provider, choicesOf(config, env, stateHome(env))))) {
    output.narrate(`${TOLD[tried.verdict]}  ${tried.attack.family}: ${tried.attack.fact}`);
    checks.push(attackCheck(tried));
  }
  return checks;
}

const TOLD = {
  held: 'held     ',
  through: 'THROUGH  ',
  unproved: 'unproved ',
  'not-tried': 'not tried',
} as const satisfies Record<Tried['verdict'], string>;

export function attackCheck({ attack: { family, fact }, verdict, why }: Tried): Check {
  const name = `attack: ${family}`;
  if (verdict === 'held') return ok(name, `${fact}; it works without the defence`);
  if (verdict !== 'through') return note(name, `${TOLD[verdict].trim()}: ${fact}; ${why ?? ''}`);
  return failed(name, {
    code: 'SW0304',
    what: `an attack gets through: it does not hold that ${fact}`,
    where: 'the sandbox on this machine',
    why: 'agents and gates are run contained, or not at all',
    fix: 'apt-get install -y --only-upgrade bubblewrap; uname -r   # a newer kernel may be needed',
  });
}
