import { assertNever } from '../errors.ts';
import type { EventOf } from '../events.ts';
import { ENDINGS, type EndingReason } from './attempt.ts';
import type { HandoffClaim } from './handoff.ts';
import type { AttemptId, CommitId, TaskId } from './ids.ts';
import { REJECTIONS } from './landing.ts';
import type { Vote } from './review.ts';
import { type Setback, type Task, type TaskBase, type TaskFailure, taskBase } from './task.ts';

export function acceptedTask(e: EventOf<'task.accepted'>, at: number): Task {
  return {
    id: e.task,
    spec: e.spec,
    source: e.source,
    acceptedAt: at,
    attempts: 0,
    counted: 0,
    forgiven: 0,
    state: 'pending',
  };
}

export const startedTask = (t: Task, attempt: AttemptId): Task => ({
  ...taskBase(t),
  attempts: t.attempts + 1,
  state: 'assigned',
  attempt,
});

export const runningTask = (t: Task, attempt: AttemptId): Task => ({
  ...taskBase(t),
  state: 'running',
  attempt,
});

/** The attempt that holds the task ended: its ending says what the task becomes. */
export function afterAttempt(t: Task, e: EventOf<'attempt.ended'>, at: number): Task {
  const rule = ENDINGS[e.reason];
  const work = e.handoff?.change?.commit ?? e.work ?? t.workCommit;
  const base: TaskBase = {
    ...taskBase(t),
    counted: t.counted + (rule.counts ? 1 : 0),
    ...(work && { workCommit: work }),
  };
  const claim: HandoffClaim | undefined = e.handoff && claimOf(e.handoff);
  const delivers = 'delivers' in rule ? rule.delivers : undefined;
  switch (delivers) {
    case 'change': {
      const state = isHeldBack(t) ? 'contending' : 'complete';
      return { ...base, state, attempt: e.attempt, handoff: claim!, completedAt: at };
    }
    case 'answer':
      return { ...base, state: 'answered', attempt: e.attempt, handoff: claim!, endedAt: at };
    case 'nothing':
      return { ...base, state: 'unneeded', attempt: e.attempt, handoff: claim!, endedAt: at };
    case undefined: {
      const setback: Setback | undefined = rule.counts
        ? { attempt: e.attempt, reason: e.reason, detail: e.detail }
        : t.setback;
      return {
        ...base,
        ...(setback && { setback }),
        state: 'failed',
        failure: failureOf(e.reason),
        detail: e.detail,
        endedAt: at,
      };
    }
    default:
      return assertNever(delivers);
  }
}

/** One of several that try the same task: what it hands in waits until it is known which of them is taken. */
export const isHeldBack = ({ source, isPicked }: Pick<TaskBase, 'source' | 'isPicked'>): boolean =>
  source.by === 'candidates' && isPicked !== true;

/** Why a task failed whose last attempt ended so. */
export const failureOf = (reason: EndingReason): TaskFailure =>
  reason === 'agent-blocked' || reason === 'verify-broken' ? 'blocked' : 'attempts';

export function landedTask(t: Task, commit: CommitId, attempt: AttemptId, at: number): Task {
  const handoff = isHandedIn(t) || t.state === 'contending' ? t.handoff : undefined;
  return { ...taskBase(t), state: 'landed', commit, attempt, endedAt: at, ...(handoff && { handoff }) };
}

export function rejectedTask(t: Task, e: EventOf<'landing.rejected'>, at: number): Task {
  const counts = REJECTIONS[e.reason].counts && e.isRace !== true;
  const base = taskBase(t);
  if (e.isThere && t.state === 'complete')
    return { ...base, state: 'unneeded', attempt: e.attempt, handoff: t.handoff, endedAt: at };
  const { workCommit: _lost, ...fresh } = base;
  return {
    ...(e.reason === 'work-lost' ? fresh : base),
    counted: t.counted + (counts ? 1 : 0),
    ...(e.isRace && {
      contested: [...new Set([...(t.contested ?? []), ...e.files])],
      racesLost: (t.racesLost ?? 0) + 1,
    }),
    setback: { attempt: e.attempt, reason: e.reason, detail: e.detail },
    state: 'pending',
  };
}

