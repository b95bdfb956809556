/** All that a command printed, line by line, as long as it is no flood: of more the beginning and the end are kept. */

/** Characters of either end. */
const HALF_CHARS = 512 * 1024;

export class KeptOutput {
  readonly #half: number;
  readonly #head: string[] = [];
  #headChars = 0;
  #tail: string[] = [];
  #tailChars = 0;
  #linesGone = 0;

  constructor(half = HALF_CHARS) {
    this.#half = half;
  }

  line(text: string): void {
    const chars = text.length + 1;
    if (this.#tail.length === 0 && this.#headChars + chars <= this.#half) {
      this.#head.push(text);
      this.#headChars += chars;
      return;
    }
    this.#tail.push(text);
    this.#tailChars += chars;
    // Not at every line: what is cut off is copied.
    if (this.#tailChars > 2 * this.#half) this.#cut();
  }

  text(): string {
    this.#cut();
    const gap = this.#linesGone > 0 ? [`[… ${this.#linesGone} lines are left out …]`] : [];
    return [...this.#head, ...gap, ...this.#tail].join('\n');
  }

  #cut(): void {
    let first = 0;
    for (; this.#tailChars > this.#half; first++) this.#tailChars -= this.#tail[first]!.length + 1;
    this.#tail = this.#tail.slice(first);
    this.#linesGone += first;
  }
}
