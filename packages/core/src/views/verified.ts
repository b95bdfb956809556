/** Whether what is there was shown to hold, task by task. */
import type { CommitId, TaskId } from '../model/ids.ts';
import type { Task, TaskSpec } from '../model/task.ts';
import { standings } from '../rules/criteria.ts';
import { partsOf } from '../rules/owners.ts';
import { holdsNow } from '../rules/rechecks.ts';
import type { State } from '../state.ts';

/** Commits of ours that landed in a candidate the gate passed. */
export function gatedCommits(state: State): Set<CommitId> {
  const passed = [...state.landings.values()].filter((l) => l.gate?.outcome === 'passed');
  return new Set(passed.flatMap((l) => l.members.map((m) => m.commit)));
}

export function isVerified(state: State, task: Task, gated: ReadonlySet<CommitId>): boolean {
  const { verify } = task.spec;
  switch (task.state) {
    case 'landed':
      if (verify === undefined) return gated.has(task.commit);
      // A check that could not fail is no evidence.
      return holdsNow(state, task) && (task.verifiesBase !== true || gated.has(task.commit));
    case 'gathered':
      // Its own check was not tried, if it has one, unless one of its parts is held to the same.
      return (
        (verify === undefined || partsOf(state, task.id).some((id) => specOf(state, id).verify === verify)) &&
        task.handoff.status === 'complete' &&
        areVerified(state, task.id, gated)
      );
    case 'unneeded':
      return verify !== undefined && (holdsNow(state, task) || hasTold(state, verify));
    default:
      return false;
  }
}

/** Of several that tried it the one that was taken. */
function whatCounts(state: State, whole: TaskId): readonly TaskId[] {
  const picked = state.plans.get(whole)?.contest?.picked;
  return picked ? [picked.winner] : partsOf(state, whole);
}

const areVerified = (state: State, whole: TaskId, gated: ReadonlySet<CommitId>): boolean =>
  whatCounts(state, whole)
    // What an answer says is nothing that could be tried.
    .filter((part) => specOf(state, part).kind === 'change')
    .every((part) => isVerified(state, state.tasks.get(part)!, gated));

const specOf = (state: State, id: TaskId): TaskSpec => state.tasks.get(id)!.spec;

/** A check that never failed in this run may be one that cannot. */
const hasTold = (state: State, verify: string): boolean =>
  [...state.attempts.values()].some(
    (a) =>
      a.state === 'ended' && a.ending === 'verify-failed' && state.tasks.get(a.task)!.spec.verify === verify,
  );

/** What `--strict` wants and is not there: tasks and criteria that nothing has verified, by name. */
export function unproven(state: State): readonly string[] {
  const gated = gatedCommits(state);
  const isShown = (id: TaskId): boolean => isVerified(state, state.tasks.get(id)!, gated);
  const tasks = [...state.byState.landed, ...state.byState.gathered].filter((id) => !isShown(id));
  // What no machine can check of a task, its own verification stands for.
  const criteria = standings(state).filter(
    ({ verdict, check, task }) =>
      verdict !== 'verified' && !(check.kind === 'text' && task !== undefined && isShown(task)),
  );
  return [...tasks, ...criteria.map(({ task, text }) => (task === undefined ? text : `${task}: ${text}`))];
}
