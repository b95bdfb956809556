/** `swarm land`: the merge queue alone, for branches anyone made. */
import { SwarmError } from '@swarm/core/errors';
import { programPlaces } from '../places.ts';
import { branchesAt, chooseBranches } from '../preparing/branches.ts';
import type { Found } from '../preparing/found.ts';
import type { Opening } from '../preparing/opening.ts';
import { prepareFor } from '../preparing/prepare.ts';
import type { Context } from '../program/context.ts';
import type { LandOptions } from '../program/options.ts';
import { work } from '../running/work.ts';

export async function land(
  asked: readonly string[],
  options: LandOptions,
  context: Context,
): Promise<number> {
  const places = programPlaces();
  const opening = (found: Found): Promise<Opening> => openingOf(asked, options, found, context);
  const prepared = await prepareFor({ options, context, places, mode: 'land', opening });
  const { output } = context;
  for (const notice of prepared.notices) output.narrate(output.narrationInk.yellow(`note: ${notice}`));
  for (const line of prepared.shown) output.narrate(line);
  const { file, repository, promptOverrides } = prepared;
  return work({
    file,
    repository,
    places,
    context,
    opening: prepared.opening,
    promptOverrides,
    isJson: options.json === true,
    isStrict: false,
  });
}

/** @throws SW0107 for every branch that cannot be landed, at once. */
async function openingOf(
  asked: readonly string[],
  { from }: LandOptions,
  { checkout, target }: Found,
  { env }: Context,
): Promise<Opening> {
  // What is wrong with the repository or its target is told by preflight.
  if (!checkout.isRepository || target === undefined) return nothing;
  const found = await branchesAt(checkout.commonDir, from, env);
  const names = { ...found, target, ...(from !== undefined && { from }) };
  const { chosen, problems, notices } = chooseBranches(asked, names);
  if (problems.length > 0) throw new SwarmError(problems);
  const text = `land ${asked.join(', ')}${from === undefined ? '' : ` from ${from}`}`;
  return { mode: 'land', text, branches: { chosen, ...(from !== undefined && { from }) }, notices };
}

const nothing: Opening = { mode: 'land', text: '', branches: { chosen: [] } };
