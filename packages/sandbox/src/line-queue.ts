import type { OutputStream } from '@swarm/core/ports/running';

export interface OutputLine {
  readonly stream: OutputStream;
  readonly text: string;
}

/** Lines between a process and whoever reads them, in order of arrival. */
export class LineQueue implements AsyncIterable<OutputLine> {
  #held: OutputLine[] = [];
  #isEnded = false;
  #wake: () => void = () => {};

  put(line: OutputLine): void {
    this.#held.push(line);
    this.#wake();
  }

  /** No more will come. */
  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<OutputLine, void, undefined> {
    for (;;) {
      const lines = this.#held;
      this.#held = [];
      yield* lines;
      if (this.#held.length > 0) continue;
      if (this.#isEnded) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
