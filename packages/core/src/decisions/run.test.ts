import { test } from 'node:test';
import type { Command } from '../commands.ts';
import type { Event } from '../events.ts';
import { type CloseReason, type Finding, OUTAGES_MAX, type PauseReason } from '../model/request.ts';
import {
  acceptedTask,
  aRequest,
  check,
  commit,
  handedIn,
  type Law,
  LIMITS,
  openedRun,
  RUN,
  running,
  startedLanding,
  usage,
} from '../testing.ts';
import { WORKERS_MAX } from './urgency.ts';

const run = openedRun();
const one: Event[] = [run, acceptedTask('t1')];
const open: Command = { type: 'openRun', run: RUN, request: aRequest(), version: '0', configHash: 'c' };
const close = (reason: CloseReason): Command => ({ type: 'closeRun', reason, green: 'unknown' });
const closed: Event = { type: 'run.closed', reason: 'done', head: commit('base'), green: true };
const cancelled: Event = { type: 'run.cancelled', reason: 'not wanted' };
const paused = (reason: PauseReason): Event => ({ type: 'run.paused', reason, detail: '' });
const pause = (reason: PauseReason): Command => ({ type: 'pause', reason, detail: '' });
const goOn = (by: 'operator' | 'itself'): Command => ({ type: 'continue', by });
const scale = (workers: number): Command => ({ type: 'scale', workers, reason: '' });
const finding = (signature: string): Finding => ({ signature, detail: '', head: commit('base') });
const checks = (outcome: 'passed' | 'failed' | 'broken', ...signatures: string[]): Command => ({
  type: 'recordChecks',
  result: { head: commit('base'), outcome, signatures, durationMs: 1 },
  findings: signatures.map(finding),
});
const found = (signature: string): Event => ({ type: 'finding.opened', finding: finding(signature) });

const bounded = openedRun({ limits: { ...LIMITS, tokens: 50_000 } });
const sliced: Event = {
  type: 'spend.reserved',
  role: 'reconciler',
  slice: 1,
  reserved: { tokens: 20_000, usd: 0 },
};
const spentBy = (calls: number): Event => ({
  type: 'spend.recorded',
  role: 'reconciler',
  usage: { ...usage(1), calls },
});
const OUTAGE: readonly Event[] = [paused('endpoints-down'), { type: 'run.continued', by: 'itself' }];

