/** Several that tried one task: which was taken, and what became of the others, as every screen tells it. */
import type { ContestEvent } from '../contest-events.ts';
import { isHeldBack } from '../model/evolve-task.ts';
import type { TaskId } from '../model/ids.ts';
import type { Contest } from '../model/plan.ts';
import type { State } from '../state.ts';
import { countText, plain } from './words.ts';

/** One line of the log. */
export function contestText(e: ContestEvent): string {
  switch (e.type) {
    case 'contest.decided':
      return `${e.task}: of ${e.lost.length + 1} that tried it ${e.winner} is taken: ${plain(e.why)}`;
    case 'contest.failed':
      return `${e.task}: none of those that tried it handed anything in (round ${e.round})${e.again.length > 0 ? `; ${e.again.join(', ')} ${e.again.length === 1 ? 'tries' : 'try'} again` : ''}`;
    case 'contest.clipped':
      return `${e.task} is tried by ${e.allowed}: its planner wanted ${e.asked}`;
  }
}

/** Of the story of a task; undefined: it is not about it. */
export function contestStory(e: ContestEvent, task: TaskId): string | undefined {
  if (e.task === task) return wholeStory(e);
  if (e.type === 'contest.clipped') return undefined;
  if (e.type === 'contest.failed')
    return e.again.includes(task)
      ? `None of those that try ${e.task} handed anything in; it tries once more (round ${e.round + 1}).`
      : undefined;
  if (e.winner === task) return `It is taken for ${e.task}: ${ended(e.why)}`;
  const own = e.lost.find((one) => one.task === task);
  return own && `It lost to ${e.winner}: ${ended(own.why)}`;
}

function wholeStory(e: ContestEvent): string {
  switch (e.type) {
    case 'contest.decided':
      return [
        `All that tried it have ended. ${e.winner} is taken: ${ended(e.why)}`,
        ...e.lost.map(({ task, why }) => `${task} lost: ${ended(why)}`),
      ].join(' ');
    case 'contest.failed': {
      const told = e.detail.split('\n').slice(0, 10).map(ended).join(' ');
      const then = e.again.length > 0 ? ` ${e.again.join(', ')} once more.` : '';
      return `None of those that tried it handed anything in (round ${e.round}). ${told}${then}`;
    }
    case 'contest.clipped':
      return `Its planner wanted ${e.asked} to try it; the operator allows ${e.allowed}.`;
  }
}

function ended(text: string): string {
  const said = plain(text);
  return /[.!?…]$/.test(said) ? said : `${said}.`;
}

/** Who lost, and why, a line each; nothing while nobody was taken. */
export const loserLines = (contest: Contest | undefined): readonly string[] =>
  (contest?.picked?.lost ?? []).map(({ task, why }) => `${task} lost: ${plain(why)}`);

/** `t5 is taken of 3 that tried it: …`; undefined: nobody was taken, or it was tried by one. */
export function pickedText(state: State, task: TaskId): string | undefined {
  const picked = state.plans.get(task)?.contest?.picked;
  if (!picked) return undefined;
  return `${picked.winner} is taken of ${countText(picked.lost.length + 1, 'contender')}: ${plain(picked.why)}`;
}

/** `t5, of 3 contenders`. */
export function pickedShort(state: State, task: TaskId): string | undefined {
  const picked = state.plans.get(task)?.contest?.picked;
  return picked && `${picked.winner}, of ${countText(picked.lost.length + 1, 'contender')}`;
}

/** Those that tried a task and were not taken: what became of the task is told of the task. */
export function lostOf(s: State): { readonly failed: number; readonly cancelled: number } {
  const count = (ids: Iterable<TaskId>): number =>
    [...ids].filter((id) => isHeldBack(s.tasks.get(id)!)).length;
  return { failed: count(s.byState.failed), cancelled: count(s.byState.cancelled) };
}

export const lostCount = (s: State): number => lostOf(s).failed + lostOf(s).cancelled;
