import type { TaskId } from '../model/ids.ts';
import type { News, Planning } from '../model/plan.ts';
import { ownerOf } from '../rules/owners.ts';
import type { State } from '../state.ts';

/** Notes what the run's planner has not been told yet. A run without a planner notes nothing. */
export function tellPlanner(s: State, news: News): void {
  tell(s, s.planning, news);
}

/** Notes it for whoever plans around the task: the planner of what it is a part of, while that is split, else the run's. */
export function tellOwner(s: State, task: TaskId, news: News): void {
  tell(s, listener(s, task), news);
}

export function tell(s: State, planning: Planning, news: News): void {
  if (planning === s.planning && s.run?.request.mode !== 'planner') return;
  planning.news.push(news);
  planning.newsOf[news.kind] += 1;
}

function listener(s: State, task: TaskId): Planning {
  for (let owner = ownerOf(s, task); owner !== undefined; owner = ownerOf(s, owner)) {
    const plan = s.tasks.get(owner)?.state === 'expanded' ? s.plans.get(owner) : undefined;
    if (plan) return plan;
  }
  return s.planning;
}

/** A task failed. Said once, though its attempt's ending and its own may both say so. */
export function tellFailed(s: State, task: TaskId): void {
  if (untoldFailure(listener(s, task), task) === -1) tellOwner(s, task, { kind: 'failed', task });
}

/** The same decision tries it again: it never failed. */
export function untellFailed(s: State, task: TaskId): void {
  const planning = listener(s, task);
  const at = untoldFailure(planning, task);
  if (at === -1) return;
  planning.news.splice(at, 1);
  planning.newsOf.failed -= 1;
}

/** How far back it can stand: the events that say it are of one decision, next to each other. */
const NEAR = 4;

function untoldFailure({ news, newsTold }: Planning, task: TaskId): number {
  for (let i = news.length - 1; i >= Math.max(newsTold, news.length - NEAR); i--) {
    const n = news[i]!;
    if (n.kind === 'failed' && n.task === task) return i;
  }
  return -1;
}
