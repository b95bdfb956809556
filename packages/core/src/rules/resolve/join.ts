/**
 * How two additions at the same place go together. Ours, which landed first, stands first. Joining the result with
 * either side again changes nothing.
 */
import type { Join } from './additions.ts';
import type { Lines } from './texts.ts';

/** Both, whole; lines both begin with (the heading of a changelog's next version) stand once. */
export const joinBoth: Join = (ours, theirs) => {
  if (holds(ours, theirs)) return ours;
  if (holds(theirs, ours)) return theirs;
  return [...ours, ...theirs.slice(commonStart(ours, theirs))];
};

/** Ours, then those lines of theirs that ours lacks. Of empty lines only those before such a line are kept. */
export const joinDistinct: Join = (ours, theirs) => {
  if (holds(ours, theirs)) return ours;
  if (holds(theirs, ours)) return theirs;
  const known = new Set(ours);
  const isNew = (line: string | undefined): boolean =>
    line !== undefined && !isBlank(line) && !known.has(line);
  return [...ours, ...theirs.filter((line, i) => isNew(line) || (isBlank(line) && isNew(theirs[i + 1])))];
};

/** What a line defines: names that may be defined once only. Undefined: not a line the rule understands. */
export type NamesOf = (line: string) => readonly string[] | undefined;

/** Longer lines are nobody's handwriting, and are not put to a regular expression. */
const STATEMENT_MAX = 1_000;

/** As joinDistinct, where every line is understood and no two different lines define the same name. */
export function joinNamed(namesOf: NamesOf): Join {
  return (ours, theirs) => {
    const owner = new Map<string, string>();
    for (const line of [...ours, ...theirs]) {
      if (isBlank(line)) continue;
      const names = line.length > STATEMENT_MAX ? undefined : namesOf(line);
      if (!names?.every((name) => (owner.get(name) ?? line) === line)) return undefined;
      for (const name of names) owner.set(name, line);
    }
    return joinDistinct(ours, theirs);
  };
}

export const isBlank = (line: string): boolean => line.trim() === '';

/** True when every line of `part` stands in `whole`, in order. */
function holds(whole: Lines, part: Lines): boolean {
  let at = 0;
  for (const line of whole) if (line === part[at]) at++;
  return at === part.length;
}

function commonStart(a: Lines, b: Lines): number {
  let n = 0;
  while (n < a.length && n < b.length && a[n] === b[n]) n++;
  return n;
}
