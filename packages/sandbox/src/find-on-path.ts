import { accessSync, constants, statSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';

/**
 * The absolute path of the first executable file called `program` in the folders of `pathEnv`, or undefined.
 * Empty and relative folders of `pathEnv` are skipped: they would mean whatever folder we happen to stand in.
 */
export function findOnPath(program: string, pathEnv: string): string | undefined {
  if (program === '' || program.includes('/')) return undefined;
  for (const folder of pathEnv.split(delimiter)) {
    if (isAbsolute(folder) && isExecutable(join(folder, program))) return join(folder, program);
  }
  return undefined;
}

/** Follows symlinks. In place: a hop to another thread for each folder of a PATH costs more than to look. */
export function isExecutable(file: string): boolean {
  try {
    if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return false;
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Follows symlinks. */
export const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
