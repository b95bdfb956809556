/** Landings: tested, landed, rejected, given up. */
import type { EventOf, LandingEvent } from '../events.ts';
import { landedTask, rejectedTask } from '../model/evolve-task.ts';
import { type AttemptId, type CommitId, type LandingId, type TaskId, taskOf } from '../model/ids.ts';
import type { GateResult, Landing, LandingMember, RejectionReason } from '../model/landing.ts';
import { dropTest, leaveLine, startTest } from '../rules/batching.ts';
import { noteVerdict } from '../rules/concurrency.ts';
import { noteConflict } from '../rules/footprint.ts';
import type { State } from '../state.ts';
import type { FoldsOf } from './folds.ts';
import { endGate } from './gates.ts';
import { knownLanding, knownTask } from './known.ts';
import { move } from './moves.ts';
import { tellOwner } from './news.ts';
import { headWith, moveHead, step } from './target.ts';

type LandingsOwn = Extract<LandingEvent, { readonly type: `gate.${string}` | `landing.${string}` }>;

export const LANDING_FOLDS: FoldsOf<Exclude<LandingsOwn, { readonly type: 'landing.undone' }>> = {
  'landing.started'(s, e, at) {
    s.landings.set(e.landing, {
      id: e.landing,
      members: e.members,
      candidate: e.candidate,
      startedAt: at,
      state: 'testing',
    });
    s.openLandings.add(e.landing);
    startTest(s.line, e.landing, attemptsOf(e.members), e.candidate.parent);
  },
  'gate.ended': endGate,
  'landing.landed': landed,
  'landing.found': found,
  'landing.rejected': rejected,
  'landing.dropped'(s, e, at) {
    const l = knownLanding(s, e.landing);
    s.landings.set(l.id, { ...l, state: 'dropped', endedAt: at, reason: e.reason } as Landing);
    s.openLandings.delete(l.id);
    dropTest(s.line, l.id);
  },
};

function landed(s: State, e: EventOf<'landing.landed'>, at: number): void {
  const outcome = knownLanding(s, e.landing).gate?.outcome;
  const verdict = outcome === 'passed' || outcome === 'no-worse' ? 'good' : undefined;
  closeLanding(s, e.landing, 'landed', at);
  s.headGate = knownLanding(s, e.landing).gate;
  for (const m of e.members) {
    leaveLine(s.line, m.attempt, verdict);
    land(s, m.task, m.attempt, m.commit, at);
    step(s, m.commit, m.task);
  }
  step(s, e.candidate.commit, undefined);
  s.flow.landings += 1;
  s.flow.landed += e.members.length;
  s.line.racesLost = 0;
  s.head = e.candidate.commit;
}

function found(s: State, e: EventOf<'landing.found'>, at: number): void {
  land(s, e.task, e.attempt, e.commit, at);
  step(s, e.commit, e.task);
  s.headGate = gateOf(s, e.commit) ?? s.headGate;
  const isRecorded = (id: TaskId): boolean => s.undone.has(id) || s.tasks.get(id)?.state === 'landed';
  moveHead(s, headWith(s, e.commit, isRecorded));
}

function rejected(s: State, e: EventOf<'landing.rejected'>, at: number): void {
  if (e.landing && s.openLandings.has(e.landing)) closeLanding(s, e.landing, 'rejected', at);
  if (BY_GATE.includes(e.reason)) leaveLine(s.line, e.attempt, 'bad');
  s.rejections[e.reason] = (s.rejections[e.reason] ?? 0) + 1;
  const { reason, detail, files } = e;
  const attempt = s.attempts.get(e.attempt);
  if (attempt?.state === 'ended')
    s.attempts.set(attempt.id, { ...attempt, rejected: { reason, detail, files } });
  const task = taskOf(e.attempt);
  tellOwner(s, task, { kind: 'rejected', task, attempt: e.attempt });
  move(s, rejectedTask(knownTask(s, task), e, at));
  if (e.reason === 'conflict') learnConflict(s, e.files);
}

/** Rejections that say something of how often the gate fails. */
const BY_GATE: readonly RejectionReason[] = ['gate-failed', 'gate-timeout', 'gate-killed'];
const attemptsOf = (members: readonly LandingMember[]): AttemptId[] => members.map((m) => m.attempt);

function land(s: State, id: TaskId, by: AttemptId, commit: CommitId, at: number): void {
  move(s, landedTask(knownTask(s, id), commit, by, at));
  s.undone.delete(id);
  s.landedCount += 1;
  s.firstLandingAt ??= at;
  noteVerdict(s.flow, 'landed', loadOf(s));
  tellOwner(s, id, { kind: 'landed', task: id });
}

function closeLanding(s: State, id: LandingId, state: 'landed' | 'rejected', at: number): void {
  const l = knownLanding(s, id);
  s.landings.set(id, { ...l, state, endedAt: at } as Landing);
  s.openLandings.delete(id);
  dropTest(s.line, id);
}

/** What the gate said of the landing that made this commit, recorded as landed or not. */
const gateOf = (s: State, commit: CommitId): GateResult | undefined =>
  [...s.landings.values()].find((l) => l.members.some((m) => m.commit === commit))?.gate;

const loadOf = (s: State) => ({ queued: s.queue.size, running: s.liveAttempts.size, workers: s.workers });

function learnConflict(s: State, files: readonly string[]): void {
  noteConflict(s.footprint, files);
  noteVerdict(s.flow, { conflict: files[0] ?? '' }, loadOf(s));
}
