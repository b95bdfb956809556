/** Many patterns at once: a text is read once, however many there are. */
import type { Pattern } from './forms.ts';

export interface Found {
  readonly pattern: Pattern;
  readonly at: number;
  readonly end: number;
}

/** Characters a pattern is told from others by: each pattern has as many. */
const START_CHARS = 4;
const START_MASK = (1 << 18) - 1;

export class PatternTable {
  /** Patterns by how they begin, the longest first. */
  readonly #starts = new Map<number, Pattern[]>();
  readonly #isStart = new Uint8Array(START_MASK + 1);
  #longest = 0;

  constructor(patterns: Iterable<Pattern>) {
    this.add(patterns);
  }

  /** Characters of the longest; 0 where there is none. */
  get longest(): number {
    return this.#longest;
  }

  add(patterns: Iterable<Pattern>): void {
    for (const pattern of patterns) {
      const start = startAt(pattern.text, 0);
      this.#isStart[start] = 1;
      const same = this.#starts.get(start) ?? [];
      if (same.length === 0) this.#starts.set(start, same);
      const shorter = same.findIndex(({ text }) => text.length < pattern.text.length);
      same.splice(shorter < 0 ? same.length : shorter, 0, pattern);
      this.#longest = Math.max(this.#longest, pattern.text.length);
    }
  }

  /** The first that stands at `from` or behind it. */
  next(text: string, from: number): Found | undefined {
    if (this.longest === 0) return undefined;
    for (let at = from; at + START_CHARS <= text.length; at += 1) {
      const start = startAt(text, at);
      if (this.#isStart[start] === 0) continue;
      const pattern = this.#starts.get(start)?.find((one) => text.startsWith(one.text, at));
      if (pattern) return { pattern, at, end: at + pattern.text.length };
    }
    return undefined;
  }
}

/** Different beginnings may have the same number. */
const startAt = (text: string, at: number): number =>
  ((text.charCodeAt(at) << 12) ^
    (text.charCodeAt(at + 1) << 8) ^
    (text.charCodeAt(at + 2) << 4) ^
    text.charCodeAt(at + 3)) &
  START_MASK;
