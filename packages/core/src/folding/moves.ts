/** The one way a task changes its state. */
import { canMove, type Task } from '../model/task.ts';
import { leaveLine } from '../rules/batching.ts';
import type { State } from '../state.ts';
import { damaged, knownTask } from './known.ts';

/** Puts the task's next value in place, if the transition table allows the move. */
export function move(s: State, next: Task): void {
  const before = knownTask(s, next.id);
  const isSettling = before.state === 'failed' && next.state === 'failed';
  if (!isSettling && !canMove(before.state, next.state)) {
    throw damaged(`${next.id} cannot go from ${before.state} to ${next.state}`);
  }
  s.byState[before.state].delete(next.id);
  s.byState[next.state].add(next.id);
  if (before.state === 'complete') {
    s.queue.delete(before.attempt);
    leaveLine(s.line, before.attempt);
  }
  if (next.state === 'complete') s.queue.add(next.attempt);
  s.tasks.set(next.id, next);
}
