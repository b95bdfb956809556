/** How a run ended: the exit code and the closing screen. */
import { costText, type Problem, type State, type Task, tokensOf } from '@swarm/core';
import type { RunOutcome } from '@swarm/orchestrator';
import type { ChalkInstance } from 'chalk';
import { duration } from './live.ts';
import { sanitizeLine } from './output.ts';

const STOPPED = {
  signal: 130,
  auth: 77,
  quota: 79,
  'bad-request': 69,
  'base-red': 80,
  'setup-failed': 78,
  'gate-broken': 78,
  paused: 1,
  fault: 70,
} as const;

export function exitCodeOfRun(outcome: RunOutcome, s: State, isStrict: boolean): number {
  if (outcome.kind === 'stopped') return STOPPED[outcome.why];
  const closed = s.closed!;
  if (closed.reason === 'budget' || closed.reason === 'time') return 79;
  const isWhole = closed.reason === 'done' && s.byState.failed.size === 0 && closed.green !== false;
  if (!isWhole || s.delivered?.outcome === 'refused' || s.health.findings.size > 0) return 1;
  return isStrict && closed.green !== true ? 1 : 0;
}

export function summaryOf(outcome: RunOutcome, s: State, ink: ChalkInstance): string {
  const { byState } = s;
  const counts = [
    `${s.landedCount} landed`,
    ...(['answered', 'unneeded', 'failed', 'cancelled', 'pending'] as const).flatMap((k) =>
      byState[k].size > 0 ? [`${byState[k].size} ${k}`] : [],
    ),
  ].join(', ');
  const tokens = tokensOf(s.spending.used);
  const money = costText(s.spending.used.costUsd, s.spending.used.priced);
  const landed = [...byState.landed].map((id) => {
    const t = s.tasks.get(id)!;
    return `  ${ink.green('landed')}  ${id}  ${sanitizeLine(t.spec.title, 100)}${t.state === 'landed' ? `  ${ink.dim(t.commit.slice(0, 10))}` : ''}`;
  });
  const failed = [...byState.failed].map((id) => {
    const t = s.tasks.get(id)!;
    return `  ${ink.red('failed')}  ${id}  ${nameOf(t)}: ${t.state === 'failed' ? sanitizeLine(reasonOf(t), 160) : ''}`;
  });
  return [
    verdictLine(outcome, s, ink),
    `  ${counts} in ${duration(s.activeMs)}${tokens > 0 ? `; ${tokens} tokens, ${money}` : ''}`,
    ...landed,
    ...failed,
    ...[...s.health.findings.keys()].map((f) => `  ${ink.red('the target fails')}: ${sanitizeLine(f)}`),
    ...(s.delivered ? [deliveryLine(s)] : []),
  ].join('\n');
}

/** A branch is known by its name, whatever its commits are called. */
const nameOf = ({ source, spec }: Task): string =>
  sanitizeLine(source.by === 'land' ? `${source.branch} (${spec.title})` : spec.title, 100);

/** Which attempt it was says nothing of a branch: it has but one. */
function reasonOf(t: Task & { state: 'failed' }): string {
  return t.source.by === 'land'
    ? t.detail.replace(`${t.id}.${t.attempts} `, '')
    : `${t.failure}: ${t.detail}`;
}

function verdictLine(outcome: RunOutcome, s: State, ink: ChalkInstance): string {
  const run = s.run!.id;
  if (outcome.kind === 'stopped') {
    return `${ink.yellow(`${run} stopped`)}: ${sanitizeLine(outcome.detail, 400)}`;
  }
  const { green, reason } = s.closed!;
  const health =
    green === 'unknown' ? 'the result was not checked' : green ? 'the result is green' : 'the result is RED';
  const isGood = reason === 'done' && green !== false && s.byState.failed.size === 0;
  return (isGood ? ink.green : ink.yellow)(`${run} ${reason}: ${health} at ${s.closed!.head.slice(0, 10)}`);
}

function deliveryLine(s: State): string {
  const d = s.delivered!;
  if (s.landedCount === 0) return `  ${d.detail}`;
  return d.outcome === 'done'
    ? `  delivered to ${d.ref.replace('refs/heads/', '')}`
    : `  not delivered to ${d.ref.replace('refs/heads/', '')}: ${sanitizeLine(d.detail, 300)}`;
}

/** What stopped the run, where it is for the operator to mend: as every refusal is told. */
export function problemOf(outcome: RunOutcome): Problem | undefined {
  if (outcome.kind !== 'stopped') return undefined;
  const why = outcome.detail;
  switch (outcome.why) {
    case 'base-red':
      return {
        code: 'SW0602',
        what: 'the gate fails on the base',
        why,
        fix: 'mend it, name another with --gate, or --fix-red when mending it is the request',
      };
    case 'setup-failed':
      return {
        code: 'SW0308',
        what: 'the setup fails on the base',
        why,
        fix: 'mend it, or name another with --setup',
      };
    case 'auth':
      return {
        code: 'SW0403',
        what: 'a model endpoint rejects the key',
        why,
        fix: 'swarm resume, with a valid key',
      };
    default:
      return undefined;
  }
}

/** The commands a person would type next. */
export function nextCommands(outcome: RunOutcome, s: State): readonly string[] {
  if (outcome.kind === 'stopped') return ['swarm resume', 'swarm status', 'swarm logs'];
  const failed = [...s.byState.failed][0];
  const shown = failed ?? [...s.byState.landed][0];
  return [
    'swarm report',
    ...(shown ? [`swarm explain ${shown}`] : []),
    s.landedCount > 0 && s.run!.request.deliver === 'branch' ? 'swarm apply' : 'swarm verify',
  ];
}
