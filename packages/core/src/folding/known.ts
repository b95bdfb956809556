/** Look-ups that an honest journal never fails, and the error when one does. */
import { SwarmError } from '../errors.ts';
import type { Attempt } from '../model/attempt.ts';
import type { AttemptId, LandingId, TaskId } from '../model/ids.ts';
import type { Landing } from '../model/landing.ts';
import type { Task } from '../model/task.ts';
import { isOpened, type OpenedState, type State } from '../state.ts';

export function knownTask(s: State, id: TaskId): Task {
  return s.tasks.get(id) ?? unknown(id);
}

export function knownAttempt(s: State, id: AttemptId): Attempt {
  return s.attempts.get(id) ?? unknown(id);
}

export function knownLanding(s: State, id: LandingId): Landing {
  return s.landings.get(id) ?? unknown(id);
}

export function inRun(s: State): OpenedState {
  if (isOpened(s)) return s;
  throw damaged('no run was opened before this');
}

function unknown(id: string): never {
  throw damaged(`${id} is not known here`);
}

export function damaged(what: string): SwarmError {
  return new SwarmError({ code: 'SW0203', what: `the journal does not add up: ${what}` });
}
