import type { Command } from '../commands.ts';
import { assertNever, type Refusal, refuse } from '../errors.ts';
import type { Event } from '../events.ts';
import { type Attempt, ENDINGS, type EndingReason, REWORKS_MAX } from '../model/attempt.ts';
import { failureOf, isHeldBack } from '../model/evolve-task.ts';
import { LEASE_MS } from '../model/host.ts';
import { attemptId } from '../model/ids.ts';
import type { Task } from '../model/task.ts';
import {
  booked,
  covers,
  isBudgetsEnd,
  limitReached,
  partOf,
  remainingFor,
  taskSpent,
} from '../rules/budget.ts';
import { outsideScope } from '../rules/change-rules.ts';
import { isLeftOut } from '../rules/contest.ts';
import { waitsForOf } from '../rules/dependencies.ts';
import { kindOf, lacking, wantsOf } from '../rules/distribute.ts';
import { neededHere } from '../rules/foreign.ts';
import { mayOpen } from '../rules/opening.ts';
import { isHeldToScope, notItsStep } from '../rules/pipeline.ts';
import { slotProblem } from '../rules/placing.ts';
import { attemptsLeft, mayRetry } from '../rules/policy.ts';
import { roleOf, roleRoom } from '../rules/role-ceilings.ts';
import { liveIterations, type OpenedState } from '../state.ts';
import { failDependents, failOrphan } from './ends.ts';
import { nearing } from './nearing.ts';
import { rejection } from './rejection.ts';
import { reviewOf } from './reviews.ts';

type AttemptCommand = Extract<
  Command,
  { type: 'startAttempt' | 'startAgent' | 'recordVerify' | 'reworkAttempt' | 'endAttempt' }
>;

type StartAgent = Extract<AttemptCommand, { type: 'startAgent' }>;

const agentStarted = ({ attempt, driver, model, hears, promptHash }: StartAgent): Event => ({
  type: 'agent.started',
  attempt,
  driver,
  ...(model !== undefined && { model }),
  ...(hears && { hears }),
  promptHash,
});

/** Laws of attempts: one at a time per task, fenced by id, bounded in number. */
export function decideAttempts(s: OpenedState, c: AttemptCommand): readonly Event[] | Refusal {
  switch (c.type) {
    case 'startAttempt':
      return startAttempt(s, c);
    case 'startAgent': {
      const a = s.attempts.get(c.attempt);
      if (!a) return refuse('unknown-attempt', `there is no ${c.attempt}`);
      const t = s.tasks.get(a.task)!;
      if (a.state !== 'started' || t.state !== 'assigned')
        return refuse('late', `${c.attempt} is no longer wanted`);
      return [agentStarted(c)];
    }
    case 'recordVerify': {
      const a = s.attempts.get(c.attempt);
      if (!a) return refuse('unknown-attempt', `there is no ${c.attempt}`);
      // Before any work of its own: later it would say nothing of the base.
      if (a.state !== 'started') return refuse('late', `${c.attempt} is ${a.state}`);
      return [{ type: 'verify.tried', attempt: c.attempt, commit: c.commit, isGreen: c.isGreen }];
    }
    case 'reworkAttempt':
      return rework(s, c);
    case 'endAttempt':
      return endAttempt(s, c);
    default:
      return assertNever(c);
  }
}

function startAttempt(
  s: OpenedState,
  c: Extract<AttemptCommand, { type: 'startAttempt' }>,
): readonly Event[] | Refusal {
  const t = s.tasks.get(c.task);
  if (!t) return refuse('unknown-task', `there is no ${c.task}`);
  if (s.paused || s.stopped || s.spending.reached) return refuse('not-ready', 'nothing new starts now');
  if (t.state !== 'pending') return refuse('illegal-move', `${c.task} is ${t.state}`);
  if (!mayOpen(s, t)) return refuse('not-ready', 'the budget is near its end: nothing new opens');
  if (s.liveAttempts.size >= s.workers) return refuse('not-ready', `all ${s.workers} workers are taken`);
  const waitsFor = waitsForOf(s, t.spec);
  if (waitsFor) return refuse('not-ready', `${c.task} waits for ${waitsFor}`);
  const role = roleOf(t);
  if (roleRoom(s, role) <= 0)
    return refuse('not-ready', `all ${s.ceilings.get(role)} workers of the role ${role} are taken`);
  const last = attemptId(c.task, t.attempts);
  if (s.liveAttempts.has(last)) return refuse('not-ready', `${last} has not ended yet`);
  if (!covers(remainingFor(s, 'worker'), c.reserved))
    return refuse('not-ready', 'the rest of the budget does not cover it');
  if (isHeldBack(t) && isLeftOut(s, t)) return refuse('not-ready', `${c.task} is left out`);
  const place = placeProblem(s, t, c.worker);
  if (place) return refuse('not-ready', place);
  const misplaced = slotProblem(s, t, c.on);
  if (misplaced) return refuse('not-ready', misplaced);
  if (attemptsLeft(t, s.run.request.limits) <= 0) return refuse('not-ready', `${c.task} has no attempt left`);
  return [
    {
      type: 'attempt.started',
      attempt: attemptId(c.task, t.attempts + 1),
      base: s.head,
      ...(t.workCommit && { from: t.workCommit }),
      worker: c.worker,
      reserved: c.reserved,
      ...(c.on && { on: c.on, leaseMs: c.leaseMs ?? LEASE_MS }),
    },
  ];
}

