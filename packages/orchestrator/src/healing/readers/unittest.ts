import { type LineState, number, type Reader, type Sink } from './reader.ts';

/** Python's unittest, and Django's runner on top of it. */
export const unittest: Reader = { tool: 'unittest', isCounting: true, start: (to) => new Unittest(to) };

class Unittest implements LineState {
  readonly #to: Sink;
  #isRule = false;

  constructor(to: Sink) {
    this.#to = to;
  }

  line(line: string): boolean {
    const wasRule = this.#isRule;
    this.#isRule = /^={70}$/.test(line);
    if (this.#isRule) return true;
    const failed = wasRule ? /^(FAIL|ERROR|UNEXPECTED SUCCESS): (.{1,1000})$/.exec(line) : null;
    if (failed) {
      // `test_x (module.Class.test_x) (i=1)`, before Python 3.11 `test_x (module.Class)`.
      const name = failed[2]!.replace(/^(\w+) \(([\w.]+?)(?:\.\1)?\)/, '$2.$1');
      this.#to.failed({ name: failed[1] === 'ERROR' ? `${name} (error)` : name });
      return true;
    }
    const summary = /^FAILED \(((?:[a-z ]+=\d+(?:, )?)+)\)$/.exec(line);
    if (!summary) return false;
    const figures = [...summary[1]!.matchAll(/(?:failures|errors|unexpected successes)=(\d+)/g)];
    this.#to.counted(figures.reduce((sum, [, figure]) => sum + number(figure), 0));
    return true;
  }
}
