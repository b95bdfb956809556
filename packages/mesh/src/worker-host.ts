/**
 * A worker host: it says that it is there, works for one run at a time, and keeps what it has while the run's home is
 * away. What home says counts only from the subject that the server lets home alone speak on.
 */
import { SwarmError } from '@swarm/core/errors';
import type { Clock } from '@swarm/core/ports/world';
import { z } from 'zod';
import { type CallAt, Calls, type HowSaid } from './calls.ts';
import { HeldBenches } from './held-benches.ts';
import type { HomeOfRoom, RunRoom } from './room.ts';
import type { Beat } from './shapes.ts';
import {
  type Envelope,
  envelopeOf,
  isUnreadable,
  PROTOCOL,
  readEnvelope,
  SUBJECTS,
  type Wire,
  writeEnvelope,
} from './wire.ts';

export interface WorkerHostParts {
  readonly wire: Wire;
  readonly clock: Clock;
  readonly name: string;
  readonly slots: number;
  readonly capabilities: readonly string[];
  readonly version: string;
  /** Another one each time the process begins. */
  readonly session: string;
  /** Throws SwarmError when this host cannot work for the run. */
  readonly openRoom: (terms: unknown, home: HomeOfRoom) => Promise<RunRoom>;
  /** How long what is here is kept for a home that is away, ms. */
  readonly keepMs: number;
  readonly load: () => { readonly load: number; readonly cpus: number };
  /** For whoever looks at the host. */
  readonly tell: (event: WorkerTold, msg: string) => void;
  /** A later worker bears the name: this one is over. */
  readonly onReplaced?: (why: string) => void;
}

export type WorkerTold = 'joined' | 'released' | 'refused' | 'home-gone' | 'leaving' | 'odd';

/** Before a home has said how long it waits. */
const FIRST_BEAT_MS = 2_000;
/** Of a lease: as many may be lost before the host is given up. */
const BEATS_PER_LEASE = 6;
const CLAIM = z.object({ terms: z.unknown(), leaseMs: z.number().int().min(100).max(3_600_000) });
const BENCH = z.object({ bench: z.string().max(80) });
const NOTES = z.object({ bench: z.string().max(80), notes: z.array(z.string()).max(10_000) });

interface Claimed {
  readonly run: string;
  readonly room: RunRoom;
  readonly benches: HeldBenches;
  epoch: number;
  leaseMs: number;
}

export class WorkerHost {
  readonly #parts: WorkerHostParts;
  readonly #calls: Calls;
  readonly #ends: (() => void)[] = [];
  #claimed: Claimed | undefined;
  #claiming: { readonly run: string; readonly epoch: number; readonly done: Promise<unknown> } | undefined;
  /** Where answers go: the home that spoke last. */
  #about = { run: '', epoch: 0 };
  #heardAt: number;
  #leaving: string | undefined;
  #isClosed = false;
  #isReplaced = false;
  #beats = 0;
  #lastId = 0;
  #stopBeat: () => void = () => {};
  readonly #gone = Promise.withResolvers<void>();

