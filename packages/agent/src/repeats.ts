/** Sees when an agent does the same again and again: the same calls with the same results, alone or in a circle. */
import { createHash } from 'node:crypto';

/** The same step so often: it is told. */
const TOLD_AT = 3;
/** The same step so often: the attempt ends. */
const STUCK_AT = 5;
/** Longest circle of steps looked for, and how often it must have been gone round. */
const CIRCLE_MAX = 5;
const ROUNDS_AT = 4;

export interface DoneCall {
  readonly name: string;
  readonly argumentsJson: string;
  readonly output: string;
}

export type Repeat = 'fresh' | 'told' | 'stuck';

export class Repeats {
  readonly #steps: string[] = [];

  /** @param calls all of one answer, in order. */
  note(calls: readonly DoneCall[]): Repeat {
    this.#steps.push(signatureOf(calls));
    if (this.#steps.length > CIRCLE_MAX * ROUNDS_AT) this.#steps.shift();
    const same = this.#sameInARow();
    if (same >= STUCK_AT || this.#goesInCircles()) return 'stuck';
    return same === TOLD_AT ? 'told' : 'fresh';
  }

  #sameInARow(): number {
    const last = this.#steps.at(-1);
    const at = this.#steps.findLastIndex((step) => step !== last);
    return this.#steps.length - 1 - at;
  }

  #goesInCircles(): boolean {
    for (let length = 2; length <= CIRCLE_MAX; length++) {
      const steps = this.#steps.slice(-length * ROUNDS_AT);
      if (steps.length === length * ROUNDS_AT && steps.every((step, i) => step === steps[i % length]))
        return true;
    }
    return false;
  }
}

/** How long something took is different each time and says nothing. */
const TIMES =
  /\d+(?:[.,]\d+)? ?(?:ms|s|sec|seconds|milliseconds)\b|\d{1,2}:\d{2}:\d{2}(?:[.,]\d+)?|\b(?:duration|elapsed)\w*["']?[ :=]+\d+(?:[.,]\d+)?/g;

function signatureOf(calls: readonly DoneCall[]): string {
  const hash = createHash('sha256');
  for (const { name, argumentsJson, output } of calls)
    hash.update(JSON.stringify([name, argumentsJson.trim(), output.replaceAll(TIMES, '#')]));
  return hash.digest('base64');
}

export const SAME_AGAIN =
  'You have made the same call three times with the same result. It will not change by itself: read what it says, look for the cause elsewhere, or hand in with what you know.';
