/** What a run used, for the forecast of the next one. */
import type { TaskId } from '../model/ids.ts';
import type { Task } from '../model/task.ts';
import { tokensOf } from '../model/usage.ts';
import type { RecordedRun } from '../rules/forecast.ts';
import { longestPath } from '../rules/longest-path.ts';
import type { State } from '../state.ts';

/** Undefined of a run that has not closed, or in which nothing was worked on: it tells nothing of the next. */
export function recordedRun(state: State): RecordedRun | undefined {
  const { run, closed, spending, activeMs } = state;
  const worked = [...state.tasks.values()].filter(({ attempts }) => attempts > 0);
  if (!run || !closed || closed.reason === 'planner-failed' || worked.length === 0) return undefined;
  const workOf = workByTask(state);
  const msOf = ({ id }: Task): number => workOf.get(id) ?? 0;
  const chain = longestPath(
    worked.map((task) => ({ id: task.id, after: task.spec.dependsOn, ms: msOf(task) })),
  );
  return {
    tasks: worked.length,
    tokens: tokensOf(spending.used) + spending.lost.tokens,
    usd: spending.used.priced ? spending.used.costUsd + spending.lost.usd : undefined,
    activeMs,
    workers: run.request.limits.workers,
    workMs: worked.reduce((ms, task) => ms + msOf(task), 0),
    chainMs: chain.reduce((ms, step) => ms + step.ms, 0),
  };
}

function workByTask(state: State): ReadonlyMap<TaskId, number> {
  const ms = new Map<TaskId, number>();
  for (const attempt of state.attempts.values()) {
    if (attempt.state !== 'ended') continue;
    ms.set(attempt.task, (ms.get(attempt.task) ?? 0) + attempt.endedAt - attempt.startedAt);
  }
  return ms;
}
