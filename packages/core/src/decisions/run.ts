import type { Command } from '../commands.ts';
import { assertNever, type Refusal, refuse } from '../errors.ts';
import type { Event } from '../events.ts';
import type { TaskId } from '../model/ids.ts';
import { OUTAGES_MAX } from '../model/request.ts';
import { covers, limitReached, remainingFor } from '../rules/budget.ts';
import { depthOf } from '../rules/owners.ts';
import { isBusy, liveIterations, type OpenedState, type State } from '../state.ts';
import { nearing } from './nearing.ts';

type RunCommand = Extract<
  Command,
  {
    type:
      | 'recordBase'
      | 'resumeRun'
      | 'pause'
      | 'continue'
      | 'stop'
      | 'cancelRun'
      | 'nearBudget'
      | 'reachBudget'
      | 'reserveSpend'
      | 'recordSpend'
      | 'loseSpend'
      | 'recordDelivery'
      | 'closeRun'
      | 'recordChecks'
      | 'joinWorker'
      | 'leaveWorker';
  }
>;

export function openRun(s: State, c: Extract<Command, { type: 'openRun' }>): readonly Event[] | Refusal {
  if (s.run) return refuse('run-exists', `${s.run.id} is open already`);
  const { run, request, version, configHash, seed } = c;
  return [{ type: 'run.opened', run, request, version, configHash, ...(seed !== undefined && { seed }) }];
}

/** Laws of the run itself, its health and its machines. */
export function decideRun(s: OpenedState, c: RunCommand): readonly Event[] | Refusal {
  switch (c.type) {
    case 'recordBase':
      return [
        {
          type: 'base.checked',
          base: s.run.request.base,
          gate: c.gate,
          ...(c.checks && { checks: c.checks }),
        },
      ];
    case 'resumeRun':
      return [{ type: 'run.resumed', version: c.version, host: c.host, pid: c.pid }];
    case 'pause':
      if (s.paused?.reason === c.reason) return refuse('illegal-move', `paused already: ${s.paused.detail}`);
      if (s.paused?.reason === 'endpoints-failing' && c.reason === 'endpoints-down')
        return refuse('illegal-move', `paused already: ${s.paused.detail}`);
      // A person's pause is never replaced by one that ends by itself.
      if (s.paused?.reason === 'operator') return refuse('illegal-move', 'paused by the operator already');
      return [pauseOf(s, c)];
    case 'continue':
      if (!s.paused) return refuse('illegal-move', 'the run is not paused');
      if (c.by === 'itself' && s.paused.reason !== 'endpoints-down' && s.paused.reason !== 'disk-full') {
        return refuse('illegal-move', `a pause for ${s.paused.reason} needs the operator`);
      }
      return [{ type: 'run.continued', by: c.by }];
    case 'stop':
      return s.stopped ? refuse('illegal-move', 'stopped already') : [stopOf(c)];
    case 'cancelRun': {
      const { pending, assigned, running, contending, reviewing, complete } = s.byState;
      const { reason } = c;
      const waiting = [...complete, ...contending, ...reviewing, ...pending];
      const live = [...running, ...assigned, ...waiting, ...innermostFirst(s)];
      return [
        { type: 'run.cancelled', reason },
        ...live.map((task): Event => ({ type: 'task.cancelled', task, reason, by: 'operator' })),
      ];
    }
    case 'nearBudget': {
      if (s.spending.neared) return refuse('illegal-move', 'that was said already');
      return nearing(s, c.which) ?? refuse('illegal-move', `there is no soft limit on ${c.which}`);
    }
    case 'reachBudget': {
      if (s.spending.reached) return refuse('illegal-move', 'the budget was reached already');
      const limit = limitReached(s, c.which);
      return limit === undefined
        ? refuse('illegal-move', `there is no limit on ${c.which}`)
        : [{ type: 'budget.reached', which: c.which, limit }];
    }
    case 'reserveSpend':
      return reserveSpend(s, c);
    case 'recordSpend': {
      const open = s.spending.slices.get(c.slice);
      if (!open) return refuse('late', `slice ${c.slice} is settled`);
      return [{ type: 'spend.recorded', role: open.role, usage: c.usage, slice: c.slice }];
    }
    case 'loseSpend': {
      const open = s.spending.slices.get(c.slice);
      if (!open) return refuse('late', `slice ${c.slice} is settled`);
      return [{ type: 'spend.lost', role: open.role, slice: c.slice }];
    }
    case 'recordDelivery': {
      const { type: _, ...delivered } = c;
      return [{ type: 'delivery.ended', ...delivered }];
    }
    case 'closeRun':
      return closeRun(s, c);
    case 'recordChecks':
      return recordChecks(s, c);
    case 'joinWorker':
      return [{ type: 'worker.joined', worker: c.worker, slots: c.slots, capabilities: c.capabilities }];
    case 'leaveWorker':
      if (!s.machines.has(c.worker)) return refuse('illegal-move', `${c.worker} is not here`);
      return [{ type: 'worker.left', worker: c.worker, reason: c.reason }];
    default:
      return assertNever(c);
  }
}

