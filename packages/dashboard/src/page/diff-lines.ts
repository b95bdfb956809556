/** A patch as rows: what was taken out and put in, and which part of a line changed. */

export type DiffRow =
  | { readonly kind: 'file' | 'hunk' | 'note'; readonly text: string }
  | {
      readonly kind: 'same' | 'out' | 'in';
      readonly text: string;
      /** Line numbers, before and after. */
      readonly before: number | undefined;
      readonly after: number | undefined;
      /** What changed of a line that has a counterpart: from here to there. */
      readonly mark?: readonly [number, number];
    };

type LineRow = Extract<DiffRow, { before: unknown }>;

/** Longer runs of lines have no counterparts worth showing. */
const PAIRED_MAX = 200;

/** @param patch as `git diff` writes it: anything, for others wrote what is in it. */
export function rowsOf(patch: string): readonly DiffRow[] {
  const rows: DiffRow[] = [];
  let [before, after] = [0, 0];
  // Lines a hunk still has: within them nothing is a header, whatever it looks like.
  let [outLeft, inLeft] = [0, 0];
  let block: LineRow[] = [];
  const settle = (): void => {
    rows.push(...paired(block));
    block = [];
  };
  const lines = patch.split('\n');
  if (lines.at(-1) === '') lines.pop();
  for (const line of lines) {
    const [sign, text] = [line[0], line.slice(1)];
    if (outLeft + inLeft > 0 && sign !== '\\') {
      if (sign === '-') {
        block.push({ kind: 'out', text, before: before++, after: undefined });
        outLeft -= 1;
      } else if (sign === '+') {
        block.push({ kind: 'in', text, before: undefined, after: after++ });
        inLeft -= 1;
      } else {
        settle();
        rows.push({ kind: 'same', text, before: before++, after: after++ });
        [outLeft, inLeft] = [outLeft - 1, inLeft - 1];
      }
      continue;
    }
    settle();
    const hunk = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line);
    if (hunk) {
      [before, after] = [Number(hunk[1]), Number(hunk[3])];
      [outLeft, inLeft] = [Number(hunk[2] ?? 1), Number(hunk[4] ?? 1)];
      rows.push({ kind: 'hunk', text: line });
    } else if (line.startsWith('diff --git ')) rows.push({ kind: 'file', text: nameIn(line) });
    else if (!/^(index |--- |\+\+\+ )/.test(line)) rows.push({ kind: 'note', text: line });
  }
  settle();
  return rows;
}

/** The name after the change; as git wrote the line, where it cannot be told from it. */
function nameIn(line: string): string {
  const names = line.slice('diff --git '.length);
  const half = names.slice(0, (names.length - 1) / 2);
  return names === `${half} b/${half.slice(2)}` && half.startsWith('a/') ? half.slice(2) : names;
}

/** As many out as in, one after another: each pair is one line that changed. */
function paired(block: readonly LineRow[]): readonly LineRow[] {
  const out = block.filter(({ kind }) => kind === 'out');
  const into = block.filter(({ kind }) => kind === 'in');
  if (out.length !== into.length || out.length > PAIRED_MAX) return block;
  return block.map((row) => {
    const [old, now] = row.kind === 'out' ? [row, into[out.indexOf(row)]!] : [out[into.indexOf(row)]!, row];
    const [first, tail] = commonEnds(old.text, now.text);
    const mark = [first, row.text.length - tail] as const;
    // Where nothing is alike, the whole line changed, which its colour says.
    return first + tail === 0 || mark[0] >= mark[1] ? row : { ...row, mark };
  });
}

/** With how many characters two texts begin alike, and end alike, word by word: a word changed as a whole. */
function commonEnds(a: string, b: string): readonly [number, number] {
  const [old, now] = [wordsIn(a), wordsIn(b)];
  const shorter = Math.min(old.length, now.length);
  let first = 0;
  while (first < shorter && old[first] === now[first]) first += 1;
  let tail = 0;
  while (tail < shorter - first && old[old.length - 1 - tail] === now[now.length - 1 - tail]) tail += 1;
  const length = (words: readonly string[]): number => words.join('').length;
  return [length(old.slice(0, first)), length(old.slice(old.length - tail))];
}

/** Each word, each run of blanks, every other character. */
const wordsIn = (text: string): readonly string[] => text.match(/[\p{L}\p{N}_]+|\s+|[\s\S]/gu) ?? [];

export interface DiffSize {
  readonly files: number;
  readonly added: number;
  readonly removed: number;
}
export const sizeOf = (rows: readonly DiffRow[]): DiffSize => ({
  files: rows.filter(({ kind }) => kind === 'file').length,
  added: rows.filter(({ kind }) => kind === 'in').length,
  removed: rows.filter(({ kind }) => kind === 'out').length,
});
