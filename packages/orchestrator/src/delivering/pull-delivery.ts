/** What of a run goes into pull requests, and with what words: one of all that landed, or one for each task. */
import type { CommitId, TaskId } from '@swarm/core/model/ids';
import type { PullPlace } from '@swarm/core/ports/forge';
import type { Clock } from '@swarm/core/ports/world';
import { stackOf } from '@swarm/core/rules/pull-stack';
import type { OpenedState } from '@swarm/core/state';
import { pullBody, pullTitle } from '@swarm/core/views/pull-request';
import { report } from '@swarm/core/views/report';
import { countText } from '@swarm/core/views/words';
import { bringPull, type PullDone } from './pull-request.ts';

export interface Proposed {
  readonly ref: string;
  readonly outcome: 'done' | 'refused';
  readonly detail: string;
  readonly url?: string;
}

/** @param isAsked a person asked for it by hand. */
export async function proposePulls(
  state: OpenedState,
  place: PullPlace,
  clock: Pick<Clock, 'after'>,
  isAsked?: true,
): Promise<Proposed> {
  return place.isStacked
    ? proposeStack(state, place, clock, isAsked)
    : proposeOne(state, place, clock, isAsked);
}

async function proposeOne(
  state: OpenedState,
  place: PullPlace,
  clock: Pick<Clock, 'after'>,
  isAsked?: true,
): Promise<Proposed> {
  const { request, id } = state.run;
  const { asker } = place;
  const done = await bringPull(place, clock, {
    branch: branchOf(request.landOn),
    base: place.base,
    commit: state.head,
    title: pullTitle(askedIn(state), id),
    body: pullBody({ ...report(state), request: askedIn(state) }, asker ? { asker } : {}),
    ...(isAsked && { isAsked }),
  });
  return proposed(place, done);
}

/** Where a plan came without words, its name is a place on somebody's machine: its tasks say what was asked. */
function askedIn({ run, tasks }: OpenedState): string {
  const { mode, text } = run.request;
  if (mode !== 'plan' || !text.startsWith('the plan in ')) return text;
  const [first, ...others] = [...tasks.values()].map(({ spec }) => spec.title);
  if (first === undefined) return 'a plan without tasks';
  return others.length === 0 ? first : `${first}, and ${countText(others.length, 'more task')}`;
}

/** Each upon the one below; the first that cannot be opened ends it. */
async function proposeStack(
  state: OpenedState,
  place: PullPlace,
  clock: Pick<Clock, 'after'>,
  isAsked?: true,
): Promise<Proposed> {
  const told = { ...report(state), request: askedIn(state) };
  const made: string[] = [];
  let last: Proposed = { ref: place.forge.slug, outcome: 'done', detail: '' };
  for (const { task, commit, below } of stackOf(state)) {
    const done = await bringPull(place, clock, {
      branch: stackBranch(state, task),
      base: below === undefined ? place.base : stackBranch(state, below),
      commit: commit as CommitId,
      title: pullTitle(state.tasks.get(task)!.spec.title, state.run.id),
      body: pullBody(told, { only: task, ...(place.asker && below === undefined && { asker: place.asker }) }),
      ...(isAsked && { isAsked }),
    });
    last = proposed(place, done);
    if (done.number !== undefined) made.push(`${task}: #${done.number}`);
    if (done.outcome === 'refused') break;
  }
  const detail = [last.detail, made.length > 1 ? `a stack of ${made.length}: ${made.join(', ')}` : ''];
  return { ...last, detail: detail.filter(Boolean).join('; ') };
}

/** A folder beside the run's own branch: git lets no branch lie below another. */
const stackBranch = ({ run }: OpenedState, task: TaskId): string => `swarm-stack/${run.id}/${task}`;
export const branchOf = (ref: string): string => ref.replace(/^refs\/heads\//, '');

function proposed({ forge }: PullPlace, { outcome, detail, url, number }: PullDone): Proposed {
  const ref = number === undefined ? forge.slug : `${forge.slug}#${number}`;
  return { ref, outcome, detail, ...(url !== undefined && { url }) };
}
