import { type LineState, number, type Reader, type Sink } from './reader.ts';

/** minitest's own and Rails' reporter. */
export const minitest: Reader = { tool: 'minitest', isCounting: true, start: (to) => new Minitest(to) };

class Minitest implements LineState {
  readonly #to: Sink;
  #isDue = false;

  constructor(to: Sink) {
    this.#to = to;
  }

  line(line: string): boolean {
    if (/^ +\d+\) (?:Failure|Error):$|^(?:Failure|Error):$/.test(line)) {
      this.#isDue = true;
      return true;
    }
    if (this.#isDue) return this.#readName(line);
    const count = /^\d+ (?:runs|tests), \d+ assertions, (\d+) failures, (\d+) errors, \d+ skips/.exec(line);
    if (count) this.#to.counted(number(count[1]) + number(count[2]));
    if (/^Interrupted\. Exiting/.test(line)) this.#to.doubt('stopped');
    return count !== null;
  }

  #readName(line: string): boolean {
    this.#isDue = false;
    const failed = /^(\S.{0,1000}#.{1,1000}?)(?: \[(.{1,500}?):\d+\])?:$/.exec(line);
    if (!failed) return false;
    this.#to.failed({ name: failed[1]! });
    return true;
  }
}
