/** Runs in memory, for tests of the server: entries are there when the test says so. */
import type { Entry, Event } from '@swarm/core/events';
import { makeRunId, type RunId } from '@swarm/core/model/ids';
import { aRequest } from '@swarm/core/testing';
import type { Answer, RunSource, RunsPort, TranscriptLine, WorkDiff } from './ports.ts';

/** Another one for each number below 32. */
export const runId = (n: number): RunId => makeRunId(0, () => n / 32);

/** Lines of a transcript that are given at a time. */
const PART = 2_000;

export class MemoryRun {
  readonly run: RunId;
  readonly entries: Entry[] = [];
  /** How often it was read from the beginning. */
  reads = 0;
  /** Commands it was asked. */
  readonly asked: unknown[] = [];
  answer: Answer = { kind: 'decided', said: 'done', events: [], state: {} };
  /** What every task has changed. */
  diff = '';
  /** What every agent said. */
  transcript: readonly TranscriptLine[] = [];
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
      heard: async () => ({ signs: new Map(), quotas: [] }),
      pinned: async () => ({ agent: 'command', models: {}, prompts: {} }),
      diff: async (of) => this.#work(of),
      transcript: async (_, from) => ({
        lines: this.transcript.slice(from, from + PART),
        next: Math.min(this.transcript.length, from + PART),
        isEnd: from + PART >= this.transcript.length,
      }),
      ask: (command) => this.#hear(command),
      undo: (asked) => this.#hear(asked),
      propose: (asked) => this.#hear(asked),
    };
  }

  async #hear(asked: unknown): Promise<Answer> {
    this.asked.push(asked);
    return this.answer;
  }

  #work(of: string): WorkDiff {
    const task = of.split('.')[0] as WorkDiff['task'];
    return { task, attempt: null, isLanded: true, commit: 'c', base: null, diff: this.diff };
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
