import { type LineState, number, type Reader, type Sink } from './reader.ts';

export const ctest: Reader = { tool: 'ctest', isCounting: true, start: (to) => new Ctest(to) };

class Ctest implements LineState {
  readonly #to: Sink;
  #isList = false;
  #left = 0;

  constructor(to: Sink) {
    this.#to = to;
  }

  line(line: string): boolean {
    const done = /^ *(\d+)\/(\d+) +Test +#\d+: /.exec(line);
    if (done) this.#left = number(done[2]) - number(done[1]);
    if (line === 'The following tests FAILED:') {
      this.#isList = true;
      return true;
    }
    const count = /^\d+% tests passed, (\d+) tests? failed out of \d+$/.exec(line);
    if (count) {
      // With --stop-on-failure fewer are done than there are.
      if (this.#left > 0) this.#to.doubt('stopped');
      this.#to.counted(number(count[1]));
      return true;
    }
    const failed = this.#isList
      ? /^[ \t]+\d+ - (.{1,1000}?) \([^()]{1,100}\)(?: .{0,300})?$/.exec(line)
      : null;
    if (failed) this.#to.failed({ name: failed[1]! });
    else if (this.#isList && /^\S/.test(line)) this.#isList = false;
    return failed !== null || done !== null;
  }
}
