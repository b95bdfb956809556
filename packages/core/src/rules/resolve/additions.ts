/**
 * Three-way merge by lines, as git does it, but for one thing: where both sides only added lines at the same place,
 * a rule may say how the two additions go together. An edit or deletion both sides take part in stays a conflict.
 */
import { align } from './align.ts';
import { type Lines, sameLines, splitLines, type Texts } from './texts.ts';

/** Both sides' additions at one place → what stands there, or undefined: a person or a model must look. */
export type Join = (ours: Lines, theirs: Lines) => Lines | undefined;

interface Hunk {
  readonly base: Lines;
  readonly ours: Lines;
  readonly theirs: Lines;
}

export function mergeAdditions(texts: Texts, join: Join): string | undefined {
  const lines = splitLines(texts);
  if (!lines) return undefined;
  const merged: Lines[] = [];
  for (const hunk of hunksOf(lines)) {
    const settled = settle(hunk, join);
    if (!settled) return undefined;
    merged.push(settled);
  }
  return lines.join(merged.flat());
}

/** By turns what is the same in all three, and what is not. A line that is the same keeps its neighbours apart. */
function hunksOf({ base, ours, theirs }: Hunk): readonly Hunk[] {
  const [inOurs, inTheirs] = [align(base, ours), align(base, theirs)];
  const hunks: Hunk[] = [];
  let [b, o, t] = [0, 0, 0];
  for (let i = 0; i <= base.length; i++) {
    const [toOurs, toTheirs] = i < base.length ? [inOurs[i]!, inTheirs[i]!] : [ours.length, theirs.length];
    if (toOurs < 0 || toTheirs < 0) continue;
    if (i > b || toOurs > o || toTheirs > t)
      hunks.push({ base: base.slice(b, i), ours: ours.slice(o, toOurs), theirs: theirs.slice(t, toTheirs) });
    if (i < base.length) hunks.push(unchanged(base[i]!));
    [b, o, t] = [i + 1, toOurs + 1, toTheirs + 1];
  }
  return hunks;
}

const unchanged = (line: string): Hunk => ({ base: [line], ours: [line], theirs: [line] });

function settle({ base, ours, theirs }: Hunk, join: Join): Lines | undefined {
  if (sameLines(ours, base)) return theirs;
  if (sameLines(theirs, base) || sameLines(ours, theirs)) return ours;
  return base.length === 0 ? join(ours, theirs) : undefined;
}
