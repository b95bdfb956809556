/** Labels of metrics: short, plain, and few, whatever models and endpoints are called. */
import { singleLine } from '../plain.ts';

const CHARS_MAX = 100;
/** Different values of one label that a run may bring; those that come later are counted together. */
export const VALUES_MAX = 24;
export const OTHER = 'other';
export const UNKNOWN = 'unknown';

/** The values that one label of a run has had. */
export class BoundedLabel {
  readonly #seen = new Set<string>();

  /** @param value anything: what is no text is not known. */
  of(value: unknown): string {
    if (typeof value !== 'string' || value === '') return UNKNOWN;
    const plain = singleLine(value.slice(0, CHARS_MAX));
    if (!this.#seen.has(plain) && this.#seen.size >= VALUES_MAX) return OTHER;
    this.#seen.add(plain);
    return plain;
  }
}

/** What may be added to a counter: a journal or a log that somebody has written into must not stop the count. */
export const amount = (value: unknown): number =>
  typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0;
