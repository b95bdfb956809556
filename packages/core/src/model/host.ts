/** Hosts: machines that run attempts for a run, each with slots. */

/** A host's name is a word of a subject and the name of a file. */
export const isHostName = (text: string): boolean => /^[a-z0-9][a-z0-9-]{0,39}$/.test(text);

/** One place of a host, counted from 1. One attempt at a time has it. */
export interface HostSlot {
  readonly host: string;
  readonly slot: number;
}

/** What a host says of itself. */
export interface HostFacts {
  readonly host: string;
  /** How many attempts it takes now. A host that drains says 0. */
  readonly slots: number;
  readonly capabilities: readonly string[];
  readonly version: string;
}

/** Who is there, as the home sees it at this moment. */
export interface HostsObserved {
  /** Hosts that work for the run and were heard of within their lease. */
  readonly present: readonly HostFacts[];
  /** Hosts that said goodbye, each with why. They are not in `present`. */
  readonly left: ReadonlyMap<string, string>;
  /** How long each host that was ever heard of has not been heard of as one that works for the run, ms. */
  readonly silentMs: ReadonlyMap<string, number>;
  /** How long this home has listened, ms: so long every other host has been silent. */
  readonly listenedMs: number;
  readonly leaseMs: number;
}

/** How long a host may be silent before its attempts are given up, ms. */
export const LEASE_MS = 30_000;
/** Most hosts of one run, and most slots of one host (P8). */
export const HOSTS_MAX = 2_000;
export const SLOTS_MAX = 1_000;
