/**
 * The user's repository may configure programs that git would run for us: content filters among them, which no
 * single setting turns off. They are switched off by name, through the environment, where any name can be said.
 */
import { type Git, type Place, splitNul } from './git.ts';

const FILTER_KEY = /^(filter\..*)\.(?:clean|smudge|process|required)$/s;

/** Variables under which no filter of this repository runs. */
export async function withoutFilters(git: Git, place: Place): Promise<Record<string, string>> {
  const args = ['-z', '--name-only', '--get-regexp', '^filter\\.'];
  const keys = splitNul((await git.run(place, 'config', args, { codes: [0, 1] })).stdout);
  const drivers = new Set(keys.flatMap((key) => FILTER_KEY.exec(key)?.[1] ?? []));
  const settings = [...drivers].flatMap((driver) => [
    [`${driver}.clean`, ''],
    [`${driver}.smudge`, ''],
    [`${driver}.process`, ''],
    [`${driver}.required`, 'false'],
  ]);
  const pairs = settings.flatMap(([key, value], i) => [
    [`GIT_CONFIG_KEY_${i}`, key],
    [`GIT_CONFIG_VALUE_${i}`, value],
  ]);
  return Object.fromEntries([['GIT_CONFIG_COUNT', String(settings.length)], ...pairs]);
}
