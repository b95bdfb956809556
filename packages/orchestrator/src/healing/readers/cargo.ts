import { type Found, KEPT_MAX, type LineState, number, type Reader, type Sink } from './reader.ts';

/**
 * `cargo test`. Tests are told on stdout and targets on stderr, whose lines come mixed: so the n-th run of tests that
 * failed is joined with the n-th target said to have failed, not with the line before it.
 */
export const cargo: Reader = { tool: 'cargo', isCounting: true, start: (to) => new Cargo(to) };

interface Block {
  readonly found: Found[];
  hasEnded: boolean;
  isFailure: boolean;
}

class Cargo implements LineState {
  readonly #to: Sink;
  readonly #blocks: Block[] = [];
  readonly #targets: string[] = [];
  #isWholeRun = false;
  /** `error: …` whose place the next line tells; without a place it is no message of the compiler. */
  #message: string | undefined;

  constructor(to: Sink) {
    this.#to = to;
  }

  line(line: string): boolean {
    return this.#readMessage(line) || this.#readTargets(line) || this.#readTests(line);
  }

  end(): void {
    const failed = this.#blocks.filter((block) => block.isFailure || !block.hasEnded);
    if (failed.some((block) => !block.hasEnded)) this.#to.doubt('unhandled');
    if (this.#targets.length > 0 && !this.#isWholeRun) this.#to.doubt('stopped');
    if (failed.length !== this.#targets.length) this.#to.doubt('unread');
    for (const [n, block] of failed.entries()) for (const found of block.found) found.file = this.#targets[n];
  }

  #readTargets(line: string): boolean {
    const target = /^error: (?:test|doctest|bench) failed, to rerun pass `(.{1,300})`$/.exec(line);
    if (target && this.#targets.length < KEPT_MAX) this.#targets.push(target[1]!);
    if (/^error: \d+ targets? failed:$/.test(line)) this.#isWholeRun = true;
    // What needs the crate was not looked at.
    const isStop = /^error: could not (?:compile|document) `/.test(line);
    if (isStop) this.#to.doubt('stopped');
    return target !== null || isStop;
  }

  #readTests(line: string): boolean {
    if (/^running \d+ tests?$/.test(line)) {
      if (this.#blocks.length >= KEPT_MAX) this.#to.doubt('unread');
      else this.#blocks.push({ found: [], hasEnded: false, isFailure: false });
      return false;
    }
    const block = this.#blocks.at(-1);
    const ended = /^test result: (ok|FAILED)\. \d+ passed; (\d+) failed; /.exec(line);
    if (ended) {
      this.#to.counted(number(ended[2]));
      if (block) Object.assign(block, { hasEnded: true, isFailure: ended[1] === 'FAILED' });
      return true;
    }
    const failed = /^test (.{1,1000}?)(?: - should panic)? \.\.\. FAILED(?: |$)/.exec(line);
    if (!failed) return false;
    // A doc test's place: `src/lib.rs - v (line 2)`.
    const found = this.#to.failed({ name: failed[1]!.replace(/ \(line \d+\)/, '') });
    if (found && block) block.found.push(found);
    return true;
  }

  #readMessage(line: string): boolean {
    const place = this.#message === undefined ? null : /^ +--> (.{1,500}?):\d+:\d+$/.exec(line);
    if (place) this.#to.failed({ name: this.#message!, file: place[1], kind: 'message' });
    const message = /^error(?:\[(E\d+)\])?: (.{1,500})$/.exec(line);
    this.#message = message ? `${message[1] ? `[${message[1]}] ` : ''}${message[2]}` : undefined;
    return place !== null;
  }
}
