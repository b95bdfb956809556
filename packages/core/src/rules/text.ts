/** What may stand in text that came from outside: names on one line, and longer text on several. */

/** C0, DEL and C1 controls. */
const CONTROL = /\p{Cc}/u;
/** Controls other than tab and the two line ends. */
const CONTROL_IN_TEXT = /[^\P{Cc}\t\n\r]/u;
/** Embeddings, overrides and isolates that make text read otherwise than it is, and the Unicode line ends. */
const DECEPTIVE = /[\u202a-\u202e\u2066-\u2069\u2028\u2029]/u;

/** @returns why this cannot be a name or title of one line, or undefined. Length is not looked at. */
export function lineProblem(text: string): string | undefined {
  if (text.trim() === '') return 'is empty';
  if (CONTROL.test(text)) return 'contains a control character';
  return hiddenProblem(text);
}

/** @returns why this cannot be text of several lines, or undefined; tabs and line ends are allowed. */
export function textProblem(text: string): string | undefined {
  if (CONTROL_IN_TEXT.test(text)) return 'contains a control character';
  return hiddenProblem(text);
}

function hiddenProblem(text: string): string | undefined {
  if (DECEPTIVE.test(text)) return 'contains a character that changes the reading direction or ends the line';
  return text.isWellFormed() ? undefined : 'is not well-formed Unicode';
}

/**
 * The allowed word nearest to what was written, for "did you mean": the same but for case, `_` and `-`, or at
 * most two letters away (Levenshtein distance, and less than half of the word).
 */
export function nearestWord(written: string, allowed: Iterable<string>): string | undefined {
  if (written.length > 100) return undefined;
  let best: string | undefined;
  let bestDistance = 3;
  for (const word of allowed) {
    if (Math.abs(word.length - written.length) > 2 && bare(word) !== bare(written)) continue;
    const distance = bare(word) === bare(written) ? 0 : editDistance(written, word);
    if (distance < bestDistance && distance * 2 < word.length) [best, bestDistance] = [word, distance];
  }
  return best;
}

const bare = (word: string): string => word.toLowerCase().replaceAll(/[_\- ]/g, '');

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
