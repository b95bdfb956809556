/**
 * Which lines of one text are lines of another: patience diff (B. Cohen), which anchors on lines that occur once in
 * both. Where it finds less than there is, more counts as changed, and less is resolved: never the reverse.
 */
import type { Lines } from './texts.ts';

/** Gaps within gaps followed; deeper ones count as changed. Each level costs the lines it looks at, once. */
const DEPTH_MAX = 12;

/** Line numbers, from 0; ends are exclusive. `a` is the base, `b` one side. */
interface Gap {
  readonly aFrom: number;
  readonly aTo: number;
  readonly bFrom: number;
  readonly bTo: number;
  readonly depth: number;
}

/** @returns for each line of `a` the line of `b` it is, rising, or -1. O(n log n). */
export function align(a: Lines, b: Lines): Int32Array {
  const found = new Int32Array(a.length).fill(-1);
  const open: Gap[] = [{ aFrom: 0, aTo: a.length, bFrom: 0, bTo: b.length, depth: 0 }];
  for (let gap = open.pop(); gap; gap = open.pop()) {
    const inner = trimmed(a, b, gap, found);
    if (inner.aFrom === inner.aTo || inner.bFrom === inner.bTo || inner.depth === DEPTH_MAX) continue;
    for (const next of between(inner, anchors(a, b, inner), found)) open.push(next);
  }
  return found;
}

/** Notes the lines both begin and end with, and leaves what lies between. */
function trimmed(a: Lines, b: Lines, gap: Gap, found: Int32Array): Gap {
  let { aFrom, aTo, bFrom, bTo } = gap;
  while (aFrom < aTo && bFrom < bTo && a[aFrom] === b[bFrom]) found[aFrom++] = bFrom++;
  while (aFrom < aTo && bFrom < bTo && a[aTo - 1] === b[bTo - 1]) found[--aTo] = --bTo;
  return { aFrom, aTo, bFrom, bTo, depth: gap.depth };
}

type Pair = readonly [a: number, b: number];

/** The longest run of pairs, rising on both sides, of lines that occur once in each. */
function anchors(a: Lines, b: Lines, gap: Gap): readonly Pair[] {
  const inB = onceIn(b, gap.bFrom, gap.bTo);
  const pairs: Pair[] = [];
  for (const [line, at] of onceIn(a, gap.aFrom, gap.aTo)) {
    const other = inB.get(line);
    if (at >= 0 && other !== undefined && other >= 0) pairs.push([at, other]);
  }
  return longestRising(pairs.sort((x, y) => x[0] - y[0]));
}

/** Where each line stands; -1 when it stands there more than once. */
function onceIn(lines: Lines, from: number, to: number): Map<string, number> {
  const at = new Map<string, number>();
  for (let i = from; i < to; i++) at.set(lines[i]!, at.has(lines[i]!) ? -1 : i);
  return at;
}

/** Patience sorting: `tops` holds, for each length, the run of that length that ends lowest. */
function longestRising(pairs: readonly Pair[]): readonly Pair[] {
  const tops: number[] = [];
  const before: number[] = [];
  pairs.forEach(([, b], i) => {
    const length = firstNotBelow(tops, b, pairs);
    before[i] = length > 0 ? tops[length - 1]! : -1;
    tops[length] = i;
  });
  const run: Pair[] = [];
  for (let i = tops.at(-1) ?? -1; i >= 0; i = before[i]!) run.push(pairs[i]!);
  return run.reverse();
}

function firstNotBelow(tops: readonly number[], b: number, pairs: readonly Pair[]): number {
  let [low, high] = [0, tops.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (pairs[tops[middle]!]![1] < b) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Notes the anchors and gives the gaps around them; none when there is no anchor to go by. */
function between(gap: Gap, pairs: readonly Pair[], found: Int32Array): readonly Gap[] {
  const gaps: Gap[] = [];
  let [aFrom, bFrom] = [gap.aFrom, gap.bFrom];
  for (const [a, b] of pairs) {
    found[a] = b;
    gaps.push({ aFrom, aTo: a, bFrom, bTo: b, depth: gap.depth + 1 });
    [aFrom, bFrom] = [a + 1, b + 1];
  }
  if (pairs.length > 0) gaps.push({ ...gap, aFrom, bFrom, depth: gap.depth + 1 });
  return gaps;
}
