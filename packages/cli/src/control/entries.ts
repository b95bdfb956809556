/**
 * The run's entries over the control socket, both ends: each once it is on disk, in order. They are read from the file, so
 * that whoever reads slowly costs no memory and misses nothing.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import type { Entry } from '@swarm/core/events';
import { followJournal } from '@swarm/journal';
import { linesOf, TOO_LONG } from './lines.ts';
import { refused } from './refused.ts';
import type { Steered } from './steered.ts';
import { type ControlReply, ENTRY_BYTES_MAX, type EntryTold, type StillAtIt } from './wire.ts';

/** Of one run at a time: the other connections are for those who steer. */
export const LISTENERS_MAX = 16;
/** Far below the time after which either end takes silence for the other's end. */
const TELL_AGAIN_MS = 10_000;
/** Between the write of a line and its sync lies one disk. */
const SYNC_MS = 5;
/** A live run says something at least so often, or it is gone. */
const PATIENCE_MS = 30_000;

// ───────────────────────── the run's end ─────────────────────────

export class Listeners {
  readonly #steered: Steered;
  #count = 0;

  constructor(steered: Steered) {
    this.#steered = steered;
  }

  /** Settles when the other side is gone or the socket is ended; a refusal where there is no room. */
  async tell(socket: Socket, from: number): Promise<ControlReply | undefined> {
    if (this.#count >= LISTENERS_MAX)
      return refused(`${LISTENERS_MAX} listen to this run already`, 'swarm events -f');
    const gone = new AbortController();
    socket.once('close', () => gone.abort());
    const startedAt = performance.now();
    const still = (): boolean => say(socket, { waitingMs: Math.round(performance.now() - startedAt) });
    const telling = setInterval(still, TELL_AGAIN_MS);
    this.#count += 1;
    try {
      still();
      await this.#tellAll(socket, from, gone.signal);
    } finally {
      this.#count -= 1;
      clearInterval(telling);
    }
  }

  async #tellAll(socket: Socket, from: number, signal: AbortSignal): Promise<void> {
    const { journal, state } = this.#steered;
    for await (const entry of followJournal(journal, { from, signal, isLast: () => false })) {
      while (state().seq < entry.seq && !signal.aborted) await after(SYNC_MS);
      if (signal.aborted) return;
      if (!say(socket, { entry })) await once(socket, 'drain', { signal }).catch(() => undefined);
    }
  }
}

/** False: the other side has not taken what was said before. */
const say = (socket: Socket, line: EntryTold | StillAtIt): boolean =>
  socket.writable ? socket.write(`${JSON.stringify(line)}\n`) : true;

// ───────────────────────── the other end ─────────────────────────

/** Entries of the live run that listens at `path`; ends where nobody does, any more or at all. */
export async function* liveEntries(
  path: string,
  ask: { readonly run: string; readonly from: number; readonly signal: AbortSignal },
): AsyncGenerator<Entry> {
  const { run, from, signal } = ask;
  if (signal.aborted) return;
  const socket = connect(path);
  const leave = (): unknown => socket.destroy();
  signal.addEventListener('abort', leave, { once: true });
  socket.setTimeout(PATIENCE_MS, leave);
  try {
    socket.write(`${JSON.stringify({ v: 1, run, get: 'entries', from })}\n`);
    for await (const line of linesOf(socket, ENTRY_BYTES_MAX)) {
      if (line === TOO_LONG) return;
      const said = JSON.parse(line) as EntryTold | StillAtIt | ControlReply;
      if ('ok' in said) return;
      if ('entry' in said) yield said.entry;
    }
  } catch {
    // Whatever it is that ends the connection, the file has the rest.
  } finally {
    signal.removeEventListener('abort', leave);
    socket.destroy();
  }
}
