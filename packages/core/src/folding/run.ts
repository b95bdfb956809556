/** The run itself and its machines. */
import type { EventOf, RunEvent, WorkerEvent } from '../events.ts';
import { addUsage } from '../model/usage.ts';
import { noteScaled } from '../rules/concurrency.ts';
import { firstChecksInterval } from '../rules/policy.ts';
import type { State } from '../state.ts';
import type { FoldsOf } from './folds.ts';
import { noteChecks } from './healing.ts';
import { tellPlanner } from './news.ts';

export const RUN_FOLDS: FoldsOf<RunEvent> = {
  'run.opened': openRun,
  'base.checked'(s, e, at) {
    s.baseGate = e.gate;
    if (s.head === e.base) s.headGate = e.gate;
    if (e.checks) noteChecks(s, e.checks, at);
  },
  'run.resumed'(s) {
    s.stopped = false;
  },
  'run.paused'(s, e, at) {
    s.paused = { reason: e.reason, detail: e.detail, at };
  },
  'run.continued'(s) {
    s.paused = undefined;
  },
  'run.scaled'(s, e) {
    s.workers = e.workers;
    noteScaled(s.flow, e.by === 'itself' ? s.flow.ceiling : e.workers);
  },
  'run.stopped'(s) {
    s.stopped = true;
  },
  'request.amended'(s, e) {
    s.amendments.push(e.text);
    s.planning.isDone = false;
    s.planning.saidDone = false;
    tellPlanner(s, { kind: 'amended', text: e.text });
  },
  'run.cancelled'(s, e) {
    s.cancelled = e.reason;
    // Whatever it waited for, it waits no more.
    s.paused = undefined;
  },
  'budget.reached'(s, e) {
    s.spending.reached = e.which;
  },
  'spend.recorded'(s, e) {
    s.spending.used = addUsage(s.spending.used, e.usage);
  },
  'delivery.ended'(s, e) {
    s.delivered = { to: e.to, ref: e.ref, commit: e.commit, outcome: e.outcome, detail: e.detail };
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

function openRun(s: State, e: EventOf<'run.opened'>, at: number): void {
  s.run = { id: e.run, request: e.request, version: e.version, configHash: e.configHash, openedAt: at };
  s.workers = e.request.limits.workers;
  noteScaled(s.flow, s.workers);
  s.head = e.request.base;
  s.health.intervalMs = firstChecksInterval(e.request.checksMinMs, e.request.checksMaxMs);
}
