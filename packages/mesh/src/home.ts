/**
 * The run's home: it knows who is there, opens benches on hosts and is asked by them for commits and for its models.
 * What a host says counts for that host alone: whose message it is, is said by the subject it came on.
 */
import { type AttemptId, type CommitId, parseAttemptId } from '@swarm/core/model/ids';
import type { AttemptHost, Fleet } from '@swarm/core/ports/bench';
import type { Hub } from '@swarm/core/ports/git';
import type { AgentFacts } from '@swarm/core/ports/running';
import type { Clock, Log } from '@swarm/core/ports/world';
import type { Wish } from '@swarm/core/rules/roles';
import { Calls, type HowSaid } from './calls.ts';
import { GatewayAtHome, type GatewayOfHome } from './gateway-home.ts';
import { type BenchPeer, HomeBenches } from './home-benches.ts';
import type { HostedFacts } from './remote-bench.ts';
import { Roster, type Seen, type WorkerLine } from './roster.ts';
import { ACTIVITY, BEAT, type Beat, TOLD } from './shapes.ts';
import {
  type Envelope,
  envelopeOf,
  hostOfSubject,
  isUnreadable,
  PROTOCOL,
  readEnvelope,
  SUBJECTS,
  type Wire,
  writeEnvelope,
} from './wire.ts';

export interface HomeParts {
  readonly wire: Wire;
  readonly clock: Clock;
  readonly log: Log;
  readonly run: string;
  /** Greater than that of every home of the run that did anything before. */
  readonly epoch: number;
  /** Another one for each home there ever is. */
  readonly nonce: string;
  readonly version: string;
  readonly leaseMs: number;
  /** What runs here: gates, checks, setup on the base. */
  readonly local: AttemptHost;
  /** The run's base: every host has it. */
  readonly base: CommitId;
  readonly hub: Pick<Hub, 'pack'>;
  readonly factsOf: (wish: Wish) => AgentFacts & HostedFacts;
  /** What a host has to know of the run to work for it. */
  readonly terms: unknown;
  readonly gateway?: GatewayOfHome;
  /** What is done on behalf of which part of the run, by the bench's name. */
  readonly traceOf?: (bench: string) => string | undefined;
}

export interface Home {
  /** Opens a bench where its ask says, and here where it says nothing. */
  readonly host: AttemptHost;
  readonly fleet: Fleet;
  workers(): readonly WorkerLine[];
  /** Lets every host go. */
  close(): Promise<void>;
}

/** How often home says that it is there. */
const HELLO_MS = 5_000;
/** Odd messages of one host that are told in the log, between two beats. */
const ODD_MAX = 3;
const ACTIVITIES_MAX = 2_000;

interface Peer extends BenchPeer {
  isClaiming: boolean;
  refusedSession: string;
  odd: number;
  activities: number;
}

export function openHome(parts: HomeParts): Home {
  return new HomeOfHosts(parts);
}

class HomeOfHosts implements Home {
  readonly host: AttemptHost;
  readonly fleet: Fleet;
  readonly #parts: HomeParts;
  readonly #roster: Roster;
  readonly #peers = new Map<string, Peer>();
  readonly #benches: HomeBenches;
  readonly #listeners = new Set<() => void>();
  readonly #gateway: GatewayAtHome | undefined;
  readonly #ends: (() => void)[] = [];
  /** Until the sweep at start-up has asked, nothing of an earlier home is dropped. */
  #isSettled = false;
  #isClosed = false;
  #lastId = 0;
  #stopTick: () => void = () => {};

