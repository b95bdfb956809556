import type { TestCounts } from '@swarm/core/model/landing';
import { FailureScanner } from '../healing/failure-scanner.ts';
import { type Told, toldBy } from '../healing/failures.ts';
import { TestCounter } from './test-counts.ts';

/** Lines that are read of one output: a gate that prints without end must not keep us reading. */
export const LINES_MAX = 300_000;

/** What a gate's output says, read as it comes: its failures by name, and how many tests it ran. */
export class GateReading {
  readonly #failures: FailureScanner;
  readonly #tests = new TestCounter();
  #lines = 0;

  /**
   * @param root the workspace as the gate saw it.
   * @param command what the gate runs: a runner may end with its first failure and say so nowhere else.
   */
  constructor(root: string, command = '') {
    this.#failures = new FailureScanner(root, command);
  }

  line(line: string): void {
    this.#lines += 1;
    if (this.#lines > LINES_MAX) return;
    this.#failures.line(line);
    this.#tests.line(line);
  }

  /** Absent when nothing was counted, or not everything was read. */
  get tests(): TestCounts | undefined {
    return this.#isCut ? undefined : this.#tests.counts;
  }

  /** @param output its beginning and end, for what nobody can read line by line. */
  told(output: string): Told {
    const told = toldBy(this.#failures, output);
    return this.#isCut ? { ...told, isWhole: false, doubts: [...told.doubts, 'unread'] } : told;
  }

  get #isCut(): boolean {
    return this.#lines > LINES_MAX;
  }
}
