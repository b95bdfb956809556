/** Several settings of a repository in one question. */
import type { Git, Place } from './git.ts';

/**
 * The last value of each setting whose name matches, by its name as git writes it: section and variable in small
 * letters, what stands between as it is.
 * @param pattern an extended regular expression: https://git-scm.com/docs/git-config (`--get-regexp`).
 * @throws SW0702 when git cannot tell.
 */
export async function settings(
  git: Git,
  place: Place,
  pattern: string,
): Promise<ReadonlyMap<string, string>> {
  const asked = await git.run(place, 'config', ['-z', '--get-regexp', pattern], { codes: [0, 1] });
  return lastOfEach(asked.stdout.toString());
}

/** What `git config -z` tells: `name LF value NUL`; of a name without a value only the name. */
export function lastOfEach(told: string): ReadonlyMap<string, string> {
  const pairs = told.split('\0').filter((pair) => pair !== '');
  return new Map(
    pairs.map((pair) => {
      const at = pair.indexOf('\n');
      return at === -1 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}
