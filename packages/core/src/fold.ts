/**
 * Applies entries in order and refuses gaps; the only owner of the state's maps. An event that the transition
 * table forbids means a damaged journal or a fault of ours, and is thrown, never skipped.
 */
import { assertNever, SwarmError } from './errors.ts';
import type { Entry, Event, EventOf } from './events.ts';
import { type Attempt, NO_RESERVATION, type Reservation } from './model/attempt.ts';
import {
  acceptedTask,
  afterAttempt,
  cancelledTask,
  failedTask,
  landedTask,
  pendingTask,
  rejectedTask,
  retriedTask,
  runningTask,
  startedTask,
} from './model/evolve-task.ts';
import { type AttemptId, type CommitId, type LandingId, type TaskId, taskOf } from './model/ids.ts';
import type { GateResult, Landing, LandingMember, RejectionReason } from './model/landing.ts';
import type { ChecksResult, Finding } from './model/request.ts';
import { canMove, isOver, type Task } from './model/task.ts';
import { addUsage } from './model/usage.ts';
import {
  dropTest,
  failTest,
  failuresOf,
  leaveLine,
  loseRace,
  passTest,
  startTest,
} from './rules/batching.ts';
import { outsideScope } from './rules/change-rules.ts';
import { noteScaled, noteVerdict } from './rules/concurrency.ts';
import { countRun, countTime, isRetryWorth } from './rules/estimates.ts';
import { noteConflict, noteHandoff } from './rules/footprint.ts';
import { firstChecksInterval, nextChecksInterval } from './rules/policy.ts';
import type { News, State } from './state.ts';

/** Changes `state` in place. Throws SW0203 on a gap or an illegal move. */
export function fold(state: State, entry: Entry): void {
  if (entry.seq !== state.seq + 1) {
    throw damaged(`entry ${entry.seq} follows entry ${state.seq}`);
  }
  const isResume = entry.events[0]?.type === 'run.resumed';
  // What follows the end of a run, such as an undo, comes when nobody was working on it.
  const isAfterwards = state.closed !== undefined && state.delivered !== undefined;
  if (state.run && !isResume && !isAfterwards) state.activeMs += Math.max(0, entry.at - state.at);
  state.seq = entry.seq;
  state.at = entry.at;
  for (const event of entry.events) apply(state, event, entry.at);
}

