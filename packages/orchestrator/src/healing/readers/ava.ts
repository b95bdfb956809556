import { type LineState, number, type Reader, type Sink } from './reader.ts';

/** ava lists what failed at its end: titles, each after three empty lines. Its marks in the body carry messages. */
export const ava: Reader = { tool: 'ava', isCounting: true, start: (to) => new Ava(to) };

class Ava implements LineState {
  readonly #to: Sink;
  #marks = 0;
  #isList = false;
  #blanks = 0;
  #isDue = false;

  constructor(to: Sink) {
    this.#to = to;
  }

  line(line: string): boolean {
    if (/^ +✘ \[fail\]: /.test(line)) {
      this.#marks += 1;
      return true;
    }
    if (this.#readEnding(line)) return true;
    if (this.#marks === 0) return false;
    if (line === '  ─') {
      this.#isDue = !this.#isList;
      this.#isList = !this.#isList;
      return true;
    }
    return this.#isList && this.#readList(line);
  }

  #readEnding(line: string): boolean {
    const count = /^ {2}(\d+) tests? failed$/.exec(line);
    if (count) {
      this.#isList = false;
      this.#to.counted(number(count[1]));
    }
    if (/^ {2}`--fail-fast` is on\./.test(line)) this.#to.doubt('stopped');
    const isUnhandled =
      /^ {2}(?:Uncaught exception in |Unhandled rejection in |\d+ (?:uncaught exceptions?|unhandled rejections?)$)|^ {2}✘ .* (?:exited with|timed out|No tests found)/;
    if (isUnhandled.test(line)) this.#to.doubt('unhandled');
    return count !== null;
  }

  #readList(line: string): boolean {
    if (line.trim() === '') {
      this.#blanks += 1;
      if (this.#blanks >= 3) this.#isDue = true;
      return true;
    }
    this.#blanks = 0;
    const title = this.#isDue ? /^ {2}(\S.{0,1000})$/.exec(line) : null;
    if (!title) return false;
    this.#isDue = false;
    this.#to.failed({ name: title[1]! });
    return true;
  }
}