type HandedIn = Task & { readonly state: 'complete' | 'reviewing' };

export const isHandedIn = (t: Task): t is HandedIn => t.state === 'complete' || t.state === 'reviewing';

export function reviewedTask(t: HandedIn, e: EventOf<'review.asked'>, at: number): Task {
  const { commit, patch, reviewers } = e;
  const { attempt, handoff, completedAt, reviews = 0 } = t;
  return {
    ...taskBase(t),
    state: 'reviewing',
    attempt,
    handoff,
    completedAt,
    review: { commit, ...(patch && { patch }), reviewers, askedAt: at, votes: [] },
    reviews: reviews + 1,
  };
}

export function votedTask(t: Task & { readonly state: 'reviewing' }, vote: Vote): Task {
  return { ...t, review: { ...t.review, votes: [...t.review.votes, vote] } };
}

export function endedReview(
  t: Task & { readonly state: 'reviewing' },
  verdict: EventOf<'review.ended'>['verdict'],
): Task & { readonly state: 'reviewing' } {
  const { commit, patch, votes } = t.review;
  return { ...t, voted: { attempt: t.attempt, commit, ...(patch && { patch }), votes, verdict } };
}

export function approvedTask(t: Task & { readonly state: 'reviewing' }): Task {
  const { attempt, handoff, completedAt, reviews } = t;
  const { commit, patch } = t.review;
  const approved = { commit, ...(patch && { patch }) };
  return { ...taskBase(t), state: 'complete', attempt, handoff, completedAt, approved, reviews };
}

export const expandedTask = (t: Task, at: number): Task => ({
  ...taskBase(t),
  state: 'expanded',
  expandedAt: at,
});

export const unsplitTask = (t: Task): Task => ({ ...taskBase(t), isUnsplit: true, state: 'pending' });

export const gatheredTask = (t: Task, handoff: HandoffClaim, at: number): Task => ({
  ...taskBase(t),
  state: 'gathered',
  handoff,
  endedAt: at,
});

/** It goes on as every other task does, with the attempts that are left. */
export function pickedTask(t: Task): Task {
  const base: TaskBase = { ...taskBase(t), forgiven: 0, isPicked: true };
  if (t.state !== 'contending') return { ...t, ...base } as Task;
  const { attempt, handoff, completedAt } = t;
  return { ...base, state: 'complete', attempt, handoff, completedAt };
}

export const lostTask = (t: Task, winner: TaskId, why: string, at: number): Task =>
  t.state === 'unneeded'
    ? { ...t, lostTo: winner }
    : {
        ...taskBase(t),
        lostTo: winner,
        state: 'cancelled',
        reason: `lost to ${winner}: ${why}`,
        endedAt: at,
      };

export const pendingTask = (t: Task): Task => ({ ...taskBase(t), state: 'pending' });

export const retriedTask = (t: Task, hint: string | undefined): Task => ({
  ...taskBase(t),
  forgiven: t.counted,
  ...(hint !== undefined && { hint }),
  state: 'pending',
});

export const failedTask = (t: Task, e: EventOf<'task.failed'>, at: number): Task => ({
  ...taskBase(t),
  state: 'failed',
  failure: e.failure,
  detail: e.detail,
  endedAt: at,
});

export const cancelledTask = (t: Task, reason: string, at: number): Task => ({
  ...taskBase(t),
  state: 'cancelled',
  reason,
  endedAt: at,
});

function claimOf(h: HandoffClaim): HandoffClaim {
  return { status: h.status, summary: h.summary, concerns: h.concerns, suggestions: h.suggestions };
}
