/** Undos the operator asked of a live run: they wait for their turn at the target, and each is answered once. */
import type { UndoAsk } from '@swarm/core/decisions/undo';
import type { Undo, UndoOutcome } from './undo.ts';

interface Waiting {
  readonly ask: UndoAsk;
  readonly answer: (outcome: UndoOutcome) => void;
  readonly fail: (error: unknown) => void;
}

const STOPPED: UndoOutcome = { kind: 'stopped' };

export class AskedUndos {
  readonly #waiting: Waiting[] = [];
  #isClosed = false;

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Resolves when it is over; `stopped`, with nothing undone, when the run is left before. */
  put(ask: UndoAsk): Promise<UndoOutcome> {
    if (this.#isClosed) return Promise.resolve(STOPPED);
    return new Promise((answer, fail) => this.#waiting.push({ ask, answer, fail }));
  }

  /** One after the other, in the order asked. The caller sees to it that nothing else lands meanwhile. */
  async work(undo: Pick<Undo, 'undo'>, signal: AbortSignal): Promise<void> {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      try {
        next.answer(signal.aborted ? STOPPED : await undo.undo(next.ask, signal));
      } catch (error) {
        next.fail(error);
        throw error;
      }
    }
  }

  /** The run is being left: whoever waits, or asks from now on, is told so. */
  close(): void {
    this.#isClosed = true;
    for (const { answer } of this.#waiting.splice(0)) answer(STOPPED);
  }
}