const LAWS: Record<string, Law> = {
  'a run opens once': { given: [run], when: open, gives: 'run-exists' },
  'nothing happens before a run is open': { given: [], when: pause('operator'), gives: 'no-run' },
  'nothing happens after it closed': { given: [run, closed], when: pause('operator'), gives: 'run-closed' },
  'but for the delivery of its result': {
    given: [run, closed],
    when: {
      type: 'recordDelivery',
      to: 'branch',
      ref: 'refs/heads/x',
      commit: commit('base'),
      outcome: 'done',
      detail: '',
    },
    gives: ['delivery.ended done'],
  },

  'a pause is said once': { given: [run, paused('quota')], when: pause('quota'), gives: 'illegal-move' },
  'a person’s pause is not replaced by one that ends by itself': {
    given: [run, paused('operator')],
    when: pause('endpoints-down'),
    gives: 'illegal-move',
  },
  'a person may pause what is paused for another reason': {
    given: [run, paused('endpoints-down')],
    when: pause('operator'),
    gives: ['run.paused operator'],
  },
  'a run that waited for its models goes on by itself': {
    given: [run, paused('endpoints-down')],
    when: goOn('itself'),
    gives: ['run.continued'],
  },
  'a run that a person paused does not': {
    given: [run, paused('operator')],
    when: goOn('itself'),
    gives: 'illegal-move',
  },
  'nor one whose history was rewritten': {
    given: [run, paused('history-rewritten')],
    when: goOn('itself'),
    gives: 'illegal-move',
  },
  'a run that is not paused cannot go on': { given: [run], when: goOn('operator'), gives: 'illegal-move' },

  'there is at least one worker': { given: [run], when: scale(0), gives: 'out-of-range' },
  'workers are whole': { given: [run], when: scale(1.5), gives: 'out-of-range' },
  [`there are at most ${WORKERS_MAX} workers`]: {
    given: [run],
    when: scale(WORKERS_MAX + 1),
    gives: 'out-of-range',
  },
  'the run never gives itself more workers than the operator gave': {
    given: [run],
    when: { ...scale(LIMITS.workers + 1), by: 'itself' } as Command,
    gives: 'out-of-range',
  },
  'the operator’s own number is the new most': {
    given: [run, { type: 'run.scaled', workers: 9, reason: '' }],
    when: { ...scale(9), by: 'itself' } as Command,
    gives: ['run.scaled'],
  },
  'coming down does not lower the most there may be': {
    given: [run, { type: 'run.scaled', workers: 1, reason: '', by: 'itself' }],
    when: { ...scale(LIMITS.workers), by: 'itself' } as Command,
    gives: ['run.scaled'],
  },
  'workers can be more or fewer at any time': { given: [run], when: scale(7), gives: ['run.scaled'] },

  'a budget that was never set is not reached': {
    given: [run],
    when: { type: 'reachBudget', which: 'usd' },
    gives: 'illegal-move',
  },
  'a budget is reached once': {
    given: [openedRun({ limits: { ...LIMITS, usd: 1 } }), { type: 'budget.reached', which: 'usd', limit: 1 }],
    when: { type: 'reachBudget', which: 'usd' },
    gives: 'illegal-move',
  },

  'a run is not done while a task is not over': { given: one, when: close('done'), gives: 'not-ready' },
  'a run does not close while an attempt runs': {
    given: [...one, ...running('t1.1')],
    when: close('cancelled'),
    gives: 'not-ready',
  },
  'a run does not close while a candidate is tested': {
    given: [...one, ...handedIn('t1.1'), startedLanding('l1', ['t1.1'])],
    when: close('budget'),
    gives: 'not-ready',
  },
  'tasks that never got their turn fail with the budget': {
    given: one,
    when: close('budget'),
    gives: ['task.failed t1 budget', 'run.closed budget'],
  },
  'or with the time': { given: one, when: close('time'), gives: ['task.failed t1 time', 'run.closed time'] },
  'a run does not close while a handoff waits to land, whatever it closes for': {
    given: [...one, ...handedIn('t1.1')],
    when: close('cancelled'),
    gives: 'not-ready',
  },
  'nor with its budget used up': {
    given: [...one, ...handedIn('t1.1')],
    when: close('budget'),
    gives: 'not-ready',
  },
  'a run that is cancelled takes back what waits to land, so that it can close': {
    given: [...one, ...handedIn('t1.1')],
    when: { type: 'cancelRun', reason: 'not wanted' },
    gives: ['run.cancelled', 'task.cancelled t1'],
  },
  'an outage that comes back again and again waits for a person': {
    given: [run, ...Array.from({ length: OUTAGES_MAX }, () => OUTAGE).flat()],
    when: pause('endpoints-down'),
    gives: ['run.paused endpoints-failing'],
  },
  'but not when a call was finished in between': {
    given: [run, ...Array.from({ length: OUTAGES_MAX }, () => OUTAGE).flat(), spentBy(1)],
    when: pause('endpoints-down'),
    gives: ['run.paused endpoints-down'],
  },
  'nor when a person let it go on': {
    given: [
      run,
      ...Array.from({ length: OUTAGES_MAX }, () => OUTAGE).flat(),
      paused('endpoints-failing'),
      { type: 'run.continued', by: 'operator' },
    ],
    when: pause('endpoints-down'),
    gives: ['run.paused endpoints-down'],
  },
  'endpoints that fail do not mend themselves': {
    given: [run, paused('endpoints-failing')],
    when: goOn('itself'),
    gives: 'illegal-move',
  },
  'calls outside attempts and iterations are reserved for first': {
    given: [bounded],
    when: { type: 'reserveSpend', role: 'reconciler', reserved: { tokens: 20_000, usd: 0 } },
    gives: ['spend.reserved'],
  },
  'and not when the budget does not cover them': {
    given: [bounded],
    when: { type: 'reserveSpend', role: 'reconciler', reserved: { tokens: 60_000, usd: 0 } },
    gives: 'not-ready',
  },
  'nor once it is reached': {
    given: [bounded, { type: 'budget.reached', which: 'tokens', limit: 50_000 }],
    when: { type: 'reserveSpend', role: 'reconciler', reserved: { tokens: 1, usd: 0 } },
    gives: 'not-ready',
  },
  'a slice is settled once': {
    given: [bounded, sliced, { type: 'spend.lost', role: 'reconciler', slice: 1 }],
    when: { type: 'recordSpend', slice: 1, usage: usage(1) },
    gives: 'late',
  },

  'a run cancelled as a whole takes every task that is not over with it': {
    given: [...one, acceptedTask('t2'), ...running('t1.1')],
    when: { type: 'cancelRun', reason: 'not wanted' },
    gives: ['run.cancelled', 'task.cancelled t1', 'task.cancelled t2'],
  },
  'a cancelled run takes no new task': {
    given: [run, cancelled],
    when: { type: 'acceptTasks', drafts: [], from: { by: 'operator' }, eachAlone: false },
    gives: 'run-closed',
  },
  'nor a pause: it would never close': {
    given: [run, cancelled],
    when: pause('operator'),
    gives: 'run-closed',
  },
  'an amendment needs a planner to read it': {
    given: [openedRun({ mode: 'plan' })],
    when: { type: 'amend', text: 'also' },
    gives: 'illegal-move',
  },

  'a new failure opens a finding': {
    given: [run],
    when: checks('failed', 'red'),
    gives: ['checks.ended', 'finding.opened'],
  },
  'a known failure does not open it again': {
    given: [run, found('red')],
    when: checks('failed', 'red'),
    gives: ['checks.ended'],
  },
  'a failure that is gone closes its finding': {
    given: [run, found('red')],
    when: checks('passed'),
    gives: ['checks.ended', 'finding.closed red'],
  },
  'checks that could not run close nothing': {
    given: [run, found('red')],
    when: checks('broken'),
    gives: ['checks.ended'],
  },
};

for (const [title, law] of Object.entries(LAWS)) test(title, () => check(law));
