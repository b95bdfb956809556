/** A run that a person sees as lines or on the board, and changes between the two: it goes on all the same. */
import { isOpened } from '@swarm/core/state';
import type { Board } from '@swarm/dashboard/board';
import type { KnownRun } from '../finding/door.ts';
import type { Context } from '../program/context.ts';
import { createLive, type Live, type LiveAsk } from '../telling/live.ts';
import { TypedLines } from '../telling/typed-lines.ts';
import { refusalText } from './refusal.ts';

export interface LiveBoardAsk {
  readonly context: Context;
  /** The run, once it is there. */
  readonly known: () => Promise<KnownRun>;
  /** The board is shown as soon as there is a run. */
  readonly isFirst: boolean;
}

/** What brings the board, with Enter. */
const LETTER = 'b';
const LEFT = `the board is left, and the run goes on; ${LETTER} and Enter shows it again`;

/** Where there is no terminal, it is what it was without a board. */
export function liveBoard(ask: LiveBoardAsk): (live: LiveAsk) => Live {
  return (live) => {
    const isTerminal = !live.isJson && live.stderr.isTTY && process.stdin.isTTY;
    return isTerminal ? new LiveBoard(ask, live) : createLive(live);
  };
}

class LiveBoard implements Live {
  readonly #ask: LiveBoardAsk;
  readonly #live: LiveAsk;
  readonly #typed: TypedLines;
  #plain: Live | undefined;
  #board: Board | undefined;
  #opening: Promise<void> | undefined;
  #isWanted: boolean;
  #isAside = false;
  #isOver = false;

  constructor(ask: LiveBoardAsk, live: LiveAsk) {
    this.#ask = ask;
    this.#live = live;
    this.#isWanted = ask.isFirst;
    this.#plain = createLive(live);
    this.#typed = new TypedLines(process.stdin, (line) => {
      // The status line, with what was typed on it, has been left behind by Enter.
      if (this.#plain) live.stderr.write('\r\u001b[A\u001b[K');
      if (line.trim().toLowerCase() === LETTER) this.#want();
    });
    this.#typed.start();
  }

  readonly line: Live['line'] = (line) => {
    this.#plain?.line(line);
    if (this.#isWanted && !this.#board) this.#show();
  };

  readonly say = (text: string): void => {
    if (this.#board) this.#board.say(text);
    else if (this.#plain) this.#plain.say(text);
    else this.#live.output.narrate(text);
  };

  readonly end = (): void => {
    this.#isOver = true;
    this.#typed.stop();
    this.#board?.close();
    this.#plain?.end();
    this.#plain = undefined;
  };

  /** Somebody is to be asked on the terminal. */
  readonly stepAside = async (): Promise<void> => {
    this.#isAside = true;
    this.#typed.stop();
    await this.#opening;
    const board = this.#board;
    board?.close();
    await board?.left.catch(() => undefined);
  };

  readonly comeBack = (): void => {
    this.#isAside = false;
    if (this.#isOver) return;
    this.#typed.start();
    if (this.#isWanted) this.#show();
  };

  #want(): void {
    this.#isWanted = true;
    this.#show();
  }

  /** Before it is opened a run has nothing to show. */
  #show(): void {
    const state = this.#live.state();
    if (this.#opening || this.#board || this.#isAside || this.#isOver || !state || !isOpened(state)) return;
    this.#opening = this.#open().finally(() => {
      this.#opening = undefined;
    });
  }

  async #open(): Promise<void> {
    const { context } = this.#ask;
    try {
      const { openBoard } = await import('./board.ts');
      const known = await this.#ask.known();
      this.#typed.stop();
      this.#plain?.end();
      this.#plain = undefined;
      const board = await openBoard({
        known,
        context,
        screen: this.#live.stderr as NodeJS.WriteStream,
        stdin: process.stdin,
        isColoured: context.output.narrationInk.level > 0,
        // As in the run's own terminal: the signal's handler does the rest.
        onInterrupt: () => process.kill(process.pid, 'SIGINT'),
      });
      this.#board = board;
      board.left.then(
        () => this.#leftWith(LEFT),
        (error: unknown) => this.#leftWith(refusalText(error)),
      );
      if (this.#isOver) board.close();
    } catch (error) {
      this.#leftWith(refusalText(error));
    }
  }

  /** The lines go on; of what happened meanwhile the board has told. */
  #leftWith(text: string): void {
    this.#board = undefined;
    if (this.#isOver) return;
    this.#plain ??= createLive(this.#live);
    if (this.#isAside) return;
    this.#isWanted = false;
    this.#plain.say(text);
    this.#typed.start();
  }
}
