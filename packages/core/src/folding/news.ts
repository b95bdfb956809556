import type { TaskId } from '../model/ids.ts';
import type { News, State } from '../state.ts';

/** Notes what the planner has not been told yet. A run without a planner notes nothing. */
export function tellPlanner(s: State, news: News): void {
  if (s.run?.request.mode !== 'planner') return;
  s.planning.news.push(news);
  s.planning.newsOf[news.kind] += 1;
}

/** A task failed. Said once, though its attempt's ending and its own may both say so. */
export function tellFailed(s: State, task: TaskId): void {
  if (untoldFailure(s, task) === -1) tellPlanner(s, { kind: 'failed', task });
}

/** The same decision tries it again: it never failed. */
export function untellFailed(s: State, task: TaskId): void {
  const at = untoldFailure(s, task);
  if (at === -1) return;
  s.planning.news.splice(at, 1);
  s.planning.newsOf.failed -= 1;
}

/** How far back it can stand: the events that say it are of one decision, next to each other. */
const NEAR = 4;

function untoldFailure({ planning: { news, newsTold } }: State, task: TaskId): number {
  for (let i = news.length - 1; i >= Math.max(newsTold, news.length - NEAR); i--) {
    const n = news[i]!;
    if (n.kind === 'failed' && n.task === task) return i;
  }
  return -1;
}
