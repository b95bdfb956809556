/** Who does the tasks that name nobody: the run's driver, or who stands in for it while its provider's quota is used up. */
import type { AttemptId } from '@swarm/core/model/ids';

export class StandIns {
  readonly #names: readonly string[];
  readonly #now: () => number;
  /** When there is more, by driver; Infinity where nobody said. */
  readonly #usedUp = new Map<string, number>();
  readonly #drivers = new Map<AttemptId, string>();

  /** @param names the driver, and those that stand in for it in this order. */
  constructor(names: readonly [string, ...string[]], now: () => number) {
    this.#names = names;
    this.#now = now;
  }

  /** The first that is not used up; where all are, the driver itself. */
  current(): string {
    return this.#names.find((name) => !this.#isUsedUp(name)) ?? this.#names[0]!;
  }

  started(attempt: AttemptId, driver: string): void {
    this.#drivers.set(attempt, driver);
  }

  /**
   * Notes that the provider has no more for this attempt's driver.
   * @param moreAt when there is more, where the provider says it; ms since the epoch.
   * @returns who stands in now; undefined where nobody can.
   */
  usedUp(attempt: AttemptId, moreAt = Number.POSITIVE_INFINITY): string | undefined {
    const driver = this.#drivers.get(attempt);
    // A task's own wish for another agent has nobody to stand in.
    if (driver === undefined || !this.#names.includes(driver)) return undefined;
    this.#usedUp.set(driver, moreAt);
    return this.#names.find((name) => !this.#isUsedUp(name));
  }

  #isUsedUp(name: string): boolean {
    return this.#now() < (this.#usedUp.get(name) ?? 0);
  }
}
