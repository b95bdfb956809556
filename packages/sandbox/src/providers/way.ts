/** The way out of one command, where it has one: whom it may ask for, by what the command is. */
import type { SandboxResult } from '@swarm/core/ports/running';
import { type Egress, type EgressRules, openEgress } from '../egress.ts';
import type { EgressLists } from '../egress-hosts.ts';
import type { SandboxOptions } from '../policy.ts';
import type { SandboxSpec } from '../provider.ts';
import { registriesNamed, registriesOf } from '../registries.ts';

const NOTHING: EgressLists = { setup: [], agents: [] };

export async function openWay(
  spec: SandboxSpec,
  { egress = NOTHING }: Pick<SandboxOptions, 'egress'>,
): Promise<Egress | undefined> {
  const rules = await rulesFor(spec, egress);
  return rules && openEgress(rules, { env: spec.env, onReach: spec.onReach });
}

async function rulesFor(spec: SandboxSpec, { setup, agents }: EgressLists): Promise<EgressRules | undefined> {
  switch (spec.network) {
    case 'none':
      return undefined;
    case 'agent':
      return agents.length === 0 ? undefined : { key: 'agent_egress', named: agents, registries: [] };
    case 'setup':
      return {
        key: 'egress',
        named: setup,
        registries: [...(await registriesOf(spec)), ...registriesNamed(spec.env)],
      };
  }
}

/** What was refused is told with the command's end. */
export function withRefused(result: SandboxResult, way: Egress | undefined): SandboxResult {
  const refused = way?.refused() ?? [];
  return refused.length === 0 ? result : { ...result, refused };
}
