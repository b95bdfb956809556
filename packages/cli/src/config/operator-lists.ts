/** Puts words into a list of `[sandbox]` in the operator's own configuration, and changes nothing else in the file. */
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'smol-toml';

export type ListKey = 'mounts' | 'egress';

/** The line as it is written into the file. */
export const listLine = (key: ListKey, words: readonly string[]): string =>
  `${key} = ${JSON.stringify(words)}`;

/**
 * The text with these added to those that are there; undefined where it cannot be done without touching what
 * somebody else wrote, such as a list over several lines.
 */
export function withWords(text: string, key: ListKey, added: readonly string[]): string | undefined {
  const before = tableOf(text);
  if (!before) return undefined;
  const words = [...new Set([...wordsIn(before, key), ...added])];
  const after = placed(text, key, listLine(key, words));
  const read = tableOf(after);
  // Whatever shape the file has: it must now say this, and otherwise what it said.
  const wanted = { ...before, sandbox: { ...sandboxIn(before), [key]: words } };
  return read && isDeepStrictEqual(plain(read), plain(wanted)) ? after : undefined;
}

function placed(text: string, key: ListKey, line: string): string {
  const header = /^\[sandbox\][ \t]*(?:#.*)?$/m.exec(text);
  if (!header)
    return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${text === '' ? '' : '\n'}[sandbox]\n${line}\n`;
  const from = header.index + header[0].length;
  const rest = text.slice(from);
  const end = /^\[/m.exec(rest)?.index ?? rest.length;
  const table = rest.slice(0, end);
  const there = new RegExp(`^${key}[ \\t]*=[ \\t]*\\[[^\\]\\n]*\\][ \\t]*$`, 'm');
  const changed = there.test(table) ? table.replace(there, () => line) : `\n${line}${table}`;
  return text.slice(0, from) + changed + rest.slice(end);
}

type Table = Readonly<Record<string, unknown>>;

function tableOf(text: string): Table | undefined {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

const sandboxIn = (table: Table): Table => (table.sandbox ?? {}) as Table;

/** Those that are there already. */
function wordsIn(table: Table, key: ListKey): readonly string[] {
  const words = sandboxIn(table)[key];
  return Array.isArray(words) ? words.filter((one) => typeof one === 'string') : [];
}

/** Without the prototypes that a parser gives its tables. */
const plain = (table: Table): unknown => JSON.parse(JSON.stringify(table));
