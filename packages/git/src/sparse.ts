/** A work tree of some folders only, as git's cone mode has it: gitformat-sparse, git-sparse-checkout(1). */

/** What is checked out: `deep` with all below, `flat` with the files that lie right in them. */
export interface Cone {
  readonly deep: readonly string[];
  readonly flat: readonly string[];
}

export function coneOf(folders: readonly string[]): Cone {
  const deep = folders.filter((one) => !folders.some((other) => one.startsWith(`${other}/`)));
  const flat = new Set(['', ...deep.flatMap(ancestors)]);
  return { deep: [...new Set(deep)].toSorted(), flat: [...flat].toSorted() };
}

/** `a/b/c` → `a`, `a/b`. */
const ancestors = (folder: string): string[] =>
  folder
    .split('/')
    .slice(0, -1)
    .map((_, at, names) => names.slice(0, at + 1).join('/'));

/** For `info/sparse-checkout`. Outer folders come before inner ones: the last pattern that fits counts. */
export function conePatterns({ deep, flat }: Cone): string {
  const open = flat.flatMap((folder) => {
    const at = folder === '' ? '' : `/${escaped(folder)}`;
    return [`${at}/${folder === '' ? '*' : ''}`, `!${at}/*/`];
  });
  return [...open, ...deep.map((folder) => `/${escaped(folder)}/`), ''].join('\n');
}

const escaped = (folder: string): string => folder.replaceAll(/[\\*?[]/g, '\\$&');

/** The same for the script that saves: one a line, what is deep with a `+` before it. */
export const coneList = ({ deep, flat }: Cone): string =>
  [...deep.map((folder) => `+${folder}`), ...flat.map((folder) => `=${folder}`), ''].join('\n');

/** Its name in the attempt's intake, which only the room of a save shows. */
export const CONE_FILE = 'swarm-cone';
