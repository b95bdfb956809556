/** Which folders a task needs to see, where it needs only some. */
import { isGlob } from '@swarm/core/rules/glob';

/** More than this is no small part of a tree. */
const FOLDERS_MAX = 64;
/** A name with anything else in it is rare, and is then seen with all the rest. */
const PLAIN = /^[\p{L}\p{N} ._@+,=()[\]{}~!$&'-]+(?:\/[\p{L}\p{N} ._@+,=()[\]{}~!$&'-]+)*$/u;

/**
 * For each entry of a scope the folder it lies in, and itself where it is one; of a glob the folder it begins in. Files at
 * the top are seen by everybody. Undefined: all of the tree, as one entry stands for it or cannot be told.
 */
export function foldersSeen(scope: readonly string[]): readonly string[] | undefined {
  const folders = [...new Set(scope.flatMap(foldersOf))];
  const isPart = scope.length > 0 && folders.length <= FOLDERS_MAX && folders.every(isPlain);
  return isPart ? folders : undefined;
}

const isPlain = (path: string): boolean =>
  PLAIN.test(path) && !path.split('/').some((name) => /^\.\.?$/.test(name));

function foldersOf(entry: string): readonly string[] {
  const path = entry.replace(/^\.\//, '').replace(/\/+$/, '');
  if (isGlob(path)) return [parentOf(path.slice(0, path.search(/[*?{[]/)))];
  const parent = parentOf(path);
  return parent === '' ? [path] : [path, parent];
}

/** Empty for what lies at the top. */
const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));
