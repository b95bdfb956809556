/** What a host makes for one run, and what it asks of the run's home. */
import type { CommitId } from '@swarm/core/model/ids';
import type { AttemptHost } from '@swarm/core/ports/bench';
import type { Say } from './tunnel.ts';

/** Commits that a host has of a run, and what its attempts made of them. */
export interface CommitStore {
  missing(commits: readonly CommitId[]): Promise<readonly CommitId[]>;
  /** Some of what is there, so that less has to travel. */
  haves(): Promise<readonly CommitId[]>;
  take(pack: Uint8Array, commits: readonly CommitId[]): Promise<void>;
  work(attempt: string, base: CommitId): Promise<WorkMade>;
}

export type WorkMade =
  | { readonly kind: 'work'; readonly head: CommitId; readonly pack: Uint8Array }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'refused'; readonly why: string };

/** All that a host makes for one run. */
export interface RunRoom {
  readonly host: AttemptHost;
  readonly store: CommitStore;
  /** What home says to it that the host itself does not know. Returns false: nor does it. */
  hear?(type: string, payload: unknown): boolean;
  /**
   * Something of a bench is done now, on behalf of what home names. What is started there meanwhile goes on with it.
   * @returns what is called when it is over.
   */
  traced?(bench: string, op: string, traceparent: string): () => void;
  close(): Promise<void>;
}

/** The run's home, as a room speaks to it. */
export interface HomeOfRoom {
  readonly run: string;
  call(op: string, args: unknown): Promise<unknown>;
  readonly say: Say;
  tie(attempt: string, isTied: boolean): void;
}