function apply(s: State, e: Event, at: number): void {
  switch (e.type) {
    case 'run.opened':
      return openRun(s, e, at);
    case 'base.checked':
      s.baseGate = e.gate;
      if (s.head === e.base) s.headGate = e.gate;
      if (e.checks) recordChecks(s, e.checks, at);
      return;
    case 'run.resumed':
      s.stopped = false;
      return;
    case 'run.paused':
      s.paused = { reason: e.reason, detail: e.detail, at };
      return;
    case 'run.continued':
      s.paused = undefined;
      return;
    case 'run.scaled':
      s.workers = e.workers;
      return noteScaled(s.flow, e.by === 'itself' ? s.flow.ceiling : e.workers);
    case 'run.stopped':
      s.stopped = true;
      return;
    case 'request.amended':
      s.amendments.push(e.text);
      s.planning.isDone = false;
      s.planning.saidDone = false;
      tellPlanner(s, { kind: 'amended', text: e.text });
      return;
    case 'run.cancelled':
      s.cancelled = e.reason;
      // Whatever it waited for, it waits no more.
      s.paused = undefined;
      return;
    case 'budget.reached':
      s.spending.reached = e.which;
      return;
    case 'spend.recorded':
      s.spending.used = addUsage(s.spending.used, e.usage);
      return;
    case 'delivery.ended':
      s.delivered = { to: e.to, ref: e.ref, commit: e.commit, outcome: e.outcome, detail: e.detail };
      return;
    case 'run.closed':
      s.closed = { reason: e.reason, head: e.head, green: e.green, at };
      return;

    case 'iteration.started':
      s.planning.iteration = e.iteration;
      s.planning.live = { iteration: e.iteration, reason: e.reason, startedAt: at, reserved: e.reserved };
      s.planning.newsTold = s.planning.news.length;
      s.planning.acceptedNow = 0;
      reserve(s, e.reserved);
      return;
    case 'task.refused':
      tellPlanner(s, { kind: 'refused', label: e.label, problem: e.problem });
      return;
    case 'scratchpad.written':
      s.planning.scratchpad = e.text;
      return;
    case 'iteration.ended':
      return endIteration(s, e, at);

    case 'task.accepted':
      return acceptTask(s, e, at);
    case 'task.rescoped': {
      const t = task(s, e.task);
      for (const d of t.spec.dependsOn) removeDependent(s, d, t.id);
      for (const d of e.spec.dependsOn) addDependent(s, d, t.id);
      s.tasks.set(t.id, { ...t, spec: e.spec });
      return;
    }
    case 'task.requeued':
      return move(s, pendingTask(task(s, e.task)));
    case 'task.failed':
      tellPlanner(s, { kind: 'failed', task: e.task });
      return move(s, failedTask(task(s, e.task), e, at));
    case 'task.cancelled':
      tellPlanner(s, { kind: 'cancelled', task: e.task });
      return move(s, cancelledTask(task(s, e.task), e.reason, at));
    case 'task.retried':
      return move(s, retriedTask(task(s, e.task), e.hint));

    case 'attempt.started':
      return startAttempt(s, e, at);
    case 'agent.started': {
      const a = attempt(s, e.attempt);
      s.attempts.set(a.id, { ...a, driver: e.driver, promptHash: e.promptHash, state: 'running' } as Attempt);
      return move(s, runningTask(task(s, a.task), a.id));
    }
    case 'attempt.ended':
      return endAttempt(s, e, at);
    case 'attempt.late':
      return;

    case 'landing.started':
      s.landings.set(e.landing, {
        id: e.landing,
        members: e.members,
        candidate: e.candidate,
        startedAt: at,
        state: 'testing',
      });
      s.openLandings.add(e.landing);
      startTest(s.line, e.landing, attemptsOf(e.members), e.candidate.parent);
      return;
    case 'gate.ended':
      return endGate(s, e);
    case 'landing.landed': {
      const outcome = landing(s, e.landing).gate?.outcome;
      const verdict = outcome === 'passed' || outcome === 'no-worse' ? 'good' : undefined;
      closeLanding(s, e.landing, 'landed', at);
      s.headGate = landing(s, e.landing).gate;
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
      return;
    }
    case 'landing.found':
      land(s, e.task, e.attempt, e.commit, at);
      step(s, e.commit, e.task);
      s.headGate = gateOf(s, e.commit) ?? s.headGate;
      moveHead(
        s,
        headWith(s, e.commit, (id) => s.undone.has(id) || s.tasks.get(id)?.state === 'landed'),
      );
      return;
    case 'landing.rejected':
      if (e.landing && s.openLandings.has(e.landing)) closeLanding(s, e.landing, 'rejected', at);
      if (BY_GATE.includes(e.reason)) leaveLine(s.line, e.attempt, 'bad');
      s.rejections[e.reason] = (s.rejections[e.reason] ?? 0) + 1;
      tellPlanner(s, { kind: 'rejected', task: taskOf(e.attempt) });
      move(s, rejectedTask(task(s, taskOf(e.attempt)), e));
      if (e.reason === 'conflict') learnConflict(s, e.files);
      return;
    case 'landing.dropped': {
      const l = landing(s, e.landing);
      s.landings.set(l.id, { ...l, state: 'dropped', endedAt: at, reason: e.reason } as Landing);
      s.openLandings.delete(l.id);
      dropTest(s.line, l.id);
      return;
    }
    case 'landing.undone':
      s.undone.add(e.task);
      // What the landing had mended is broken again, and was so on the base at the earliest.
      s.headGate = s.baseGate;
      s.landedCount -= 1;
      step(s, e.commit, undefined);
      s.head = e.commit;
      tellPlanner(s, { kind: 'cancelled', task: e.task });
      return move(s, cancelledTask(task(s, e.task), 'undone', at));
    case 'undo.passed':
      s.passedUndo = { tasks: e.tasks, candidate: e.candidate, by: e.by };
      if (e.gate.outcome === 'passed') s.passed.set(passKey(e.gate.gate, e.candidate.tree), e.gate);
      return;
    case 'undo.refused':
      if (e.by === 'reconciler') for (const id of e.tasks) s.health.revertsRefused.add(id);
      return;
    case 'target.moved':
      step(s, e.to, undefined);
      s.head = e.to;
      s.headGate = s.headGate && uncounted(s.headGate);
      loseRace(s.line);
      for (const id of e.lost) {
        s.landedCount -= 1;
        move(s, pendingTask(task(s, id)));
      }
      return;

    case 'checks.ended':
      return recordChecks(s, e.result, at);
    case 'finding.opened':
      openFinding(s, e.finding, at);
      forgetOldFix(s, e.finding.signature);
      tellPlanner(s, { kind: 'finding', signature: e.finding.signature });
      return;
    case 'finding.closed':
      s.health.findings.delete(e.signature);
      return;

    case 'culprit.found': {
      const { commit, task: culprit } = e;
      const kind = commit === s.run!.request.base ? 'base' : 'others';
      s.health.culprits.set(
        e.signature,
        culprit ? { kind: 'landing', commit, task: culprit } : { kind, commit },
      );
      return;
    }
    case 'culprit.missed':
      s.health.culprits.set(e.signature, { kind: 'missed', why: e.why });
      return;

    case 'worker.joined':
      s.machines.set(e.worker, { slots: e.slots, capabilities: e.capabilities });
      return;
    case 'worker.left':
      s.machines.delete(e.worker);
      return;
    default:
      return assertNever(e);
  }
}

