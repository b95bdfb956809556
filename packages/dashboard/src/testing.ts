/** Runs in memory, for tests of the server: entries are there when the test says so. */
import type { Entry, Event } from '@swarm/core/events';
import { makeRunId, type RunId } from '@swarm/core/model/ids';
import { aRequest } from '@swarm/core/testing';
import type { Answer, RunSource, RunsPort } from './ports.ts';

/** Another one for each number below 32. */
export const runId = (n: number): RunId => makeRunId(0, () => n / 32);

export class MemoryRun {
  readonly run: RunId;
  readonly entries: Entry[] = [];
  /** How often it was read from the beginning. */
  reads = 0;
  /** Commands it was asked. */
  readonly asked: unknown[] = [];
  answer: Answer = { kind: 'decided', events: [], state: {} };
  #more = Promise.withResolvers<void>();

  constructor(n: number) {
    this.run = runId(n);
    this.add({ type: 'run.opened', run: this.run, request: aRequest(), version: '0', configHash: 'c' });
  }

  add(...events: readonly Event[]): void {
    const seq = this.entries.length + 1;
    this.entries.push({ seq, at: seq * 1_000, cause: 'test', events });
    this.#more.resolve();
    this.#more = Promise.withResolvers();
  }

  source(): RunSource {
    return {
      run: this.run,
      mark: async () => `${this.entries.length}`,
      present: (from) => this.#present(from),
      follow: (from, signal) => this.#follow(from, signal),
      objection: () => undefined,
      holder: async () => undefined,
      signs: async () => new Map(),
      ask: async (command) => {
        this.asked.push(command);
        return this.answer;
      },
    };
  }

  async *#present(from: number): AsyncGenerator<Entry> {
    if (from === 1) this.reads += 1;
    for (const entry of this.entries.slice(from - 1)) {
      await new Promise((resolve) => setImmediate(resolve));
      yield entry;
    }
  }

  async *#follow(from: number, signal: AbortSignal): AsyncGenerator<Entry> {
    const over = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    for (let next = from; !signal.aborted; ) {
      while (next <= this.entries.length) yield this.entries[next++ - 1]!;
      await Promise.race([this.#more.promise, over]);
    }
  }
}

export const memoryRuns = (runs: readonly MemoryRun[]): RunsPort => ({
  list: async () => runs.map(({ run }) => run),
  async enter(name) {
    const found = runs.find(({ run }) => run === name);
    return found ? { kind: 'run', source: found.source() } : { kind: 'unknown' };
  },
});
