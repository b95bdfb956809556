/** In which order handoffs land that do not merge with one another, or are built on one another. */
import type { AttemptId, CommitId } from '../model/ids.ts';

/** Two handoffs, and the files they cannot both land in as they stand. */
export interface ForeseenConflict {
  readonly a: AttemptId;
  readonly b: AttemptId;
  readonly files: readonly string[];
}

/** One that waits to land. */
export interface QueuedChange {
  readonly attempt: AttemptId;
  /** Lines added and removed. */
  readonly lines: number;
}

/**
 * The queue with the smaller change of each foreseen conflict in front of the larger, everything else in its place:
 * whichever lands second is done again, and the smaller is likelier to be judged, landed and out of the way first.
 * Handoffs that conflict share the places they have; nobody else's place changes. Among equals the older goes first.
 * @param queue in order of arrival.
 */
export function landingOrder(
  queue: readonly QueuedChange[],
  conflicts: readonly ForeseenConflict[],
): readonly AttemptId[] {
  const placeOf = new Map(queue.map(({ attempt }, place) => [attempt, place]));
  const groups = groupsOf(conflicts.filter(({ a, b }) => placeOf.has(a) && placeOf.has(b)));
  const order = queue.map(({ attempt }) => attempt);
  for (const group of groups) {
    const places = [...group].map((attempt) => placeOf.get(attempt)!).sort((x, y) => x - y);
    const bySize = places.map((place) => queue[place]!).sort((x, y) => x.lines - y.lines);
    places.forEach((place, i) => {
      order[place] = bySize[i]!.attempt;
    });
  }
  return order;
}

/** Those that conflict with one another, directly or through others. */
function groupsOf(conflicts: readonly ForeseenConflict[]): Set<Set<AttemptId>> {
  const groupOf = new Map<AttemptId, Set<AttemptId>>();
  for (const { a, b } of conflicts) {
    const both = new Set([...(groupOf.get(a) ?? [a]), ...(groupOf.get(b) ?? [b])]);
    for (const attempt of both) groupOf.set(attempt, both);
  }
  return new Set(groupOf.values());
}

/** A branch that waits to land. */
export interface QueuedBranch {
  readonly attempt: AttemptId;
  /** What the branch was. */
  readonly commit: CommitId;
  /** What the branches were that it is built on. */
  readonly upon: readonly CommitId[];
  /** What it changed. Absent: nothing is known of it. */
  readonly files?: readonly string[];
}

/**
 * What each goes behind: those it is built on, and those given earlier that changed a file it changed too, while they
 * wait. It may land with them, above them.
 */
export type Below = ReadonlyMap<AttemptId, readonly AttemptId[]>;

/** @param queue in the order given: of two that may conflict the earlier goes first, however long its test takes. */
export function belowEach(queue: readonly QueuedBranch[]): Below {
  const attemptOf = new Map(queue.map(({ commit, attempt }) => [commit, attempt]));
  const below = new Map<AttemptId, readonly AttemptId[]>();
  for (const { attempt, upon } of queue) {
    const waiting = upon.flatMap((commit) => attemptOf.get(commit) ?? []);
    if (waiting.length > 0) below.set(attempt, waiting);
  }
  // Whoever is in a stack has its place by that: an order beside it could go round in a circle.
  const inStacks = new Set([...below].flatMap(([above, under]) => [above, ...under]));
  for (const [attempt, earlier] of sharingFiles(queue.filter(({ attempt }) => !inStacks.has(attempt))))
    below.set(attempt, earlier);
  return below;
}

/** Of each, the last one before it for every file they share: those before that one are behind it already. */
function sharingFiles(queue: readonly QueuedBranch[]): Map<AttemptId, readonly AttemptId[]> {
  const lastIn = new Map<string, AttemptId>();
  const earlier = new Map<AttemptId, readonly AttemptId[]>();
  for (const { attempt, files = [] } of queue) {
    const before = new Set(files.flatMap((file) => lastIn.get(file) ?? []));
    if (before.size > 0) earlier.set(attempt, [...before]);
    for (const file of files) lastIn.set(file, attempt);
  }
  return earlier;
}

/** Of these, in order, the ones with nothing below them but what is in front already, or among them. */
export function readyOf(
  members: Iterable<AttemptId>,
  front: readonly AttemptId[],
  below: Below,
): readonly AttemptId[] {
  if (below.size === 0) return [...members];
  const there = new Set(front);
  const ready: AttemptId[] = [];
  for (const attempt of members) {
    if (!(below.get(attempt) ?? []).every((each) => there.has(each))) continue;
    there.add(attempt);
    ready.push(attempt);
  }
  return ready;
}
