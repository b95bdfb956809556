import { type Found, type LineState, number, type Reader, type Sink } from './reader.ts';

export const jasmine: Reader = { tool: 'jasmine', isCounting: true, start: (to) => new Jasmine(to) };

class Jasmine implements LineState {
  readonly #to: Sink;
  #isList = false;
  #last: Found | undefined;
  #title: string | undefined;

  constructor(to: Sink) {
    this.#to = to;
  }

  line(line: string): boolean {
    if (line === 'Failures:') {
      this.#isList = true;
      // rspec begins its list with the same word.
      return false;
    }
    const count = /^(\d+) specs?, (\d+) failures?(?:, .*)?$/.exec(line);
    if (count) {
      this.#isList = false;
      this.#to.counted(number(count[2]));
      return true;
    }
    if (/^(?:Incomplete: |Error during loading|Suite error|Late failure)/.test(line))
      this.#to.doubt('unhandled');
    return this.#isList && this.#readList(line);
  }

  #readList(line: string): boolean {
    const title = /^\d+\) (.{1,1000})$/.exec(line);
    if (title) this.#title = title[1];
    else if (this.#title !== undefined) {
      if (/^ {2}Message:$/.test(line)) this.#last = this.#to.failed({ name: this.#title });
      this.#title = undefined;
    }
    const place =
      /^ +at (?:async )?UserContext\.(?:<anonymous>|\w+) \((?:file:\/\/)?(.{1,500}?):\d+:\d+\)$/.exec(line);
    if (place && this.#last && this.#last.file === undefined) this.#last.file = place[1];
    return title !== null || place !== null;
  }
}
