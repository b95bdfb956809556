/** What the server asks of whoever starts it: the runs there are, one of them, and a word to it. */
import type { ErrorCode } from '@swarm/core/errors';
import type { Entry, Event } from '@swarm/core/events';
import type { AttemptId, RunId, TaskId } from '@swarm/core/model/ids';
import type { State } from '@swarm/core/state';
import type { Pinned } from '@swarm/core/views/compare';
import type { EndpointQuotas } from '@swarm/core/views/quotas';
import type { Holding } from '@swarm/core/views/status';
import type { Signs } from '@swarm/core/views/waits';

/** What is wrong, as every refusal is told. Without a code it is the server's own. */
export interface Trouble {
  readonly code?: ErrorCode;
  readonly what: string;
  readonly where?: string;
  readonly why?: string;
  readonly fix?: string;
}

export interface RunsPort {
  /** Newest first, those that cannot be read among them. */
  list(): Promise<readonly RunId[]>;
  /** Asked anew for every request: what may be read is decided there, and may change. */
  enter(run: string): Promise<Entered>;
}

export type Entered =
  | { readonly kind: 'run'; readonly source: RunSource }
  | { readonly kind: 'unreadable'; readonly trouble: Trouble }
  | { readonly kind: 'unknown' };

/** A run that was let in. */
export interface RunSource {
  readonly run: RunId;
  /** Changes when the journal does. */
  mark(): Promise<string>;
  /** The entries that are there now, from this `seq` on. Throws SwarmError where the journal is damaged. */
  present(from: number): AsyncIterable<Entry>;
  /** Every entry from this `seq` on as it comes, until the signal fires. Throws likewise. */
  follow(from: number, signal: AbortSignal): AsyncIterable<Entry>;
  /** Why these entries are not of the run that was let in. */
  objection(state: State): Trouble | undefined;
  /** The process that works on it. */
  holder(): Promise<Holding | undefined>;
  /** What is only in the log: when each agent was last heard of, and what endpoints said of their quotas. */
  heard(now: number): Promise<{ readonly signs: Signs; readonly quotas: readonly EndpointQuotas[] }>;
  /** What it was opened with. */
  pinned(): Promise<Pinned>;
  /** What a task has changed, or one attempt at it. Throws SwarmError where there is nothing to show. */
  diff(of: TaskId | AttemptId): Promise<WorkDiff>;
  /** A part of what an agent said and did. Throws SwarmError where it has said nothing. */
  transcript(of: AttemptId, fromByte: number): Promise<TranscriptPart>;
  /** @param asked as it came: anything. All three are what a person says, and are decided by the run. */
  ask(asked: unknown): Promise<Answer>;
  undo(asked: unknown): Promise<Answer>;
  propose(asked: unknown): Promise<Answer>;
}

export interface WorkDiff {
  readonly task: TaskId;
  readonly attempt: AttemptId | null;
  readonly isLanded: boolean;
  readonly commit: string;
  readonly base: string | null;
  /** As git writes it. */
  readonly diff: string;
}

export interface TranscriptPart {
  readonly lines: readonly TranscriptLine[];
  /** Where the next part begins. */
  readonly next: number;
  /** There was no more when it was read. */
  readonly isEnd: boolean;
}

export interface TranscriptLine {
  /** `10:02:03`, UTC; empty where it is not known. */
  readonly time: string;
  readonly head: string;
  readonly body: string;
}

export type Answer =
  | {
      readonly kind: 'decided';
      /** What it did, in a sentence. */
      readonly said: string;
      readonly events: readonly Event[];
      readonly state: object;
    }
  /** Nothing was changed: what would be. */
  | { readonly kind: 'proposed'; readonly said: string; readonly plan: object; readonly diff: object }
  | { readonly kind: 'refused'; readonly trouble: Trouble }
  | { readonly kind: 'malformed'; readonly trouble: Trouble };
