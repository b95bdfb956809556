/** Text on a terminal that is drawn again in its place: no other screen, so that the last of it stays. */

const ESC = '\u001b';

export class Redrawn {
  readonly #terminal: Pick<NodeJS.WriteStream, 'write' | 'rows'>;
  #last: readonly string[] = [];

  constructor(terminal: Pick<NodeJS.WriteStream, 'write' | 'rows'>) {
    this.#terminal = terminal;
  }

  /** Lines that are as they were are passed over. Of a text that is higher than the terminal the beginning is shown. */
  draw(text: string): void {
    const lines = text.split('\n').slice(0, Math.max(1, (this.#terminal.rows || 24) - 1));
    const up = this.#last.length > 0 ? `${ESC}[${this.#last.length}A` : '';
    const drawn = lines.map((line, i) => (line === this.#last[i] ? '\n' : `\r${line}${ESC}[K\n`));
    this.#terminal.write(`${up}\r${drawn.join('')}${ESC}[J`);
    this.#last = lines;
  }
}
