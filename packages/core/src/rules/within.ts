/**
 * Whether a scope lies within another. Of folders and patterns the answer errs one way: what might lie outside does. A
 * file is held against the outer scope as the files of a change are (change-rules.ts).
 */
import { fixedNames, isFileName, isGlob, type Pattern, patternsMeet, patternsOf } from './glob.ts';

/** Entries of the inner scope that may name a path the outer one does not, in their order. */
export function outsideOf(outer: readonly string[], inner: readonly string[]): readonly string[] {
  const around = outer.map(fold);
  return inner.filter((entry) => !around.some((one) => holds(one, fold(entry))));
}

const fold = (entry: string): string => entry.normalize('NFC').toLowerCase();

function holds(outer: string, inner: string): boolean {
  if (outer === inner) return true;
  const folders = wholeFolders(outer);
  if (folders) return folders.some((folder) => isUnder(fixedNames(inner), folder));
  // What may be a folder names more than a pattern of files does.
  if (isGlob(inner) || !isFileName(inner)) return false;
  return patternsOf(outer).some((pattern) => patternsMeet(inner.split('/'), pattern));
}

/** The folders all of which the entry names; undefined where it names some files of them only. */
function wholeFolders(entry: string): readonly Pattern[] | undefined {
  if (!isGlob(entry)) return [fixedNames(entry)];
  if (!entry.endsWith('/**')) return undefined;
  const folder = entry.slice(0, -'/**'.length);
  return isGlob(folder) ? undefined : [fixedNames(folder)];
}

const isUnder = (names: readonly string[], folder: readonly string[]): boolean =>
  folder.every((name, i) => names[i] === name);
