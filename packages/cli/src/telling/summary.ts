/** How a run ended: the exit code and the closing screen. */
import type { Problem } from '@swarm/core/errors';
import type { Task } from '@swarm/core/model/task';
import { tokensOf } from '@swarm/core/model/usage';
import { isPartial, openRefusals } from '@swarm/core/rules/outcome';
import type { OpenedState, State } from '@swarm/core/state';
import { endingText, headline } from '@swarm/core/views/ending';
import { shortfallTexts, verdictOf } from '@swarm/core/views/verdict';
import { costText } from '@swarm/core/views/words';
import type { RunOutcome } from '@swarm/orchestrator';
import type { ChalkInstance } from 'chalk';
import { exitCodeFor } from './errors.ts';
import { duration } from './live.ts';
import { sanitizeLine } from './output.ts';
import { type PlannerWords, wordsText } from './planner-words.ts';

export function exitCodeOfRun(outcome: RunOutcome, s: State, isStrict: boolean): number {
  const problem = problemOf(outcome, s);
  if (problem) return exitCodeFor([problem]);
  if (outcome.kind === 'stopped') return outcome.why === 'signal' ? 130 : 1;
  if (verdictOf(s) !== 'complete') return 1;
  return isStrict && s.closed!.green !== true ? 1 : 0;
}

/** @param words what the planner said last, told where the run had nothing to do because of it. */
export function summaryOf(
  outcome: RunOutcome,
  s: OpenedState,
  ink: ChalkInstance,
  words?: PlannerWords,
): string {
  const { byState } = s;
  const tokens = tokensOf(s.spending.used);
  const money = costText(s.spending.used.costUsd, s.spending.used.priced);
  const landed = [...byState.landed].map((id) => {
    const t = s.tasks.get(id)!;
    const how = isPartial(s, t) ? ink.yellow('landed in part') : ink.green('landed');
    return `  ${how}  ${id}  ${sanitizeLine(t.spec.title, 100)}${t.state === 'landed' ? `  ${ink.dim(t.commit.slice(0, 10))}` : ''}`;
  });
  const failed = [...byState.failed].map((id) => {
    const t = s.tasks.get(id)!;
    return `  ${ink.red('failed')}  ${id}  ${nameOf(t)}: ${t.state === 'failed' ? sanitizeLine(reasonOf(t), 160) : ''}`;
  });
  return [
    verdictLine(outcome, s, ink),
    `  ${s.run.id}, ${duration(s.activeMs)}${tokens > 0 ? `; ${tokens} tokens, ${money}` : ''}`,
    ...landed,
    ...failed,
    ...[...s.health.findings.keys()].map((f) => `  ${ink.red('the target fails')}: ${sanitizeLine(f)}`),
    ...(words && s.closed && (s.tasks.size === 0 || openRefusals(s).length > 0) ? wordsText(words, ink) : []),
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

function verdictLine(outcome: RunOutcome, s: OpenedState, ink: ChalkInstance): string {
  if (outcome.kind === 'stopped') {
    return ink.yellow(`${headline(s)}; ${stoppedText(outcome.detail)}`);
  }
  if (verdictOf(s) === 'complete') return ink.green(endingText(s));
  const paint = s.landedCount === 0 || s.closed!.green === false ? ink.red : ink.yellow;
  return `${paint(endingText(s))}\n  ${ink.yellow('incomplete')}: ${sanitizeLine(shortfallTexts(s).join('; '), 400)}`;
}

const stoppedText = (detail: string): string => {
  const text = sanitizeLine(detail, 400);
  return /^stopped\b/.test(text) ? text : `stopped: ${text}`;
};

function deliveryLine(s: State): string {
  const d = s.delivered!;
  if (s.landedCount === 0) return `  ${d.detail}`;
  return d.outcome === 'done'
    ? `  delivered to ${d.ref.replace('refs/heads/', '')}`
    : `  not delivered to ${d.ref.replace('refs/heads/', '')}: ${sanitizeLine(d.detail, 300)}`;
}

/** What ended the run before its time, where it is for the operator to mend: as every refusal is told. */
export function problemOf(outcome: RunOutcome, s: State): Problem | undefined {
  if (outcome.kind === 'stopped')
    return s.paused?.reason === 'disk-full' && outcome.why === 'paused'
      ? diskFull(outcome.detail)
      : stopProblem(outcome.why, outcome.detail);
  const { reason } = s.closed!;
  if (reason !== 'budget' && reason !== 'time') return undefined;
  return {
    code: 'SW0601',
    what: `the ${reason === 'time' ? 'time' : 'budget'} of the run is used up`,
    why: 'nothing new was started after that, and what has landed stays',
    fix: 'swarm report; then swarm run, with more',
  };
}

/** Nothing of the work is at fault, and nothing of it was counted. */
const diskFull = (why: string): Problem => ({
  code: 'SW0701',
  what: 'the disk that swarm works on is full',
  why,
  fix: 'df -h; swarm clean gives some back; then swarm resume',
});

type StopReason = Extract<RunOutcome, { kind: 'stopped' }>['why'];

/** Undefined for what the operator did themselves, or is told as a pause. */
export function stopProblem(reason: StopReason, why: string): Problem | undefined {
  if (reason === 'signal' || reason === 'paused') return undefined;
  return { ...STOPPED[reason], why };
}

const STOPPED = {
  'base-red': {
    code: 'SW0602',
    what: 'the gate fails on the base',
    fix: 'mend it, name another with --gate, or --fix-red when mending it is the request',
  },
  'setup-failed': {
    code: 'SW0308',
    what: 'the setup fails on the base',
    fix: 'mend it, or name another with --setup',
  },
  'gate-broken': {
    code: 'SW0314',
    what: 'the gate cannot be run',
    fix: 'swarm doctor --run-gate; then swarm resume, or name another with --gate',
  },
  auth: {
    code: 'SW0403',
    what: 'a model endpoint rejects the key',
    fix: 'swarm resume, with a valid key',
  },
  quota: {
    code: 'SW0603',
    what: 'the quota of a model endpoint is used up',
    fix: 'swarm resume, when there is more',
  },
  'bad-request': {
    code: 'SW0405',
    what: 'a model endpoint refuses what it is asked',
    fix: 'swarm doctor; then swarm resume',
  },
  fault: {
    code: 'SW0801',
    what: 'the run met a fault of swarm’s own',
    fix: 'swarm logs; then swarm resume',
  },
} as const satisfies Record<Exclude<StopReason, 'signal' | 'paused'>, Omit<Problem, 'why'>>;

/** The commands a person would type next. */
export function nextCommands(outcome: RunOutcome, s: OpenedState): readonly string[] {
  if (outcome.kind === 'stopped') return ['swarm resume', 'swarm status', 'swarm logs'];
  const failed = [...s.byState.failed][0];
  const shown = failed ?? [...s.byState.landed][0];
  return [
    'swarm report',
    ...(shown ? [`swarm explain ${shown}`] : []),
    s.landedCount > 0 && s.run.request.deliver === 'branch' ? 'swarm apply' : 'swarm verify',
  ];
}
