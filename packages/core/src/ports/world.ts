/**
 * The ports: what the core and the orchestrator need of the world, as interfaces only. This file holds time, chance,
 * the log, the prompts and the run's files; git, running, models and the journal lie beside it. Rules for all of them:
 *
 * - Expected outcomes are values in the result; surprises are thrown as SwarmError.
 * - A method that takes an `AbortSignal` settles soon after the signal fires, with everything it started dead.
 * - A port decides nothing: policy lives in rules/ and decide.ts.
 */
import type { LogEventName, LogFields } from '../log-events.ts';
import type { AttemptId } from '../model/ids.ts';

export interface Clock {
  /** Wall time, ms since the epoch: for people and for stamps, never for order or deadlines. */
  now(): number;
  /** Monotonic ms: for deadlines and durations. */
  monotonic(): number;
  /** Calls `run` once after `delayMs`; the returned function cancels it. Never keeps the process alive alone. */
  after(delayMs: number, run: () => void): () => void;
}

/** A number in [0, 1). */
export type Rng = () => number;

export interface Log {
  /** One line of log.ndjson; never throws, never blocks. Fields are redacted and sanitised by the writer. */
  write<N extends LogEventName>(name: N, fields: LogFields): void;
}

export type PromptName = 'planner' | 'subplanner' | 'worker' | 'reconciler' | 'conflict' | 'reviewer';

export interface Prompts {
  /** Renders the present text; a variable it names and is not given, or the reverse, is SW0205. */
  render(
    name: PromptName,
    variables: Readonly<Record<string, string>>,
  ): { readonly text: string; readonly hash: string };
  hash(name: PromptName): string;
}

/** Files of the run's folder. Each write is whole or absent (temporary file, then rename). */
export interface RunFiles {
  writeHandoff(attempt: AttemptId, json: string): Promise<void>;
  writeReport(json: string, markdown: string): Promise<void>;
}
