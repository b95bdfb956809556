import type { Command } from '@swarm/core/commands';
import type { Decision } from '@swarm/core/decide';
import { type Refusal, refuse } from '@swarm/core/errors';
import type { StopReason } from '@swarm/core/model/request';

/** Everything that can wake the run. */
export type Input =
  /** An effect or an operator asks for a decision; answered once it is durable. */
  | { readonly kind: 'asked'; readonly command: Command; readonly answer: (a: Decision | Refusal) => void }
  /** Time passed, or an effect ended: look again at what is wanted. */
  | { readonly kind: 'woken' }
  | { readonly kind: 'signalled'; readonly how: 'drain' | 'kill' }
  /** Something the run cannot go on with; it stops and can be resumed. */
  | { readonly kind: 'halted'; readonly halt: Halt }
  /** A fault of ours in an effect. */
  | { readonly kind: 'faulted'; readonly error: unknown };

export interface Halt {
  readonly why: Exclude<StopReason, 'signal'>;
  readonly detail: string;
  /** With `quota`: when there is more, where a provider said it; ms since the epoch. */
  readonly moreAt?: number;
}

/** A queue with one reader. What arrives while the reader works is taken together. */
export class Inputs {
  #waiting: Input[] = [];
  #wake: (() => void) | undefined;
  #isClosed = false;

  put(input: Input): void {
    if (this.#isClosed) return turnAway(input);
    this.#waiting.push(input);
    this.#wake?.();
  }

  /** Nobody reads any more: whoever asks, or had asked, is refused instead of left waiting for ever. */
  close(): void {
    this.#isClosed = true;
    for (const input of this.#waiting.splice(0)) turnAway(input);
  }

  async take(): Promise<readonly Input[]> {
    if (this.#waiting.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#wake = undefined;
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }
}

function turnAway(input: Input): void {
  if (input.kind === 'asked') input.answer(refuse('run-closed', 'the run has ended'));
}
