/** What the page asks the server it came from. */
import type { RunId } from '@swarm/core/model/ids';
import type { Task } from '@swarm/core/model/task';
import type { RunRow } from '@swarm/core/views/run-row';
import type { Status } from '@swarm/core/views/status';

export interface Trouble {
  readonly code?: string;
  readonly what: string;
  readonly why?: string;
  readonly fix?: string;
}

export type ListedRun = RunRow & { readonly run: RunId; readonly trouble?: Trouble };
export type RunStatus = Status & { readonly run: RunId; readonly seq: number };
export interface TaskPage {
  readonly tasks: readonly Task[];
  readonly total: number;
}
export interface Story {
  readonly task: Task;
  readonly story: readonly string[];
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

const GONE: Trouble = { what: 'the server does not answer', fix: 'swarm serve' };

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

export const runsThere = () => asked<{ readonly runs: readonly ListedRun[] }>('/api/v1/runs');
export const statusOf = (run: string) => asked<RunStatus>(at(run));
export const tasksOf = (run: string) => asked<TaskPage>(at(run, '/tasks'));
export const storyOf = (run: string, task: string) => asked<Story>(at(run, `/tasks/${task}`));

export const say = (run: string, command: object) =>
  asked<object>(at(run, '/commands'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(command),
  });

/** @returns what ends it. */
export function listen(
  run: string,
  from: number,
  hear: (told: readonly Told[]) => void,
  isHere: (is: boolean) => void,
): () => void {
  const source = new EventSource(at(run, `/events?from=${from}`));
  source.onopen = () => isHere(true);
  source.onerror = () => isHere(false);
  source.onmessage = ({ data }) => {
    const { seq, ts, events } = JSON.parse(data) as {
      seq: number;
      ts: string;
      events: Omit<Told, 'seq' | 'ts'>[];
    };
    hear(events.map((event) => ({ ...event, seq, ts })));
  };
  return () => source.close();
}
