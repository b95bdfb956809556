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
    noteRefusal(s, e);
  },
  'scratchpad.written'(s, e) {
    s.planning.scratchpad = e.text;
  },
  'requirements.written'(s, e) {
    for (const one of e.requirements) s.planning.requirements.set(one.id, one);
  },
  'iteration.ended': endIteration,
};

/** One whose label a task has already was asked for again: that is there. */
function noteRefusal(s: State, { label, problem, iteration }: EventOf<'task.refused'>): void {
  if (iteration !== undefined && !s.labels.has(label)) s.planning.refusals.set(label, { iteration, problem });
}

function endIteration(s: State, e: EventOf<'iteration.ended'>, at: number): void {
  const p = s.planning;
  const reserved = p.live?.reserved;
  p.live = undefined; // before settling, which asks what is still in flight
  if (reserved) settle(s, reserved, e.outcome === 'lost');
  s.spending.used = addUsage(s.spending.used, e.usage);
  if (e.outcome !== 'down') noteCalls(s, e.usage);
  p.lastEndedAt = at;
  // The planner has not been told yet that nothing of what it asked for was taken: that is no end.
  const isDone = e.isDone && (p.acceptedNow > 0 || !isRefused(s, e.iteration));
  const isUsable = e.outcome === 'planned' && (p.acceptedNow > 0 || isDone || isBusy(s));
  if (e.outcome !== 'lost' && e.outcome !== 'down')
    p.failuresInRow = isUsable || p.acceptedNow > 0 ? 0 : p.failuresInRow + 1;
  if (e.outcome === 'planned') {
    for (const { kind } of p.news.splice(0, p.newsTold)) p.newsOf[kind] -= 1;
    p.isDone = isDone && !isBusy(s);
    p.saidDone = isDone;
  }
  p.newsTold = 0;
}

const isRefused = ({ planning }: State, iteration: number): boolean =>
  [...planning.refusals.values()].some((refused) => refused.iteration === iteration);
