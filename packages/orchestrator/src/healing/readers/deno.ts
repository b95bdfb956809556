import { type LineState, number, type Reader, type Sink } from './reader.ts';

/** `deno test`: names and files stand under FAILURES; a step is counted as the test it is in. */
export const deno: Reader = { tool: 'deno', isCounting: true, start: (to) => new Deno(to) };

class Deno implements LineState {
  readonly #to: Sink;
  #section: 'body' | 'errors' | 'failures' = 'body';
  #announced = 0;
  #isDeno = false;

  constructor(to: Sink) {
    this.#to = to;
  }

  line(line: string): boolean {
    const running = /^running (\d+) tests? from /.exec(line);
    if (running) {
      this.#isDeno = true;
      this.#announced += number(running[1]);
      return true;
    }
    if (!this.#isDeno) return false;
    if (/^Uncaught error from |^\S.* \(uncaught error\)$/.test(line)) this.#to.doubt('unhandled');
    if (/^ ?(?:ERRORS|FAILURES) ?$/.test(line)) {
      this.#section = line.includes('ERRORS') ? 'errors' : 'failures';
      return true;
    }
    return this.#readSummary(line) || this.#readFailure(line) || line.startsWith('error: ');
  }

  #readFailure(line: string): boolean {
    const failed = this.#section === 'failures' && /^(.{1,1000}) => (\S.{0,500}?):\d+:\d+$/.exec(line);
    if (!failed) return false;
    const file = failed[2]!.replace(/^\.\//, '');
    const [test] = failed[1]!.split(' ... ');
    this.#to.failed({ name: failed[1]!, file, countsAs: `${file} ${test}` });
    return true;
  }

  #readSummary(line: string): boolean {
    const summary = /^(?:ok|FAILED) \| (.{1,300})$/.exec(line);
    if (!summary) return false;
    const figure = (word: string) => number(new RegExp(`(\\d+) ${word}\\b`).exec(summary[1]!)?.[1]);
    const failed = figure('failed');
    if (figure('passed') + failed + figure('ignored') < this.#announced) this.#to.doubt('stopped');
    this.#to.counted(failed);
    this.#announced = 0;
    this.#section = 'body';
    return true;
  }
}
