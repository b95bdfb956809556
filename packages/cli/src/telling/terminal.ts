/** Who has the terminal: the run that tells what happens, a person who is asked, or their editor. */
import type { LogLine } from '@swarm/core/log-events';

/** Lines kept while somebody is asked; what happens meanwhile is in log.ndjson anyway. */
const HELD_MAX = 1_000;

export class Terminal {
  readonly #tell: (line: LogLine) => void;
  #held: LogLine[] = [];
  #isTaken = false;
  #isEditing = false;

  constructor(tell: (line: LogLine) => void) {
    this.#tell = tell;
  }

  /** Somebody is asked or edits: nothing is written over it. */
  get isTaken(): boolean {
    return this.#isTaken;
  }

  /** An editor has it: Ctrl-C is meant for the editor. */
  get isEditing(): boolean {
    return this.#isEditing;
  }

  line(line: LogLine): void {
    if (!this.#isTaken) this.#tell(line);
    else if (this.#held.length < HELD_MAX) this.#held.push(line);
  }

  /** Lines wait until `step` has ended. */
  async take<T>(step: () => Promise<T>): Promise<T> {
    this.#isTaken = true;
    try {
      return await step();
    } finally {
      this.#isTaken = false;
      for (const line of this.#held.splice(0)) this.#tell(line);
    }
  }

  async edit<T>(step: () => Promise<T>): Promise<T> {
    this.#isEditing = true;
    try {
      return await step();
    } finally {
      this.#isEditing = false;
    }
  }
}
