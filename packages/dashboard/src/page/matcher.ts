/** Which rows of a long list match, found a little at a time; rows that are added later are looked at then. */

/** Rows between two looks at the clock. */
const STRIDE = 500;

export class Matcher<T> {
  readonly #isMatch: (row: T) => boolean;
  readonly found: number[] = [];
  #next = 0;

  constructor(isMatch: (row: T) => boolean) {
    this.#isMatch = isMatch;
  }

  /** @returns whether all rows there are have been looked at. */
  look(rows: readonly T[], untilMs: number, now: () => number): boolean {
    while (this.#next < rows.length) {
      const end = Math.min(rows.length, this.#next + STRIDE);
      for (; this.#next < end; this.#next++)
        if (this.#isMatch(rows[this.#next]!)) this.found.push(this.#next);
      if (now() >= untilMs) break;
    }
    return this.#next >= rows.length;
  }
}
