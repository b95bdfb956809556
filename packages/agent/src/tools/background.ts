/** Commands that run while the agent goes on: what they said since it was last asked, and their ends. */
import type { Clock } from '@swarm/core/ports/world';
import { createHeadTail } from './head-tail.ts';
import { type CommandSpec, letGo, OUTPUT_BYTES_MAX, PIPES_MS, startMarked } from './process.ts';

/** As many at the same time. */
export const RUNNING_MAX = 8;
/** Bytes that wait to be read, from either end; what is between is counted. */
const KEEP = 64 * 1024;

export class Background {
  readonly #clock: Clock;
  readonly #running = new Map<string, Running>();
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns its id; undefined when too many run. */
  start(spec: Pick<CommandSpec, 'argv' | 'cwd' | 'env'>): string | undefined {
    const alive = [...this.#running.values()].filter(({ end }) => end === undefined).length;
    if (alive >= RUNNING_MAX) return undefined;
    const running = new Running(spec, this.#clock);
    const id = `bg${++this.#count}`;
    this.#running.set(id, running);
    return id;
  }

  /** Every command that was started, by its id. */
  get all(): ReadonlyMap<string, Running> {
    return this.#running;
  }

  /** Kills what still runs, with all it started. */
  close(): void {
    for (const running of this.#running.values()) running.stop('the attempt is over');
  }
}

/** One command that was started. */
export class Running {
  readonly #clock: Clock;
  readonly #kill: () => void;
  readonly #waiting = new Set<() => void>();
  #unread = createHeadTail(KEEP, KEEP);
  #hasUnread = false;
  #bytes = 0;
  #stoppedFor: string | undefined;
  /** How it ended; undefined while it runs. */
  end: string | undefined;

  constructor(spec: Pick<CommandSpec, 'argv' | 'cwd' | 'env'>, clock: Clock) {
    this.#clock = clock;
    const { child, kill } = startMarked(spec);
    this.#kill = kill;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => this.#take(chunk));
    child.on('error', (error) => this.#close(`could not be started: ${error.message}`));
    child.on('exit', (code, signal) => {
      // What it left running goes with it, as with every command; then its pipes close, or are closed.
      kill();
      const end = this.#stoppedFor ?? (code === null ? `killed by ${signal}` : `exit code ${code}`);
      child.once('close', () => this.#close(end));
      clock.after(PIPES_MS, () => letGo(child));
    });
  }

  /** What it said since it was last asked. */
  read(): string {
    const text = this.#hasUnread ? this.#unread.text() : '';
    this.#unread = createHeadTail(KEEP, KEEP);
    this.#hasUnread = false;
    return text;
  }

  /** Resolves when it says something or ends, and after `ms` at the latest. At once when there is something to read. */
  async news(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#hasUnread || this.end !== undefined || ms === 0 || signal.aborted) return;
    await this.#until(() => true, ms, signal);
  }

  /** Resolves when it is gone. */
  async stopped(signal: AbortSignal): Promise<void> {
    this.stop('stopped by you');
    if (this.end === undefined) await this.#until(() => this.end !== undefined, 2 * PIPES_MS, signal);
  }

  stop(why: string): void {
    if (this.end !== undefined) return;
    this.#stoppedFor ??= why;
    this.#kill();
  }

  #until(isEnough: () => boolean, ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const settle = (): void => {
        cancel();
        this.#waiting.delete(look);
        signal.removeEventListener('abort', settle);
        resolve();
      };
      const look = (): void => {
        if (isEnough()) settle();
      };
      const cancel = this.#clock.after(ms, settle);
      this.#waiting.add(look);
      signal.addEventListener('abort', settle, { once: true });
    });
  }

  #take(chunk: Buffer): void {
    this.#unread.add(chunk);
    this.#hasUnread = true;
    this.#bytes += chunk.length;
    if (this.#bytes > OUTPUT_BYTES_MAX) this.stop('it printed more than 64 MiB');
    this.#tell();
  }

  #close(end: string): void {
    this.end ??= end;
    this.#tell();
  }

  #tell(): void {
    for (const look of [...this.#waiting]) look();
  }
}
