/** The board on a terminal, from the first look until it is left. However this process ends, the terminal is given back. */
import type { TaskId } from '@swarm/core/model/ids';
import { render } from 'ink';
import { createElement as h } from 'react';
import { troubleOf } from '../stream.ts';
import { type Acted, act, type Effect } from './acting.ts';
import type { Size } from './arrange.ts';
import { Opened } from './detail.ts';
import { Frame } from './draw.ts';
import { type Facts, Gatherer } from './facts.ts';
import type { Key } from './keys.ts';
import type { BoardPort, Said, Steer, Text } from './ports.ts';
import { yesNo } from './questions.ts';
import { screen } from './screen.ts';
import { type Detail, FIRST, type Ui } from './ui.ts';
import { Watched } from './watching.ts';

export type { Act, BoardPort, Said, Steer, Text } from './ports.ts';

export interface BoardAsk {
  readonly port: BoardPort;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly isColoured: boolean;
  /** The terminal is far away, as over SSH: it is told less often. */
  readonly isFar: boolean;
  /** ms since the epoch. */
  readonly now: () => number;
  /** Ctrl-C. Absent: the board is left. */
  readonly onInterrupt?: () => void;
}

export interface Board {
  /** Settles when it is left, whoever leaves it; rejects where the board itself fails. The terminal is as it was by then. */
  readonly left: Promise<void>;
  /** Something that would otherwise have been printed. */
  say(text: string): void;
  /** Leaves it at once. */
  close(): void;
}

/** How soon the screen shows what has happened, and how often times go on: a large one takes longer to draw. */
const NEAR = { gatherMs: 250, tickMs: 1_000, largeTickMs: 2_000, fps: 12 } as const;
const FAR = { gatherMs: 1_000, tickMs: 5_000, largeTickMs: 5_000, fps: 4 } as const;
/** Cells. */
const LARGE_FROM = 2_500;
/** What is open is read again so often, while the run is live. */
const REOPEN_MS = 2_000;

/** Errors: those of reading the run. */
export async function showBoard(ask: BoardAsk): Promise<Board> {
  const shower = new Shower(ask);
  await shower.begin();
  return shower;
}

class Shower implements Board {
  readonly #ask: BoardAsk;
  readonly #pace: typeof NEAR | typeof FAR;
  readonly #gatherer = new Gatherer();
  readonly #left = Promise.withResolvers<void>();
  #ticking: NodeJS.Timeout | undefined;
  #reopening: NodeJS.Timeout | undefined;
  #watched!: Watched;
  #facts!: Facts;
  #ui: Ui = FIRST;
  #opened: Opened | undefined;
  #instance: ReturnType<typeof render> | undefined;
  #soon: NodeJS.Timeout | undefined;
  #isOver = false;
  #isCrashed = false;

  constructor(ask: BoardAsk) {
    this.#ask = ask;
    this.#pace = ask.isFar ? FAR : NEAR;
  }

  get left(): Promise<void> {
    return this.#left.promise;
  }

  async begin(): Promise<void> {
    this.#watched = await Watched.open(this.#ask.port, () => this.#follow());
    this.#facts = this.#gather();
    const { stdin, stdout } = this.#ask;
    process.prependListener('uncaughtException', this.#crash);
    // A terminal that is gone says so to whoever reads it.
    stdin.on('error', this.close);
    // Before ink's own: it would draw the old lines at the new size.
    stdout.on('resize', this.#draw);
    // Before anything is shown: a key that is pressed at the first sight of it would be printed by the terminal itself.
    stdin.setRawMode(true);
    this.#instance = render(this.#frame(), {
      stdin,
      stdout,
      stderr: process.stderr,
      exitOnCtrlC: false,
      patchConsole: false,
      interactive: true,
      alternateScreen: true,
      incrementalRendering: true,
      isScreenReaderEnabled: false,
      maxFps: this.#pace.fps,
    });
    this.#instance.waitUntilExit().then(
      () => (this.#isCrashed ? undefined : this.close()),
      (error: unknown) => this.#fail(error),
    );
    this.#reopening = setInterval(this.#reopen, REOPEN_MS);
    this.#tick();
  }

  say(text: string): void {
    this.#set({ ...this.#ui, said: { isRefused: false, text } });
  }

  readonly close = (): void => {
    this.#giveBack();
    this.#left.resolve();
  };

  #giveBack(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#reopening);
    clearTimeout(this.#ticking);
    clearTimeout(this.#soon);
    this.#ask.stdout.off('resize', this.#draw);
    process.off('uncaughtException', this.#crash);
    this.#ask.stdin.off('error', this.close);
    this.#watched.close();
    this.#instance?.unmount();
    this.#ask.stdin.setRawMode(false);
    this.#ask.stdin.pause();
  }

  #fail(error: unknown): void {
    this.#left.reject(error);
    this.close();
  }

  /** Whoever tells of it next has the terminal. Nobody has left the board: the program ends by what it met. */
  readonly #crash = (): void => {
    this.#isCrashed = true;
    this.#giveBack();
  };

