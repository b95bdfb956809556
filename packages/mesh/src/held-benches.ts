/** The benches of one run on this host, and what home asks of them. Each question is answered once, whoever asks again. */
import { SwarmError } from '@swarm/core/errors';
import type { AttemptId, CommitId } from '@swarm/core/model/ids';
import type { SharedNote } from '@swarm/core/model/shared-note';
import { addUsage, type Usage } from '@swarm/core/model/usage';
import type { Bench, BenchAsk, BenchJob, ShellAsk } from '@swarm/core/ports/bench';
import type { AgentResult, Notes, SharedNotes } from '@swarm/core/ports/running';
import type { CallAt } from './calls.ts';
import type { RunRoom } from './room.ts';
import type { Held } from './shapes.ts';
import type { Say } from './tunnel.ts';

interface Parts {
  readonly room: RunRoom;
  /** Asks home. */
  readonly ask: (op: string, args: unknown, at?: AskAt) => Promise<unknown>;
  readonly say: Say;
  readonly onChange: () => void;
}

interface AskAt {
  readonly signal: AbortSignal;
  readonly traceparent: string | undefined;
}

interface OneBench {
  readonly bench: Bench;
  readonly base: CommitId;
  /** The home that opened it, or found it again. */
  epoch: number;
  state: Held['state'];
  isTied: boolean;
  notes: GivenNotes | undefined;
  /** The agent's last call. */
  last: { readonly result: Promise<AgentResult>; readonly controller: AbortController } | undefined;
  used: Usage | undefined;
  /** A later home has found it, and has not yet heard how its agent's last call ended. */
  isUnheard: boolean;
  onActivity: BenchJob['onActivity'];
}

type OpenArgs = Omit<BenchAsk, 'signal' | 'on'>;
interface AgentArgs {
  readonly bench: string;
  readonly job: Omit<BenchJob, 'signal' | 'onActivity' | 'notes' | 'shared'>;
  readonly notes?: readonly string[];
  readonly shared?: readonly SharedNote[];
}
interface ShellArgs {
  readonly bench: string;
  readonly ask: Omit<ShellAsk, 'signal' | 'onLine'>;
}

/** What of a command's output goes home, besides the head and the tail that its result has. */
const LINES_CHARS_MAX = 8 * 1024 * 1024;

