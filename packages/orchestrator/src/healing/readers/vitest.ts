import { type LineState, number, type Reader, type Sink } from './reader.ts';

export const vitest: Reader = { tool: 'vitest', isCounting: true, start: (to) => new Vitest(to) };

class Vitest implements LineState {
  readonly #to: Sink;
  readonly #failedFiles = new Set<string>();
  #countedFiles = 0;

  constructor(to: Sink) {
    this.#to = to;
  }

  line(line: string): boolean {
    const failed = /^ FAIL {2}(.{1,1000})$/.exec(line);
    if (failed) return this.#readFailure(failed[1]!.trimEnd());
    const summary = /^ *(Test Files|Tests) {2}((?:\d+ \w+(?: \| )?)+) \((\d+)\)$/.exec(line);
    if (summary) return this.#readSummary(summary[1]!, summary[2]!, number(summary[3]));
    if (
      /^ *Errors {2}\d+ errors?$|^⎯+ Unhandled (?:Errors|Source Errors|Rejection) ⎯+$|^ERROR: Coverage for /.test(
        line,
      )
    ) {
      this.#to.doubt('unhandled');
      return true;
    }
    return false;
  }

  end(): void {
    if (this.#countedFiles !== this.#failedFiles.size) this.#to.doubt('unread');
  }

  #readFailure(title: string): boolean {
    const whole = /^(.+?) \[ .+ \]$/.exec(title);
    const file = (whole?.[1] ?? title).split(' > ')[0]!;
    if (this.#failedFiles.size < 1_000) this.#failedFiles.add(file);
    const isWhole = whole !== null || !title.includes(' > ');
    if (isWhole) this.#to.failed({ name: file, kind: 'file' });
    else this.#to.failed({ name: title.slice(file.length + 3), file });
    return true;
  }

  #readSummary(what: string, figures: string, total: number): boolean {
    const told = [...figures.matchAll(/\d+/g)].reduce((sum, [figure]) => sum + number(figure), 0);
    // With --bail what never ran is in the total and in no figure.
    if (told < total) this.#to.doubt('stopped');
    const failed = number(/(\d+) failed/.exec(figures)?.[1]);
    if (what === 'Tests') this.#to.counted(failed);
    else this.#countedFiles += failed;
    return true;
  }
}
