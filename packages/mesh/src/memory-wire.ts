/** The wire of hosts in this process. A test or a simulation says what becomes of each message on its way. */
import type { Clock } from '@swarm/core/ports/world';
import { hostOfSubject, SUBJECTS, type Wire } from './wire.ts';

export interface MemoryWireParts {
  readonly clock: Pick<Clock, 'after'>;
  /**
   * When each copy of a message arrives, ms from now: none: it is lost; two: it comes twice.
   * @param from who says it; `host`: the host that it is about.
   */
  readonly delays?: (message: { readonly from: 'home' | 'host'; readonly host: string }) => readonly number[];
}

type Hear = (subject: string, bytes: Uint8Array) => void;

interface Listener {
  readonly name: string;
  readonly hear: Hear;
}

export class MemoryWires {
  readonly #parts: MemoryWireParts;
  readonly #hears = new Map<string, Set<Listener>>();
  readonly #boxes = new Map<string, Uint8Array>();
  #next = 1;

  constructor(parts: MemoryWireParts) {
    this.#parts = parts;
  }

  /** One end of it, as the server knows who it is: `home`, or a host's name. Each says only what is its own to say. */
  wireOf(name: string): Wire {
    const isHome = name === 'home';
    const may = (subject: string): boolean =>
      isHome ? !subject.startsWith('swarm.host.') : subject === SUBJECTS.from(name);
    const boxOf = (host: string): string => {
      if (isHome || host === name) return host;
      throw new Error(`${name} may not use the box of ${host}`);
    };
    return {
      publish: (subject, bytes) => {
        if (may(subject)) this.#carry(isHome ? 'home' : 'host', subject, bytes);
      },
      subscribe: (subject, hear) => this.#listen(name, subject, hear),
      dispatch: (host, _id, bytes) => {
        if (isHome) this.#carry('home', SUBJECTS.work(host), bytes);
      },
      receive: (host, hear) => this.#listen(name, SUBJECTS.work(host), (_, bytes) => hear(bytes)),
      put: async (host, bytes) => {
        const at = `${this.#next++}`;
        this.#boxes.set(`${boxOf(host)}/${at}`, bytes);
        return at;
      },
      get: async (host, at) => {
        const bytes = this.#boxes.get(`${boxOf(host)}/${at}`);
        if (!bytes) throw new Error(`there is no ${at}`);
        return bytes;
      },
      drop: (host, at) => void this.#boxes.delete(`${boxOf(host)}/${at}`),
    };
  }

  /** Whoever had this name hears nothing any more, as after a `kill -9`. */
  forget(name: string): void {
    for (const listeners of this.#hears.values())
      for (const listener of listeners) if (listener.name === name) listeners.delete(listener);
  }

  #listen(name: string, subject: string, hear: Hear): () => void {
    const listener = { name, hear };
    const hears = this.#hears.get(subject) ?? new Set();
    this.#hears.set(subject, hears.add(listener));
    return () => hears.delete(listener);
  }

  #carry(from: 'home' | 'host', subject: string, bytes: Uint8Array): void {
    const listening = [subject, ...(from === 'host' ? [SUBJECTS.fromAll] : [])];
    for (const topic of listening)
      for (const { name, hear } of this.#hears.get(topic) ?? []) {
        const host = from === 'host' ? hostOfSubject(subject)! : name;
        for (const delay of this.#parts.delays?.({ from, host }) ?? [0])
          this.#parts.clock.after(delay, () => hear(subject, bytes));
      }
  }
}
