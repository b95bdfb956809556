/**
 * What follows from a red target: which failures get a fix task and when, whose landing is to blame, and when it is
 * taken back. Level-triggered: computed from the facts, so that asking twice is asking once.
 */
import type { CommitId, TaskId } from '../model/ids.ts';
import { isOver } from '../model/task.ts';
import { isBusy, type OpenedState, type State, type TargetStep } from '../state.ts';
import { isAtRest, isPastHealing } from './opening.ts';

/** The most fix tasks in a row that follow from one another. A failure after that is reported, and no task is filed. */
export const FIX_GENERATIONS_MAX = 3;

// ───────────────────────── fix tasks ─────────────────────────

/**
 * Open findings that get a fix task now. One whose fix task ended without curing it stays open and is told in the
 * report; it is filed again only where its culprit is to be taken back after some more failed fixes.
 * @param at ms since the epoch.
 */
export function findingsToFile(s: OpenedState, at: number): readonly string[] {
  if (s.tasks.size >= s.run.request.limits.tasks || s.cancelled !== undefined) return [];
  if (isPastHealing(s)) return [];
  const isIdle = !isBusy(s) || isAtRest(s);
  return [...s.health.findings.keys()].filter((signature) => {
    const dueAt = fixDueAt(s, signature);
    // Spacing leaves other work the time to cure it. With none going on, waiting would teach nothing.
    return dueAt !== undefined && (isIdle || dueAt <= at);
  });
}

/** Returns when the next delayed fix task is due, ms since the epoch. Undefined: none is delayed. */
export function nextFixAt(s: OpenedState, at: number): number | undefined {
  const later = [...s.health.findings.keys()].flatMap((signature) => fixDueAt(s, signature) ?? []);
  return later.filter((dueAt) => dueAt > at).reduce<number | undefined>(least, undefined);
}

const least = (a: number | undefined, b: number): number => (a === undefined ? b : Math.min(a, b));

/** Returns how many fix tasks are not over. */
export function openFixTasks(s: State): number {
  return new Set([...s.health.fixTasks.values()].filter((id) => !isOver(s.tasks.get(id)!.state))).size;
}

/** A fix task for this failure that is not over: an older one may have come to life again. */
export const openFixFor = (s: State, signature: string): TaskId | undefined =>
  s.health.fixHistory.get(signature)?.find((id) => !isOver(s.tasks.get(id)!.state));

/** 0: at once. Each time a failure is filed again it waits twice as long as before. Undefined: never. */
function fixDueAt(s: OpenedState, signature: string): number | undefined {
  const current = s.health.fixTasks.get(signature);
  if (openFixFor(s, signature)) return undefined;
  if (current && hasHadItsFixes(s, signature)) return undefined;
  if (current && !isKnownUncured(s, signature, current)) return undefined;
  if (nextGeneration(s, [signature]) > FIX_GENERATIONS_MAX) return undefined;
  const before = s.health.fixHistory.get(signature) ?? [];
  const last = s.tasks.get(before.at(-1)!);
  if (!last) return 0;
  const endedAt = 'endedAt' in last ? last.endedAt : last.acceptedAt;
  return endedAt + s.run.request.checksMinMs * 2 ** (before.length - 1);
}

/** Whether nothing more is tried against this failure: its fix tasks are over, and the last did not cure it. */
export function isLeftRed(s: OpenedState, signature: string): boolean {
  const last = s.health.fixTasks.get(signature);
  if (last === undefined || openFixFor(s, signature) || culpritsToRevert(s).length > 0) return false;
  return isKnownUncured(s, signature, last) && fixDueAt(s, signature) === undefined;
}

/**
 * The generation a new fix task for these failures has: one more than that of the fix task which brought them, or
 * which was to cure them before. Where the culprit is not known yet, a fix task is blamed only if nothing else
 * landed since the failure was not there.
 */
export function nextGeneration(s: State, signatures: readonly string[]): number {
  return 1 + Math.max(0, ...signatures.map((signature) => causeGeneration(s, signature)));
}

function causeGeneration(s: State, signature: string): number {
  const before = s.health.fixHistory.get(signature)?.at(-1);
  const culprit = s.health.culprits.get(signature);
  const suspects = culprit
    ? culprit.kind === 'landing'
      ? [culprit.task]
      : []
    : suspectsOf(s, signature).flatMap((step) => step.task ?? []);
  const blamed = suspects.length > 0 ? Math.min(...suspects.map((id) => generationOf(s, id))) : 0;
  return Math.max(before ? generationOf(s, before) : 0, blamed);
}

function generationOf(s: State, id: TaskId): number {
  const { source } = s.tasks.get(id)!;
  return source.by === 'reconciler' ? (source.generation ?? 1) : 0;
}

