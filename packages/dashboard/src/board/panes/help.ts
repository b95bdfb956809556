/** The table of keys, for whoever presses `?`. */
import { KEY_GROUPS, KEYS, type KeyGroup } from '../keys.ts';

const KEYS_WIDTH = 16;

export function helpLines(): readonly string[] {
  const groups = Object.keys(KEY_GROUPS) as KeyGroup[];
  return groups.flatMap((group) => [
    KEY_GROUPS[group],
    ...KEYS.filter((row) => row.group === group).map(
      ({ keys, does, command }) =>
        `  ${keys.join(' ').padEnd(KEYS_WIDTH)} ${does}${command === undefined ? '' : `  (swarm ${command})`}`,
    ),
    '',
  ]);
}
