/** Proposals the operator asked of a live run's planner: one after another, each answered once. */
import type { Proposal, Proposer } from './proposer.ts';

interface Waiting {
  readonly text: string;
  readonly answer: (proposal: Proposal) => void;
  readonly fail: (error: unknown) => void;
}

const STOPPED: Proposal = { kind: 'stopped' };

export class AskedProposals {
  readonly #waiting: Waiting[] = [];
  #isWorking = false;
  #isClosed = false;

  /** Nobody waits, and nobody is being answered. */
  get isEmpty(): boolean {
    return this.#waiting.length === 0 && !this.#isWorking;
  }

  /** Resolves when the planner has answered; `stopped` when the run is left before. */
  put(text: string): Promise<Proposal> {
    if (this.#isClosed) return Promise.resolve(STOPPED);
    return new Promise((answer, fail) => this.#waiting.push({ text, answer, fail }));
  }

  async work(proposer: Pick<Proposer, 'propose'>, signal: AbortSignal): Promise<void> {
    this.#isWorking = true;
    try {
      for (let next = this.#waiting.shift(); next; next = this.#waiting.shift())
        await one(next, proposer, signal);
    } finally {
      this.#isWorking = false;
    }
  }

  /** The run is being left: whoever waits, or asks from now on, is told so. */
  close(): void {
    this.#isClosed = true;
    for (const { answer } of this.#waiting.splice(0)) answer(STOPPED);
  }
}

async function one(
  { text, answer, fail }: Waiting,
  proposer: Pick<Proposer, 'propose'>,
  signal: AbortSignal,
) {
  try {
    answer(signal.aborted ? STOPPED : await proposer.propose(text, signal));
  } catch (error) {
    fail(error);
    throw error;
  }
}
