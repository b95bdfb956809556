/**
 * Whether everything that was asked for is on the target, and holds. One answer, for the exit code, the result line, the
 * report and the status alike.
 */
import type { TaskId } from '../model/ids.ts';
import type { Refused } from '../model/plan.ts';
import type { Task } from '../model/task.ts';
import { isSatisfied } from '../model/task.ts';
import type { State } from '../state.ts';
import { failedCriteria } from './criteria.ts';
import { ownerOf } from './owners.ts';
import { openRequirements } from './requirements.ts';

/** What keeps a run that has closed from being complete. */
export type Shortfall =
  /** It ended before it was done. */
  | { readonly kind: 'closed-early' }
  | { readonly kind: 'failed'; readonly task: TaskId }
  /** The planner asked for it, it was refused, and the planner said nothing of it since. */
  | { readonly kind: 'refused'; readonly label: string; readonly problem: string }
  /** It landed, its handoff said that something is missing, and no follow-up has landed whole. */
  | { readonly kind: 'partial'; readonly task: TaskId }
  /** It landed, and was taken back because of what it broke; nobody is there who could plan it anew. */
  | { readonly kind: 'taken-back'; readonly task: TaskId }
  /** By the planner's own list it was asked for, and it is not there. */
  | { readonly kind: 'requirement'; readonly id: string; readonly text: string }
  /** It was looked at, and does not hold. */
  | { readonly kind: 'acceptance'; readonly criterion: string; readonly task?: TaskId }
  | { readonly kind: 'finding'; readonly signature: string }
  | { readonly kind: 'red' }
  | { readonly kind: 'undelivered' }
  /** Nothing went wrong, and nothing is there. */
  | { readonly kind: 'nothing' };

export function shortfalls(s: State): readonly Shortfall[] {
  const found: Shortfall[] = [];
  if (s.closed && s.closed.reason !== 'done') found.push({ kind: 'closed-early' });
  // What became of a task that several tried is said of the task.
  for (const task of s.byState.failed)
    if (s.tasks.get(task)!.source.by !== 'candidates') found.push({ kind: 'failed', task });
  for (const [label, { problem }] of openRefusals(s)) found.push({ kind: 'refused', label, problem });
  for (const task of owed(s)) found.push({ kind: 'partial', task });
  for (const task of takenBack(s)) found.push({ kind: 'taken-back', task });
  for (const { id, text } of openRequirements(s)) found.push({ kind: 'requirement', id, text });
  for (const { criterion, task } of failedCriteria(s))
    found.push({ kind: 'acceptance', criterion, ...(task && { task }) });
  for (const signature of s.health.findings.keys()) found.push({ kind: 'finding', signature });
  if (s.closed?.green === false) found.push({ kind: 'red' });
  if (s.delivered?.outcome === 'refused') found.push({ kind: 'undelivered' });
  if (s.closed && found.length === 0 && satisfiedCount(s) === 0) found.push({ kind: 'nothing' });
  return found;
}

/** How many tasks are landed, answered or were found done. */
export const satisfiedCount = ({ byState }: State): number =>
  byState.landed.size + byState.answered.size + byState.unneeded.size + byState.gathered.size;

/**
 * Refusals the planner has not answered: those of its last iteration. Of earlier ones it was told, and went on without
 * them; where nothing is there for all that, they are why.
 */
export function openRefusals(s: State): readonly (readonly [string, Refused])[] {
  const all = [...s.planning.refusals];
  if (satisfiedCount(s) === 0) return all;
  return all.filter(([, { iteration }]) => iteration >= s.planning.iteration);
}

/** It landed, or what it was split into did, and by its own handoff it is not the whole of its task. */
export function isPartial(s: State, task: Task): boolean {
  if (task.state === 'gathered') return task.handoff.status === 'partial';
  if (task.state !== 'landed' || task.attempt === undefined) return false;
  const attempt = s.attempts.get(task.attempt);
  return attempt?.state === 'ended' && attempt.handoff?.status === 'partial';
}

/** Landings in part that nothing has made whole. */
export function owed(s: State): readonly TaskId[] {
  if (s.saidPartial.size === 0) return [];
  // Of parts that were gathered the whole says what is missing.
  const partial = [...s.byState.landed, ...s.byState.gathered].filter(
    (id) => s.saidPartial.has(id) && isPartial(s, s.tasks.get(id)!) && !isInWhole(s, id),
  );
  if (partial.length === 0) return [];
  const followUps = followUpsIn(s);
  const isMadeWhole = (task: Task, above: ReadonlySet<TaskId>): boolean => {
    if (!isSatisfied(task.state) || above.has(task.id)) return false;
    if (!isPartial(s, task)) return true;
    const { endedAt } = task as Task & { readonly endedAt: number };
    const below = new Set([...above, task.id]);
    return (followUps.get(task.id) ?? []).some((f) => f.acceptedAt >= endedAt && isMadeWhole(f, below));
  };
  return partial.filter((id) => !isMadeWhole(s.tasks.get(id)!, new Set()));
}

/** What depends on each task, or is a part of it. */
function followUpsIn({ tasks }: State): ReadonlyMap<TaskId, readonly Task[]> {
  const found = new Map<TaskId, Task[]>();
  for (const task of tasks.values())
    for (const id of new Set([...task.spec.dependsOn, ...(task.spec.parent ? [task.spec.parent] : [])])) {
      const those = found.get(id);
      if (those) those.push(task);
      else found.set(id, [task]);
    }
  return found;
}

function isInWhole(s: State, id: TaskId): boolean {
  const owner = ownerOf(s, id);
  return owner !== undefined && s.tasks.get(owner)?.state === 'gathered';
}

function takenBack(s: State): readonly TaskId[] {
  if (s.run?.request.mode === 'planner') return [];
  return [...s.undone].filter((id) => s.takenBack.has(id) && s.tasks.get(id)?.state === 'cancelled');
}
