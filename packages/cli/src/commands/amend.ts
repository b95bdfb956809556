/** `swarm amend`: the planner says first what would change, a person says yes, and then all of it counts at once. */
import { SwarmError } from '@swarm/core/errors';
import { forecast, type RecordedRun } from '@swarm/core/rules/forecast';
import { isEmptyDiff } from '@swarm/core/views/plan-diff';
import { effectOf } from '../control/effect.ts';
import type { Proposed } from '../control/wire.ts';
import { enterRun } from '../finding/door.ts';
import type { RepositoryPaths } from '../finding/paths.ts';
import { recordedRuns } from '../finding/recorded.ts';
import { askYesNo, isSomebodyThere } from '../preparing/ask.ts';
import type { Context } from '../program/context.ts';
import type { AmendOptions, RunChoice } from '../program/options.ts';
import { type Foresight, proposedText } from '../telling/diff-text.ts';
import { sanitize } from '../telling/output.ts';
import { type Answer, askRun, meant } from './steer.ts';

/** How often a person is told that it still goes on. */
const SAY_AGAIN_MS = 10_000;

export async function amend(text: string, options: AmendOptions, context: Context): Promise<number> {
  const words = meant(text, 'the change of the request');
  const { paths, repository } = await enterRun(options, context);
  const choice = { ...options, run: paths.run };
  const { proposed, foreseen, state } = await proposal(words, choice, repository, context);
  if (!options.json)
    context.output.result(sanitize(proposedText(proposed, foreseen, context.output.columns)));
  const isMeant = options.yes === true || (await isSaidYes(options, proposed));
  if (!isMeant) return untouched(state, proposed, foreseen, options, context);
  const command = { type: 'amend', text: words, plan: proposed.plan } as const;
  const { events, state: now } = await askRun({ command }, choice, context);
  if (options.json)
    context.output.json({ run: now.run, isApplied: true, events, ...shown(proposed, foreseen), state: now });
  else context.output.result(sanitize(effectOf(command, events, now)));
  return 0;
}

/**
 * What the planner would change, and what that is likely to take. Errors: as the run refuses it.
 * @param onWaiting ms since the planner was asked.
 */
export async function proposal(
  text: string,
  choice: RunChoice,
  repository: RepositoryPaths,
  context: Context,
  onWaiting = waiting(context),
): Promise<{ readonly proposed: Proposed; readonly foreseen: Foresight; readonly state: Answer['state'] }> {
  const { proposed, state } = await askRun({ propose: { text } }, choice, context, onWaiting);
  if (!proposed)
    throw new SwarmError({ code: 'SW0704', what: 'the run answered without a plan', fix: 'swarm status' });
  const runs = await recordedRuns(repository, context.env);
  return { proposed, foreseen: foresightOf(proposed, state.workers, runs), state };
}

/** What a person is asked about it. */
export const questionOf = ({ diff }: Proposed): string =>
  isEmptyDiff(diff) ? 'Record the change all the same?' : 'Apply it?';

/** Without anybody to ask, and for a program, it is a look: nothing is applied, which is said. */
async function isSaidYes({ json }: AmendOptions, proposed: Proposed): Promise<boolean> {
  if (json || !isSomebodyThere()) return false;
  return askYesNo(questionOf(proposed));
}

function untouched(
  state: Answer['state'],
  proposed: Proposed,
  foreseen: Foresight,
  { json }: AmendOptions,
  { output }: Context,
): number {
  if (json) {
    output.json({ run: state.run, isApplied: false, ...shown(proposed, foreseen), state });
    return 0;
  }
  if (isSomebodyThere()) {
    output.narrate('nothing is changed');
    return 1;
  }
  output.narrate('nothing is changed, for there is no terminal to ask on; with --yes it is applied');
  return 0;
}

const shown = ({ plan, diff, usage }: Proposed, foreseen: Foresight) => ({
  plan,
  diff,
  usage,
  forecast: foreseen,
});

function foresightOf({ diff }: Proposed, workers: number, runs: readonly RecordedRun[]): Foresight {
  return { before: forecast(diff.before, workers, runs), after: forecast(diff.after, workers, runs) };
}

function waiting({ output }: Context): (ms: number) => void {
  let saidAtMs = -SAY_AGAIN_MS;
  return (ms) => {
    if (ms < saidAtMs + SAY_AGAIN_MS) return;
    saidAtMs = ms;
    const since = ms < SAY_AGAIN_MS ? '' : ` for ${Math.round(ms / 1_000)} s`;
    output.narrate(`the planner has been asked${since} what would change; the run goes on meanwhile`);
  };
}
