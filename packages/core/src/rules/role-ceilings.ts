/** How many attempts of one role run at a time, where the operator said so. */
import { taskOf } from '../model/ids.ts';
import type { Task } from '../model/task.ts';
import type { State } from '../state.ts';
import { KNOWN_ROLES } from './roles.ts';

/** Who does a task that names no role. */
const [CODER] = KNOWN_ROLES;

export const roleOf = ({ spec }: Pick<Task, 'spec'>): string => spec.role ?? CODER;

/** How many more attempts of this role may start. */
export function roleRoom(s: State, role: string): number {
  const most = s.ceilings.get(role);
  if (most === undefined) return Number.POSITIVE_INFINITY;
  return Math.max(0, most - atWork(s, role));
}

export const atWork = (s: State, role: string): number =>
  [...s.liveAttempts].filter((id) => roleOf(s.tasks.get(taskOf(id))!) === role).length;
