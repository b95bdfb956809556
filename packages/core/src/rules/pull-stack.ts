/**
 * A run's landings as pull requests that stand on one another: each is based on the one it depends on, or on the base of
 * all where it depends on nothing. A task depends on what it says, and on what changed a file of its own before it. One
 * that depends on several stands on the last of them, and that one on the others: so each shows its own change alone, and
 * nothing has to be merged before it can be looked at.
 */
import type { CommitId, TaskId } from '../model/ids.ts';
import type { State } from '../state.ts';

export interface StackedPull {
  readonly task: TaskId;
  /** Its landing. */
  readonly commit: CommitId;
  /** Absent: on the base of all. */
  readonly below?: TaskId;
  /** It landed, and was taken back. */
  readonly isUndone?: true;
}

type Known = Pick<State, 'tasks' | 'steps' | 'undone'>;
type Landed = Pick<StackedPull, 'task' | 'commit' | 'isUndone'>;

/** What landed, in that order; what was taken back among it. */
export function stackLandings({ tasks, steps, undone }: Known): readonly Landed[] {
  const last = new Map<TaskId, CommitId>();
  for (const { task, commit } of steps) {
    if (task === undefined) continue;
    last.delete(task);
    last.set(task, commit);
  }
  return [...last].flatMap(([task, commit]): Landed[] => {
    if (tasks.get(task)?.state === 'landed') return [{ task, commit }];
    return undone.has(task) ? [{ task, commit, isUndone: true }] : [];
  });
}

/**
 * What is below comes first.
 * @param paths files that each landing changed.
 */
export function stackOf(state: Known, paths: ReadonlyMap<TaskId, readonly string[]>): readonly StackedPull[] {
  const landings = stackLandings(state);
  const place = new Map(landings.map(({ task }, i) => [task, i]));
  const needs = landings.map(({ task }) => new Set(declared(state, task, place)));
  const owners = new Owners();
  for (const [i, { task }] of landings.entries())
    for (const path of paths.get(task) ?? [])
      for (const before of owners.take(path, i)) needs[i]!.add(before);
  const below: (number | undefined)[] = [];
  // From above: whoever stands on the last of several hands the others on to it.
  for (let i = landings.length - 1; i >= 0; i--) {
    const before = [...needs[i]!].filter((one) => one < i);
    const last = before.length > 0 ? Math.max(...before) : undefined;
    below[i] = last;
    for (const one of before) if (one !== last) needs[last!]!.add(one);
  }
  return landings.map((one, i) => ({
    ...one,
    ...(below[i] !== undefined && { below: landings[below[i]]!.task }),
  }));
}

/** What has parts stands for them; what did not land, for what it depended on itself. */
function declared(
  { tasks }: Pick<Known, 'tasks'>,
  of: TaskId,
  place: ReadonlyMap<TaskId, number>,
): readonly number[] {
  const found: number[] = [];
  const seen = new Set<TaskId>([of]);
  const open = [...(tasks.get(of)?.spec.dependsOn ?? [])];
  for (const task of open) {
    if (seen.has(task)) continue;
    seen.add(task);
    const at = place.get(task);
    if (at !== undefined) found.push(at);
    else {
      open.push(...(tasks.get(task)?.spec.dependsOn ?? []));
      for (const [id, { spec }] of tasks) if (spec.parent === task) open.push(id);
    }
  }
  return found;
}

/** Who changed a file last, and who changed what lies in a folder of that name. */
class Owners {
  readonly #files = new Map<string, number>();
  readonly #folders = new Map<string, Set<number>>();

  /** @returns whose changes this one stands on. */
  take(path: string, by: number): readonly number[] {
    const before = [...(this.#folders.get(path) ?? [])];
    const parts = path.split('/');
    for (let depth = parts.length; depth > 0; depth--) {
      const name = parts.slice(0, depth).join('/');
      const file = this.#files.get(name);
      if (file !== undefined) before.push(file);
      if (depth === parts.length) this.#files.set(name, by);
      else this.#folders.set(name, (this.#folders.get(name) ?? new Set()).add(by));
    }
    return before.filter((one) => one !== by);
  }
}
