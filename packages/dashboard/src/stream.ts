/** One read model for all who watch a run: its entries, folded as they come, and the last of them ready to be sent. */
import { SwarmError } from '@swarm/core/errors';
import type { Entry } from '@swarm/core/events';
import { fold } from '@swarm/core/fold';
import type { TaskId } from '@swarm/core/model/ids';
import type { Task } from '@swarm/core/model/task';
import { emptyState, type State } from '@swarm/core/state';
import { explainTask } from '@swarm/core/views/explain';
import { type History, HistoryFold } from '@swarm/core/views/history';
import { quotasShown } from '@swarm/core/views/quotas';
import { type Report, report } from '@swarm/core/views/report';
import { type Status, status } from '@swarm/core/views/status';
import { waitsNow } from '@swarm/core/views/waits';
import { Changed } from './changed.ts';
import type { RunSource, Trouble } from './ports.ts';
import { messageOf } from './told-entry.ts';

/** What of the last entries is kept ready for those who listen. */
const KEPT_BYTES = 8 * 1024 * 1024;
export type StatusNow = Status & {
  readonly seq: number;
  readonly quotas: ReturnType<typeof quotasShown>;
};

/** Of the entries that are there at the first look. */
const FIRST_MESSAGES = 5_000;

export class RunStream {
  readonly #source: RunSource;
  readonly #state: State = emptyState();
  readonly #history = new HistoryFold();
  readonly #changed = new Changed();
  readonly #leaving = new AbortController();
  readonly #listeners = new Set<() => void>();
  readonly #kept = new Kept();
  #broken: Trouble | undefined;
  #report: Report | undefined;

  private constructor(source: RunSource) {
    this.#source = source;
  }

  /** Everything that is there now is read before this resolves. Throws SwarmError where it cannot be. */
  static async open(source: RunSource): Promise<RunStream> {
    const stream = new RunStream(source);
    await stream.#catchUp();
    void stream.#follow();
    return stream;
  }

  get state(): State {
    return this.#state;
  }
  get seq(): number {
    return this.#state.seq;
  }
  /** Why it has ended: its journal cannot be read any further. */
  get broken(): Trouble | undefined {
    return this.#broken;
  }
  get isWatched(): boolean {
    return this.#listeners.size > 0;
  }

  /** The first entry that is kept ready. */
  get keptFrom(): number {
    return this.seq + 1 - this.#kept.count;
  }
  /** Undefined for one that is not kept any more, or not there yet. */
  message(seq: number): Buffer | undefined {
    return this.#kept.at(seq - this.keptFrom);
  }

  /** Told after each change, and at the end. Returns what ends it. */
  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#leaving.abort();
  }

  /** Only the last entries are ever sent from here: of a long run's others no message is made. */
  async #catchUp(): Promise<void> {
    const last: Entry[] = [];
    let at = 0;
    for await (const entry of this.#source.present(1)) {
      const before = last[at];
      if (before) this.#fold(before);
      last[at] = entry;
      at = (at + 1) % FIRST_MESSAGES;
    }
    for (const entry of [...last.slice(at), ...last.slice(0, at)]) this.#take(entry);
  }

  async #follow(): Promise<void> {
    try {
      const { signal } = this.#leaving;
      for await (const entry of this.#source.follow(this.seq + 1, signal)) {
        this.#take(entry);
        this.#tell();
      }
    } catch (error) {
      this.#broken = troubleOf(error);
      this.#tell();
    }
  }

  #fold(entry: Entry): void {
    fold(this.#state, entry);
    this.#history.take(entry, this.#state);
  }

  #take(entry: Entry): void {
    this.#fold(entry);
    this.#kept.add(messageOf(entry, this.#state));
    this.#report = undefined;
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  // ───────────── views ─────────────

  async status(now: number): Promise<StatusNow> {
    const holder = await this.#source.holder();
    const { signs, quotas } = await this.#source.heard(now);
    const waits = waitsNow(this.#state, holder ? { now, signs } : undefined);
    const shown = status(this.#state, { holder, waits, now });
    return { seq: this.seq, ...shown, quotas: quotasShown(quotas) };
  }

  /** What an entry after this one has changed. */
  history(since: number): History {
    return this.#history.since(since);
  }
  tasksSince(since: number): readonly Task[] {
    return this.#changed.since(since, this.#state);
  }

  /** Made once for each state of the journal. */
  report(): Report {
    this.#report ??= report(this.#state);
    return this.#report;
  }

  /** Read anew from the journal: what a task's story is made of is not kept. */
  async story(task: TaskId, clock?: (atMs: number) => string): Promise<readonly string[]> {
    return explainTask(this.#state, await entriesUntil(this.#source, this.seq), task, clock);
  }
}

/** The journal's entries up to this one. */
export async function entriesUntil(source: RunSource, seq: number): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of source.present(1)) {
    if (entry.seq > seq) break;
    entries.push(entry);
  }
  return entries;
}

export function troubleOf(error: unknown): Trouble {
  if (error instanceof SwarmError) return error.problems[0]!;
  return { code: 'SW0801', what: `a fault in swarm itself: ${(error as Error).message}`, fix: 'swarm serve' };
}

/** The newest messages, as many as there is room for, and always the last one. */
class Kept {
  #messages: Buffer[] = [];
  #first = 0;
  #bytes = 0;

  get count(): number {
    return this.#messages.length - this.#first;
  }
  at(index: number): Buffer | undefined {
    return index < 0 ? undefined : this.#messages[this.#first + index];
  }
  add(message: Buffer): void {
    this.#messages.push(message);
    this.#bytes += message.length;
    while (this.#bytes > KEPT_BYTES && this.count > 1) {
      this.#bytes -= this.#messages[this.#first]!.length;
      // Let go of now, though the list is shortened only now and then.
      this.#messages[this.#first++] = EMPTY;
    }
    if (this.#first < 10_000) return;
    this.#messages = this.#messages.slice(this.#first);
    this.#first = 0;
  }
}

const EMPTY = Buffer.alloc(0);
