/** What every reader of a test runner's output is: a state that is given lines, and says what it found. */

/** One failure. A reader may still complete it while later lines tell more. */
export interface Found {
  /** The full name: suites, then the test. Without line numbers, durations and messages. */
  name: string;
  file?: string | undefined;
  /**
   * `test`: its runner counts it. `file`: a file, suite or package that fails as a whole; runners count these
   * apart. `message`: a compiler's or linter's, of which one file may hold several alike.
   */
  readonly kind: 'test' | 'file' | 'message';
  /** What the runner counts, where that is less than the failure: the test a step belongs to. */
  readonly countsAs?: string;
  /** Said otherwise or in vain: it is no failure of its own. */
  isDropped?: boolean;
  /** The lines that show it, from the first on. */
  readonly lines: string[];
}

/** Why nobody can say that these are all the failures. */
export type Doubt = 'stopped' | 'unhandled' | 'unread';

export interface Sink {
  /** @returns undefined when more failures were found than are kept. */
  failed(
    failure: Pick<Found, 'name' | 'file' | 'countsAs'> & { readonly kind?: Found['kind'] },
  ): Found | undefined;
  /** The runner's own count of failures of kind `test`; several are added up. */
  counted(failures: number): void;
  /** `stopped`: what came after a failure never ran. `unhandled`: an error that belongs to no test. */
  doubt(why: Doubt): void;
}

export interface LineState {
  /** @returns whether the line was this runner's: then no other reader is given it. */
  line(line: string): boolean;
  /** Is called when there are no more lines. */
  end?(): void;
}

export interface Reader {
  readonly tool: string;
  /** Its runner always says how many tests failed, so that a failure without a count means it did not get that far. */
  readonly isCounting: boolean;
  start(to: Sink): LineState;
}

export const number = (text: string | undefined): number => Math.min(Number(text ?? 0), 10_000_000);

/** Names kept for later by one reader: a bound on hostile output. */
export const KEPT_MAX = 1_000;
