/** Who is there, by what hosts say of themselves and when they last said it. Nothing of it is stored. */
import type { HostFacts, HostsObserved } from '@swarm/core/model/host';
import type { Beat } from './shapes.ts';

/** A host as its home sees it. */
export interface Seen {
  readonly host: string;
  beat: Beat;
  /** Monotonic ms. */
  heardAt: number;
  /** When it was last heard of as one that works for this home; monotonic ms. */
  oursAt: number;
  /** It works for this home. */
  isOurs: boolean;
  /** It was not heard of for a lease. */
  isLapsed: boolean;
  /** Why it went, where it said so. */
  left: string | undefined;
  /** How far its clock is ahead of ours, ms; the time a message takes is in it. */
  skewMs: number;
}

export interface WorkerLine extends HostFacts {
  readonly taken: number;
  readonly load: number;
  readonly cpus: number;
  readonly skewMs: number;
  readonly silentMs: number;
  readonly state: 'here' | 'joining' | 'leaving' | 'silent' | 'gone';
}

/** Sessions of one host that a later one took the place of. */
const REPLACED_MAX = 16;

export class Roster {
  readonly #hosts = new Map<string, Seen>();
  readonly #replaced = new Map<string, readonly string[]>();
  readonly #now: () => number;
  readonly #leaseMs: number;
  readonly #since: number;

  /** @param now monotonic ms. */
  constructor(now: () => number, leaseMs: number) {
    this.#now = now;
    this.#leaseMs = leaseMs;
    this.#since = now();
  }

  get(host: string): Seen | undefined {
    return this.#hosts.get(host);
  }

  get all(): Iterable<Seen> {
    return this.#hosts.values();
  }

  /** A later worker came under this session's name: this one ended, or there are two. */
  isReplaced(host: string, session: string): boolean {
    return this.#replaced.get(host)?.includes(session) ?? false;
  }

  /** @returns undefined: it is older than what is known, and says nothing. */
  hear(host: string, beat: Beat, wallMs: number, isOurs: boolean): Seen | undefined {
    const known = this.#hosts.get(host);
    if (known && known.beat.session === beat.session && beat.n <= known.beat.n) return undefined;
    if (this.isReplaced(host, beat.session)) return undefined;
    if (known && known.beat.session !== beat.session) {
      const before = this.#replaced.get(host) ?? [];
      this.#replaced.set(host, [...before, known.beat.session].slice(-REPLACED_MAX));
    }
    const seen: Seen = known ?? {
      host,
      beat,
      heardAt: 0,
      oursAt: this.#since,
      isOurs: false,
      isLapsed: false,
      left: undefined,
      skewMs: 0,
    };
    // What a session said after its goodbye was said before.
    if (known?.left !== undefined && known.beat.session === beat.session) return undefined;
    Object.assign(seen, {
      beat,
      heardAt: this.#now(),
      isOurs,
      ...(isOurs && { oursAt: this.#now() }),
      isLapsed: false,
      left: undefined,
      skewMs: beat.clock - wallMs,
    });
    this.#hosts.set(host, seen);
    return seen;
  }

  /** Those that have been silent for a lease just now. */
  lapse(): readonly Seen[] {
    const now = this.#now();
    const lapsed = [...this.#hosts.values()].filter(
      (seen) => !seen.isLapsed && seen.left === undefined && now - seen.oursAt > this.#leaseMs,
    );
    for (const seen of lapsed) seen.isLapsed = true;
    return lapsed;
  }

  /** It said that it goes, or was not heard of for a lease. */
  isGone(host: string): boolean {
    const seen = this.#hosts.get(host);
    if (seen) return seen.isLapsed || seen.left !== undefined;
    return this.#now() - this.#since > this.#leaseMs;
  }

  isPresent(host: string): boolean {
    const seen = this.#hosts.get(host);
    return seen !== undefined && isHere(seen);
  }

  observed(): HostsObserved {
    const now = this.#now();
    const all = [...this.#hosts.values()];
    return {
      present: all.filter(isHere).map(factsOf),
      left: new Map(all.flatMap(({ host, left }) => (left === undefined ? [] : [[host, left] as const]))),
      silentMs: new Map(all.map(({ host, oursAt }) => [host, Math.round(now - oursAt)])),
      listenedMs: Math.round(now - this.#since),
      leaseMs: this.#leaseMs,
    };
  }

  lines(): readonly WorkerLine[] {
    const now = this.#now();
    return [...this.#hosts.values()].map((seen) => ({
      ...factsOf(seen),
      slots: seen.beat.slots,
      taken: seen.beat.held.length,
      load: seen.beat.load,
      cpus: seen.beat.cpus,
      skewMs: Math.round(seen.skewMs),
      silentMs: Math.round(now - seen.heardAt),
      state: stateOf(seen),
    }));
  }
}

const isHere = ({ isOurs, isLapsed, left }: Seen): boolean => isOurs && !isLapsed && left === undefined;

/** One that leaves takes nothing any more. */
const factsOf = ({ host, beat }: Seen): HostFacts => ({
  host,
  slots: beat.leaving === undefined ? beat.slots : 0,
  capabilities: beat.capabilities,
  version: beat.version,
});

function stateOf({ isOurs, isLapsed, left, beat }: Seen): WorkerLine['state'] {
  if (left !== undefined) return 'gone';
  if (isLapsed) return 'silent';
  if (beat.leaving !== undefined) return 'leaving';
  return isOurs ? 'here' : 'joining';
}