/** Where there are kinds of workers, each slot is one attempt's at a time, of a task it can do. */
function placeProblem(s: OpenedState, { id, spec }: Task, worker: string): string | undefined {
  const { distribute, agents = [] } = s.run.request;
  if (!distribute) return undefined;
  const kind = kindOf(distribute, worker);
  if (!kind) return `there is no worker ${worker}`;
  const lacks = lacking(kind, wantsOf(neededHere(spec, s.run.request), distribute), { agents });
  if (lacks !== undefined) return `${worker} has no ${lacks}, which ${id} asks for`;
  const isTaken = [...s.liveAttempts].some((live) => s.attempts.get(live)!.worker === worker);
  return isTaken ? `${worker} is taken` : undefined;
}

/** A failed check may go back to its agent only so often, and only while somebody wants the task. */
function rework(
  s: OpenedState,
  c: Extract<AttemptCommand, { type: 'reworkAttempt' }>,
): readonly Event[] | Refusal {
  const a = s.attempts.get(c.attempt);
  if (!a) return refuse('unknown-attempt', `there is no ${c.attempt}`);
  const t = s.tasks.get(a.task)!;
  const holds = t.state === 'running' && t.attempt === c.attempt;
  if (a.state !== 'running' || !holds) return refuse('late', `${c.attempt} is no longer wanted`);
  const round = (a.reworks ?? 0) + 1;
  if (round > REWORKS_MAX) return refuse('not-ready', `${c.attempt} went on ${REWORKS_MAX} times already`);
  if (s.paused || s.stopped) return refuse('not-ready', 'nothing new starts now');
  return [{ type: 'attempt.reworked', attempt: c.attempt, round, reason: c.reason, detail: c.detail }];
}

/** The first report counts. A report after the attempt's end is recorded as late and changes nothing. */
function endAttempt(
  s: OpenedState,
  c: Extract<AttemptCommand, { type: 'endAttempt' }>,
): readonly Event[] | Refusal {
  const a = s.attempts.get(c.attempt);
  if (!a) return refuse('unknown-attempt', `there is no ${c.attempt}`);
  const work = c.work ?? c.handoff?.change?.commit;
  if (a.state === 'ended') {
    return work
      ? [{ type: 'attempt.late', attempt: c.attempt, reason: c.reason, work }]
      : refuse('late', `${c.attempt} ended as ${a.ending} before`);
  }
  const t = s.tasks.get(a.task)!;
  const holds = (t.state === 'assigned' || t.state === 'running') && t.attempt === c.attempt;
  const ofBudget = holds ? budgetMet(s, a, c.reason) : undefined;
  const reason = ofBudget ? 'budget-limit' : c.reason;
  const problem = deliveryProblem(c, holds && t.state === 'assigned');
  if (problem) return refuse('illegal-move', `${c.attempt} cannot end as ${c.reason}: ${problem}`);
  const usage = booked(c.usage, a.reserved);
  const ended: Event = {
    type: 'attempt.ended',
    attempt: c.attempt,
    reason,
    detail: c.detail,
    usage,
    ...(c.handoff && { handoff: c.handoff }),
    ...(c.work && { work: c.work }),
    ...(c.claim && !c.handoff && { claim: c.claim }),
  };
  if (holds && c.reason === 'handed-in') return [ended, ...afterHandIn(s, t, c)];
  if (!holds || 'delivers' in ENDINGS[c.reason]) return [ended];
  const spent = taskSpent(s, t, usage);
  if (mayRetry(t, reason, s.run.request.limits) && spent === undefined) {
    const orphaned = failOrphan(s, t);
    if (orphaned.length > 0) return [ended, ...orphaned];
    return [ended, { type: 'task.requeued', task: a.task, because: reason }, ...(ofBudget ?? [])];
  }
  const detail = spent === undefined ? c.detail : [c.detail, spent].filter(Boolean).join('; ');
  // Folded, the ending itself ends the task: journals of before have nothing else. Its own event is told to people.
  const failed: Event = { type: 'task.failed', task: a.task, failure: failureOf(c.reason), detail };
  return [ended, failed, ...failDependents(s, a.task, `${a.task} failed`)];
}

