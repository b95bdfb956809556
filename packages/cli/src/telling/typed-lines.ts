/**
 * What a person types into a run that goes on, line by line. The terminal stays as it is (its own line editing, Ctrl-C a
 * signal), so there is nothing to put back however this process ends, `kill -9` included.
 */
import { readFileSync } from 'node:fs';
import { createInterface, type Interface } from 'node:readline';

/** How often it is looked whether the terminal is ours: a job that is sent to the background may not read it. */
const LOOK_MS = 1_000;

export class TypedLines {
  readonly #stdin: NodeJS.ReadStream;
  readonly #onLine: (line: string) => void;
  #reading: Interface | undefined;
  #looking: NodeJS.Timeout | undefined;

  constructor(stdin: NodeJS.ReadStream, onLine: (line: string) => void) {
    this.#stdin = stdin;
    this.#onLine = onLine;
  }

  start(): void {
    if (!this.#stdin.isTTY || this.#looking) return;
    // A terminal that is gone says so to whoever reads it; that is told by a signal already.
    this.#stdin.on('error', this.#leave);
    process.on('SIGCONT', this.#look);
    this.#looking = setInterval(this.#look, LOOK_MS);
    this.#looking.unref();
    this.#look();
  }

  stop(): void {
    clearInterval(this.#looking);
    this.#looking = undefined;
    process.off('SIGCONT', this.#look);
    this.#leave();
  }

  readonly #look = (): void => {
    if (!isForeground()) this.#leave();
    else if (!this.#reading) this.#read();
  };

  #read(): void {
    if (this.#stdin.readableEnded || this.#stdin.destroyed) return;
    this.#reading = createInterface({ input: this.#stdin, terminal: false });
    this.#reading.on('line', this.#onLine);
  }

  readonly #leave = (): void => {
    this.#reading?.close();
    this.#reading = undefined;
  };
}

/**
 * Whether this job has the terminal: one that reads it without is stopped by the system. False where the system does not
 * tell.
 */
export function isForeground(): boolean {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    // Behind the name, which may hold anything: state, parent, group, session, terminal, the terminal's group.
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return group === foreground;
  } catch {
    return false;
  }
}
