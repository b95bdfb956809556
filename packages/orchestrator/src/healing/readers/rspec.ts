import { type LineState, number, type Reader, type Sink } from './reader.ts';

/** RSpec lists what failed as commands to run it again: with its file, its line and its full description. */
export const rspec: Reader = { tool: 'rspec', isCounting: true, start: (to) => new Rspec(to) };

class Rspec implements LineState {
  readonly #to: Sink;

  constructor(to: Sink) {
    this.#to = to;
  }

  line(line: string): boolean {
    const failed = /^rspec '?(?:\.\/)?(\S.{0,500}?)(?::\d+|\[[\d:]+\])?'? # (.{1,1000})$/.exec(line);
    if (failed) {
      this.#to.failed({ name: failed[2]!, file: failed[1] });
      return true;
    }
    const count = /^\d+ examples?, (\d+) failures?(?:, .{0,200})?$/.exec(line);
    if (count) {
      this.#to.counted(number(count[1]));
      if (/\d+ errors? occurred outside of examples/.test(line)) this.#to.doubt('unhandled');
    }
    if (/^RSpec is shutting down/.test(line)) this.#to.doubt('stopped');
    return count !== null;
  }
}