const stopOf = ({ reason, detail, moreAt }: Extract<RunCommand, { type: 'stop' }>): Event => ({
  type: 'run.stopped',
  reason,
  detail,
  ...(moreAt !== undefined && { moreAt }),
});

/** An outage that comes back again and again, with no finished call in between, does not end by itself. */
function pauseOf(s: State, { reason, detail }: Extract<RunCommand, { type: 'pause' }>): Event {
  if (reason !== 'endpoints-down' || s.outagesInRow < OUTAGES_MAX)
    return { type: 'run.paused', reason, detail };
  const often = `${OUTAGES_MAX} times in a row an endpoint answered again and no call could be finished`;
  return { type: 'run.paused', reason: 'endpoints-failing', detail: `${often}: ${detail}` };
}

/** Is decided before the first call, and only while something new may start, as for an attempt. */
function reserveSpend(
  s: OpenedState,
  c: Extract<RunCommand, { type: 'reserveSpend' }>,
): readonly Event[] | Refusal {
  if (s.paused || s.stopped || s.spending.reached) return refuse('not-ready', 'nothing new starts now');
  if (!covers(remainingFor(s, c.role), c.reserved))
    return refuse('not-ready', 'the rest of the budget does not cover it');
  const slice = s.spending.slicesMade + 1;
  return [{ type: 'spend.reserved', role: c.role, slice, reserved: c.reserved }];
}

/** Split tasks, each after what it was split into. */
const innermostFirst = (s: State): readonly TaskId[] =>
  [...s.byState.expanded].sort((a, b) => depthOf(s, b) - depthOf(s, a));

/** Every accepted task is over when a run closes (P9). A task that never started fails with the reason. */
function closeRun(s: OpenedState, c: Extract<RunCommand, { type: 'closeRun' }>): readonly Event[] | Refusal {
  const calls = liveIterations(s).length + s.spending.slices.size;
  if (s.liveAttempts.size > 0 || s.openLandings.size > 0 || calls > 0) {
    return refuse('not-ready', 'something is still running');
  }
  if (c.reason === 'done' && isBusy(s)) return refuse('not-ready', 'some tasks are not over');
  // Done work is landed or rejected, and never thrown away because the run is at its end.
  if (s.queue.size > 0) return refuse('not-ready', `${s.queue.size} handoffs wait to land`);
  const { pending, contending, reviewing } = s.byState;
  const left = [...pending, ...contending, ...reviewing, ...innermostFirst(s)];
  const failure = c.reason === 'time' ? 'time' : 'budget';
  return [
    ...left.map(
      (task): Event =>
        c.reason === 'budget' || c.reason === 'time'
          ? {
              type: 'task.failed',
              task,
              failure,
              detail: `the run’s ${failure} ${s.spending.reached ? 'was used up' : 'came near its end'} first`,
            }
          : { type: 'task.cancelled', task, reason: 'the run was closed', by: 'operator' },
    ),
    { type: 'run.closed', reason: c.reason, head: s.head, green: c.green },
  ];
}

/** Findings are opened once per signature and closed when the checks no longer show them. */
function recordChecks(s: OpenedState, c: Extract<RunCommand, { type: 'recordChecks' }>): readonly Event[] {
  const events: Event[] = [{ type: 'checks.ended', result: c.result }];
  const open = s.health.findings;
  const seen = new Set(c.findings.map((f) => f.signature));
  for (const finding of c.findings) {
    if (!open.has(finding.signature)) events.push({ type: 'finding.opened', finding });
  }
  if (c.result.outcome !== 'passed' && c.result.outcome !== 'failed') return events;
  for (const [signature, { finding }] of open) {
    // A task's own check is not what the full checks look at.
    if (finding.task === undefined && !seen.has(signature))
      events.push({ type: 'finding.closed', signature, head: c.result.head });
  }
  return events;
}
