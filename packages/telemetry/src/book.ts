/** Secrets known by value, of which there are more as a run goes on: whatever looks for them knows each at once. */
import type { SecretFinder } from '@swarm/core/ports/git';
import { LearningFinder } from './find.ts';
import type { KnownSecret } from './forms.ts';
import { makeRedactor, type OnTakenOut, type Redactor } from './redact.ts';

/** Of those that came later at least so many, the newest, are looked for; twice as many at most. */
const LATER_KEPT = 128;

export class SecretBook {
  #first: readonly KnownSecret[];
  /** In order; a list of its own each time some were forgotten. */
  #later: KnownSecret[] = [];

  constructor(first: readonly KnownSecret[]) {
    this.#first = first;
  }

  add(secret: KnownSecret): void {
    if (this.#later.length >= 2 * LATER_KEPT) this.#later = this.#later.slice(-LATER_KEPT);
    this.#later.push(secret);
  }

  /** What is known before any work begins, and is never forgotten. */
  learn(secrets: readonly KnownSecret[]): void {
    if (secrets.length > 0) this.#first = [...this.#first, ...secrets];
  }

  /** A search looks for what is known when it begins. */
  finder(): SecretFinder {
    const now = this.#kept((known) => new LearningFinder(known));
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

  /** Learns what came later; made anew when some of that was forgotten. */
  #kept<T extends Learning>(make: (known: readonly KnownSecret[]) => T): () => T {
    let last:
      | { readonly first: unknown; readonly later: unknown; readonly made: T; seen: number }
      | undefined;
    return () => {
      const [first, later] = [this.#first, this.#later];
      if (last?.first !== first || last.later !== later)
        last = { first, later, made: make([...first, ...later]), seen: later.length };
      else if (last.seen < later.length) {
        last.made.learn(later.slice(last.seen));
        last.seen = later.length;
      }
      return last.made;
    };
  }
}

interface Learning {
  learn(secrets: readonly KnownSecret[]): void;
}
