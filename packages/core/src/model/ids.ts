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
/** In the order in which text sorts. */
const BASE32 = '234567abcdefghijklmnopqrstuvwxyz';
const TAILS = BASE32.length ** 4;
/** Runs begun together, on several machines, differ: their names are spread over as many tails, some 20 seconds. */
const SPREAD = 256;
const DAY_MS = 86_400_000;

/**
 * A name that sorts by time: its tail is the time of the day.
 * @param random a number in [0, 1), called once or twice; randomness comes in through the door.
 * @param after the newest of the runs the name must sort behind.
 */
export function makeRunId(atMs: number, random: () => number, after?: RunId): RunId {
  const day = `r-${new Date(atMs).toISOString().slice(0, 10).replaceAll('-', '')}-`;
  const byTime = Math.floor(((atMs % DAY_MS) / DAY_MS) * TAILS) + Math.floor(random() * SPREAD);
  const tail = Math.max(byTime, after?.startsWith(day) ? tailNumber(after.slice(day.length)) + 1 : 0);
  // The day has no later name left.
  return `${day}${tailText(tail < TAILS ? tail : Math.floor(random() * TAILS))}` as RunId;
}

const tailNumber = (tail: string): number => [...tail].reduce((sum, c) => sum * 32 + BASE32.indexOf(c), 0);
const tailText = (n: number): string => [15, 10, 5, 0].map((bits) => BASE32[(n >> bits) & 31]).join('');

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
