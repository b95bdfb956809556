/**
 * What tasks really touch, learned from handoffs and conflicts, against what they say they will. Three corrections:
 *
 * - What a task’s last handoff changed belongs to its scope: while it waits to land, and when it is tried again.
 * - A *ride-along* (a lockfile, a changelog, a barrel: some resolver knows how to join it) that many handoffs touch
 *   keeps nobody out, declared or not, until a conflict in it had to be given back to a worker.
 * - A *contended* file (handoffs touch it outside their scope, and it was in a conflict) belongs to the scope of every
 *   task whose neighbours in the same folder mostly touch it. A file that was in no conflict serialises nobody.
 *
 * Remembered is a window, so work and memory are bounded by it and old habits are forgotten.
 */
import { hasRule } from './resolve/resolve.ts';

/** Handoffs, and as many conflicts, that are remembered. */
export const FOOTPRINT_WINDOW = 64;
/** A file that so many handoffs of the window touch is touched out of habit. */
export const HABIT_MIN = 3;
/** Files of one handoff or conflict, and folders of one scope, that are learned from. */
const FILES_MAX = 32;
const FOLDERS_MAX = 4;

interface Seen {
  readonly files: readonly string[];
  /** Folders the task said it would work in. */
  readonly folders: readonly string[];
}

interface Folder {
  handoffs: number;
  /** How many of them touched the file. */
  readonly files: Map<string, number>;
}

export interface Footprint {
  readonly handoffs: Seen[];
  readonly conflicts: (readonly string[])[];
  /** Handoffs of the window that touched a file which is a ride-along or lay outside their scope. */
  readonly touched: Map<string, number>;
  /** Handoffs of the window by folder they were meant for. */
  readonly fromFolder: Map<string, Folder>;
  readonly conflicted: Map<string, number>;
  /** Files that keep nobody out now, and files that were in a conflict and are touched out of habit. */
  readonly rideAlongs: Set<string>;
  readonly contended: Set<string>;
  /** Counts the changes of those two. */
  version: number;
}

export const emptyFootprint = (): Footprint => ({
  handoffs: [],
  conflicts: [],
  touched: new Map(),
  fromFolder: new Map(),
  conflicted: new Map(),
  rideAlongs: new Set(),
  contended: new Set(),
  version: 0,
});

/**
 * A handoff came in.
 * @param scope what its task declares. @param files what it changed. @param outside those not covered by the scope.
 */
export function noteHandoff(
  f: Footprint,
  scope: readonly string[],
  files: readonly string[],
  outside: readonly string[],
): void {
  const seen: Seen = { files: worthLearning(files, outside), folders: foldersOf(scope) };
  f.handoffs.push(seen);
  count(f, seen, 1);
  const forgotten = f.handoffs.length > FOOTPRINT_WINDOW ? f.handoffs.shift() : undefined;
  if (forgotten) count(f, forgotten, -1);
  for (const file of seen.files) judge(f, file);
  if (forgotten) for (const file of forgotten.files) judge(f, file);
}

/** Called for every handoff a journal holds: nothing is made for the many that only touch what they declared. */
function worthLearning(files: readonly string[], outside: readonly string[]): readonly string[] {
  if (outside.length === 0 && !files.some(hasRule)) return NONE;
  const isTold = new Set(outside);
  return files.filter((file) => isTold.has(file) || hasRule(file)).slice(0, FILES_MAX);
}
const NONE: readonly string[] = [];

/** Is called when a handoff did not merge and no rule resolved the conflict. */
export function noteConflict(f: Footprint, files: readonly string[]): void {
  const seen = files.slice(0, FILES_MAX);
  f.conflicts.push(seen);
  const forgotten = f.conflicts.length > FOOTPRINT_WINDOW ? f.conflicts.shift()! : [];
  for (const file of seen) add(f.conflicted, file, 1);
  for (const file of forgotten) add(f.conflicted, file, -1);
  for (const file of [...seen, ...forgotten]) judge(f, file);
}

/** Contended files a task with this scope is likely to touch, though it does not say so. */
export function predictedFiles(f: Footprint, scope: readonly string[]): readonly string[] {
  if (f.contended.size === 0 || scope.length === 0) return [];
  const folders = foldersOf(scope);
  return [...f.contended].filter((file) => folders.some((folder) => isHabitOf(f, folder, file)));
}

function isHabitOf(f: Footprint, folder: string, file: string): boolean {
  const of = f.fromFolder.get(folder);
  const times = of?.files.get(file) ?? 0;
  return times >= HABIT_MIN && 2 * times >= of!.handoffs;
}

function judge(f: Footprint, file: string): void {
  const isHabit = (f.touched.get(file) ?? 0) >= HABIT_MIN;
  const wasInConflict = f.conflicted.has(file);
  put(f, f.rideAlongs, file, isHabit && !wasInConflict && hasRule(file));
  put(f, f.contended, file, isHabit && wasInConflict);
}

function put(f: Footprint, set: Set<string>, file: string, isIn: boolean): void {
  if (set.has(file) === isIn) return;
  if (isIn) set.add(file);
  else set.delete(file);
  f.version += 1;
}

function count(f: Footprint, { files, folders }: Seen, by: 1 | -1): void {
  for (const file of files) add(f.touched, file, by);
  for (const folder of folders) {
    const of = f.fromFolder.get(folder) ?? { handoffs: 0, files: new Map<string, number>() };
    if (of.handoffs === 0) f.fromFolder.set(folder, of);
    of.handoffs += by;
    for (const file of files) add(of.files, file, by);
    if (of.handoffs === 0) f.fromFolder.delete(folder);
  }
}

function add(map: Map<string, number>, key: string, by: 1 | -1): void {
  const now = (map.get(key) ?? 0) + by;
  if (now === 0) map.delete(key);
  else map.set(key, now);
}

/** The folder each entry lies in; an entry without one lies in the root, which is everybody’s and says nothing. */
function foldersOf(scope: readonly string[]): readonly string[] {
  const folders: string[] = [];
  for (const entry of scope) {
    const folder = entry.slice(0, Math.max(0, entry.lastIndexOf('/')));
    if (folder !== '' && !folders.includes(folder)) folders.push(folder);
    if (folders.length === FOLDERS_MAX) break;
  }
  return folders;
}
