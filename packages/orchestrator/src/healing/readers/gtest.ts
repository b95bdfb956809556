import { type LineState, number, type Reader, type Sink } from './reader.ts';

/** GoogleTest's own output. */
export const gtest: Reader = { tool: 'gtest', isCounting: true, start: (to) => new Gtest(to) };

class Gtest implements LineState {
  readonly #to: Sink;
  #running = 0;
  #isList = false;
  #hasFailed = false;
  /** The last line but empty ones said "Skipped", and nothing why. */
  #isSkip = false;

  constructor(to: Sink) {
    this.#to = to;
  }

  line(line: string): boolean {
    if (/^\[={10}\] Running \d+ tests? from /.test(line)) {
      this.#running += 1;
      this.#isList = false;
      this.#hasFailed = false;
    } else if (/^\[={10}\] \d+ tests? from .* ran\./.test(line)) this.#running -= 1;
    const count = /^\[ {2}FAILED {2}\] (\d+) tests?, listed below:$/.exec(line);
    if (count) {
      this.#isList = true;
      this.#to.counted(number(count[1]));
      return true;
    }
    return this.#readTest(line);
  }

  end(): void {
    // It ended before its tests did.
    if (this.#running > 0) this.#to.doubt('stopped');
  }

  #readTest(line: string): boolean {
    // With --gtest_fail_fast what comes after a failure is skipped, and no reason given.
    if (this.#hasFailed && this.#isSkip && /^\[ {2}SKIPPED \] /.test(line)) this.#to.doubt('stopped');
    if (line.trim() !== '') this.#isSkip = /^\S+:\d+: Skipped$/.test(line);
    const failed =
      /^\[ {2}FAILED {2}\] (.{1,1000}?)(?:, where (?:Get|Type)Param(?:\(\))? = .*)?(?: \(\d+ ms\))?$/.exec(
        line,
      );
    if (!failed) return false;
    this.#hasFailed = true;
    if (this.#isList || /\(\d+ ms\)$/.test(line)) this.#to.failed({ name: failed[1]! });
    return true;
  }
}
