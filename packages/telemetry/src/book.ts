/** Secrets known by value, of which there are more as a run goes on: whatever looks for them knows each at once. */
import type { SecretFinder } from '@swarm/core/ports/git';
import { makeFinder } from './find.ts';
import type { KnownSecret } from './forms.ts';
import { makeRedactor, type OnTakenOut, type Redactor } from './redact.ts';

/** Of those that came later the newest are looked for: every line that is written is searched for each of them. */
const LATER_MAX = 128;

export class SecretBook {
  #first: readonly KnownSecret[];
  #later: readonly KnownSecret[] = [];

  constructor(first: readonly KnownSecret[]) {
    this.#first = first;
  }

  add(secret: KnownSecret): void {
    this.#later = [...this.#later, secret].slice(-LATER_MAX);
  }

  /** What is known before any work begins, and is never forgotten. */
  learn(secrets: readonly KnownSecret[]): void {
    if (secrets.length > 0) this.#first = [...this.#first, ...secrets];
  }

  /** A search looks for what is known when it begins. */
  finder(): SecretFinder {
    const now = this.#kept((known) => makeFinder(known) ?? NOTHING);
    return { begin: () => now().begin() };
  }

  /** @param more values that are taken out as well. @param onTakenOut is told of what is, but for what is quiet. */
  redactor(more: readonly string[] = [], onTakenOut?: OnTakenOut): Redactor {
    const told: OnTakenOut = (secret) => (secret.isQuiet ? undefined : onTakenOut?.(secret));
    const quiet = more.map((value): KnownSecret => ({ name: '', value, isQuiet: true }));
    const now = this.#kept((known) => makeRedactor([...known, ...quiet], told));
    return {
      redact: (text) => now().redact(text),
      get longest() {
        return now().longest;
      },
    };
  }

  /** Made anew when there is one more. */
  #kept<T>(make: (known: readonly KnownSecret[]) => T): () => T {
    let last: { readonly of: readonly unknown[]; readonly made: T } | undefined;
    return () => {
      const [first, later] = [this.#first, this.#later];
      if (last?.of[0] !== first || last.of[1] !== later)
        last = { of: [first, later], made: make([...first, ...later]) };
      return last.made;
    };
  }
}

const NOTHING: SecretFinder = { begin: () => () => undefined };
