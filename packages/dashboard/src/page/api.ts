/** What the page asks the server it came from. */
import type { AttemptId, RunId } from '@swarm/core/model/ids';
import type { SharedNote } from '@swarm/core/model/shared-note';
import type { Task } from '@swarm/core/model/task';
import type { ComparedRun } from '@swarm/core/views/compare';
import type { History } from '@swarm/core/views/history';
import type { RunRow } from '@swarm/core/views/run-row';
import type { Status } from '@swarm/core/views/status';
import type { TranscriptPart, Trouble, WorkDiff } from '../ports.ts';

export type { Trouble } from '../ports.ts';

export type ListedRun = RunRow & { readonly run: RunId; readonly trouble?: Trouble };
export type RunStatus = Status & { readonly run: RunId; readonly seq: number };
export interface TaskPage {
  readonly seq: number;
  readonly tasks: readonly Task[];
  readonly total: number;
  readonly next: string | null;
}
export interface ChangedTasks {
  readonly seq: number;
  readonly tasks: readonly Task[];
  readonly isMore: boolean;
}
export interface ToldAttempt {
  readonly attempt: AttemptId;
  readonly worker: string;
  readonly driver: string | null;
  readonly ending: string | null;
}
export interface Story {
  readonly task: Task;
  readonly story: readonly string[];
  readonly attempts: readonly ToldAttempt[];
}
/** One event of the stream, with its entry's time. */
export interface Told {
  readonly seq: number;
  readonly ts: string;
  readonly topic: string;
  readonly event: string;
  readonly task?: string;
  readonly msg: string;
}

export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly trouble: Trouble };

/** What is said where nothing answered. */
export const GONE: Trouble = { what: 'the server does not answer', fix: 'swarm serve' };

async function asked<T>(path: string, how?: RequestInit): Promise<Answer<T>> {
  try {
    const response = await fetch(path, how);
    const value = (await response.json()) as T & { readonly error?: Trouble };
    return response.ok ? { ok: true, value } : { ok: false, trouble: value.error ?? GONE };
  } catch {
    return { ok: false, trouble: GONE };
  }
}

const at = (run: string, rest = ''): string => `/api/v1/runs/${run}${rest}`;
const then = (seq: number | undefined): string => (seq === undefined ? '' : `at=${seq}`);
const TASKS_MAX = 10_000;

export const runsThere = () => asked<{ readonly runs: readonly ListedRun[] }>('/api/v1/runs');
export const statusOf = (run: string, seq?: number) => asked<RunStatus>(at(run, `?${then(seq)}`));
export const tasksPage = (run: string, after: string | null, seq?: number) =>
  asked<TaskPage>(
    at(run, `/tasks?limit=${TASKS_MAX}&${then(seq)}${after === null ? '' : `&after=${after}`}`),
  );
export const changedTasks = (run: string, since: number) =>
  asked<ChangedTasks>(at(run, `/tasks?limit=${TASKS_MAX}&since=${since}`));
export const storyOf = (run: string, task: string, seq?: number) =>
  asked<Story>(at(run, `/tasks/${task}?${then(seq)}`));
export const historySince = (run: string, since: number) =>
  asked<History & { readonly seq: number }>(at(run, `/history?since=${since}`));
export const diffOf = (run: string, of: string) =>
  asked<WorkDiff & { readonly isCut: boolean }>(
    at(run, `/${of.includes('.') ? 'attempts' : 'tasks'}/${of}/diff`),
  );
export const transcriptOf = (run: string, attempt: string, from: number) =>
  asked<TranscriptPart & { readonly isLive: boolean }>(
    at(run, `/attempts/${attempt}/transcript?from=${from}`),
  );
export const comparison = (run: string, other: string) =>
  asked<{ readonly runs: readonly ComparedRun[]; readonly doubts: readonly string[] }>(
    at(run, `/compare/${other}`),
  );
export const notesOf = (run: string) => asked<{ readonly notes: readonly SharedNote[] }>(at(run, '/notes'));

const post = <T>(path: string, body: object) =>
  asked<T>(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

export interface Said {
  readonly said: string;
}
export const say = (run: string, command: object) => post<Said>(at(run, '/commands'), command);
export const undo = (run: string, what: string) =>
  post<Said>(at(run, '/undo'), { what, withDependents: false });
export const propose = (run: string, text: string) =>
  post<Said & { readonly plan: object }>(at(run, '/proposals'), { text });

/** Each message as it came, unread: reading them is a matter of when there is time. @returns what ends it. */
export function listen(
  run: string,
  from: number,
  hear: (message: string) => void,
  isHere: (is: boolean) => void,
): () => void {
  const source = new EventSource(at(run, `/events?from=${from}`));
  source.onopen = () => isHere(true);
  source.onerror = () => isHere(false);
  source.onmessage = ({ data }) => hear(data as string);
  return () => source.close();
}

export function toldIn(message: string): readonly Told[] {
  const { seq, ts, events } = JSON.parse(message) as {
    seq: number;
    ts: string;
    events: Omit<Told, 'seq' | 'ts'>[];
  };
  return events.map(({ topic, event, task, msg }) => ({
    seq,
    ts,
    topic,
    event,
    msg,
    ...(task !== undefined && { task }),
  }));
}
