import { type LineState, number, type Reader, type Sink } from './reader.ts';

/** `dotnet test` with VSTest: a line for each failed test, and one of figures for each test project. */
export const dotnet: Reader = { tool: 'dotnet', isCounting: true, start: (to) => new Dotnet(to) };

class Dotnet implements LineState {
  readonly #to: Sink;
  #project: string | undefined;

  constructor(to: Sink) {
    this.#to = to;
  }

  line(line: string): boolean {
    const project = /^Test run for (?:.*[/\\])?([^/\\]{1,300}\.dll) \(/.exec(line);
    if (project) this.#project = project[1];
    const failed = /^ {2}Failed (\S.{0,1000}?) \[(?:< )?[\d.,]+ (?:ms|s|m)(?: [\d.,]+ m?s)?\]$/.exec(line);
    if (failed) this.#to.failed({ name: failed[1]!, file: this.#project });
    const count = /^(?:Failed|Passed)! +- Failed: +(\d+), Passed: +\d+, Skipped: +\d+, Total: +\d+/.exec(
      line,
    );
    if (count) this.#to.counted(number(count[1]));
    if (/^(?:Test Run Aborted|The active test run was aborted)/.test(line)) this.#to.doubt('unhandled');
    return project !== null || failed !== null || count !== null || this.#readCompiler(line);
  }

  /** Without a build nothing of that project was tested. */
  #readCompiler(line: string): boolean {
    const error = /^(\S[^:]{0,500}?\.(?:cs|fs|vb))\(\d+,\d+\): error (\w+): (.{1,500}?)(?: \[.*\])?$/.exec(
      line,
    );
    if (!error) return false;
    this.#to.failed({ name: `${error[2]} ${error[3]}`, file: error[1], kind: 'message' });
    this.#to.doubt('stopped');
    return true;
  }
}
