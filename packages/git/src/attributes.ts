/**
 * What the base says of merges in its `.gitattributes`, in the words of one file of the hub's own. Git's built-in
 * ways (`union`, `binary`, `-merge`) run no program and are followed; a driver of a repository's own never is, its
 * files are merged as text. Read once, from the commit the run started from: no branch can change how it is merged.
 */
import type { CommitId } from '@swarm/core/model/ids';
import { LOCKFILES } from '@swarm/core/rules/resolve/locks/names';
import { type Git, type Place, splitNul } from './git.ts';

/** Set on what the base wants joined by hand alone: no rule of ours either. */
export const BY_HAND = 'swarm-by-hand';

const FILE = '.gitattributes';
/** Names of the files of a whole tree. */
const NAMES_MAX = 1024 * 1024 * 1024;
/** Git does not read longer lines. */
const LINE_MAX = 2_048;

/** The text of `info/attributes`, which wins over every other: lockfiles are never joined as lines, whoever asks. */
export function mergeAttributes(files: readonly AttributeFile[]): string {
  const lines = files.flatMap(({ folder, text }) => translated(folder, text));
  const locks = LOCKFILES.map((name) => `${name} -merge`);
  return `${['* !merge !conflict-marker-size', ...lines, ...locks].join('\n')}\n`;
}

export interface AttributeFile {
  /** Empty for the top; otherwise with a slash at its end. */
  readonly folder: string;
  readonly text: string;
}

/** Those of the base. */
export async function attributeFiles(
  git: Git,
  place: Place,
  base: CommitId,
): Promise<readonly AttributeFile[]> {
  const args = ['-r', '-z', '--full-tree', '--end-of-options', base];
  const listed = await git.run(place, 'ls-tree', args, { maxBytes: NAMES_MAX });
  const found = splitNul(listed.stdout).filter(
    (row) => row.endsWith(`/${FILE}`) || row.endsWith(`\t${FILE}`),
  );
  const files: AttributeFile[] = [];
  for (const row of found) {
    const [mode = '', , id = ''] = row.split(/[ \t]/, 3);
    const path = row.slice(row.indexOf('\t') + 1);
    if (!mode.startsWith('100')) continue; // Git follows no link here either.
    const { stdout } = await git.run(place, 'cat-file', ['blob', id]);
    files.push({ folder: path.slice(0, -FILE.length), text: stdout.toString() });
  }
  return inOrder(files);
}

/** Outer folders first: what stands further in counts more. */
export function inOrder(files: readonly AttributeFile[]): readonly AttributeFile[] {
  const depth = ({ folder }: AttributeFile): number => folder.split('/').length;
  return files.toSorted((a, b) => depth(a) - depth(b));
}

/** What the words of a line come to; undefined when they say nothing of what is asked. */
type Meaning = (
  words: readonly string[],
  macros: ReadonlyMap<string, readonly string[]>,
) => string | undefined;

/** Only lines that say something of what is asked, each with its pattern as seen from the top. */
export function translated(folder: string, text: string, meaning: Meaning = mergeIn): readonly string[] {
  const macros = new Map([['binary', ['-diff', '-merge', '-text']]]);
  const lines: string[] = [];
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || Buffer.byteLength(raw) > LINE_MAX) continue;
    const macro = /^\[attr\](\S+)\s+(.*)$/.exec(line);
    if (macro) {
      if (folder === '') macros.set(macro[1]!, macro[2]!.split(/\s+/));
      continue;
    }
    const [, quoted, plain, rest = ''] = /^(?:"((?:[^"\\]|\\.)*)"|(\S+))\s+(.*)$/.exec(line) ?? [];
    const pattern = quoted === undefined ? plain : unquoted(quoted);
    const said = meaning(rest.split(/\s+/), macros);
    if (pattern !== undefined && said !== undefined && !pattern.startsWith('!'))
      lines.push(`${asWritten(fromTop(folder, pattern))} ${said}`);
  }
  return lines;
}

/** What the last word on merging among the attributes comes to; undefined when there is none. */
function mergeIn(
  words: readonly string[],
  macros: ReadonlyMap<string, readonly string[]>,
): string | undefined {
  return lastOf(words, macros, (word) => {
    if (word === '-merge' || word === 'merge=binary') return `-merge ${BY_HAND}`;
    if (word === 'merge=union') return `merge=union !${BY_HAND}`;
    return /^[-!]?merge(?:=|$)/.test(word) ? `!merge !${BY_HAND}` : undefined;
  });
}

/** The same of the filter: `lfs`, or any other or none. */
export const lfsIn: Meaning = (words, macros) =>
  lastOf(words, macros, (word) => {
    if (word === 'filter=lfs') return word;
    return /^[-!]?filter(?:=|$)/.test(word) ? '-filter' : undefined;
  });

function lastOf(
  words: readonly string[],
  macros: ReadonlyMap<string, readonly string[]>,
  meaning: (word: string) => string | undefined,
): string | undefined {
  let said: string | undefined;
  const read = (word: string, depth: number): void => {
    const own = meaning(word);
    if (own !== undefined) said = own;
    else if (depth < MACRO_DEPTH) for (const each of macros.get(word) ?? []) read(each, depth + 1);
  };
  for (const word of words) read(word, 0);
  return said;
}
const MACRO_DEPTH = 8;

/** A pattern without a slash is for names at any depth; one with a slash, from its own folder on. */
function fromTop(folder: string, pattern: string): string {
  if (folder === '') return pattern;
  const inner = pattern.slice(0, -1).includes('/') ? pattern.replace(/^\//, '') : `**/${pattern}`;
  return `/${folder.replace(/[*?[\]\\]/g, '\\$&')}${inner}`;
}

const asWritten = (pattern: string): string =>
  /[\s"\\\u0000-\u001f\u007f]/.test(pattern) || /^[#!]/.test(pattern)
    ? `"${pattern.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t')}"`
    : pattern;

/** C's escapes, as git writes them. */
function unquoted(text: string): string {
  const bytes: number[] = [];
  const source = Buffer.from(text);
  for (let i = 0; i < source.length; i++) {
    if (source[i] !== BACKSLASH) {
      bytes.push(source[i]!);
      continue;
    }
    const octal = /^[0-3][0-7]{2}/.exec(source.toString('latin1', i + 1, i + 4))?.[0];
    bytes.push(
      octal === undefined
        ? (ESCAPES[String.fromCharCode(source[i + 1]!)] ?? source[i + 1]!)
        : Number.parseInt(octal, 8),
    );
    i += octal === undefined ? 1 : 3;
  }
  return Buffer.from(bytes).toString();
}
const BACKSLASH = 0x5c;
const ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 };
