/** The runs that are being watched, each read once however many look at it; those nobody looks at are let go of. */
import { SwarmError } from '@swarm/core/errors';
import type { RunId } from '@swarm/core/model/ids';
import { type RunRow, runRow, unreadableRow } from '@swarm/core/views/run-row';
import { Past } from './past.ts';
import type { RunSource, RunsPort, Trouble } from './ports.ts';
import { RunStream, troubleOf } from './stream.ts';

/** Runs held in memory. More are opened only while all of these are listened to. */
export const STREAMS_KEPT = 8;
/** States of before that are kept: each is as large as the run it is of. */
const PASTS_KEPT = 2;
/** Rows of runs that do not change. */
const ROWS_KEPT = 10_000;

export type Opened =
  | {
      readonly kind: 'run';
      readonly source: RunSource;
      readonly stream: RunStream;
      readonly past: Past;
    }
  | { readonly kind: 'unreadable'; readonly trouble: Trouble }
  | { readonly kind: 'unknown' };

export type ListedRun = RunRow & { readonly run: RunId; readonly trouble?: Trouble };

export class Streams {
  readonly #runs: RunsPort;
  /** The one used last at the end. */
  readonly #open = new Map<RunId, Promise<RunStream>>();
  readonly #ready = new Map<RunId, RunStream>();
  readonly #rows = new Map<RunId, { readonly mark: string; readonly row: RunRow }>();
  readonly #pasts = new Map<RunId, Past>();
  #listing: Promise<readonly ListedRun[]> | undefined;

  constructor(runs: RunsPort) {
    this.#runs = runs;
  }

  /** Through the door each time; read once. */
  async open(run: string): Promise<Opened> {
    const entered = await this.#runs.enter(run);
    if (entered.kind !== 'run') return entered;
    const { source } = entered;
    try {
      const stream = await this.#streamOf(source);
      const trouble = stream.broken ?? source.objection(stream.state);
      if (stream.broken) this.#drop(source.run);
      return trouble
        ? { kind: 'unreadable', trouble }
        : { kind: 'run', source, stream, past: this.#pastOf(source) };
    } catch (error) {
      this.#drop(source.run);
      if (!(error instanceof SwarmError)) throw error;
      return { kind: 'unreadable', trouble: troubleOf(error) };
    }
  }

  #pastOf(source: RunSource): Past {
    const past = this.#pasts.get(source.run) ?? new Past(source);
    this.#pasts.delete(source.run);
    this.#pasts.set(source.run, past);
    if (this.#pasts.size > PASTS_KEPT) this.#pasts.delete(this.#pasts.keys().next().value!);
    return past;
  }

  /** Newest first. Whoever asks meanwhile gets the same list. */
  list(): Promise<readonly ListedRun[]> {
    this.#listing ??= this.#listed().finally(() => {
      this.#listing = undefined;
    });
    return this.#listing;
  }

  /** Whether there is anything to show: throws where there is not. */
  async look(): Promise<void> {
    await this.#runs.list();
  }

  close(): void {
    for (const run of [...this.#open.keys()]) this.#drop(run);
  }

  #streamOf(source: RunSource): Promise<RunStream> {
    const { run } = source;
    const found = this.#open.get(run);
    const stream = found ?? RunStream.open(source);
    this.#open.delete(run);
    this.#open.set(run, stream);
    if (!found) {
      this.#letGo();
      stream
        .then((ready) => (this.#open.get(run) === stream ? this.#ready.set(run, ready) : ready.close()))
        .catch(() => undefined);
    }
    return stream;
  }

  #letGo(): void {
    for (const run of [...this.#open.keys()]) {
      if (this.#open.size <= STREAMS_KEPT) return;
      if (this.#ready.get(run)?.isWatched === false) this.#drop(run);
    }
  }

  #drop(run: RunId): void {
    this.#ready.get(run)?.close();
    this.#ready.delete(run);
    this.#open.delete(run);
    this.#pasts.delete(run);
  }

  // ───────────── the list ─────────────

  /** One after another: a journal may be large, and only what a row shows is kept of it. */
  async #listed(): Promise<readonly ListedRun[]> {
    const rows: ListedRun[] = [];
    for (const run of await this.#runs.list()) rows.push({ run, ...(await this.#row(run)) });
    return rows;
  }

  async #row(run: RunId): Promise<RunRow & { readonly trouble?: Trouble }> {
    const entered = await this.#runs.enter(run);
    if (entered.kind === 'unknown') return unreadableRow('it was removed');
    if (entered.kind === 'unreadable') return unreadable(entered.trouble);
    const { source } = entered;
    const isLive = (await source.holder()) !== undefined;
    const mark = await source.mark();
    const known = this.#rows.get(run);
    if (known?.mark === mark && !isLive) return known.row;
    const opened = await this.open(run);
    if (opened.kind === 'unknown') return unreadableRow('it was removed');
    if (opened.kind === 'unreadable') return unreadable(opened.trouble);
    const { state } = opened.stream;
    const row = runRow(state, isLive);
    // Only then has everything been read that this mark stands for.
    if (state.closed && state.delivered) this.#keep(run, mark, row);
    return row;
  }

  #keep(run: RunId, mark: string, row: RunRow): void {
    this.#rows.delete(run);
    this.#rows.set(run, { mark, row });
    if (this.#rows.size > ROWS_KEPT) this.#rows.delete(this.#rows.keys().next().value!);
  }
}

const unreadable = (trouble: Trouble) => ({ ...unreadableRow(trouble.what), trouble });
