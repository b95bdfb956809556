/** Secrets known by value, of which there are more as a run goes on: whatever looks for them knows each at once. */
import type { SecretFinder } from '@swarm/core/ports/git';
import { type KnownSecret, makeFinder } from './find.ts';
import { makeRedactor, type Redactor } from './redact.ts';

/** Of those that came later the newest are looked for: every line that is written is searched for each of them. */
const LATER_MAX = 128;

export class SecretBook {
  readonly #first: readonly KnownSecret[];
  #later: readonly KnownSecret[] = [];

  constructor(first: readonly KnownSecret[]) {
    this.#first = first;
  }

  add(secret: KnownSecret): void {
    this.#later = [...this.#later, secret].slice(-LATER_MAX);
  }

  /** A search looks for what is known when it begins. */
  finder(): SecretFinder {
    const now = this.#kept((known) => makeFinder(known) ?? NOTHING);
    return { begin: () => now().begin() };
  }

  /** @param more values that are taken out as well. */
  redactor(more: readonly string[] = []): Redactor {
    const now = this.#kept((known) => makeRedactor([...known.map(({ value }) => value), ...more]));
    return {
      redact: (text) => now().redact(text),
      get longest() {
        return now().longest;
      },
    };
  }

  /** Made anew when there is one more. */
  #kept<T>(make: (known: readonly KnownSecret[]) => T): () => T {
    let last: { readonly later: readonly KnownSecret[]; readonly made: T } | undefined;
    return () => {
      if (last?.later !== this.#later)
        last = { later: this.#later, made: make([...this.#first, ...this.#later]) };
      return last.made;
    };
  }
}

const NOTHING: SecretFinder = { begin: () => () => undefined };
