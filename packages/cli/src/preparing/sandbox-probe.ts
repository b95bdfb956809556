import { type Missing, PROVIDERS, type ProviderName, probeSandbox } from '@swarm/sandbox';
import type { Config } from '../config/resolved.ts';
import { candidates, choicesOf } from '../config/sandbox-choice.ts';
import { type Environment, stateHome } from '../finding/paths.ts';

/** The provider a run gets, and why none that is stronger. */
export type SandboxProbe =
  | { readonly kind: 'works'; readonly provider: ProviderName; readonly passedOver?: string }
  | Missing;

type Named = Pick<Config, 'workers' | 'boxes' | 'endpoints'>;

const probed = new Map<string, Promise<SandboxProbe>>();

/** What the machine's sandboxes can do: each is tried once for all who ask while a run is prepared. */
export function probeOnce(config: Named, env: Environment): Promise<SandboxProbe> {
  const key = JSON.stringify([candidates(config), config.boxes]);
  const known = probed.get(key) ?? probe(config, env);
  probed.set(key, known);
  return known;
}

/** The provider, where its programs are its own and it works. */
export async function ownProvider(config: Named, env: Environment): Promise<ProviderName | undefined> {
  if (!candidates(config).some((name) => PROVIDERS[name].hasOwnPrograms)) return undefined;
  const found = await probeOnce(config, env);
  return found.kind === 'works' && PROVIDERS[found.provider].hasOwnPrograms ? found.provider : undefined;
}

/** The first that works. Where none does, the first one's way to mend it is told, and why each does not. */
async function probe(config: Named, env: Environment): Promise<SandboxProbe> {
  const failed: Missing[] = [];
  for (const provider of candidates(config)) {
    const tried = await probeSandbox(provider, choicesOf(config, env, stateHome(env)));
    const why = failed.map(({ reason }) => reason).join('; ');
    if (tried.kind === 'works') return { ...tried, provider, ...(why !== '' && { passedOver: why }) };
    failed.push(tried);
  }
  return { kind: 'missing', reason: failed.map(({ reason }) => reason).join('; '), fix: failed[0]!.fix };
}
