import type { Command } from '../commands.ts';
import { assertNever, type Refusal, refuse } from '../errors.ts';
import type { Event, EventOf } from '../events.ts';
import { landingId, type TaskId, taskOf } from '../model/ids.ts';
import type { RejectionReason } from '../model/landing.ts';
import type { Task } from '../model/task.ts';
import { vainOf } from '../rules/dependencies.ts';
import { isNoWorse } from '../rules/known-failures.ts';
import { attemptsLeft } from '../rules/policy.ts';
import { unreviewed } from '../rules/reviews.ts';
import type { OpenedState } from '../state.ts';
import { landingBase } from '../wanted.ts';
import { failDependents } from './ends.ts';
import { rejection } from './rejection.ts';

type LandingCommand = Extract<
  Command,
  {
    type:
      | 'startLanding'
      | 'recordGate'
      | 'land'
      | 'findLanding'
      | 'rejectHandoff'
      | 'dropLanding'
      | 'moveTarget';
  }
>;

/** Laws of landing: on the head, gated, once. */
export function decideLandings(s: OpenedState, c: LandingCommand): readonly Event[] | Refusal {
  switch (c.type) {
    case 'startLanding':
      return startLanding(s, c);
    case 'recordGate':
      return s.openLandings.has(c.landing)
        ? [{ type: 'gate.ended', landing: c.landing, result: c.result }]
        : refuse('late', `${c.landing} is not open`);
    case 'land':
      return land(s, c);
    case 'findLanding': {
      const t = s.tasks.get(c.task);
      if (!t) return refuse('unknown-task', `there is no ${c.task}`);
      if (t.state === 'landed') return refuse('already-landed', `${c.task} landed as ${t.commit}`);
      if (taskOf(c.attempt) !== c.task)
        return refuse('illegal-move', `${c.attempt} is no attempt at ${c.task}`);
      return [{ type: 'landing.found', task: c.task, attempt: c.attempt, commit: c.commit }];
    }
    case 'rejectHandoff':
      return reject(s, c);
    case 'dropLanding':
      return s.openLandings.has(c.landing)
        ? [{ type: 'landing.dropped', landing: c.landing, reason: c.reason }]
        : refuse('late', `${c.landing} is not open`);
    case 'moveTarget':
      return moveTarget(s, c);
    default:
      return assertNever(c);
  }
}

function startLanding(
  s: OpenedState,
  c: Extract<LandingCommand, { type: 'startLanding' }>,
): readonly Event[] | Refusal {
  const { members, candidate } = c;
  const attempts = new Set(members.map((m) => m.attempt));
  if (attempts.size === 0 || attempts.size < members.length)
    return refuse('illegal-move', 'a landing has members, each of them once');
  const foreign = members.find((m) => taskOf(m.attempt) !== m.task);
  if (foreign) return refuse('illegal-move', `${foreign.attempt} is no attempt at ${foreign.task}`);
  const waiting = members.find((m) => !s.queue.has(m.attempt));
  if (waiting) return refuse('late', `${waiting.attempt} is not in the merge queue`);
  const unseen = unreviewed(s, members);
  if (unseen) return refuse('unreviewed', `${unseen.attempt} would land as reviewers did not see it`);
  const base = landingBase(s);
  if (candidate.parent !== base) return refuse('stale-parent', `the target is at ${base}`);
  return [{ type: 'landing.started', landing: landingId(s.landings.size + 1), members, candidate }];
}

function land(s: OpenedState, c: Extract<LandingCommand, { type: 'land' }>): readonly Event[] | Refusal {
  const l = s.landings.get(c.landing);
  if (!l || !s.openLandings.has(c.landing)) return refuse('late', `${c.landing} is not open`);
  const verdict = l.gate?.outcome;
  const isUngatedRun = verdict === 'none' && s.run.request.gate === undefined;
  const mayLand = verdict === 'passed' || (verdict === 'no-worse' && isNoWorse(l.gate!, s.headGate));
  if (!mayLand && !isUngatedRun) return refuse('ungated', `${c.landing} has no pass`);
  if (l.candidate.parent !== s.head) return refuse('stale-parent', `the target is at ${s.head}`);
  const gone = l.members.find((m) => !s.queue.has(m.attempt));
  if (gone) return refuse('late', `${gone.attempt} is not in the merge queue`);
  const unseen = unreviewed(s, l.members);
  if (unseen) return refuse('unreviewed', `${unseen.attempt} would land as reviewers did not see it`);
  return [{ type: 'landing.landed', landing: c.landing, members: l.members, candidate: l.candidate }];
}

