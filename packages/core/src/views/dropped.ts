/** What becomes of tasks whose landing ended without a verdict: nothing is lost, and that is what is told. */
import type { LandingId, TaskId } from '../model/ids.ts';
import type { DropReason } from '../model/landing.ts';
import type { State } from '../state.ts';

/** What follows for the tasks that keep their place in the merge queue. */
const THEN: Readonly<Record<DropReason, string>> = {
  'target-moved': 'tested again on the new target',
  'target-gone': 'waiting for the target, which is gone',
  'target-refused': 'waiting for the target, which refused the commit',
  restart: 'tested again: the orchestrator was restarted',
  'publish-unknown': 'looked for on the target, which did not say whether it took the commit',
  'gate-broken': 'tested again when the gate can be run',
  bisect: 'tested again in parts: their batch failed',
  cancelled: 'tested again without what was cancelled',
  'line-broken': 'tested again: what was to land before did not',
};

/** `t2, t3 are tested again on the new target`; `t2` alone where only it is asked for. */
export function droppedText(s: State, landing: LandingId, reason: DropReason): string {
  const members = s.landings.get(landing)?.members ?? [];
  const waiting = members.filter((m) => s.queue.has(m.attempt)).map((m) => m.task);
  if (waiting.length === 0) return `the test ${landing} is not needed any more`;
  return againText(waiting, reason);
}

export function againText(tasks: readonly TaskId[], reason: DropReason): string {
  const more = tasks.length > NAMED_MAX ? ` and ${tasks.length - NAMED_MAX} more` : '';
  const names = `${tasks.slice(0, NAMED_MAX).join(', ')}${more}`;
  const then = tasks.length === 1 ? THEN[reason].replace(' in parts: their', ': its') : THEN[reason];
  return `${names} ${tasks.length === 1 ? 'is' : 'are'} ${then}`;
}
const NAMED_MAX = 5;
