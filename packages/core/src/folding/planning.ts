/** Iterations: of the run's planner, and of the planners of tasks that are split. */
import type { EventOf, PlanEvent } from '../events.ts';
import type { TaskId } from '../model/ids.ts';
import type { Planning } from '../model/plan.ts';
import type { SpendRole } from '../model/request.ts';
import { isOver } from '../model/task.ts';
import { isBusy, planOf, type State } from '../state.ts';
import type { FoldsOf } from './folds.ts';
import { damaged } from './known.ts';
import { tell } from './news.ts';
import { addSpent, noteCalls, reserve, settle } from './spending.ts';

export const PLAN_FOLDS: FoldsOf<PlanEvent> = {
  'iteration.started'(s, e, at) {
    const p = knownPlan(s, e.owner);
    s.iterations = e.iteration;
    p.iteration = e.iteration;
    p.live = { iteration: e.iteration, reason: e.reason, startedAt: at, reserved: e.reserved };
    p.newsTold = p.news.length;
    p.acceptedNow = 0;
    reserve(s, roleOf(e), e.reserved);
  },
  'iteration.extended'(s, e) {
    const p = knownPlan(s, e.owner);
    const live = p.live!;
    const { tokens, usd } = live.reserved;
    const reserved = { tokens: tokens + e.reserved.tokens, usd: usd + e.reserved.usd };
    p.live = { ...live, reserved };
    reserve(s, roleOf(e), e.reserved);
  },
  'task.refused'(s, e) {
    tell(s, knownPlan(s, e.owner), { kind: 'refused', label: e.label, problem: e.problem });
    noteRefusal(s, e);
  },
  'scratchpad.written'(s, e) {
    knownPlan(s, e.owner).scratchpad = e.text;
  },
  'requirements.written'(s, e) {
    for (const one of e.requirements) s.planning.requirements.set(one.id, one);
  },
  'iteration.ended': endIteration,
};

const roleOf = ({ owner }: { readonly owner?: TaskId }): SpendRole =>
  owner === undefined ? 'planner' : 'subplanner';

const knownPlan = (s: State, owner: TaskId | undefined): Planning => planOf(s, owner) ?? unplanned(owner);

function unplanned(owner: TaskId | undefined): never {
  throw damaged(`${owner} was never split`);
}

/** One whose label a task has already was asked for again: that is there. */
function noteRefusal(s: State, { label, problem, iteration, owner }: EventOf<'task.refused'>): void {
  const labels = owner === undefined ? s.labels : s.plans.get(owner)?.labels;
  if (iteration !== undefined && !labels?.has(label))
    knownPlan(s, owner).refusals.set(label, { iteration, problem });
}

function endIteration(s: State, e: EventOf<'iteration.ended'>, at: number): void {
  const p = knownPlan(s, e.owner);
  const reserved = p.live?.reserved;
  p.live = undefined; // before settling, which asks what is still in flight
  if (reserved) settle(s, roleOf(e), reserved, e.outcome === 'lost');
  addSpent(s, roleOf(e), e.usage);
  if (e.outcome !== 'down') noteCalls(s, e.usage);
  p.lastEndedAt = at;
  const isWaiting = e.owner === undefined ? isBusy(s) : hasLiveParts(s, e.owner);
  // The planner has not been told yet that nothing of what it asked for was taken: that is no end.
  const isDone = e.isDone && (p.acceptedNow > 0 || !isRefused(p, e.iteration));
  const isUsable = e.outcome === 'planned' && (p.acceptedNow > 0 || isDone || isWaiting);
  if (e.outcome !== 'lost' && e.outcome !== 'down')
    p.failuresInRow = isUsable || p.acceptedNow > 0 ? 0 : p.failuresInRow + 1;
  if (e.outcome === 'planned') {
    for (const { kind } of p.news.splice(0, p.newsTold)) p.newsOf[kind] -= 1;
    p.isDone = isDone && !isWaiting;
    p.saidDone = isDone;
  }
  p.newsTold = 0;
  const plan = e.owner === undefined ? undefined : s.plans.get(e.owner);
  if (plan && (isUsable || plan.acceptedNow > 0)) plan.answers += 1;
}

const hasLiveParts = (s: State, owner: TaskId): boolean =>
  s.plans.get(owner)!.parts.some((id) => !isOver(s.tasks.get(id)!.state));

const isRefused = (p: Planning, iteration: number): boolean =>
  [...p.refusals.values()].some((refused) => refused.iteration === iteration);
