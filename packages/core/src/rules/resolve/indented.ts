/**
 * Three-way merge of texts that are lists of named blocks, told by indentation: pnpm-lock.yaml, yarn.lock. Block by block, and inside a block line by line: what one side changed is taken from it, what both
 * changed differently is a conflict, and so is a text in which a name stands twice at one place.
 */
import { type Lines, sameLines } from './texts.ts';
import { isSorted, weave } from './weave.ts';

/** One line with all that is indented under it. */
export interface Block {
  readonly name: string;
  readonly line: string;
  /** Empty lines in front. */
  readonly gap: number;
  readonly body: Blocks;
}
export type Blocks = ReadonlyMap<string, Block>;
type Versions<T> = { readonly base: T; readonly ours: T; readonly theirs: T };
/** What a line is called among its neighbours. */
type NameOf = (line: string) => string;

const bare = (name: string): string => name.replace(/^(["'])(.*)\1$/, '$2');

/** `key: value` and `key value` by the key; a comment, an element of a list and a heading of several are themselves. */
export const keyOf: NameOf = (line) => {
  if (/^(?:#|- )|, /.test(line)) return line;
  const [, key = line] = /^("[^"]*"|'[^']*'|[^\s:]+(?::[^\s:]+)*):?(?:\s|$)/.exec(line) ?? [];
  return bare(key);
};

// ───────────── reading and writing ─────────────

/** Undefined: a name stands twice. */
export function readBlocks(lines: Lines, nameOf: NameOf = keyOf): Blocks | undefined {
  const blocks = new Map<string, Block>();
  let gap = 0;
  for (let i = 0; i < lines.length; ) {
    const line = lines[i]!;
    if (line === '') {
      gap += 1;
      i += 1;
      continue;
    }
    const end = endOf(lines, i);
    const body = readBlocks(lines.slice(i + 1, end), nameOf);
    const name = nameOf(line.trim());
    if (!body || blocks.has(name)) return undefined;
    blocks.set(name, { name, line, gap, body });
    gap = 0;
    i = end;
  }
  return blocks;
}

/** Empty lines belong to what follows them. */
function endOf(lines: Lines, from: number): number {
  const margin = indentOf(lines[from]!);
  let end = from + 1;
  for (let i = end; i < lines.length; i++) {
    if (lines[i] === '') continue;
    if (indentOf(lines[i]!) <= margin) break;
    end = i + 1;
  }
  return end;
}

const indentOf = (line: string): number => line.length - line.trimStart().length;

export const written = (blocks: Blocks): Lines =>
  [...blocks.values()].flatMap(({ line, gap, body }) => [
    ...Array<string>(gap).fill(''),
    line,
    ...written(body),
  ]);

// ───────────── merging ─────────────

export function mergeBlocks(all: Versions<Blocks>): Blocks | undefined {
  const merged = new Map<string, Block>();
  for (const name of namesOf(all)) {
    const [base, ours, theirs] = [all.base.get(name), all.ours.get(name), all.theirs.get(name)];
    const one = mergeBlock({ base, ours, theirs });
    if (one === 'conflict') return undefined;
    if (one) merged.set(name, one);
  }
  return spaced(merged, all);
}

/** As many empty lines between two blocks as a side has between them; between others as many as before the last. */
function spaced(merged: Blocks, { ours, theirs }: Versions<Blocks>): Blocks {
  const between = new Map<string, number>();
  for (const side of [theirs, ours]) {
    const names = [...side.keys()];
    for (const [i, name] of names.entries()) between.set(`${names[i - 1]}\n${name}`, side.get(name)!.gap);
  }
  const usual = [...ours.values()].at(-1)?.gap ?? 0;
  const names = [...merged.keys()];
  const gapOf = (name: string, i: number): number => between.get(`${names[i - 1]}\n${name}`) ?? usual;
  return new Map(names.map((name, i) => [name, { ...merged.get(name)!, gap: gapOf(name, i) }]));
}

function mergeBlock({ base, ours, theirs }: Versions<Block | undefined>): Block | undefined | 'conflict' {
  if (same(ours, theirs) || same(base, theirs)) return ours;
  if (same(base, ours)) return theirs;
  if (!ours || !theirs || ours.line !== theirs.line) return 'conflict';
  const body = mergeBlocks({ base: base?.body ?? new Map(), ours: ours.body, theirs: theirs.body });
  return body ? { ...ours, body } : 'conflict';
}

export const same = (a: Block | undefined, b: Block | undefined): boolean =>
  a && b ? sameLines([a.line, ...written(a.body)], [b.line, ...written(b.body)]) : a === b;

function namesOf({ base, ours, theirs }: Versions<Blocks>): Lines {
  const [a, b] = [[...ours.keys()], [...theirs.keys()]];
  const all = weave(a, b, new Set(base.keys()));
  return isSorted(a) && isSorted(b) ? all.toSorted() : all;
}
