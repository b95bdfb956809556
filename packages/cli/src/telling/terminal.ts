/** Who has the terminal: the run that tells what happens, a person who is asked, or their editor. */
import type { LogLine } from '@swarm/core/log-events';

/** Lines kept while somebody is asked; what happens meanwhile is in log.ndjson anyway. */
const HELD_MAX = 1_000;

export interface Around {
  readonly before?: () => Promise<void> | undefined;
  readonly after?: () => void;
}

export class Terminal {
  readonly #tell: (line: LogLine) => void;
  readonly #around: Around;
  #held: LogLine[] = [];
  #isTaken = false;
  #isEditing = false;

  /** @param around what makes room on the terminal before somebody is asked, and may cover it again after. */
  constructor(tell: (line: LogLine) => void, around: Around = {}) {
    this.#tell = tell;
    this.#around = around;
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
      await this.#around.before?.();
      return await step();
    } finally {
      this.#isTaken = false;
      this.#around.after?.();
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
