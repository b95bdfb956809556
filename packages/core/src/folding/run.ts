/** The run itself and its machines. */
import type { EventOf, RunEvent, WorkerEvent } from '../events.ts';
import { noteScaled } from '../rules/concurrency.ts';
import { firstChecksInterval } from '../rules/policy.ts';
import type { OpenedRun, State } from '../state.ts';
import type { FoldsOf } from './folds.ts';
import { noteChecks } from './healing.ts';
import { damaged } from './known.ts';
import { tellPlanner } from './news.ts';
import { addSpent, closeSlice, noteCalls, openSlice } from './spending.ts';

export const RUN_FOLDS: FoldsOf<RunEvent> = {
  'run.opened': openRun,
  'base.checked'(s, e, at) {
    s.baseGate = e.gate;
    if (s.head === e.base) s.headGate = e.gate;
    if (e.checks) noteChecks(s, e.checks, at);
  },
  'run.resumed'(s) {
    s.stopped = false;
    s.stoppedFor = undefined;
    s.moreAt = undefined;
  },
  'run.paused'(s, e, at) {
    s.paused = { reason: e.reason, detail: e.detail, at };
    if (e.reason === 'endpoints-down') s.outagesInRow += 1;
  },
  'run.continued'(s, e) {
    s.paused = undefined;
    if (e.by === 'operator') s.outagesInRow = 0;
  },
  'run.scaled'(s, e) {
    s.workers = e.workers;
    noteScaled(s.flow, e.by === 'itself' ? s.flow.ceiling : e.workers);
  },
  'role.scaled'(s, e) {
    s.ceilings.set(e.role, e.workers);
  },
  'run.stopped'(s, e, at) {
    s.stopped = true;
    s.stoppedFor = { reason: e.reason, detail: e.detail, at };
    s.moreAt = e.moreAt;
  },
  'request.amended'(s, e) {
    s.amendments.push(e.text);
    s.planning.isDone = false;
    s.planning.saidDone = e.isDone === true;
    if (!e.isPlanned) tellPlanner(s, { kind: 'amended', text: e.text });
  },
  'run.cancelled'(s, e) {
    s.cancelled = e.reason;
    // Whatever it waited for, it waits no more.
    s.paused = undefined;
  },
  'limits.raised': raiseLimits,
  'gate.changed'(s, { gate, gateHash }) {
    const run = knownRun(s);
    const { gate: _, ...request } = run.request;
    s.run = { ...run, request: { ...request, ...(gate !== undefined && { gate }), gateHash } };
    // What the other gate said of them is no answer of this one.
    s.baseGate = undefined;
    s.headGate = undefined;
  },
  'run.reopened'(s) {
    s.closed = undefined;
    s.delivered = undefined;
    s.cancelled = undefined;
    s.stopped = false;
    s.stoppedFor = undefined;
    s.moreAt = undefined;
    s.spending.reached = undefined;
    s.spending.neared = undefined;
    s.planning.failuresInRow = 0;
  },
  'budget.neared'(s, e) {
    s.spending.neared = e.which;
  },
  'budget.reached'(s, e) {
    s.spending.reached = e.which;
  },
  'spend.reserved': openSlice,
  'spend.recorded'(s, e) {
    if (e.slice !== undefined) closeSlice(s, e.slice, false);
    addSpent(s, e.role, e.usage);
    noteCalls(s, e.usage);
  },
  'spend.lost'(s, e) {
    closeSlice(s, e.slice, true);
  },
  'delivery.ended'(s, e) {
    const { type: _, ...delivered } = e;
    s.delivered = delivered;
  },
  'run.closed'(s, e, at) {
    s.closed = { reason: e.reason, head: e.head, green: e.green, at };
  },
};

export const WORKER_FOLDS: FoldsOf<WorkerEvent> = {
  'worker.joined'(s, e) {
    s.machines.set(e.worker, { slots: e.slots, capabilities: e.capabilities });
  },
  'worker.left'(s, e) {
    s.machines.delete(e.worker);
  },
};

/** What was reached counts no longer once it is raised; whether another limit is, is looked at anew. */
function raiseLimits(s: State, { type: _, ...raised }: EventOf<'limits.raised'>): void {
  const run = knownRun(s);
  const limits = { ...run.request.limits, ...raised };
  s.run = { ...run, request: { ...run.request, limits } };
  s.spending.reached = undefined;
  s.spending.neared = undefined;
}

function knownRun(s: State): OpenedRun {
  if (s.run) return s.run;
  throw damaged('something of a run is changed before one is open');
}

function openRun(s: State, e: EventOf<'run.opened'>, at: number): void {
  s.run = { id: e.run, request: e.request, version: e.version, configHash: e.configHash, openedAt: at };
  s.workers = e.request.limits.workers;
  noteScaled(s.flow, s.workers);
  s.head = e.request.base;
  s.health.intervalMs = firstChecksInterval(e.request.checksMinMs, e.request.checksMaxMs);
}
