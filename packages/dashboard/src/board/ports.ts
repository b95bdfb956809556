/** What the board asks of whoever shows it: the run, what its workers do, and a word to it. */
import type { AmendedPlan } from '@swarm/core/model/amended-plan';
import type { AttemptId, TaskId } from '@swarm/core/model/ids';
import type { RunSource } from '../ports.ts';

export interface BoardPort {
  readonly source: RunSource;
  /** Date and time as they are where somebody looks; of ms since the epoch. */
  readonly date: (atMs: number) => string;
  /** What agents did last, as it happens, until the signal fires. */
  acts(signal: AbortSignal): AsyncIterable<Act>;
  /** As `swarm diff` shows it. */
  diff(task: TaskId): Promise<Text>;
  /** As `swarm transcript` shows it, its end where it is long. */
  transcript(task: TaskId): Promise<Text>;
  /** Says it to the run as the command does. Never throws: a refusal is what came of it. */
  steer(steer: Steer, onWaiting: (text: string) => void): Promise<Said>;
}

export interface Act {
  readonly attempt: AttemptId;
  /** ms since the epoch. */
  readonly at: number;
  readonly text: string;
}

export type Text =
  | { readonly kind: 'text'; readonly title: string; readonly lines: readonly string[] }
  | { readonly kind: 'refused'; readonly text: string };

/** Each is one of the commands that steer a run, with what is typed behind it. */
export type Steer =
  | { readonly do: 'pause' }
  | { readonly do: 'continue' }
  | { readonly do: 'stop' }
  | { readonly do: 'cancelRun' }
  | { readonly do: 'cancel'; readonly task: TaskId }
  | { readonly do: 'retry'; readonly task: TaskId; readonly hint: string }
  | { readonly do: 'tell'; readonly task: TaskId; readonly text: string }
  | { readonly do: 'submit'; readonly text: string }
  | { readonly do: 'amend'; readonly text: string }
  | { readonly do: 'applyPlan'; readonly text: string; readonly plan: AmendedPlan }
  | { readonly do: 'prioritise'; readonly task: TaskId; readonly place: string }
  /** `8`, or a role and `2`. */
  | { readonly do: 'scale'; readonly text: string }
  /** `+5usd,+2Mtok`, a time behind it where one is meant. */
  | { readonly do: 'budget'; readonly text: string }
  | { readonly do: 'note'; readonly key: string; readonly text: string }
  | { readonly do: 'undo'; readonly what: TaskId | 'run'; readonly withDependents: boolean };

/** What came of it, in the words of the command. */
export interface Said {
  readonly isRefused: boolean;
  readonly text: string;
  /** What a person is asked before it counts. */
  readonly ask?: { readonly question: string; readonly yes: Steer };
}
