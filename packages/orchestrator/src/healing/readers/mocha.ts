import { type Found, type LineState, number, type Reader, type Sink } from './reader.ts';

/** mocha's spec, dot and list reporters: what failed is listed at the end, a number, the titles, then the stack. */
export const mocha: Reader = { tool: 'mocha', isCounting: true, start: (to) => new Mocha(to) };

const TITLE_LINES = 20;

class Mocha implements LineState {
  readonly #to: Sink;
  #isList = false;
  #title: string[] | undefined;
  #last: Found | undefined;

  constructor(to: Sink) {
    this.#to = to;
  }

  line(line: string): boolean {
    const count = /^ {2}(\d+) failing$/.exec(line);
    if (count) {
      this.#isList = true;
      this.#to.counted(number(count[1]));
      return true;
    }
    if (!this.#isList) return false;
    const first = /^ {2}\d+\) (.{1,1000})$/.exec(line);
    if (first) {
      this.#title = [first[1]!.trim()];
      return true;
    }
    return this.#title ? this.#readTitle(line) : this.#readStack(line);
  }

  #readTitle(line: string): boolean {
    if (line.trim() !== '' && this.#title!.length < TITLE_LINES && /^ {7}/.test(line)) {
      this.#title!.push(line.trim());
      return true;
    }
    this.#last = this.#to.failed({ name: this.#title!.join(' ').replace(/:$/, '') });
    this.#title = undefined;
    return line.trim() === '' || this.#readStack(line);
  }

  #readStack(line: string): boolean {
    // mocha ends the run at once, and says only the test it was in.
    if (/^ {5}Uncaught /.test(line)) this.#to.doubt('unhandled');
    const place = /^ +at (?:async )?Context\.<anonymous> \((?:file:\/\/)?(.{1,500}?):\d+:\d+\)$/.exec(line);
    if (place && this.#last && this.#last.file === undefined) this.#last.file = place[1];
    return place !== null;
  }
}