export class HeldBenches {
  readonly #parts: Parts;
  readonly #benches = new Map<string, OneBench>();
  /** Opening now: they count, too. */
  readonly #opening = new Map<string, AbortController>();
  readonly #whenEmpty: (() => void)[] = [];
  /** What is fetched is fetched one after the other: the next one may have it then. */
  #fetching: Promise<unknown> = Promise.resolve();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#benches.size + this.#opening.size;
  }

  held(): Held[] {
    return [...this.#benches].map(([bench, { state, isTied }]) => ({ bench, state, tied: isTied }));
  }

  whenEmpty(): Promise<void> {
    if (this.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenEmpty.push(resolve));
  }

  tie(attempt: string, isTied: boolean): void {
    const one = this.#benches.get(attempt);
    if (one) one.isTied = isTied;
  }

  tell(bench: string, notes: readonly string[]): void {
    this.#benches.get(bench)?.notes?.give(notes);
  }

  dropAll(): void {
    for (const bench of [...this.#benches.keys(), ...this.#opening.keys()]) this.drop(bench);
  }

  /** Nobody wants it any more. */
  drop(bench: string): void {
    this.#opening.get(bench)?.abort('lost');
    const one = this.#benches.get(bench);
    if (one) void this.#close(bench, one).catch(() => undefined);
  }

  async answer(op: string, args: unknown, at: CallAt, epoch: number): Promise<unknown> {
    const { bench, name = bench } = args as { readonly bench?: string; readonly name?: string };
    const over =
      at.traceparent !== undefined && name !== undefined
        ? this.#parts.room.traced?.(name, op, at.traceparent)
        : undefined;
    try {
      return await this.#do(op, args, at, epoch);
    } finally {
      over?.();
    }
  }

  async #do(op: string, args: unknown, at: CallAt, epoch: number): Promise<unknown> {
    switch (op) {
      case 'open':
        return this.#open(args as OpenArgs, at, epoch);
      case 'shell':
        return this.#shell(args as ShellArgs, at);
      case 'agent':
        return this.#agent(args as AgentArgs, at);
      case 'save':
        return this.#save(args as { bench: string; message: string });
      case 'close': {
        const { bench } = args as { bench: string };
        const one = this.#benches.get(bench);
        if (one) await this.#close(bench, one);
        return {};
      }
      default:
        throw new SwarmError({ code: 'SW0741', what: `this host does not do ${op.slice(0, 40)}` });
    }
  }

  // ───────────────────────── open and close ─────────────────────────

  async #open(ask: OpenArgs, { signal, traceparent }: CallAt, epoch: number): Promise<unknown> {
    const known = this.#benches.get(ask.name);
    if (known && known.epoch < epoch) {
      known.epoch = epoch;
      known.isUnheard = true;
      return opened(known.bench, true);
    }
    if (known) await this.#close(ask.name, known);
    const controller = new AbortController();
    const both = AbortSignal.any([signal, controller.signal]);
    this.#opening.set(ask.name, controller);
    try {
      await this.#fetch(ask, { signal: both, traceparent });
      if (both.aborted) return CALLED_OFF;
      const bench = await this.#parts.room.host.open({ ...ask, signal: both });
      if (bench.kind === 'cannot-run') return bench;
      this.#benches.set(ask.name, {
        bench,
        base: ask.base,
        epoch,
        state: 'idle',
        isTied: false,
        notes: undefined,
        last: undefined,
        used: undefined,
        isUnheard: false,
        onActivity: () => {},
      });
      // It was given up while it was made: whoever asked hears of nothing.
      if (controller.signal.aborted) await this.#close(ask.name, this.#benches.get(ask.name)!);
      return opened(bench, false);
    } finally {
      this.#opening.delete(ask.name);
      this.#changed();
    }
  }

  /** What is here is not fetched again. */
  #fetch({ base, from, setup }: OpenArgs, at: AskAt): Promise<void> {
    const wanted = [base, from, setup?.trusted, setup?.landed].filter((one) => one !== undefined);
    const commits = [...new Set(wanted)];
    const fetched = this.#fetching.then(async () => {
      const { store } = this.#parts.room;
      const wants = await store.missing(commits);
      if (wants.length === 0) return;
      const haves = await store.haves();
      const pack = await this.#parts.ask('pack', { wants, haves }, at);
      await store.take(Buffer.from(String(pack), 'base64'), wants);
    });
    this.#fetching = fetched.catch(() => undefined);
    return fetched;
  }

  async #close(name: string, one: OneBench): Promise<void> {
    one.last?.controller.abort('lost');
    await one.last?.result.catch(() => undefined);
    if (this.#benches.get(name) !== one) return;
    this.#benches.delete(name);
    await one.bench.close();
    this.#changed();
  }

  #changed(): void {
    this.#parts.onChange();
    if (this.size > 0) return;
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }

  // ───────────────────────── work ─────────────────────────

  async #shell({ bench, ask }: ShellArgs, { signal }: CallAt): Promise<unknown> {
    const one = this.#one(bench);
    const lines: [string, string][] = [];
    let room = LINES_CHARS_MAX;
    const onLine: ShellAsk['onLine'] = (stream, line) => {
      room -= line.length + 16;
      if (room > 0) lines.push([stream, line]);
    };
    const result = await one.bench.shell({ ...ask, signal, onLine });
    return { result, lines };
  }

  async #agent(args: AgentArgs, { signal }: CallAt): Promise<unknown> {
    const one = this.#one(args.bench);
    one.onActivity = (activity) => this.#parts.say('activity', { bench: args.bench, activity });
    const isFound = one.isUnheard && one.last !== undefined;
    one.isUnheard = false;
    const last = isFound ? one.last! : this.#begin(one, args);
    const callOff = (): void => last.controller.abort(signal.reason);
    if (signal.aborted) callOff();
    signal.addEventListener('abort', callOff, { once: true });
    try {
      const result = await last.result;
      // A home that found it again has not counted what came before.
      return isFound && one.used ? { ...result, usage: one.used } : result;
    } finally {
      signal.removeEventListener('abort', callOff);
    }
  }

  #begin(one: OneBench, { bench, job, notes, shared }: AgentArgs): NonNullable<OneBench['last']> {
    const controller = new AbortController();
    one.state = 'working';
    one.notes = notes && new GivenNotes(notes, (count) => this.#parts.say('told', { bench, count }));
    const result = one.bench
      .agent({
        ...job,
        signal: controller.signal,
        onActivity: (activity) => one.onActivity(activity),
        ...(one.notes && { notes: one.notes }),
        ...(shared && { shared: this.#sharedOf(bench, shared) }),
      })
      .then(async (ended) => {
        one.used = one.used ? addUsage(one.used, ended.usage) : ended.usage;
        // Asked at once: when home hears of it, the disk may have room again.
        return ended.end === 'finished' ? ended : { ...ended, wasFull: await this.#parts.room.host.isFull() };
      })
      .finally(() => {
        one.state = 'worked';
        one.isTied = false;
        this.#parts.onChange();
      });
    // Whoever asked may be gone by then.
    result.catch(() => undefined);
    one.last = { result, controller };
    return one.last;
  }

  async #save({ bench, message }: { readonly bench: string; readonly message: string }): Promise<unknown> {
    const one = this.#one(bench);
    const saved = await one.bench.save(message);
    if (saved.kind === 'failed' || saved.kind === 'refused') return saved;
    const made = await this.#parts.room.store.work(bench, one.base);
    if (made.kind === 'refused') return made;
    if (made.kind === 'nothing') return { kind: 'nothing', report: saved.report };
    const pack = Buffer.from(made.pack).toString('base64');
    return { kind: 'work', head: made.head, pack, report: saved.report };
  }

  #sharedOf(attempt: string, notes: readonly SharedNote[]): SharedNotes {
    const known = new Map(notes.map((note) => [note.key, note]));
    return {
      list: () => [...known.values()],
      get: (key) => known.get(key),
      set: async (key, text, version) => {
        const told = await this.#parts.ask('note', { attempt, key, text, version });
        const answer = told as Awaited<ReturnType<SharedNotes['set']>>;
        if (answer.ok) known.set(key, { key, text, version: version + 1, by: attempt as AttemptId, at: 0 });
        return answer;
      },
    };
  }

  #one(bench: string): OneBench {
    const one = this.#benches.get(bench);
    if (one) return one;
    throw new SwarmError({ code: 'SW0741', what: `this host has no bench ${bench.slice(0, 80)}` });
  }
}

const opened = ({ head, conflicts, prefix }: Bench, isHeld: boolean) => ({
  kind: 'opened',
  head,
  conflicts,
  prefix,
  isHeld,
});

const CALLED_OFF = { kind: 'cannot-run', reason: 'aborted', detail: 'called off before it was ready' };

/** Notes that came from home: they only become more. */
class GivenNotes implements Notes {
  #all: readonly string[];
  #told = 0;
  readonly #onTold: (count: number) => void;
  readonly #listeners = new Set<() => void>();

  constructor(all: readonly string[], onTold: (count: number) => void) {
    this.#all = all;
    this.#onTold = onTold;
  }

  give(all: readonly string[]): void {
    if (all.length <= this.#all.length) return;
    this.#all = all;
    for (const listener of this.#listeners) listener();
  }

  pending(): readonly string[] {
    return this.#all.slice(this.#told);
  }

  told(count: number): void {
    this.#told = Math.min(this.#told + count, this.#all.length);
    this.#onTold(this.#told);
  }

  onMore(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
