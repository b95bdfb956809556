import { type LineState, number, type Reader, type Sink } from './reader.ts';

export const phpunit: Reader = { tool: 'phpunit', isCounting: true, start: (to) => new Phpunit(to) };

class Phpunit implements LineState {
  readonly #to: Sink;
  #isPhpunit = false;
  /** Whether dots were printed, and whether they came to 100 %. */
  #progress: 'none' | 'begun' | 'done' = 'none';
  #isList = false;

  constructor(to: Sink) {
    this.#to = to;
  }

  line(line: string): boolean {
    if (/^PHPUnit \d+\./.test(line)) {
      this.#isPhpunit = true;
      this.#progress = 'none';
      return true;
    }
    if (!this.#isPhpunit) return false;
    this.#readProgress(line);
    const list = /^There (?:was|were) \d+ (.+):$/.exec(line);
    if (list) this.#isList = /^(?:failures?|errors?|PHPUnit errors?)$/.test(list[1]!);
    const failed = this.#isList && /^\d+\) (.{1,1000})$/.exec(line);
    if (failed) {
      // The data of a set is shown behind its name; it may be anything.
      const [, name] = /^(.+? with data set (?:#\d+|".{0,500}?"))(?: \(.*\))?$/.exec(failed[1]!) ?? [];
      this.#to.failed({ name: name ?? failed[1]! });
    }
    return list !== null || Boolean(failed) || this.#readCount(line);
  }

  #readProgress(line: string): void {
    const dots = /^[.FEWRISDNT]+(?: +\d+ \/ \d+ \( *(\d+)%\))?$/.exec(line);
    if (dots && this.#progress !== 'done') this.#progress = dots[1] === '100' ? 'done' : 'begun';
  }

  #readCount(line: string): boolean {
    const count = /^Tests: \d+, Assertions: \d+(?:, .{1,300})?\.$/.exec(line);
    if (!count) return false;
    const figures = [...line.matchAll(/\b(?:Failures|Errors): (\d+)/g)];
    this.#to.counted(figures.reduce((sum, [, figure]) => sum + number(figure), 0));
    if (this.#progress === 'begun') this.#to.doubt('stopped');
    this.#isList = false;
    return true;
  }
}