  constructor(parts: HomeParts) {
    this.#parts = parts;
    const { wire, clock, leaseMs, local } = parts;
    this.#roster = new Roster(() => clock.monotonic(), leaseMs);
    this.#gateway =
      parts.gateway &&
      new GatewayAtHome({
        gateway: parts.gateway,
        clock,
        jobOf: (host, attempt) => this.#benches.jobOf(host, attempt),
        say: (host, type, payload) => this.#say(host, type, payload),
      });
    this.#benches = new HomeBenches({
      clock,
      roster: this.#roster,
      hub: parts.hub,
      factsOf: parts.factsOf,
      traceOf: (bench) => parts.traceOf?.(bench),
      gateway: () => this.#gateway,
      peerOf: (host) => this.#peerOf(host),
      say: (host, type, payload) => this.#say(host, type, payload),
      onChange: (listener) => this.fleet.onChange(listener),
      isClosed: () => this.#isClosed,
    });
    this.#ends.push(
      wire.subscribe(SUBJECTS.fromAll, (subject, bytes) => this.#hear(hostOfSubject(subject), bytes)),
    );
    this.host = {
      name: local.name,
      slots: local.slots,
      capabilities: local.capabilities,
      isFull: () => local.isFull(),
      reap: () => local.reap(),
      clear: () => local.clear(),
      open: (ask) => (ask.on ? this.#benches.open(ask, ask.on.host) : local.open(ask)),
    };
    this.fleet = {
      leaseMs,
      seen: () => this.#roster.observed(),
      onChange: (listener) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
      held: (hosts, attempts) => this.#held(hosts, attempts),
    };
    this.#tick();
  }

  workers(): readonly WorkerLine[] {
    return this.#roster.lines();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    for (const { host, isOurs } of this.#roster.all) if (isOurs) this.#say(host, 'release', {});
    this.#isClosed = true;
    this.#stopTick();
    for (const end of this.#ends) end();
    for (const { calls } of this.#peers.values()) calls.close('the run is left');
    await this.#gateway?.close();
  }

  // ───────────────────────── what is said ─────────────────────────

  #nextId(): string {
    this.#lastId += 1;
    return `${this.#parts.nonce}/${this.#lastId}`;
  }

  #envelope(
    target: string,
    type: string,
    payload: Record<string, unknown>,
    traceparent?: string,
  ): Uint8Array {
    const { wire, clock, run, epoch } = this.#parts;
    const voice = { wire, clock, source: 'home', nextId: () => this.#nextId() };
    const about = { run, epoch, ...(traceparent && { traceparent }) };
    return writeEnvelope(envelopeOf(voice, { target, type, payload, about }));
  }

  #say(
    host: string,
    type: string,
    payload: Record<string, unknown>,
    { durable, traceparent }: HowSaid = {},
  ): void {
    if (this.#isClosed) return;
    const bytes = this.#envelope(host, type, payload, traceparent);
    if (durable === undefined) this.#parts.wire.publish(SUBJECTS.to(host), bytes);
    else this.#parts.wire.dispatch(host, durable, bytes);
  }

  #tick(): void {
    const { wire, clock, leaseMs } = this.#parts;
    wire.publish(
      SUBJECTS.hello,
      this.#envelope('*', 'hello', { protocol: PROTOCOL, version: this.#parts.version }),
    );
    this.#lapse();
    this.#stopTick = clock.after(Math.min(HELLO_MS, leaseMs / 4), () => this.#tick());
  }

  /** Also those that were never heard of: the loop looks whether one of its hosts is among them. */
  #lapse(): void {
    const isFirstLease = this.fleet.seen().listenedMs <= this.#parts.leaseMs * 2;
    if (isFirstLease) this.#tellChange();
    for (const seen of this.#roster.lapse()) {
      this.#peers.get(seen.host)?.calls.giveUp(`${seen.host} is not heard of any more`);
      this.#gateway?.hostGone(seen.host);
      this.#tellChange();
    }
  }

  #tellChange(): void {
    for (const listener of this.#listeners) listener();
  }

  // ───────────────────────── what is heard ─────────────────────────

  #hear(host: string | undefined, bytes: Uint8Array): void {
    if (host === undefined || this.#isClosed) return;
    const envelope = readEnvelope(bytes);
    if (isUnreadable(envelope)) return this.#odd(host, envelope.why);
    if (envelope.source !== host)
      return this.#odd(host, `it speaks for ${JSON.stringify(envelope.source.slice(0, 60))}`);
    try {
      this.#take(host, envelope);
    } catch (error) {
      this.#odd(host, `${envelope.type}: ${(error as Error).message.slice(0, 200)}`);
    }
  }

  #take(host: string, { type, payload, metadata }: Envelope): void {
    if (type === 'beat') return this.#hearBeat(host, BEAT.parse(payload));
    if (type === 'bye') return this.#hearBye(host, payload);
    const { run, epoch } = this.#parts;
    if (metadata.run !== run) return this.#odd(host, 'it speaks of another run');
    // What it said to the home before us was not said to us.
    if (metadata.epoch !== epoch) return;
    const peer = this.#peers.get(host);
    if (!peer) return this.#odd(host, 'it has not joined');
    if (peer.calls.hear(type, payload, metadata.traceparent)) return;
    switch (type) {
      case 'activity':
        return this.#hearActivity(host, peer, payload);
      case 'told': {
        const { bench, count } = TOLD.parse(payload);
        const job = this.#benches.jobOf(host, bench);
        const more = job ? Math.min(count - job.told, job.notes?.pending().length ?? 0) : 0;
        if (!job || more <= 0) return;
        job.told += more;
        return job.notes!.told(more);
      }
      default:
        if (!this.#gateway?.hear(host, type, payload)) this.#odd(host, `it says ${type.slice(0, 40)}`);
    }
  }

  #hearBeat(host: string, beat: Beat): void {
    const { run, epoch, version, clock } = this.#parts;
    if (beat.protocol !== PROTOCOL || beat.version !== version) return this.#refuse(host, beat);
    const wasHere = JSON.stringify(this.#factsNow(host));
    const isOurs = beat.run === run && beat.epoch === epoch;
    const seen = this.#roster.hear(host, beat, clock.now(), isOurs);
    if (!seen) return this.#replace(host, beat);
    const peer = this.#peerOf(host);
    peer.calls.revive();
    peer.odd = 0;
    peer.activities = 0;
    if (isOurs) this.#dropUnwanted(host, beat);
    else if (beat.leaving === undefined && (beat.run === '' || (beat.run === run && beat.epoch < epoch)))
      this.#claim(host, peer);
    if (JSON.stringify(this.#factsNow(host)) !== wasHere) this.#tellChange();
  }

  #factsNow(host: string): unknown {
    const seen = this.#roster.get(host);
    return seen && [this.#roster.isPresent(host), seen.beat.slots, seen.beat.leaving, seen.beat.capabilities];
  }

  /** A host of another version may not join, and both sides say so by name. */
  #refuse(host: string, { version, protocol, session }: Beat): void {
    const peer = this.#peerOf(host);
    if (peer.refusedSession === session) return;
    peer.refusedSession = session;
    const ours = `${this.#parts.version} (wire ${PROTOCOL})`;
    const why = `the host ${host} is of version ${version} (wire ${protocol}), and the run’s home is of version ${ours}`;
    this.#parts.log.write('host.refused', { msg: why, data: { host, version } });
    this.#say(host, 'refuse', { why });
  }

  /** Two of one name would both do what one is told: the earlier one is told to stop, and may be gone already. */
  #replace(host: string, { session }: Beat): void {
    if (!this.#roster.isReplaced(host, session)) return;
    const why = `a later worker of the name ${host} is there`;
    this.#say(host, 'refuse', { why, session });
    this.#odd(host, `${why}, and the earlier one is told to stop`);
  }

  #hearBye(host: string, payload: Record<string, unknown>): void {
    const seen = this.#roster.get(host);
    if (!seen || seen.beat.session !== payload.session) return;
    seen.left = String(payload.why ?? '').slice(0, 200) || 'it was told to stop';
    this.#peers.get(host)?.calls.giveUp(`${host} has left`);
    this.#gateway?.hostGone(host);
    this.#tellChange();
  }

  #hearActivity(host: string, peer: Peer, payload: Record<string, unknown>): void {
    peer.activities += 1;
    if (peer.activities > ACTIVITIES_MAX) return;
    this.#benches.jobOf(host, String(payload.bench))?.onActivity(ACTIVITY.parse(payload.activity));
  }

  #odd(host: string, why: string): void {
    const peer = this.#peerOf(host);
    peer.odd += 1;
    if (peer.odd > ODD_MAX) return;
    this.#parts.log.write('host.refused', { msg: `a message of ${host} is refused: ${why}`, data: { host } });
  }

  // ───────────────────────── hosts ─────────────────────────

  #peerOf(host: string): Peer {
    const known = this.#peers.get(host);
    if (known) return known;
    const { wire, clock, run, epoch } = this.#parts;
    const calls = new Calls({
      wire,
      clock,
      box: host,
      session: `${this.#parts.nonce}/${host}`,
      about: () => ({ run, epoch }),
      say: (type, payload, how) => this.#say(host, type, payload, how),
      answer: (op, args) => this.#benches.answer(host, op, args),
      onOdd: (why) => this.#odd(host, why),
    });
    const peer: Peer = {
      calls,
      named: new Set([this.#parts.base]),
      isClaiming: false,
      refusedSession: '',
      odd: 0,
      activities: 0,
    };
    this.#peers.set(host, peer);
    return peer;
  }

  #claim(host: string, peer: Peer): void {
    if (peer.isClaiming) return;
    peer.isClaiming = true;
    const { terms, leaseMs } = this.#parts;
    peer.calls
      .call({ op: 'claim', args: { terms, leaseMs } })
      .catch((error: Error) => this.#odd(host, `it cannot work for the run: ${error.message}`))
      .finally(() => {
        peer.isClaiming = false;
      });
  }

  #dropUnwanted(host: string, { held }: Beat): void {
    if (!this.#isSettled) return;
    for (const { bench, state } of held) {
      if (this.#benches.isWanted(bench, host)) continue;
      this.#say(host, 'drop', { bench });
      if (state !== 'worked') continue;
      const attempt = parseAttemptId(bench);
      const msg = `${host} has finished ${bench.slice(0, 40)}, which was given up before`;
      this.#parts.log.write('host.stale', { msg, ...(attempt && { attempt: bench as AttemptId }) });
    }
  }

  /** Waits until each of them was heard of or has been silent for a lease. */
  async #held(hosts: readonly string[], attempts: readonly AttemptId[]): Promise<ReadonlySet<AttemptId>> {
    const { clock, leaseMs } = this.#parts;
    const isAnswered = (): boolean => hosts.every((host) => this.#roster.isPresent(host));
    if (attempts.length > 0 && !isAnswered())
      await new Promise<void>((resolve) => {
        const stop = clock.after(leaseMs, resolve);
        const end = this.fleet.onChange(() => {
          if (!isAnswered()) return;
          stop();
          end();
          resolve();
        });
      });
    const asked = new Set<string>(attempts);
    const found = new Set<AttemptId>();
    for (const seen of this.#roster.all)
      for (const bench of heldBy(seen, this.#roster))
        if (asked.has(bench) && this.#benches.take(bench, seen.host)) found.add(bench as AttemptId);
    this.#isSettled = true;
    return found;
  }
}

/** What it goes on with under another home: not an agent that is at work and has lost its model. */
const heldBy = ({ beat, host }: Seen, roster: Roster): readonly string[] =>
  roster.isPresent(host)
    ? beat.held.filter(({ state, tied }) => state !== 'working' || !tied).map(({ bench }) => bench)
    : [];
