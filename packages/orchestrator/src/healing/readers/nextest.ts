import { type LineState, number, type Reader, type Sink } from './reader.ts';

/** cargo nextest: https://nexte.st/docs/reporting/ */
export const nextest: Reader = { tool: 'nextest', isCounting: true, start: (to) => new Nextest(to) };

class Nextest implements LineState {
  readonly #to: Sink;

  constructor(to: Sink) {
    this.#to = to;
  }

  line(line: string): boolean {
    const failed =
      /^ *(?:TRY \d+ )?(FAIL|SIGABRT|SIGSEGV|SIG\d+|TIMEOUT|ABORT|LEAK-FAIL) \[ *[\d.]+s\] (?:\( *\d+\/\d+\) )?(\S+) (.{1,1000})$/.exec(
        line,
      );
    if (failed) {
      this.#to.failed({ name: failed[3]!, file: failed[2] });
      return true;
    }
    const summary = /^ *Summary \[ *[\d.]+s\] (\d+)(?:\/(\d+))? tests? run: (.{1,300})$/.exec(line);
    if (summary) {
      if (summary[2] !== undefined && summary[1] !== summary[2]) this.#to.doubt('stopped');
      const figures = [...summary[3]!.matchAll(/(\d+) (?:failed|timed out|exec failed)/g)];
      this.#to.counted(figures.reduce((sum, [, figure]) => sum + number(figure), 0));
    }
    if (/^warning: \d+(?:\/\d+)? tests? (?:was|were) not run due to /.test(line)) this.#to.doubt('stopped');
    return summary !== null;
  }
}
