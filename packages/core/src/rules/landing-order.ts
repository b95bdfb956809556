/** In which order handoffs land that are known not to merge with one another. */
import type { AttemptId } from '../model/ids.ts';

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
