/**
 * Branded ids: how each prints and how each parses.
 *
 * run `r-20261121-k3f9` · task `t12` · attempt `t12.2` · landing `l7` · iteration `3` (a plain number).
 * Commits and trees are full lower-case hex object names (40 or 64 digits).
 */
declare const brand: unique symbol;
type Brand<T, B extends string> = T & { readonly [brand]: B };

export type RunId = Brand<string, 'RunId'>;
export type TaskId = Brand<string, 'TaskId'>;
export type AttemptId = Brand<string, 'AttemptId'>;
export type LandingId = Brand<string, 'LandingId'>;
export type CommitId = Brand<string, 'CommitId'>;
export type TreeId = Brand<string, 'TreeId'>;
/** What a model or a plan file calls a task; a label, never a name for anything on disk. */
export type Label = Brand<string, 'Label'>;

const RUN = /^r-\d{8}-[a-z2-7]{4}$/;
const TASK = /^t[1-9]\d{0,8}$/;
const ATTEMPT = /^(t[1-9]\d{0,8})\.([1-9]\d{0,3})$/;
const OBJECT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** @param random a number in [0, 1), called four times; randomness comes in through the door. */
export function makeRunId(atMs: number, random: () => number): RunId {
  const day = new Date(atMs).toISOString().slice(0, 10).replaceAll('-', '');
  const tail = Array.from({ length: 4 }, () => BASE32[Math.floor(random() * 32)]).join('');
  return `r-${day}-${tail}` as RunId;
}

export const taskId = (n: number): TaskId => `t${n}` as TaskId;
export const taskNumber = (id: TaskId): number => Number(id.slice(1));
export const attemptId = (task: TaskId, ordinal: number): AttemptId => `${task}.${ordinal}` as AttemptId;
export const landingId = (n: number): LandingId => `l${n}` as LandingId;

export function taskOf(attempt: AttemptId): TaskId {
  return attempt.slice(0, attempt.indexOf('.')) as TaskId;
}

export const parseRunId = (text: string): RunId | undefined => (RUN.test(text) ? (text as RunId) : undefined);
export const parseTaskId = (text: string): TaskId | undefined =>
  TASK.test(text) ? (text as TaskId) : undefined;
export const parseAttemptId = (text: string): AttemptId | undefined =>
  ATTEMPT.test(text) ? (text as AttemptId) : undefined;
export const parseCommitId = (text: string): CommitId | undefined =>
  OBJECT.test(text) ? (text as CommitId) : undefined;
