import type { News, State } from '../state.ts';

/** Notes what the planner has not been told yet. A run without a planner notes nothing. */
export function tellPlanner(s: State, news: News): void {
  if (s.run?.request.mode !== 'planner') return;
  s.planning.news.push(news);
  s.planning.newsOf[news.kind] += 1;
}