export const passKey = (gate: string, tree: string): string => `${gate} ${tree}`;

// ───────────────────────── the run ─────────────────────────

function openRun(s: State, e: EventOf<'run.opened'>, at: number): void {
  s.run = { id: e.run, request: e.request, version: e.version, configHash: e.configHash, openedAt: at };
  s.workers = e.request.limits.workers;
  noteScaled(s.flow, s.workers);
  s.head = e.request.base;
  s.health.intervalMs = firstChecksInterval(e.request.checksMinMs, e.request.checksMaxMs);
}

function recordChecks(s: State, result: EventOf<'checks.ended'>['result'], at: number): void {
  const { checksMinMs, checksMaxMs } = s.run!.request;
  const isGreen = result.outcome === 'passed';
  const before = s.health.lastChecks?.result;
  if (before && isConclusive(before)) s.health.lastHead = before.head;
  s.health.lastChecks = { result, at };
  s.health.greensInRow = isGreen ? s.health.greensInRow + 1 : 0;
  s.health.intervalMs = nextChecksInterval(
    s.health.intervalMs,
    isGreen,
    s.health.greensInRow,
    checksMinMs,
    checksMaxMs,
  );
}

/** The checks came to an end, so that what they do not show is not there. */
const isConclusive = ({ outcome }: ChecksResult): boolean => outcome === 'passed' || outcome === 'failed';

function openFinding(s: State, finding: Finding, at: number): void {
  const { signature } = finding;
  s.health.findings.set(signature, { finding, openedAt: at, lastWithout: s.health.lastHead });
  s.health.culprits.delete(signature);
}

/** A failure that was gone and is back is a new one: the fix task of the old one does not stand for it. */
function forgetOldFix(s: State, signature: string): void {
  const fix = s.health.fixTasks.get(signature);
  if (fix && isOver(task(s, fix).state)) s.health.fixTasks.delete(signature);
}

// ───────────────────────── planning ─────────────────────────

function tellPlanner(s: State, news: News): void {
  if (s.run?.request.mode !== 'planner') return;
  s.planning.news.push(news);
  s.planning.newsOf[news.kind] += 1;
}

