/** What the server asks of whoever starts it: the runs there are, one of them, and a word to it. */
import type { ErrorCode } from '@swarm/core/errors';
import type { Entry, Event } from '@swarm/core/events';
import type { RunId } from '@swarm/core/model/ids';
import type { State } from '@swarm/core/state';
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
  signs(): Promise<Signs>;
  /** @param command as it came: anything. */
  ask(command: unknown): Promise<Answer>;
}

export type Answer =
  | { readonly kind: 'decided'; readonly events: readonly Event[]; readonly state: object }
  | { readonly kind: 'refused'; readonly trouble: Trouble }
  | { readonly kind: 'malformed'; readonly trouble: Trouble };
