/** Who works on what, now. */
import type { AttemptId, CommitId, RunId, TaskId } from '../model/ids.ts';
import { TASK_STATES, type TaskStateName } from '../model/task.ts';
import type { Usage } from '../model/usage.ts';
import { ownersOf } from '../rules/owners.ts';
import type { State } from '../state.ts';
import { plain } from './words.ts';

export interface BoardRow {
  readonly attempt: AttemptId;
  readonly task: TaskId;
  readonly title: string;
  /** What its task is a part of, the outermost first; absent: of nothing. */
  readonly partOf?: readonly TaskId[];
  /** `starting` until the agent runs. */
  readonly doing: 'starting' | 'running';
  /** Undefined until the agent runs. */
  readonly driver: string | undefined;
  readonly worker: string;
  /** ms since the epoch. */
  readonly since: number;
  readonly elapsedMs: number;
}

export interface Board {
  readonly run: RunId | undefined;
  readonly request: string;
  /** Live attempts, longest first. */
  readonly rows: readonly BoardRow[];
  readonly workersWanted: number;
  readonly counts: Readonly<Record<TaskStateName, number>>;
  readonly queued: number;
  readonly landing: number;
  readonly planning: { readonly iteration: number; readonly elapsedMs: number } | undefined;
  readonly paused: { readonly reason: string; readonly detail: string; readonly since: number } | undefined;
  readonly head: CommitId | undefined;
  readonly findings: number;
  readonly used: Usage;
  readonly isClosed: boolean;
}

/** @param now ms since the epoch. */
export function board(state: State, now: number): Board {
  const { live } = state.planning;
  return {
    run: state.run?.id,
    request: plain(state.run?.request.text ?? ''),
    rows: rows(state, now),
    workersWanted: state.workers,
    counts: taskCounts(state),
    queued: state.queue.size,
    landing: state.openLandings.size,
    planning: live && { iteration: live.iteration, elapsedMs: Math.max(0, now - live.startedAt) },
    paused: state.paused && {
      reason: state.paused.reason,
      detail: plain(state.paused.detail),
      since: state.paused.at,
    },
    head: state.head,
    findings: state.health.findings.size,
    used: state.spending.used,
    isClosed: state.closed !== undefined,
  };
}

export const taskCounts = (state: State): Record<TaskStateName, number> =>
  Object.fromEntries(TASK_STATES.map((s) => [s, state.byState[s].size])) as Record<TaskStateName, number>;

function rows(state: State, now: number): BoardRow[] {
  return [...state.liveAttempts].map((id) => boardRow(state, id, now)).sort((a, b) => a.since - b.since);
}

/** @param id of an attempt there is. */
export function boardRow(state: State, id: AttemptId, now: number): BoardRow {
  const attempt = state.attempts.get(id)!;
  return {
    ...partOf(state, attempt.task),
    attempt: attempt.id,
    task: attempt.task,
    title: plain(state.tasks.get(attempt.task)?.spec.title ?? ''),
    doing: attempt.state === 'started' ? 'starting' : 'running',
    driver: attempt.driver,
    worker: plain(attempt.worker),
    since: attempt.startedAt,
    elapsedMs: Math.max(0, now - attempt.startedAt),
  };
}

function partOf(state: State, task: TaskId): Pick<BoardRow, 'partOf'> {
  const owners = ownersOf(state, task);
  return owners.length === 0 ? {} : { partOf: owners.toReversed() };
}