function endIteration(s: State, e: EventOf<'iteration.ended'>, at: number): void {
  const p = s.planning;
  const reserved = p.live?.reserved;
  p.live = undefined; // before settling, which asks what is still in flight
  if (reserved) settle(s, reserved, e.outcome === 'lost');
  s.spending.used = addUsage(s.spending.used, e.usage);
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

/** Some task is not over yet. */
export const isBusy = (s: State): boolean =>
  s.byState.pending.size + s.byState.assigned.size + s.byState.running.size + s.byState.complete.size > 0;

// ───────────────────────── tasks ─────────────────────────

function acceptTask(s: State, e: EventOf<'task.accepted'>, at: number): void {
  if (s.tasks.has(e.task)) throw damaged(`${e.task} is accepted twice`);
  s.tasks.set(e.task, acceptedTask(e, at));
  s.byState.pending.add(e.task);
  for (const d of e.spec.dependsOn) addDependent(s, d, e.task);
  if ('label' in e.source) s.labels.set(e.source.label, e.task);
  if (e.source.by === 'planner') s.planning.acceptedNow += 1;
  if (e.source.by === 'reconciler') {
    for (const signature of e.source.signatures) {
      s.health.fixTasks.set(signature, e.task);
      const before = s.health.fixHistory.get(signature) ?? [];
      s.health.fixHistory.set(signature, [...before, e.task]);
    }
  }
}

function addDependent(s: State, on: TaskId, id: TaskId): void {
  const list = s.dependents.get(on);
  if (list) list.push(id);
  else s.dependents.set(on, [id]);
}

function removeDependent(s: State, on: TaskId, id: TaskId): void {
  const list = s.dependents.get(on);
  if (list)
    s.dependents.set(
      on,
      list.filter((x) => x !== id),
    );
}

/** Puts the task's next value in place, if the transition table allows the move. */
function move(s: State, next: Task): void {
  const before = task(s, next.id);
  const isSettling = before.state === 'failed' && next.state === 'failed';
  if (!isSettling && !canMove(before.state, next.state)) {
    throw damaged(`${next.id} cannot go from ${before.state} to ${next.state}`);
  }
  s.byState[before.state].delete(next.id);
  s.byState[next.state].add(next.id);
  if (before.state === 'complete') {
    s.queue.delete(before.attempt);
    leaveLine(s.line, before.attempt);
  }
  if (next.state === 'complete') s.queue.add(next.attempt);
  s.tasks.set(next.id, next);
}

// ───────────────────────── attempts ─────────────────────────

function startAttempt(s: State, e: EventOf<'attempt.started'>, at: number): void {
  const id = taskOf(e.attempt);
  s.attempts.set(e.attempt, {
    id: e.attempt,
    task: id,
    base: e.base,
    ...(e.from && { from: e.from }),
    worker: e.worker,
    startedAt: at,
    reserved: e.reserved,
    state: 'started',
  });
  s.liveAttempts.add(e.attempt);
  reserve(s, e.reserved);
  move(s, startedTask(task(s, id), e.attempt));
}

function endAttempt(s: State, e: EventOf<'attempt.ended'>, at: number): void {
  const a = attempt(s, e.attempt);
  if (a.state === 'ended') throw damaged(`${a.id} ends twice`);
  s.attempts.set(a.id, {
    ...a,
    state: 'ended',
    endedAt: at,
    ending: e.reason,
    detail: e.detail,
    usage: e.usage,
    ...(e.handoff && { handoff: e.handoff }),
  });
  s.liveAttempts.delete(a.id);
  settle(s, a.reserved, e.reason === 'lost');
  s.spending.used = addUsage(s.spending.used, e.usage);
  if (e.handoff) tellPlanner(s, { kind: 'handoff', attempt: a.id });
  const t = task(s, a.task);
  const holds = (t.state === 'assigned' || t.state === 'running') && t.attempt === a.id;
  if (holds) move(s, afterAttempt(t, e, at));
  if (e.handoff?.change) learnHandoff(s, t.spec.scope, e.handoff.change.filesChanged);
}

function learnHandoff(s: State, scope: readonly string[], files: readonly string[]): void {
  noteHandoff(s.footprint, scope, files, outsideScope(scope, files));
}

const loadOf = (s: State) => ({ queued: s.queue.size, running: s.liveAttempts.size, workers: s.workers });

function learnConflict(s: State, files: readonly string[]): void {
  noteConflict(s.footprint, files);
  noteVerdict(s.flow, { conflict: files[0] ?? '' }, loadOf(s));
}

function reserve(s: State, r: Reservation): void {
  const now = s.spending.reserved;
  s.spending.reserved = { tokens: now.tokens + r.tokens, usd: now.usd + r.usd };
}

function settle(s: State, r: Reservation, isLost: boolean): void {
  const { reserved, lost } = s.spending;
  const rest = { tokens: reserved.tokens - r.tokens, usd: reserved.usd - r.usd };
  // Money adds up in floating point: nothing in flight means nothing reserved, exactly.
  s.spending.reserved = s.liveAttempts.size === 0 && !s.planning.live ? NO_RESERVATION : rest;
  if (isLost) s.spending.lost = { tokens: lost.tokens + r.tokens, usd: lost.usd + r.usd };
}

// ───────────────────────── landings ─────────────────────────

function land(s: State, id: TaskId, by: AttemptId, commit: CommitId, at: number): void {
  move(s, landedTask(task(s, id), commit, by, at));
  s.undone.delete(id);
  s.landedCount += 1;
  s.firstLandingAt ??= at;
  noteVerdict(s.flow, 'landed', loadOf(s));
  tellPlanner(s, { kind: 'landed', task: id });
}

function moveHead(s: State, to: CommitId): void {
  if (s.head !== to) step(s, to, undefined);
  s.head = to;
}

/** One commit is one step, however many events speak of it. */
function step(s: State, commit: CommitId, id: TaskId | undefined): void {
  if (s.steps.at(-1)?.commit !== commit) s.steps.push({ commit, task: id });
}

/** What the gate said of the landing that made this commit, recorded as landed or not. */
const gateOf = (s: State, commit: CommitId): GateResult | undefined =>
  [...s.landings.values()].find((l) => l.members.some((m) => m.commit === commit))?.gate;

/** Somebody else's commit: what was red is so still, as far as anyone knows; how many tests there are is not known. */
function uncounted({ tests: _, ...gate }: GateResult): GateResult {
  return gate;
}

function closeLanding(s: State, id: LandingId, state: 'landed' | 'rejected', at: number): void {
  const l = landing(s, id);
  s.landings.set(id, { ...l, state, endedAt: at } as Landing);
  s.openLandings.delete(id);
  dropTest(s.line, id);
}

/** Rejections that say something of how often the gate fails. */
const BY_GATE: readonly RejectionReason[] = ['gate-failed', 'gate-timeout', 'gate-killed'];
const attemptsOf = (members: readonly LandingMember[]): AttemptId[] => members.map((m) => m.attempt);

/** What a run of the gate says of its tree, of those that were tested together, and of the gate. */
function endGate(s: State, { landing: id, result }: EventOf<'gate.ended'>): void {
  const l = landing(s, id);
  const key = passKey(result.gate, l.candidate.tree);
  s.landings.set(id, { ...l, gate: result });
  if (!result.remembered && result.durationMs > 0) countTime(s.line.estimates, result.durationMs);
  switch (result.outcome) {
    case 'passed':
      if (result.flaky) s.flakes.push(id);
      if (isChecked(s, l, result, key)) countRun(s.line.estimates, result.flaky);
      s.passed.set(key, result);
      s.failed.delete(key);
      return passTest(s.line, id);
    case 'no-worse':
      // Not remembered: elsewhere the same tree may be worse.
      if (result.flaky) s.flakes.push(id);
      return passTest(s.line, id);
    case 'weakened':
    case 'failed':
    case 'timeout':
    case 'killed':
      if (!s.passed.has(key)) s.failed.set(key, result);
      return failTest(s.line, id, result.remembered);
    case 'none':
    case 'broken':
      return dropTest(s.line, id);
    default:
      return assertNever(result.outcome);
  }
}

/** Had this single change failed at its first run, it would have been run again. */
function isChecked(s: State, { members }: Landing, result: GateResult, key: string): boolean {
  const { line, failed } = s;
  const isFirst = !result.remembered && !failed.has(key);
  return (
    isFirst && members.length === 1 && isRetryWorth(line.estimates, failuresOf(line, members[0]!.attempt) + 1)
  );
}

/**
 * The value the target has with this commit of ours on it: a batch is one merge, its tasks' commits hang off it. As long
 * as others of the batch are not recorded the head stays what it was, so that whoever looks at the target looks again.
 * @param isRecorded whether the landing of a task is in the journal, or comes with this one.
 */
export function headWith(s: State, commit: CommitId, isRecorded: (task: TaskId) => boolean): CommitId {
  const through = [...s.landings.values()].findLast((l) => l.members.some((m) => m.commit === commit));
  if (!through) return commit;
  return through.members.every((m) => isRecorded(m.task)) ? through.candidate.commit : s.head!;
}

// ───────────────────────── look-ups ─────────────────────────

function task(s: State, id: TaskId): Task {
  return s.tasks.get(id) ?? unknown(id);
}
function attempt(s: State, id: AttemptId): Attempt {
  return s.attempts.get(id) ?? unknown(id);
}
function landing(s: State, id: LandingId): Landing {
  return s.landings.get(id) ?? unknown(id);
}
function unknown(id: string): never {
  throw damaged(`${id} is not known here`);
}
function damaged(what: string): SwarmError {
  return new SwarmError({ code: 'SW0203', what: `the journal does not add up: ${what}` });
}