/** Fix tasks for this failure, since it was opened, that ended without curing it. */
export function failedFixes(s: State, signature: string): readonly TaskId[] {
  const { openedAt } = s.health.findings.get(signature) ?? { openedAt: Number.POSITIVE_INFINITY };
  return (s.health.fixHistory.get(signature) ?? []).filter((id) => {
    const task = s.tasks.get(id)!;
    return task.acceptedAt >= openedAt && isOver(task.state) && isKnownUncured(s, signature, id);
  });
}

/** It landed nothing, or the checks still showed the failure on a head that has it. */
function isKnownUncured(s: State, signature: string, fix: TaskId): boolean {
  const task = s.tasks.get(fix)!;
  if (task.state !== 'landed') return isOver(task.state);
  const shownOn = lastShownOn(s, signature);
  return shownOn !== undefined && indexOf(s.steps, shownOn) >= indexOf(s.steps, task.commit);
}

/** The head of the last look that showed the failure, where nothing was looked at since that does not. */
function lastShownOn(s: State, signature: string): CommitId | undefined {
  const task = s.health.findings.get(signature)?.finding.task;
  if (task !== undefined) {
    const tried = s.health.rechecks.get(task);
    return tried && !tried.isPassed ? tried.head : undefined;
  }
  const checked = s.health.lastChecks?.result;
  return checked?.signatures.includes(signature) ? checked.head : undefined;
}

// ───────────────────────── culprits ─────────────────────────

const indexOf = (line: readonly TargetStep[], commit: CommitId): number =>
  line.findLastIndex((step) => step.commit === commit);

/**
 * Steps of the target any of which may have brought the failure, oldest first, the one that shows it last. When no
 * head is known that does not show it, all since the base, whose own state is then unknown.
 */
export function suspectsOf(s: State, signature: string): readonly TargetStep[] {
  const found = s.health.findings.get(signature);
  if (!found) return [];
  const { finding, lastWithout } = found;
  const from = lastWithout === undefined ? -1 : indexOf(s.steps, lastWithout);
  return s.steps.slice(from + 1, indexOf(s.steps, finding.head) + 1);
}

/** The base itself has to be looked at before anybody is blamed. */
export const isBaseSuspect = (s: State, signature: string): boolean =>
  s.health.findings.get(signature)?.lastWithout === undefined;

/** Returns open findings whose culprit is not known. Those with a landed fix are left out: they should go soon. */
export function culpritsToFind(s: State): readonly string[] {
  if (s.cancelled !== undefined) return [];
  return [...s.health.findings.keys()].filter((signature) => {
    if (s.health.culprits.has(signature)) return false;
    const fix = s.health.fixTasks.get(signature);
    return !(fix && s.tasks.get(fix)!.state === 'landed' && !isKnownUncured(s, signature, fix));
  });
}

/** Failed fix tasks after which a landing is taken back; undefined: never. Old journals say 0 for never. */
function revertsAfter({ run }: OpenedState): number | undefined {
  const { revertAfter } = run.request;
  return revertAfter === 0 ? undefined : revertAfter;
}

/** A failure gets one fix task, or as many as have to fail before a landing is taken back. */
function hasHadItsFixes(s: OpenedState, signature: string): boolean {
  const after = revertsAfter(s);
  return after === undefined || failedFixes(s, signature).length >= after;
}

/** Near the end of its budget the run has nothing else left that could mend it. */
function isLeftToUndo(s: OpenedState, signature: string): boolean {
  if (!isAtRest(s)) return false;
  if (isPastHealing(s)) return true;
  const mayBeFiled = s.tasks.size < s.run.request.limits.tasks && fixDueAt(s, signature) !== undefined;
  return !mayBeFiled && openFixFor(s, signature) === undefined;
}

/** Landings to take back: to blame for a failure that so many fix tasks did not cure. */
export function culpritsToRevert(s: OpenedState): readonly TaskId[] {
  const after = revertsAfter(s);
  if (after === undefined || s.cancelled !== undefined) return [];
  const guilty = [...s.health.culprits].flatMap(([signature, culprit]) => {
    if (culprit.kind !== 'landing' || !s.health.findings.has(signature)) return [];
    const isLanded = s.tasks.get(culprit.task)!.state === 'landed';
    const isTried = s.health.revertsRefused.has(culprit.task);
    const hadItsFixes = failedFixes(s, signature).length >= after || isLeftToUndo(s, signature);
    return isLanded && !isTried && hadItsFixes ? [culprit.task] : [];
  });
  return [...new Set(guilty)];
}

/**
 * Which of some steps, oldest first, to look at next, when the one at `good` does not show a failure and the one at
 * `bad` does; undefined when `bad` is the first that does. Bisection: at most ⌈log2(bad − good)⌉ looks.
 * @param good -1 for what was there before the first step.
 */
export function nextProbe(good: number, bad: number): number | undefined {
  return bad - good <= 1 ? undefined : Math.floor((good + bad) / 2);
}
