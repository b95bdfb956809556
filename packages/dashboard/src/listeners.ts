/**
 * Those who listen to runs. A listener takes each message when it has taken the one before: nothing is queued for it, and
 * one that is too slow for what is kept ready, or takes nothing any more, is let go of. It may come back and name the last
 * entry that it had.
 */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { fold } from '@swarm/core/fold';
import { emptyState } from '@swarm/core/state';
import type { RunSource } from './ports.ts';
import type { RunStream } from './stream.ts';
import { messageOf } from './told-entry.ts';

export const LISTENERS_MAX = 1_000;
/** A listener of nothing hears so often that it still is one. */
const HERE_MS = 15_000;
/** Whoever takes nothing for so long is gone. */
export const STALLED_MS = 30_000;
/** Older entries are read for so many at a time: each reads the journal from its beginning. */
const READERS_MAX = 2;

export interface Listening {
  readonly source: RunSource;
  readonly stream: RunStream;
  /** The first entry that is wanted. */
  readonly from: number;
}

export class Listeners {
  readonly #all = new Set<Listener>();
  readonly #readers = new Turns(READERS_MAX);
  readonly #timer: NodeJS.Timeout;

  constructor(stalledMs = STALLED_MS) {
    this.#timer = setInterval(() => this.#look(stalledMs), Math.min(HERE_MS, stalledMs));
    this.#timer.unref();
  }

  get isFull(): boolean {
    return this.#all.size >= LISTENERS_MAX;
  }

  /** The response's head is sent by now. */
  add(response: ServerResponse, ask: Listening): void {
    const listener = new Listener(response, ask, this.#readers);
    this.#all.add(listener);
    response.once('close', () => {
      this.#all.delete(listener);
      listener.leave();
    });
    listener.begin();
  }

  close(): void {
    clearInterval(this.#timer);
    for (const listener of this.#all) listener.end();
  }

  #look(stalledMs: number): void {
    const now = performance.now();
    for (const listener of this.#all) listener.sayHere(now, stalledMs);
  }
}

class Listener {
  readonly #response: ServerResponse;
  readonly #ask: Listening;
  readonly #readers: Turns;
  readonly #leaving = new AbortController();
  #next: number;
  #unwatch: () => void = () => undefined;
  /** Since when it takes nothing. */
  #stalledAt: number | undefined;
  /** Older entries are being read for it. */
  #isReading = false;
  #hasBegun = false;

  constructor(response: ServerResponse, ask: Listening, readers: Turns) {
    this.#response = response;
    this.#ask = ask;
    this.#next = ask.from;
    this.#readers = readers;
  }

  begin(): void {
    this.#unwatch = this.#ask.stream.watch(() => this.#send());
    this.#send();
  }

  leave(): void {
    this.#unwatch();
    this.#leaving.abort();
  }

  end(): void {
    this.leave();
    this.#response.end();
    this.#response.socket?.destroySoon();
  }

  sayHere(now: number, stalledMs: number): void {
    if (this.#stalledAt === undefined) {
      if (!this.#isReading) this.#write(': here\n\n');
    } else if (now - this.#stalledAt >= stalledMs) this.#drop();
  }

  /** As much as it takes now. */
  #send(): void {
    const { stream } = this.#ask;
    if (stream.broken) return this.end();
    while (this.#stalledAt === undefined && !this.#isReading && this.#next <= stream.seq) {
      const message = stream.message(this.#next);
      if (!message) return this.#hasBegun ? this.#drop() : void this.#read();
      this.#next += 1;
      this.#hasBegun = true;
      this.#write(message);
    }
  }

  #write(text: Buffer | string): void {
    if (this.#response.write(text)) return;
    this.#stalledAt = performance.now();
    this.#response.once('drain', () => {
      this.#stalledAt = undefined;
      this.#send();
    });
  }

  #drop(): void {
    this.leave();
    this.#response.destroy();
  }

  // ───────────── what is not kept ready ─────────────

  async #read(): Promise<void> {
    this.#isReading = true;
    const { signal } = this.#leaving;
    const free = await this.#readers.take(signal);
    try {
      if (!signal.aborted) await this.#readAll(signal);
      this.#isReading = false;
      if (!signal.aborted) this.#send();
    } catch {
      this.#drop();
    } finally {
      free();
    }
  }

  /** Told as they were told then: with the state that each of them made. */
  async #readAll(signal: AbortSignal): Promise<void> {
    const { source, stream } = this.#ask;
    const state = emptyState();
    for await (const entry of source.present(1)) {
      if (signal.aborted || stream.keptFrom <= this.#next || entry.seq > stream.seq) return;
      fold(state, entry);
      if (entry.seq < this.#next) continue;
      this.#next = entry.seq + 1;
      this.#write(messageOf(entry, state));
      if (this.#stalledAt !== undefined) await once(this.#response, 'drain', { signal });
    }
  }
}

/** So many at a time, in the order they came. */
class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(most: number) {
    this.#free = most;
  }

  /** Returns what gives the turn back. */
  async take(signal: AbortSignal): Promise<() => void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((go) => this.#waiting.push(go));
    let isMine = true;
    const give = (): void => {
      if (!isMine) return;
      isMine = false;
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    };
    if (signal.aborted) give();
    return give;
  }
}
