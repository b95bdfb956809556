/** The work of one task, or of one attempt at it, wherever it lies now. */
import { existsSync } from 'node:fs';
import { type Problem, SwarmError } from '@swarm/core/errors';
import { type AttemptId, parseAttemptId, type TaskId, taskOf } from '@swarm/core/model/ids';
import { shortCommit } from '@swarm/core/views/words';
import type { Work, WorkPlaces } from '@swarm/git';
import { unknownTask } from '../control/refused.ts';
import type { ReadRun } from './opened-run.ts';

export interface TaskWork extends Work {
  readonly task: TaskId;
  /** Undefined for what was found on the target and is of no attempt that is known. */
  readonly attempt: AttemptId | undefined;
  readonly isLanded: boolean;
}

/** Of a task what has landed, else the last that an attempt at it left; of an attempt its own. Errors: SW0106, SW0108. */
export function workOf(text: string, read: ReadRun): TaskWork {
  const attempt = parseAttemptId(text);
  const task = read.state.tasks.get(attempt ? taskOf(attempt) : (text as TaskId));
  if (!task || (attempt && !read.state.attempts.has(attempt)))
    throw new SwarmError(unknownTask(text, read.state));
  if (task.state === 'landed' && (attempt === undefined || attempt === task.attempt))
    return { task: task.id, attempt: task.attempt, commit: task.commit, base: undefined, isLanded: true };
  const left = leftBy(read).findLast((one) => (attempt ? one.attempt === attempt : one.task === task.id));
  if (left) return left;
  const known = [...read.state.attempts.keys()].filter((id) => taskOf(id) === task.id);
  throw new SwarmError({
    code: 'SW0108',
    what: `${text} has no work to show`,
    why: `${task.id} is ${task.state}, and ${known.length === 0 ? 'nobody has tried it' : 'no attempt at it has left a commit'}`,
    fix: `swarm explain ${task.id}`,
  });
}

/** What every attempt left, in order of time. */
function leftBy({ entries, state }: ReadRun): readonly TaskWork[] {
  return entries
    .flatMap((entry) => entry.events)
    .flatMap((event): TaskWork[] => {
      if (event.type !== 'attempt.ended') return [];
      const { attempt, handoff, work } = event;
      const commit = handoff?.change?.commit ?? work;
      const base = handoff?.change?.base ?? state.attempts.get(attempt)?.base;
      return commit ? [{ task: taskOf(attempt), attempt, commit, base, isLanded: false }] : [];
    });
}

export const toldWork = ({ task, attempt, commit, base, isLanded }: TaskWork) => ({
  task,
  attempt: attempt ?? null,
  isLanded,
  commit,
  base: base ?? null,
});

export const placesOf = ({ repository: { hub, repository, isBare } }: ReadRun): WorkPlaces => ({
  hub: existsSync(hub) ? hub : undefined,
  repository,
  isBare,
});

export const lostWork = ({ task, commit }: TaskWork, { repository }: ReadRun): Problem => ({
  code: 'SW0108',
  what: `the work of ${task} is gone: nobody has ${shortCommit(commit)} any more`,
  where: repository.hub,
  why: 'swarm clean removes what attempts left, once their run is over',
  fix: `swarm explain ${task}`,
});
