import { type Found, type LineState, number, type Reader, type Sink } from './reader.ts';

/** Elixir's ExUnit: a number, the name with its module, then its file. Umbrella apps follow one another. */
export const exunit: Reader = { tool: 'exunit', isCounting: true, start: (to) => new Exunit(to) };

class Exunit implements LineState {
  readonly #to: Sink;
  #app = '';
  #last: Found | undefined;

  constructor(to: Sink) {
    this.#to = to;
  }

  line(line: string): boolean {
    const app = /^==> (\S{1,200})$/.exec(line);
    if (app) this.#app = `${app[1]}: `;
    const failed = /^ {2}\d+\) ((?:test|property|doctest) .{1,1000} \([\w.]+\))$/.exec(line);
    if (failed) {
      this.#last = this.#to.failed({
        name: `${this.#app}${failed[1]!.replace(/^(doctest .*) \(\d+\)(?= \()/, '$1')}`,
      });
      return true;
    }
    const place = this.#last && /^ {5}(\S.{0,500}?\.exs?):\d+$/.exec(line);
    if (place) this.#last!.file = place[1];
    if (this.#last && line.trim() !== '') this.#last = undefined;
    return Boolean(place) || this.#readEnding(line);
  }

  #readEnding(line: string): boolean {
    const count = /^(?:\d+ (?:doctests?|properties|property|tests?), )+(\d+) failures?(?:, .{0,200})?$/.exec(
      line,
    );
    if (count) {
      this.#to.counted(number(count[1]));
      if (/\d+ invalid/.test(line)) this.#to.doubt('unhandled');
    }
    if (/^--max-failures reached, aborting/.test(line)) this.#to.doubt('stopped');
    return count !== null;
  }
}
