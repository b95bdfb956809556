import { type LineState, number, type Reader, type Sink } from './reader.ts';

export const bun: Reader = { tool: 'bun', isCounting: true, start: (to) => new Bun(to) };

class Bun implements LineState {
  readonly #to: Sink;
  #isBun = false;
  #file: string | undefined;

  constructor(to: Sink) {
    this.#to = to;
  }

  line(line: string): boolean {
    if (/^bun test v\d/.test(line)) this.#isBun = true;
    if (!this.#isBun) return false;
    const file = /^(?:::group::)?(\S.{0,500}\.[cm]?[jt]sx?):$/.exec(line);
    if (file) this.#file = file[1];
    const failed = /^\(fail\) (.{1,1000}?)(?: \[[\d.]+m?s\])?$/.exec(line);
    if (failed) this.#to.failed({ name: failed[1]!, file: this.#file });
    const count = /^ +(\d+) (fail|errors?)$/.exec(line);
    if (count?.[2] === 'fail') this.#to.counted(number(count[1]));
    else if (count || line === '# Unhandled error between tests') this.#to.doubt('unhandled');
    if (/^Bailed out after \d+ failure/.test(line)) this.#to.doubt('stopped');
    return file !== null || failed !== null || count !== null || /^(?:error: |\(pass\) )/.test(line);
  }
}
