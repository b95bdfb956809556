/**
 * Verified once is not “holds at the end”: what a landed task was verified by is tried again where a later landing
 * changed the same files, and on the final head. Level-triggered, and never twice on the same head.
 */
import type { CommitId, TaskId } from '../model/ids.ts';
import type { Finding } from '../model/request.ts';
import type { Task } from '../model/task.ts';
import { isBusy, type OpenedState, type State } from '../state.ts';

/** Tasks whose work is on the target and whose own check is to be tried on the head now, oldest first. */
export function rechecksDue(s: OpenedState): readonly TaskId[] {
  if (s.cancelled !== undefined || s.closed) return [];
  const isIdle = !isBusy(s);
  return [...s.byState.landed, ...s.byState.unneeded].filter((id) => {
    const task = s.tasks.get(id)!;
    if (!isRechecked(task) || !isUpheld(s, id)) return false;
    const tried = triedAt(s, task);
    if (tried?.head === s.head) return false;
    return isIdle || isOpenFor(s, task) || isTouched(s, task, tried?.head);
  });
}

/** Its change is on the target: it landed, or another brought the same, where its own check was never tried. */
export function isUpheld(s: State, id: TaskId): boolean {
  const task = s.tasks.get(id);
  if (task?.state !== 'unneeded') return task?.state === 'landed';
  const attempt = s.attempts.get(task.attempt);
  return attempt?.state === 'ended' && attempt.handoff?.change !== undefined;
}

/** A fix task's own check is that of the failure it mends, which is tried anyway. */
const isRechecked = ({ spec, source }: Task): boolean =>
  spec.verify !== undefined && spec.kind === 'change' && source.by !== 'reconciler' && source.by !== 'land';

const isOpenFor = (s: State, task: Task): boolean => s.health.findings.has(signatureOf(task));

/** What is known of a landed task's own check: the last head it was tried on, and what it said. */
export function triedAt(
  s: State,
  task: Task,
): { readonly head: CommitId; readonly isPassed: boolean } | undefined {
  return s.health.rechecks.get(task.id) ?? shownAsLanded(s, task);
}

/** Its check holds on the commit that is the target now. */
export const holdsNow = (s: State, task: Task): boolean => {
  const tried = triedAt(s, task);
  return tried?.isPassed === true && tried.head === s.head;
};

/** What was verified is what landed, byte for byte: it landed alone, on the very commit it was made for. */
function shownAsLanded(s: State, task: Task) {
  if (task.state !== 'landed' || task.attempt === undefined) return undefined;
  const attempt = s.attempts.get(task.attempt);
  const parent = parentOf(s, task.commit);
  const base = attempt?.state === 'ended' ? attempt.handoff?.change?.base : undefined;
  return attempt && base !== undefined && base === attempt.base && base === parent
    ? { head: task.commit, isPassed: true }
    : undefined;
}

/** The commit it landed upon, where it landed alone. */
function parentOf(s: State, commit: CommitId): CommitId | undefined {
  const through = [...s.landings.values()].find((l) => l.members.some((m) => m.commit === commit));
  return through?.members.length === 1 ? through.candidate.parent : undefined;
}

/** Some step of the target since then changed a file that this task changed. */
function isTouched(s: State, task: Task, since: CommitId | undefined): boolean {
  if (task.state !== 'landed') return false;
  const mine = new Set(filesOf(s, task.id));
  const from = s.steps.findLastIndex((step) => step.commit === (since ?? task.commit));
  return s.steps
    .slice(from + 1)
    .some((step) => step.task !== undefined && filesOf(s, step.task).some((file) => mine.has(file)));
}

function filesOf(s: State, id: TaskId): readonly string[] {
  const task = s.tasks.get(id)!;
  const attempt = task.state === 'landed' && task.attempt ? s.attempts.get(task.attempt) : undefined;
  return attempt?.state === 'ended' ? (attempt.handoff?.change?.filesChanged ?? []) : [];
}

/** The last head on which its check is known to have passed; else what the target was before it landed. */
export function lastHeld(s: State, task: Task): CommitId | undefined {
  const tried = s.health.rechecks.get(task.id);
  if (tried) return tried.heldAt;
  if (task.state !== 'landed') return undefined;
  const asLanded = shownAsLanded(s, task);
  if (asLanded) return asLanded.head;
  const at = s.steps.findIndex((step) => step.commit === task.commit);
  return at > 0 ? s.steps[at - 1]!.commit : s.run?.request.base;
}

const COMMAND_SHOWN = 80;

const signatureOf = ({ id, spec }: Task): string => {
  const verify = spec.verify ?? '';
  return `verify of ${id}: ${verify.length > COMMAND_SHOWN ? `${verify.slice(0, COMMAND_SHOWN - 1)}…` : verify}`;
};

export const recheckFinding = (task: Task, head: CommitId, detail: string): Finding => ({
  signature: signatureOf(task),
  task: task.id,
  detail,
  head,
});
