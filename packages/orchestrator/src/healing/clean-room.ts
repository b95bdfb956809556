/** A workspace that is as a checkout leaves it, whatever the command before did in it. */
import type { AttemptHost, Bench } from '@swarm/core/ports/bench';

const LOOK_MS = 60_000;
const LOOK_BYTES = 16 * 1024 * 1024;

/** What lies in the work tree besides the commit; folders that are ignored as a whole count as one. */
export const LOOK = 'git -c core.fsmonitor=false status --porcelain --ignored';

export type Opened = Awaited<ReturnType<AttemptHost['open']>>;

/** One workspace after the other: a new one as soon as a command has left something in the last. */
export class CleanRoom {
  readonly #open: () => Promise<Opened>;
  readonly #signal: AbortSignal;
  #bench: Opened | undefined;
  /** What lay there before any command ran. */
  #before: string | undefined;

  constructor(open: () => Promise<Opened>, signal: AbortSignal) {
    this.#open = open;
    this.#signal = signal;
  }

  async get(): Promise<Opened> {
    const isClean = this.#bench?.kind === 'bench' && (await this.#look(this.#bench)) === this.#before;
    return isClean ? this.#bench! : this.fresh();
  }

  async fresh(): Promise<Opened> {
    await this.close();
    this.#bench = await this.#open();
    this.#before = this.#bench.kind === 'bench' ? await this.#look(this.#bench) : undefined;
    return this.#bench;
  }

  async close(): Promise<void> {
    if (this.#bench?.kind === 'bench') await this.#bench.close();
    this.#bench = undefined;
  }

  /** Undefined where it cannot be told: that is not clean. */
  async #look(bench: Bench): Promise<string | undefined> {
    const limits = { wallMs: LOOK_MS, outputBytes: LOOK_BYTES };
    const ran = await bench.shell({ name: 'recheck-look', command: LOOK, limits, signal: this.#signal });
    return ran.end === 'exited' && ran.exitCode === 0 ? ran.output : undefined;
  }
}
