import { type LineState, number, type Reader, type Sink } from './reader.ts';

/** `swift test` runs XCTest and Swift Testing one after the other: two readers. */
export const xctest: Reader = { tool: 'xctest', isCounting: true, start: (to) => new Xctest(to) };
export const swiftTesting: Reader = {
  tool: 'swift-testing',
  isCounting: true,
  start: (to) => new SwiftTesting(to),
};

class Xctest implements LineState {
  readonly #to: Sink;
  #open = 0;
  #count: number | undefined;
  readonly #failed = new Set<string>();

  constructor(to: Sink) {
    this.#to = to;
  }

  line(line: string): boolean {
    const suite = /^Test Suite '.{1,300}' (started|passed|failed) at /.exec(line);
    if (suite) this.#open += suite[1] === 'started' ? 1 : -1;
    const failed = /^Test Case '(?:-\[)?(.{1,500}?)\]?' failed \([\d.]+ seconds\)\.?$/.exec(line);
    if (failed) {
      if (this.#failed.size < 1_000) this.#failed.add(failed[1]!);
      this.#to.failed({ name: failed[1]! });
    }
    // It counts assertions: a test may fail with several.
    const count =
      /^\t Executed \d+ tests?, with (?:\d+ tests? skipped and )?(\d+) failures? \(\d+ unexpected\)/.exec(
        line,
      );
    if (count) this.#count = number(count[1]);
    if (/^(?:Fatal error: |.*: Fatal error: )|^error: Exited with (?:unexpected )?signal code/.test(line))
      this.#to.doubt('stopped');
    return suite !== null || failed !== null || count !== null;
  }

  end(): void {
    if (this.#open > 0) this.#to.doubt('stopped');
    if (this.#count === undefined) return;
    if (this.#count < this.#failed.size || (this.#count > 0 && this.#failed.size === 0))
      this.#to.doubt('unread');
    this.#to.counted(this.#failed.size);
  }
}

class SwiftTesting implements LineState {
  readonly #to: Sink;
  #isBegun = false;

  constructor(to: Sink) {
    this.#to = to;
  }

  line(line: string): boolean {
    if (!line.startsWith(' Test ', 1)) return false;
    if (/^. Test run started\.$/u.test(line)) this.#isBegun = true;
    if (/^. Test run with \d+ tests? .{0,100}(?:passed|failed) after /u.test(line)) {
      this.#isBegun = false;
      return true;
    }
    const failed = /^. Test (?!case )(.{1,500}?) failed after [\d.]+ seconds with \d+ issues?\.$/u.exec(line);
    if (!failed) return false;
    // It counts issues at its end, not tests; a test is named without its suite, so that two of one name are doubted.
    this.#to.failed({ name: failed[1]! });
    this.#to.counted(1);
    return true;
  }

  end(): void {
    if (this.#isBegun) this.#to.doubt('stopped');
  }
}
