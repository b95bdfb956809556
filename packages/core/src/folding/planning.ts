/** The planner's iterations. */
import type { EventOf, PlanEvent } from '../events.ts';
import { addUsage } from '../model/usage.ts';
import { isBusy, type State } from '../state.ts';
import type { FoldsOf } from './folds.ts';
import { tellPlanner } from './news.ts';
import { noteCalls, reserve, settle } from './spending.ts';

export const PLAN_FOLDS: FoldsOf<PlanEvent> = {
  'iteration.started'(s, e, at) {
    s.planning.iteration = e.iteration;
    s.planning.live = { iteration: e.iteration, reason: e.reason, startedAt: at, reserved: e.reserved };
    s.planning.newsTold = s.planning.news.length;
    s.planning.acceptedNow = 0;
    reserve(s, e.reserved);
  },
  'iteration.extended'(s, e) {
    const live = s.planning.live!;
    const { tokens, usd } = live.reserved;
    const reserved = { tokens: tokens + e.reserved.tokens, usd: usd + e.reserved.usd };
    s.planning.live = { ...live, reserved };
    reserve(s, e.reserved);
  },
  'task.refused'(s, e) {
    tellPlanner(s, { kind: 'refused', label: e.label, problem: e.problem });
  },
  'scratchpad.written'(s, e) {
    s.planning.scratchpad = e.text;
  },
  'iteration.ended': endIteration,
};

function endIteration(s: State, e: EventOf<'iteration.ended'>, at: number): void {
  const p = s.planning;
  const reserved = p.live?.reserved;
  p.live = undefined; // before settling, which asks what is still in flight
  if (reserved) settle(s, reserved, e.outcome === 'lost');
  s.spending.used = addUsage(s.spending.used, e.usage);
  if (e.outcome !== 'down') noteCalls(s, e.usage);
  p.lastEndedAt = at;
  const isUsable = e.outcome === 'planned' && (p.acceptedNow > 0 || e.isDone || isBusy(s));
  if (e.outcome !== 'lost' && e.outcome !== 'down')
    p.failuresInRow = isUsable || p.acceptedNow > 0 ? 0 : p.failuresInRow + 1;
  if (e.outcome === 'planned') {
    for (const { kind } of p.news.splice(0, p.newsTold)) p.newsOf[kind] -= 1;
    p.isDone = e.isDone && !isBusy(s);
    p.saidDone = e.isDone;
  }
  p.newsTold = 0;
}
