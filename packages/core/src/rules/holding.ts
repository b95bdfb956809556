/** The scope a task holds while it is in flight: what it declares, corrected by what was learned (footprint.ts). */
import { attemptId, type TaskId, taskNumber } from '../model/ids.ts';
import type { Task } from '../model/task.ts';
import type { State } from '../state.ts';
import { predictedFiles } from './footprint.ts';
import { hasRule } from './resolve/resolve.ts';
import { type FoldedScope, foldPaths, foldScope, joinScopes, ScopeIndex } from './scopes.ts';

/**
 * Declared, without ride-alongs; with what its last handoff changed, unless a resolver settles that; with the
 * contended files it is likely to touch. Costs its own entries and files.
 */
export function holdOf(s: State, task: Task): FoldedScope {
  const { id, spec, source, attempts, workCommit } = task;
  // What it would hold is held for all that try the task, as long as they do.
  if (source.by === 'candidates') return foldScope([]);
  const { rideAlongs } = s.footprint;
  const declared = rideAlongs.size === 0 ? spec.scope : spec.scope.filter((entry) => !rideAlongs.has(entry));
  const changed = workCommit === undefined ? [] : lastChanged(s, id, attempts);
  const learned = [...changed.filter((path) => !hasRule(path)), ...predictedFiles(s.footprint, spec.scope)];
  return learned.length === 0 ? foldScope(declared) : joinScopes(foldScope(declared), foldPaths(learned));
}

/** Scopes of work in flight: from the start of an attempt until its handoff has landed or was rejected. */
export function heldScopes(s: State): ScopeIndex {
  const index = new ScopeIndex();
  for (const name of ['assigned', 'running', 'reviewing', 'complete'] as const) {
    for (const id of s.byState[name]) index.add(id, holdOf(s, s.tasks.get(id)!));
  }
  for (const id of s.byState.expanded)
    if (s.plans.get(id)?.contest) index.add(id, holdOf(s, s.tasks.get(id)!));
  return index;
}

/** Work in the way of a task, and the entry of *its* scope that is. */
export interface Blocker {
  readonly heldBy: TaskId;
  readonly entry: string;
}

/**
 * What keeps a task’s scope from being free now, older tasks first; empty where scopes keep nobody out, and for a task
 * in flight. @param most stops looking at so many: the first that are found.
 */
export function blockedBy(
  s: State,
  task: Task,
  held: ScopeIndex = heldScopes(s),
  most = Number.POSITIVE_INFINITY,
): readonly Blocker[] {
  if (s.run?.request.overlap !== 'serialize' || task.state !== 'pending') return [];
  const found = new Map<string, string>();
  held.visit(holdOf(s, task), (id, entry) => {
    if (!found.has(id)) found.set(id, entry);
    return found.size >= most;
  });
  const blockers = [...found].map(([id, entry]): Blocker => ({ heldBy: id as TaskId, entry }));
  return blockers.sort((a, b) => taskNumber(a.heldBy) - taskNumber(b.heldBy));
}

/** What the task’s last handoff changed; empty before its first. */
function lastChanged(s: State, id: TaskId, attempts: number): readonly string[] {
  for (let n = attempts; n > 0; n--) {
    const attempt = s.attempts.get(attemptId(id, n));
    if (attempt?.state === 'ended' && attempt.handoff?.change) return attempt.handoff.change.filesChanged;
  }
  return [];
}
