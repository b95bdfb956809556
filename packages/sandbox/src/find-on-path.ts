import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';

/**
 * The absolute path of the first executable file called `program` in the folders of `pathEnv`, or undefined.
 * Empty and relative folders of `pathEnv` are skipped: they would mean whatever folder we happen to stand in.
 */
export async function findOnPath(program: string, pathEnv: string): Promise<string | undefined> {
  if (program === '' || program.includes('/')) return undefined;
  for (const folder of pathEnv.split(delimiter)) {
    if (isAbsolute(folder) && (await isExecutable(join(folder, program)))) return join(folder, program);
  }
  return undefined;
}

/** Follows symlinks. */
export async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
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