  // ───────────── what is seen ─────────────

  #gather = (): Facts => this.#gatherer.gather(this.#watched.seen(), this.#ui.filter, this.#ask.now());

  /** Many entries at once are one look. */
  #follow(): void {
    if (this.#isOver) return;
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.#look();
    }, this.#pace.gatherMs);
  }

  /** While nobody works on the run no time goes on. */
  #tick(): void {
    const { columns, rows } = this.#size();
    const { tickMs, largeTickMs } = this.#pace;
    this.#ticking = setTimeout(
      () => {
        if (this.#watched.isLive) this.#look();
        if (!this.#isOver) this.#tick();
      },
      columns * rows < LARGE_FROM ? tickMs : largeTickMs,
    );
  }

  readonly #look = (): void =>
    this.#guarded(() => {
      this.#facts = this.#gather();
      this.#draw();
    });

  #set(ui: Ui): void {
    const isFiltered = ui.filter !== this.#ui.filter;
    this.#ui = ui;
    if (ui.detail === undefined) this.#opened = undefined;
    if (isFiltered) this.#look();
    else this.#draw();
  }

  readonly #draw = (): void => this.#guarded(() => this.#instance?.rerender(this.#frame()));

  /** A fault of ours leaves the terminal usable. */
  #guarded(step: () => void): void {
    if (this.#isOver) return;
    try {
      step();
    } catch (error) {
      this.#fail(error);
    }
  }

  #size(): Size {
    const { columns, rows } = this.#ask.stdout;
    return { columns: columns || 80, rows: rows || 24 };
  }

  #frame() {
    const shown = { facts: this.#facts, ui: this.#ui, opened: this.#opened };
    const lines = screen(shown, this.#size());
    return h(Frame, { lines, isColoured: this.#ask.isColoured, onKey: this.#press });
  }

  // ───────────── keys ─────────────

  readonly #press = (key: Key): void =>
    this.#guarded(() => {
      const size = this.#size();
      const detailCount = this.#opened?.lines(size.columns).length ?? 0;
      const { ui, effects }: Acted = act(this.#ui, key, { facts: this.#facts, size, detailCount });
      this.#set(ui);
      for (const effect of effects) this.#do(effect);
    });

  #do(effect: Effect): void {
    switch (effect.kind) {
      case 'leave':
        return this.close();
      case 'interrupt':
        return this.#ask.onInterrupt ? this.#ask.onInterrupt() : this.close();
      case 'redraw':
        this.#instance?.clear();
        return this.#look();
      case 'load':
        this.#opened = new Opened(effect.detail, undefined);
        void this.#load(effect.detail);
        return;
      case 'steer':
        void this.#steer(effect.steer);
    }
  }

  async #steer(steer: Steer): Promise<void> {
    this.say('…');
    const said = await this.#ask.port.steer(steer, (text) => this.say(text));
    this.#hear(said);
    this.#look();
  }

  /** More than the foot takes is opened, and what is asked about it is asked below. */
  #hear({ isRefused, text, ask }: Said): void {
    if (this.#isOver) return;
    const question = ask && yesNo(ask.question, { kind: 'steer', steer: ask.yes });
    const isLong = text.split('\n').length > LINES_SAID;
    const said = isLong ? undefined : { isRefused, text };
    const detail: Detail | undefined = isLong ? { kind: 'said', text } : this.#ui.detail;
    if (isLong) this.#opened = new Opened(detail!, undefined);
    this.#set({ ...this.#ui, said, detail, ...(isLong && { top: 0 }), ...(question && { question }) });
  }

  // ───────────── what is open ─────────────

  async #load(detail: Detail): Promise<void> {
    const text = await this.#textOf(detail).catch((error: unknown): Text => refused(error));
    if (this.#isOver || this.#ui.detail !== detail) return;
    this.#opened = new Opened(detail, text);
    this.#draw();
  }

  async #textOf(detail: Detail): Promise<Text | undefined> {
    switch (detail.kind) {
      case 'story':
        return { kind: 'text', title: detail.task, lines: await this.#story(detail.task) };
      case 'diff':
        return this.#ask.port.diff(detail.task);
      case 'transcript':
        return this.#ask.port.transcript(detail.task);
      default:
        return undefined;
    }
  }

  #story = (task: TaskId): Promise<readonly string[]> =>
    this.#watched.stream.story(task, this.#ask.port.date);

  /** A change is what it was when it was asked for. */
  readonly #reopen = (): void => {
    const { detail } = this.#ui;
    if (this.#watched.isLive && (detail?.kind === 'story' || detail?.kind === 'transcript'))
      void this.#load(detail);
  };
}

/** Lines of what was said that the foot takes. */
const LINES_SAID = 5;

/** A journal that is damaged by now, for one. */
const refused = (error: unknown): Text => ({ kind: 'refused', text: troubleOf(error).what });
