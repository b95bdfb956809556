/** A run as it goes on, for the board: the read model of all who watch, what agents did last, and who works on it. */
import { type AttemptId, parseTaskId } from '@swarm/core/model/ids';
import type { Holding } from '@swarm/core/views/status';
import { plain } from '@swarm/core/views/words';
import { RunStream } from '../stream.ts';
import { messageRead } from '../told-entry.ts';
import type { Happened, Seen } from './facts.ts';
import type { Act, BoardPort } from './ports.ts';

/** Events that can be scrolled back to. */
const HAPPENED_MAX = 500;
/** Whether a process works on the run is looked up so often. */
const HOLDER_MS = 4_000;

export class Watched {
  readonly stream: RunStream;
  readonly #port: BoardPort;
  readonly #leaving = new AbortController();
  readonly #acts = new Map<AttemptId, Act>();
  readonly #onChange: () => void;
  #happened: Happened[] = [];
  #toldTo: number;
  #holder: Holding | undefined;

  private constructor(port: BoardPort, stream: RunStream, onChange: () => void) {
    this.#port = port;
    this.stream = stream;
    this.#onChange = onChange;
    this.#toldTo = Math.max(stream.keptFrom - 1, stream.seq - HAPPENED_MAX);
  }

  /** @param onChange told when there is something new to see. Errors: those of the run's source. */
  static async open(port: BoardPort, onChange: () => void): Promise<Watched> {
    const stream = await RunStream.open(port.source);
    const watched = new Watched(port, stream, onChange);
    await watched.#lookForHolder();
    stream.watch(onChange);
    // Weather: where it cannot be read there is none.
    watched.#followActs().catch(() => undefined);
    // What cannot be looked up now is looked up again.
    const look = (): unknown => watched.#lookForHolder().catch(() => undefined);
    const timer = setInterval(look, HOLDER_MS);
    watched.#leaving.signal.addEventListener('abort', () => clearInterval(timer), { once: true });
    return watched;
  }

  get isLive(): boolean {
    return this.#holder !== undefined;
  }

  seen(): Seen {
    this.#readOn();
    return {
      state: this.stream.state,
      holder: this.#holder,
      acts: this.#acts,
      happened: this.#happened,
      trouble: this.stream.broken ?? this.#port.source.objection(this.stream.state),
    };
  }

  close(): void {
    this.#leaving.abort();
    this.stream.close();
  }

  #readOn(): void {
    const from = Math.max(this.#toldTo + 1, this.stream.keptFrom, this.stream.seq - HAPPENED_MAX);
    for (let seq = from; seq <= this.stream.seq; seq += 1) {
      const message = this.stream.message(seq);
      if (!message) continue;
      const { ts, events } = messageRead(message);
      const told = events.map(({ event, task, msg }, i): Happened => {
        const text = plain(msg, 400);
        return { id: `${seq}.${i}`, at: Date.parse(ts), event, task: parseTaskId(task ?? ''), text };
      });
      this.#happened = [...told.toReversed(), ...this.#happened].slice(0, HAPPENED_MAX);
    }
    this.#toldTo = this.stream.seq;
  }

  async #followActs(): Promise<void> {
    for await (const act of this.#port.acts(this.#leaving.signal)) {
      this.#acts.set(act.attempt, act);
      this.#onChange();
    }
  }

  async #lookForHolder(): Promise<void> {
    const before = this.#holder?.pid;
    this.#holder = await this.#port.source.holder();
    if (this.#holder?.pid !== before) this.#onChange();
  }
}
