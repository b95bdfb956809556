/**
 * Where scopes keep nobody out, the quick starve the slow: by the time a large change is handed in, three small ones have
 * landed in its files. Work that lost such a race has the files it conflicted in held for it: nothing new starts in them
 * before it is over, so that it loses at most to what was in flight.
 */
import { type TaskId, taskNumber } from '../model/ids.ts';
import type { Task } from '../model/task.ts';
import type { State } from '../state.ts';
import { waitsForOf } from './dependencies.ts';
import { mayOpen } from './opening.ts';
import { foldPaths, foldScope, ScopeIndex } from './scopes.ts';

/** Races after which even work of unknown scope does not start beside it. */
const RACES_TO_STAND_ALONE = 2;

/** The task whose contested files this one would start in; of several that contest the same, the first goes first. */
export function keptOutBy(s: State, id: TaskId): TaskId | undefined {
  const contested = contestedTasks(s).filter((other) => isBefore(other, s.tasks.get(id)!));
  if (contested.length === 0) return undefined;
  const index = new ScopeIndex();
  for (const other of contested) index.add(other.id, foldPaths(other.contested!));
  const { spec, contested: own = [] } = s.tasks.get(id)!;
  // What may touch anything makes way for whoever has lost twice.
  if (spec.scope.length === 0 && own.length === 0)
    return contested.find((other) => (other.racesLost ?? 0) >= RACES_TO_STAND_ALONE)?.id;
  return index.first(foldScope([...spec.scope, ...own]))?.id as TaskId | undefined;
}

/** What waits for another task, or may not open, holds nothing: it might wait for the very one it would keep out. */
function contestedTasks(s: State): readonly Task[] {
  if (s.run?.request.overlap === 'serialize') return [];
  const { pending, assigned, running, reviewing, complete } = s.byState;
  const mayStart = [...pending].filter((id) => mayOpen(s, s.tasks.get(id)!));
  return [...mayStart, ...assigned, ...running, ...reviewing, ...complete]
    .map((id) => s.tasks.get(id)!)
    .filter(
      ({ contested, state, spec }) => contested && (state !== 'pending' || waitsForOf(s, spec) === undefined),
    );
}

const isBefore = (other: Task, task: Task): boolean =>
  other.id !== task.id && (task.contested === undefined || taskNumber(other.id) < taskNumber(task.id));