  constructor(parts: WorkerHostParts) {
    this.#parts = parts;
    const { wire, clock, name } = parts;
    this.#heardAt = clock.monotonic();
    this.#calls = new Calls({
      wire,
      clock,
      box: name,
      session: `${name}/${parts.session}`,
      about: () => this.#about,
      say: (type, payload, how) => this.#say(type, payload, how),
      answer: (op, args, at) => this.#answer(op, args, at),
      onOdd: (why) => parts.tell('odd', why),
    });
    const hear = (bytes: Uint8Array): void => this.#hear(bytes);
    this.#ends.push(
      wire.subscribe(SUBJECTS.to(name), (_, bytes) => hear(bytes)),
      wire.subscribe(SUBJECTS.hello, (_, bytes) => hear(bytes)),
      wire.receive(name, hear),
    );
    this.#beat();
  }

  /** The run it works for. */
  get run(): string | undefined {
    return this.#claimed?.run;
  }

  get atWork(): number {
    return this.#claimed?.benches.size ?? 0;
  }

  /** When home was last heard of, monotonic ms. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** Takes nothing any more, lets what it has come to its end for so long, says goodbye. */
  async drain(why: string, waitMs: number): Promise<void> {
    if (this.#leaving !== undefined) return this.#gone.promise;
    this.#leaving = why;
    this.#parts.tell('leaving', why);
    this.#beat();
    const stop = this.#parts.clock.after(waitMs, () => this.#claimed?.benches.dropAll());
    await this.#claimed?.benches.whenEmpty();
    stop();
    this.#say('bye', { session: this.#parts.session, why });
    await this.close();
    this.#gone.resolve();
  }

  /** What it has comes to its end now: whoever drains goes on at once. */
  giveUp(): void {
    this.#claimed?.benches.dropAll();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopBeat();
    for (const end of this.#ends) end();
    this.#calls.close('the host stops');
    await this.#leaveRun();
  }

  // ───────────────────────── what is said ─────────────────────────

  #nextId(): string {
    this.#lastId += 1;
    return `${this.#parts.name}/${this.#parts.session}/${this.#lastId}`;
  }

  #say(type: string, payload: Record<string, unknown>, { traceparent }: HowSaid = {}): void {
    if (this.#isReplaced) return;
    const { wire, clock, name } = this.#parts;
    const voice = { wire, clock, source: name, nextId: () => this.#nextId() };
    const about = { ...this.#about, ...(traceparent !== undefined && { traceparent }) };
    const envelope = envelopeOf(voice, { target: 'home', type, payload, about });
    wire.publish(SUBJECTS.from(name), writeEnvelope(envelope));
  }

  #beat(): void {
    this.#stopBeat();
    if (this.#isClosed) return;
    const { version, session, slots, capabilities, clock, load } = this.#parts;
    this.#beats += 1;
    const beat: Beat = {
      protocol: PROTOCOL,
      version,
      session,
      n: this.#beats,
      slots,
      capabilities: [...capabilities],
      run: this.#claimed?.run ?? '',
      epoch: this.#claimed?.epoch ?? 0,
      held: this.#claimed?.benches.held() ?? [],
      clock: clock.now(),
      ...load(),
      ...(this.#leaving !== undefined && { leaving: this.#leaving }),
    };
    this.#say('beat', beat);
    this.#looksForHome();
    const everyMs = this.#claimed ? this.#claimed.leaseMs / BEATS_PER_LEASE : FIRST_BEAT_MS;
    this.#stopBeat = clock.after(everyMs, () => this.#beat());
  }

  #looksForHome(): void {
    const { clock, keepMs, tell } = this.#parts;
    if (!this.#claimed || clock.monotonic() - this.#heardAt <= keepMs) return;
    tell('home-gone', `the home of ${this.#claimed.run} was not heard of for ${Math.round(keepMs / 1000)} s`);
    void this.#leaveRun();
  }

  async #leaveRun(): Promise<void> {
    const claimed = this.#claimed;
    this.#claimed = undefined;
    if (!claimed) return;
    claimed.benches.dropAll();
    await claimed.benches.whenEmpty();
    await claimed.room.close();
  }

  // ───────────────────────── what is heard ─────────────────────────

  #hear(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    const envelope = readEnvelope(bytes);
    if (isUnreadable(envelope)) return this.#parts.tell('odd', envelope.why);
    try {
      this.#take(envelope);
    } catch (error) {
      this.#parts.tell('odd', `${envelope.type}: ${(error as Error).message.slice(0, 200)}`);
    }
  }

  #take({ type, payload, metadata }: Envelope): void {
    const { run, epoch } = metadata;
    const claimed = this.#claimed;
    if (type === 'refuse') return this.#hearRefusal(String(payload.why ?? '').slice(0, 500), payload.session);
    // Of two homes of one run the later one counts; another run has nothing to say here.
    if (claimed && (run !== claimed.run || epoch < claimed.epoch)) return;
    if (claimed) this.#heardAt = this.#parts.clock.monotonic();
    if (type === 'hello') {
      if (claimed && epoch > claimed.epoch) this.#beat();
      return;
    }
    // A call that home repeats may have been given to who we were before: home hears that nothing of it is here.
    if (!claimed && type !== 'call' && this.#claiming?.run !== run) return;
    if (run !== this.#about.run || epoch > this.#about.epoch) this.#about = { run, epoch };
    if (this.#calls.hear(type, payload, metadata.traceparent)) return;
    switch (type) {
      case 'drop':
        return claimed?.benches.drop(BENCH.parse(payload).bench);
      case 'notes': {
        const { bench, notes } = NOTES.parse(payload);
        return claimed?.benches.tell(bench, notes);
      }
      case 'release':
        this.#parts.tell('released', `${run} is left`);
        this.#beat();
        return void this.#leaveRun().then(() => this.#beat());
      default:
        if (!claimed?.room.hear?.(type, payload)) this.#parts.tell('odd', `home says ${type.slice(0, 40)}`);
    }
  }

  /** @param session of the one that is to stop; absent: whoever bears the name. */
  #hearRefusal(why: string, session: unknown): void {
    if (session !== undefined && session !== this.#parts.session) return;
    this.#parts.tell('refused', why);
    if (session === undefined || this.#isReplaced) return;
    // What is said from here on would be taken for the other one's answers.
    this.#isReplaced = true;
    void this.drain(why, 0).then(() => this.#parts.onReplaced?.(why));
  }

  async #answer(op: string, args: unknown, at: CallAt): Promise<unknown> {
    if (op === 'claim') return this.#claim(CLAIM.parse(args), this.#about);
    const claimed = this.#claimed;
    if (!claimed)
      throw new SwarmError({ code: 'SW0741', what: `${this.#parts.name} does not work for this run` });
    return claimed.benches.answer(op, args, at, claimed.epoch);
  }

  async #claim(
    { terms, leaseMs }: z.infer<typeof CLAIM>,
    { run, epoch }: { readonly run: string; readonly epoch: number },
  ): Promise<unknown> {
    if (this.#leaving !== undefined) throw new SwarmError({ code: 'SW0741', what: 'it is leaving' });
    const claimed = this.#claimed;
    if (claimed) {
      if (claimed.run !== run) throw new SwarmError({ code: 'SW0741', what: `it works for ${claimed.run}` });
      Object.assign(claimed, { epoch, leaseMs });
      this.#beat();
      return {};
    }
    if (this.#claiming && this.#claiming.run !== run)
      throw new SwarmError({ code: 'SW0741', what: `it begins to work for ${this.#claiming.run}` });
    const done = this.#claiming?.done ?? this.#makeRoom(terms, run);
    this.#claiming = { run, epoch, done };
    try {
      const room = (await done) as RunRoom;
      this.#claimed ??= { run, epoch, leaseMs, room, benches: this.#benchesIn(room) };
      Object.assign(this.#claimed, { epoch, leaseMs });
      this.#heardAt = this.#parts.clock.monotonic();
      this.#parts.tell('joined', `works for ${run}`);
      this.#beat();
      return {};
    } finally {
      this.#claiming = undefined;
    }
  }

  /** A home that goes away meanwhile is not waited for for ever: another one may want this host. */
  #makeRoom(terms: unknown, run: string): Promise<RunRoom> {
    const { clock, keepMs, openRoom } = this.#parts;
    const patience = new AbortController();
    const stop = clock.after(keepMs, () => patience.abort('lost'));
    const home: HomeOfRoom = {
      run,
      call: (op, args) => this.#calls.call({ op, args, signal: patience.signal }),
      say: (type, payload) => this.#say(type, payload),
      tie: (attempt, isTied) => this.#claimed?.benches.tie(attempt, isTied),
    };
    return openRoom(terms, home).finally(stop);
  }

  #benchesIn(room: RunRoom): HeldBenches {
    return new HeldBenches({
      room,
      ask: (op, args, at) => this.#calls.call({ op, args, ...at }),
      say: (type, payload) => this.#say(type, payload),
      onChange: () => this.#beat(),
    });
  }
}
