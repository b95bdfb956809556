/** What runs other tools: which of them ends with the first failure, so that what comes after it was never run. */
import { type LineState, number, type Reader, type Sink } from './reader.ts';

export const chains: Reader = { tool: 'chain', isCounting: false, start: (to) => new Chains(to) };

/** Most lines hold none of these, and are no word of such a runner. */
const TELLING =
  /\*\*\*|ecipe|Failed|failed|stopped|ERR|Tasks|Coverage|Killed|fault|Aborted|Bus|Running|Scope/;
/** Lines by which a runner of tools says that it ended with the first failure. */
const STOPS = [
  /^(?:g?make|gmake|mingw32-make)(?:\[\d+\])?: \*\*\* /,
  /^error: [Rr]ecipe `.{1,200}` failed /,
  /^task: Failed to run task /,
  /^ninja: build stopped: /,
  /ERR_PNPM_RECURSIVE_RUN_FIRST_FAIL/,
  /^lerna ERR! .* exited \d+ in /,
  /^ *Tasks not run because their dependencies failed or --nx-bail=true/,
];
/** A tool that failed by something that is no test. */
const UNHANDLED = [
  /^ERROR: Coverage for \w+ \([\d.]+%\) does not meet /,
  /^(?:Killed|Segmentation fault|Aborted|Bus error)(?: \(core dumped\))?$/,
];

class Chains implements LineState {
  readonly #to: Sink;
  /** A run over packages that has begun, and whose last word is due. */
  #isOpen = false;
  #turbo: { readonly done: number; readonly total: number } | undefined;

  constructor(to: Sink) {
    this.#to = to;
  }

  line(line: string): boolean {
    if (!TELLING.test(line)) return false;
    if (STOPS.some((stop) => stop.test(line))) this.#to.doubt('stopped');
    if (UNHANDLED.some((sign) => sign.test(line))) this.#to.doubt('unhandled');
    if (/^ +• Running \S+ in \d+ packages?$|^Scope: \d+ of \d+ workspace projects$/.test(line))
      this.#isOpen = true;
    if (/ERR_PNPM_RECURSIVE_FAIL/.test(line)) this.#isOpen = false;
    const tasks = /^ *Tasks: +(\d+) successful, (\d+) total$/.exec(line);
    if (tasks) this.#isOpen = false;
    if (tasks) this.#turbo = { done: number(tasks[1]), total: number(tasks[2]) };
    const failed = this.#turbo && /^ *Failed: +(\S.*)$/.exec(line);
    if (failed) {
      // Without --continue turbo stops the tasks beside the one that failed, and begins no other.
      if (this.#turbo!.done + failed[1]!.split(', ').length < this.#turbo!.total) this.#to.doubt('stopped');
      this.#turbo = undefined;
    }
    return false;
  }

  end(): void {
    if (this.#isOpen || (this.#turbo && this.#turbo.done < this.#turbo.total)) this.#to.doubt('stopped');
  }
}
