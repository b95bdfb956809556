/** docs/board.md: what a person sees on the board, as `scripts/board-screens.ts` caught it, and the table of its keys. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KEY_GROUPS, KEYS, type KeyGroup } from '../packages/dashboard/src/board/keys.ts';

const PATH = join(import.meta.dirname, '..', 'docs', 'board.md');
/** What stands between is made; the rest of the file is written by hand. */
const BEGIN = '<!-- keys: made by `pnpm run docs` -->';
const END = '<!-- /keys -->';

export function renderBoardDocs(): string {
  const text = readFileSync(PATH, 'utf8');
  const [before, after] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (before < 0 || after < before) throw new Error(`${PATH} has lost its place for the keys`);
  return `${text.slice(0, before)}${BEGIN}\n${keyTables()}\n${text.slice(after)}`;
}

function keyTables(): string {
  const groups = Object.keys(KEY_GROUPS) as KeyGroup[];
  const rows = groups.flatMap((group) =>
    KEYS.filter((row) => row.group === group).map(({ keys, does, command }, i) => {
      const pressed = keys.map((key) => `\`${key}\``).join(' ');
      return `| ${i === 0 ? KEY_GROUPS[group] : ''} | ${pressed} | ${does} | ${command === undefined ? '' : `\`swarm ${command}\``} |`;
    }),
  );
  return ['| | key | does | as |', '|---|---|---|---|', ...rows].join('\n');
}
