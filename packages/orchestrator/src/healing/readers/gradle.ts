import { type Found, KEPT_MAX, type LineState, number, type Reader, type Sink } from './reader.ts';

/**
 * Gradle's test task: `CartTest > adds FAILED`, then a count of the tests that ran. The line that says that the task
 * failed stands before its tests or after them, by Gradle's version and console.
 */
export const gradle: Reader = { tool: 'gradle', isCounting: true, start: (to) => new Gradle(to) };

class Gradle implements LineState {
  readonly #to: Sink;
  #task: string | undefined;
  #isTaskFailed = false;
  /** Failures whose task may be named after them. */
  #open: Found[] = [];
  #hasEnded = false;
  #failedTasks = 0;
  #toldFailures = 0;

  constructor(to: Sink) {
    this.#to = to;
  }

  line(line: string): boolean {
    const task =
      /^(?:> Task )?(:[\w:.-]{1,300}?)( FAILED)?(?: (?:UP-TO-DATE|NO-SOURCE|FROM-CACHE|SKIPPED))?$/.exec(
        line,
      );
    if (task) {
      this.#beginTask(task[1]!, task[2] !== undefined);
      return true;
    }
    const failed =
      this.#task === undefined ? null : /^(\S.{0,1000}? > .{1,1000}?)(?:\(\))? FAILED$/.exec(line);
    if (failed) {
      const found = this.#to.failed({ name: failed[1]!, file: this.#task });
      if (found && !this.#isTaskFailed && this.#open.length < KEPT_MAX) this.#open.push(found);
      return true;
    }
    return this.#readEnding(line);
  }

  end(): void {
    // A task that failed and is no test; what depends on it did not run.
    if (this.#failedTasks !== this.#toldFailures || (this.#failedTasks > 0 && !this.#hasEnded))
      this.#to.doubt('stopped');
  }

  #beginTask(task: string, isFailure: boolean): void {
    if (isFailure) {
      this.#failedTasks += 1;
      for (const found of this.#open) found.file = task;
    }
    this.#task = task;
    this.#isTaskFailed = isFailure && this.#open.length === 0;
    this.#open = [];
  }

  #readEnding(line: string): boolean {
    if (/^BUILD (?:FAILED|SUCCESSFUL)\b/.test(line)) this.#hasEnded = true;
    const count = /^\d+ tests? completed, (\d+) failed(?:, \d+ skipped)?$/.exec(line);
    if (count) {
      this.#toldFailures += 1;
      this.#to.counted(number(count[1]));
    }
    return count !== null;
  }
}
