import { type CheckoutFacts, readCheckout } from '@swarm/git';
import type { Config } from '../config/resolved.ts';
import type { Context } from '../program/context.ts';
import type { Located } from './locate.ts';
import { operatorEnv } from './signing.ts';

/** What git says of the repository and of the target: the one configured, else the branch that is checked out. */
export async function checkoutFacts(
  located: Located,
  config: Config,
  context: Context,
): Promise<{ checkout: CheckoutFacts; target: string | undefined }> {
  const operator = operatorEnv(context.env);
  const first = await readCheckout(located.path, config.target ?? 'main', operator);
  if (!first.isRepository || config.target !== undefined) return { checkout: first, target: config.target };
  if (first.branch === undefined || first.branch === 'main') return { checkout: first, target: first.branch };
  return { checkout: await readCheckout(located.path, first.branch, operator), target: first.branch };
}
