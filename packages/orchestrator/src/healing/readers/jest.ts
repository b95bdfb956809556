import { type LineState, number, type Reader, type Sink } from './reader.ts';

export const jest: Reader = { tool: 'jest', isCounting: true, start: (to) => new Jest(to) };

/** Headings of what jest tells beside the tests, under files that pass too. */
const NO_TEST =
  /^(?:Console|Deprecation Warning|Validation Warning|Obsolete snapshot|\d+ snapshots? |Multiple configs|Cannot log after|An? .*?worker .*)/;
/** How jest prints a failure that no test can be blamed for. */
const WHOLE_FILE = 'Test suite failed to run';

class Jest implements LineState {
  readonly #to: Sink;
  readonly #failedFiles = new Set<string>();
  #countedFiles = 0;
  #file: string | undefined;

  constructor(to: Sink) {
    this.#to = to;
  }

  line(line: string): boolean {
    const file = /^(?:FAIL|PASS) +(?:(\S.{0,100}?) +)?(\S+\.[cm]?[jt]sx?)(?: \([\d.]+ m?s\))?$/.exec(line);
    if (file) {
      this.#file = `${file[1] ? `${file[1]} ` : ''}${file[2]!.replace(/^\.\//, '')}`;
      return true;
    }
    const title = /^ {2}● (.{1,1000})$/.exec(line);
    if (title) return this.#readTitle(title[1]!);
    return this.#readSummary(line);
  }

  end(): void {
    if (this.#countedFiles !== this.#failedFiles.size) this.#to.doubt('unread');
  }

  #readTitle(title: string): boolean {
    if (NO_TEST.test(title)) return true;
    if (this.#file !== undefined && this.#failedFiles.size < 1_000) this.#failedFiles.add(this.#file);
    this.#to.failed({ name: title, file: this.#file, kind: title === WHOLE_FILE ? 'file' : 'test' });
    return true;
  }

  #readSummary(line: string): boolean {
    const summary = /^(Test Suites|Tests): +(.*\d+ total)$/.exec(line);
    if (!summary) {
      if (/^Jest: .*(?:coverage threshold|coverage data)/.test(line)) this.#to.doubt('unhandled');
      return false;
    }
    const failed = number(/(\d+) failed/.exec(summary[2]!)?.[1]);
    if (/\d+ of \d+ total/.test(summary[2]!)) this.#to.doubt('stopped');
    if (summary[1] === 'Tests') this.#to.counted(failed);
    else this.#countedFiles += failed;
    return true;
  }
}
