import { type LineState, number, type Reader, type Sink } from './reader.ts';

/** Playwright's list, line and dot reporters: failures are numbered, with project, place and titles. */
export const playwright: Reader = { tool: 'playwright', isCounting: true, start: (to) => new Playwright(to) };

class Playwright implements LineState {
  readonly #to: Sink;

  constructor(to: Sink) {
    this.#to = to;
  }

  line(line: string): boolean {
    const failed = /^ {2}\d+\) (?:(\[[^\]]{1,100}\]) › )?(\S.{0,500}?):\d+:\d+ › (.{1,1000}?) *─*$/.exec(
      line,
    );
    if (failed) {
      const [, project, file, titles] = failed;
      this.#to.failed({ name: project ? `${project} ${titles}` : titles!, file });
      return true;
    }
    const count = /^ {2}(\d+) (failed|did not run|interrupted)$/.exec(line);
    if (count?.[2] === 'failed') this.#to.counted(number(count[1]));
    else if (count || /^Testing stopped early after /.test(line)) this.#to.doubt('stopped');
    if (/^ {2}\d+ errors? (?:was|were) not a part of any test/.test(line)) this.#to.doubt('unhandled');
    return count !== null;
  }
}
