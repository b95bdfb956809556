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
}

/** What each goes behind: those it is built on, while they wait too. It may land with them, above them. */
export type Below = ReadonlyMap<AttemptId, readonly AttemptId[]>;

export function belowEach(queue: readonly QueuedBranch[]): Below {
  const attemptOf = new Map(queue.map(({ commit, attempt }) => [commit, attempt]));
  const below = new Map<AttemptId, readonly AttemptId[]>();
  for (const { attempt, upon } of queue) {
    const waiting = upon.flatMap((commit) => attemptOf.get(commit) ?? []);
    if (waiting.length > 0) below.set(attempt, waiting);
  }
  return below;
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
