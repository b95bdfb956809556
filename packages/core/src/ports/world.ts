/**
 * Ports are interfaces for what the core and the orchestrator need from the world. This file holds time, chance, the
 * log, the prompts and the run's files. The files beside it hold the others. Rules for all ports:
 *
 * - An expected outcome is a value in the result. A surprise is thrown as SwarmError.
 * - A method that takes an `AbortSignal` settles soon after the signal fires. Everything it started has ended by then.
 * - A port decides nothing. Decisions are made in rules/ and decide.ts.
 */
import type { LogEventName, LogFields } from '../log-events.ts';
import type { AttemptId } from '../model/ids.ts';

export interface Clock {
  /** Returns the wall time, ms since the epoch. For people and stamps, never for order or deadlines. */
  now(): number;
  /** Returns monotonic ms, for deadlines and durations. */
  monotonic(): number;
  /** Calls `run` once after `delayMs`. The returned function cancels that. It does not keep the process alive. */
  after(delayMs: number, run: () => void): () => void;
}

/** A number in [0, 1). */
export type Rng = () => number;

export interface Log {
  /** Writes one line of log.ndjson. Never throws and never waits. The writer redacts and sanitises the fields. */
  write<N extends LogEventName>(name: N, fields: LogFields): void;
}

export type PromptName = 'planner' | 'subplanner' | 'worker' | 'reconciler' | 'conflict' | 'vote';

export interface Prompts {
  /**
   * Renders the present text. Throws SW0205 when the text's variables and the given ones are not the same.
   * @param role of a worker's task: what the role's own file says is added, or that file stands in its place. A role
   * without a file has the worker's as it stands.
   */
  render(name: PromptName, variables: Readonly<Record<string, string>>, role?: string): RenderedPrompt;
  /** Returns the hash of the present text, of a prompt or of a role's file. */
  hash(name: string): string;
}

export interface RenderedPrompt {
  /** Role, rules and habits: the first message of a conversation. Empty when the file has no such part. */
  readonly system: string;
  /** What it is about this time: the message of the user. */
  readonly text: string;
  readonly hash: string;
}

/** Files in the run's folder. Each is written whole or not at all (temporary file, then rename). */
export interface RunFiles {
  writeHandoff(attempt: AttemptId, json: string): Promise<void>;
  writeReport(json: string, markdown: string): Promise<void>;
  /** What the planner said last in an iteration, as it said it, capped by the caller. The writer redacts it. */
  writePlannerAnswer(iteration: number, text: string): Promise<void>;
  /**
   * All of a failed gate's output, capped by the caller and redacted by the writer. Only the newest files are kept.
   * @param name of the bench the gate ran on.
   * @returns the file's path.
   */
  writeGateOutput(name: string, text: string): Promise<string>;
  /** The ends of what an attempt's checks printed, for whoever votes on it. The writer redacts it. */
  writeEvidence(attempt: AttemptId, json: string): Promise<void>;
  /** The same, bounded; undefined where there is none. */
  readEvidence(attempt: AttemptId): Promise<string | undefined>;
}
