/** What an attempt’s own checks printed when they passed, for those who vote on it. In memory: a restart loses it. */
import type { AttemptId } from '@swarm/core/model/ids';
import { tailOf } from '../settings.ts';

export type CheckName = 'verify' | 'gate';

/** Characters that are kept of one output, and attempts whose outputs are. */
const TAIL_MAX = 3_000;
const ATTEMPTS_MAX = 256;

export class Evidence {
  readonly #of = new Map<AttemptId, Partial<Record<CheckName, string>>>();

  keep(attempt: AttemptId, check: CheckName, output: string): void {
    const known = this.#of.get(attempt);
    if (!known && this.#of.size >= ATTEMPTS_MAX) this.#of.delete(this.#of.keys().next().value!);
    this.#of.set(attempt, { ...known, [check]: tailOf(output, TAIL_MAX) });
  }

  /** The end of what it printed; undefined where that is not known any more. */
  tail(attempt: AttemptId, check: CheckName): string | undefined {
    return this.#of.get(attempt)?.[check];
  }
}
