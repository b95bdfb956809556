/**
 * What an attempt’s own checks printed when they passed, for those who vote on it: in memory, and among the run's files,
 * for a reviewer may be asked by a later process than the one that saw it.
 */
import { SwarmError } from '@swarm/core/errors';
import type { AttemptId } from '@swarm/core/model/ids';
import type { RunFiles } from '@swarm/core/ports/world';
import { tailOf } from '../settings.ts';

export type CheckName = 'verify' | 'gate';
type Tails = Partial<Record<CheckName, string>>;

/** Characters that are kept of one output, and attempts whose outputs are kept in memory. */
const TAIL_MAX = 3_000;
const ATTEMPTS_MAX = 256;

export class Evidence {
  readonly #files: Pick<RunFiles, 'writeEvidence' | 'readEvidence'> | undefined;
  readonly #of = new Map<AttemptId, Tails>();

  /** @param files absent where nobody votes. */
  constructor(files?: Pick<RunFiles, 'writeEvidence' | 'readEvidence'>) {
    this.#files = files;
  }

  async keep(attempt: AttemptId, check: CheckName, output: string): Promise<void> {
    const tails = { ...this.#of.get(attempt), [check]: tailOf(output, TAIL_MAX) };
    this.#remember(attempt, tails);
    try {
      await this.#files?.writeEvidence(attempt, JSON.stringify(tails));
    } catch (error) {
      // A full disk, say: who is asked by this process sees it all the same.
      if (!(error instanceof SwarmError)) throw error;
    }
  }

  /** The end of what it printed; undefined where that is not known any more. */
  async tail(attempt: AttemptId, check: CheckName): Promise<string | undefined> {
    const known = this.#of.get(attempt) ?? readTails(await this.#files?.readEvidence(attempt));
    this.#remember(attempt, known);
    return known[check];
  }

  #remember(attempt: AttemptId, tails: Tails): void {
    if (!this.#of.has(attempt) && this.#of.size >= ATTEMPTS_MAX)
      this.#of.delete(this.#of.keys().next().value!);
    this.#of.set(attempt, tails);
  }
}

/** The file may be anybody's who writes in the run's folder: what is none of ours says nothing. */
function readTails(json: string | undefined): Tails {
  try {
    const told = JSON.parse(json ?? '{}') as Record<string, unknown> | null;
    const textOf = (check: CheckName): Tails => {
      const text = told?.[check];
      // What marks a cut comes on top of what is kept.
      return typeof text === 'string' ? { [check]: text.slice(0, 2 * TAIL_MAX) } : {};
    };
    return { ...textOf('verify'), ...textOf('gate') };
  } catch {
    return {};
  }
}