function reject(
  s: OpenedState,
  c: Extract<LandingCommand, { type: 'rejectHandoff' }>,
): readonly Event[] | Refusal {
  if (!s.queue.has(c.attempt)) return refuse('late', `${c.attempt} is not in the merge queue`);
  const members = (c.landing && s.landings.get(c.landing)?.members) ?? [];
  if (members.length > 1) return refuse('illegal-move', `${c.landing} tested more than ${c.attempt}`);
  const doubt = BY_GATE.has(c.reason) ? whyNotGuilty(s, c) : undefined;
  if (doubt) return refuse('illegal-move', `${c.attempt} cannot be rejected as ${c.reason}: ${doubt}`);
  const t = s.tasks.get(taskOf(c.attempt))!;
  return rejection(s, t, {
    type: 'landing.rejected',
    attempt: c.attempt,
    ...(c.landing && { landing: c.landing }),
    reason: c.reason,
    detail: c.detail,
    files: c.files,
    ...(isRace(s, t, c) && { isRace: true as const }),
    ...(isThere(t, c) && { isThere: true as const }),
  });
}

/** Two made the same change: what the second promised is on the target, whole. Half of it may be only half. */
const isThere = (t: Task, { reason }: Extract<LandingCommand, { type: 'rejectHandoff' }>): boolean =>
  reason === 'empty' && t.state === 'complete' && t.handoff.status === 'complete';

/** Where scopes keep nobody out, whoever hands in second conflicts. A branch is as it is: another try changes nothing. */
function isRace(
  s: OpenedState,
  { source }: Task,
  { reason, attempt }: Extract<LandingCommand, { type: 'rejectHandoff' }>,
): boolean {
  if (reason !== 'conflict' || source.by === 'land' || s.run.request.overlap === 'serialize') return false;
  return s.attempts.get(attempt)?.base !== s.head;
}

/** Rejection reasons that judge one change alone. */
const BY_GATE: ReadonlySet<RejectionReason> = new Set([
  'gate-failed',
  'gate-timeout',
  'gate-killed',
  'tests-weakened',
]);

/** A change is guilty of what a test of it alone has shown: those that were tested with a culprit are innocent. */
function whyNotGuilty(
  s: OpenedState,
  { attempt, landing }: Extract<LandingCommand, { type: 'rejectHandoff' }>,
): string | undefined {
  const tested = landing && s.openLandings.has(landing) ? s.landings.get(landing) : undefined;
  if (!tested) return 'no open landing shows it';
  if (tested.members.some((m) => m.attempt !== attempt)) return `${landing} tested another`;
  const outcome = tested.gate?.outcome;
  const isGood = outcome === 'passed' || outcome === 'none' || outcome === 'no-worse';
  if (outcome === undefined || isGood) return `${landing} ended as ${outcome ?? 'nothing yet'}`;
  return undefined;
}

/** A rewritten history is never repaired by force: the run pauses and names what is gone. */
function moveTarget(
  s: OpenedState,
  c: Extract<LandingCommand, { type: 'moveTarget' }>,
): readonly Event[] | Refusal {
  if (c.to === s.head && c.lost.length === 0) return refuse('illegal-move', 'the target is there already');
  const lost = c.lost.map((id) => s.tasks.get(id));
  const isSound = new Set(c.lost).size === lost.length && lost.every((t) => t?.state === 'landed');
  if (!isSound) return refuse('illegal-move', `not all of ${c.lost.join(', ')} had landed, each once`);
  const moved: Event = { type: 'target.moved', from: s.head, to: c.to, lost: c.lost };
  if (lost.length === 0) return [moved];
  const detail = `the target no longer has the landings of ${c.lost.join(', ')}`;
  return [
    moved,
    { type: 'run.paused', reason: 'history-rewritten', detail },
    ...failHopeless(s, lost as readonly Task[]),
  ];
}

/**
 * Tasks whose landings were lost are pending again, all at once. One fails when it has no attempts left, or when what it
 * depends on is gone, be it another of them; and so does everything that waits for it.
 */
function failHopeless(s: OpenedState, lost: readonly Task[]): readonly Event[] {
  const failed = new Map<TaskId, Event>();
  const isLost = new Set(lost.map(({ id }) => id));
  const isWaiting = ({ id, state }: Task): boolean => state === 'pending' || isLost.has(id);
  for (const t of lost) {
    const gone = vainOf(s, t.spec);
    const isSpent = attemptsLeft(t, s.run.request.limits) <= 0;
    if (failed.has(t.id) || !(isSpent || gone)) continue;
    const own: EventOf<'task.failed'> = {
      type: 'task.failed',
      task: t.id,
      failure: isSpent ? 'attempts' : 'dependency',
      detail: isSpent
        ? `its landing was lost after ${t.attempts} attempts`
        : `${gone} is ${s.tasks.get(gone!)!.state}`,
    };
    for (const event of [own, ...failDependents(s, t.id, `${t.id} failed`, isWaiting)])
      if (!failed.has(event.task)) failed.set(event.task, event);
  }
  return [...failed.values()];
}