/**
 * What follows when an attempt met what was left of the run's budget; undefined: it did not. With nothing else in flight
 * that could give something back, the budget is reached, also where what is left would pass for enough.
 */
function budgetMet(
  s: OpenedState,
  { reserved }: Attempt,
  reason: EndingReason,
): readonly Event[] | undefined {
  if (reason !== 'token-limit' && reason !== 'money-limit') return undefined;
  const which = reason === 'token-limit' ? 'tokens' : 'usd';
  if (s.spending.reached || !isBudgetsEnd(s, reserved, which)) return undefined;
  const isLast = s.liveAttempts.size === 1 && liveIterations(s).length === 0 && s.spending.slices.size === 0;
  const limit = limitReached(s, which) ?? partOf(s.run.request.limits, 'worker')[which] ?? 0;
  // What is kept for the target is there still.
  const near = s.spending.neared ? undefined : nearing(s, which);
  if (isLast && near) return near;
  return isLast ? [{ type: 'budget.reached', which, limit }] : [];
}

/** What may not land never waits; what reviewers are to see waits for them first. */
function afterHandIn(
  s: OpenedState,
  t: Task,
  c: Extract<AttemptCommand, { type: 'endAttempt' }>,
): readonly Event[] {
  const refused = refuseAtOnce(s, t, c);
  if (refused.length > 0) return refused;
  // Of several that try it only the one that is taken is voted on.
  return isHeldBack(t) ? [] : reviewOf(s, c.attempt, c.handoff!.change!);
}

/** What nobody needs to try to know that it may not land: it never waits, one decision, one entry. */
function refuseAtOnce(
  s: OpenedState,
  t: Task,
  c: Extract<AttemptCommand, { type: 'endAttempt' }>,
): readonly Event[] {
  const files = c.handoff?.change?.conflictsLeft ?? [];
  if (files.length === 0) return holdToScope(s, t, c);
  const detail = `conflict markers of a merge are left in ${named(files)}`;
  const { attempt } = c;
  return rejection(s, t, { type: 'landing.rejected', attempt, reason: 'markers', detail, files });
}

/** Under `scope.outside = "hold"` a handoff that leaves its scope never waits to land: one decision, one entry. */
function holdToScope(
  s: OpenedState,
  t: Task,
  { attempt, handoff }: Extract<AttemptCommand, { type: 'endAttempt' }>,
): readonly Event[] {
  const astray = notItsStep(s, t, handoff?.change?.filesChanged ?? []);
  if (astray.length > 0) {
    const detail = `it may add to tests and change nothing else, and changed ${named(astray)}`;
    return rejection(s, t, {
      type: 'landing.rejected',
      attempt,
      reason: 'scope-broken',
      detail,
      files: astray,
    });
  }
  if (s.run.request.outside !== 'hold' || !isHeldToScope(s, t)) return [];
  const files = outsideScope(t.spec.scope, handoff?.change?.filesChanged ?? []);
  if (files.length === 0) return [];
  const detail = `it may touch ${named(t.spec.scope)}, and changed ${named(files)}`;
  return rejection(s, t, { type: 'landing.rejected', attempt, reason: 'scope-broken', detail, files });
}

/** Some of many paths, for a sentence. */
const named = (paths: readonly string[]): string =>
  paths.slice(0, 20).join(', ') + (paths.length > 20 ? ` and ${paths.length - 20} more` : '');

function deliveryProblem(
  c: Extract<AttemptCommand, { type: 'endAttempt' }>,
  neverRan: boolean,
): string | undefined {
  const rule = ENDINGS[c.reason];
  if (!('delivers' in rule)) return undefined;
  if (!c.handoff) return 'it has no handoff';
  if (rule.delivers === 'change' && !c.handoff.change) return 'its handoff has no commit';
  return neverRan ? 'it never ran' : undefined;
}
