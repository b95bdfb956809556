/** One thing the doctor looked at. Values only; what is looked at is gathered elsewhere. */
import type { Problem } from '@swarm/core/errors';

export interface Check {
  readonly name: string;
  /** `note`: a run may begin, and somebody should know. */
  readonly verdict: 'ok' | 'note' | 'failed';
  readonly detail: string;
  /** Present exactly where it failed: with what to type. */
  readonly problem?: Problem;
  /** Figures for tools that read the JSON. */
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
}

export const ok = (name: string, detail: string): Check => ({ name, verdict: 'ok', detail });
export const note = (name: string, detail: string): Check => ({ name, verdict: 'note', detail });
export const failed = (name: string, problem: Problem): Check => ({
  name,
  verdict: 'failed',
  detail: problem.what,
  problem,
});

/** Every problem as a check of its own, or one that says all is well. */
export const orOk = (name: string, problems: readonly Problem[], detail: string): readonly Check[] =>
  problems.length > 0 ? problems.map((problem) => failed(name, problem)) : [ok(name, detail)];
