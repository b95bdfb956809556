/** Whether what lands is to be signed, and can be: the operator's own git configuration, and one signature tried. */
import { type Problem, SwarmError } from '@swarm/core/errors';
import { type CheckoutFacts, type HubOptions, type OperatorEnv, readSigning, trySigning } from '@swarm/git';
import type { Config } from '../config/resolved.ts';
import type { Environment } from '../finding/paths.ts';

export type SigningFacts =
  | { readonly kind: 'off' }
  /** The repository's own configuration asks for it, and the operator's does not. */
  | { readonly kind: 'asked-here' }
  | { readonly kind: 'works'; readonly format: string }
  | { readonly kind: 'fails'; readonly problems: readonly Problem[] };

/** Who commits: as git knows the operator, else ourselves. */
export const identityOf = (checkout: CheckoutFacts): { name: string; email: string } => {
  const { userName, userEmail } = checkout.isRepository ? checkout : {};
  return { name: userName ?? 'swarm', email: userEmail ?? 'swarm@localhost' };
};

/** Where the operator's configuration lies and their git is. */
export const operatorEnv = (env: Environment): OperatorEnv => ({
  PATH: env.PATH ?? '',
  HOME: env.HOME ?? '/',
  ...(env.XDG_CONFIG_HOME && { XDG_CONFIG_HOME: env.XDG_CONFIG_HOME }),
});

export async function signingFacts(
  checkout: CheckoutFacts,
  { sign }: Config,
  env: Environment,
): Promise<SigningFacts> {
  if (sign === 'never' || !checkout.isRepository) return { kind: 'off' };
  const { signing, isAskedHere } = await readSigning(checkout.commonDir, operatorEnv(env));
  if (!signing) return { kind: isAskedHere ? 'asked-here' : 'off' };
  try {
    await trySigning(signing, identityOf(checkout), env);
    return { kind: 'works', format: signing.format };
  } catch (error) {
    if (error instanceof SwarmError) return { kind: 'fails', problems: error.problems };
    throw error;
  }
}

/**
 * What a run that signs opens its hub with: the key of now, for the key of then may be gone. Without the operator's
 * word there is no key to sign with, and nothing lands unsigned instead: SW0313.
 */
export async function signingOf(gitDir: string, env: Environment): Promise<NonNullable<HubOptions['sign']>> {
  const { signing } = await readSigning(gitDir, operatorEnv(env));
  if (signing) return { signing, env };
  throw new SwarmError({
    code: 'SW0313',
    what: 'this run signs what it lands, and your git configuration no longer says how',
    why: 'commit.gpgsign is not set in it any more',
    fix: 'git config --global commit.gpgsign true',
  });
}
