/** How a run ended: the exit code and the closing screen. */
import type { Problem } from '@swarm/core/errors';
import type { Task } from '@swarm/core/model/task';
import { tokensOf } from '@swarm/core/model/usage';
import { isPartial, openRefusals } from '@swarm/core/rules/outcome';
import type { OpenedState, State } from '@swarm/core/state';
import { CRITERION_WORDS, standingText, toldStandings, worstFirst } from '@swarm/core/views/criteria';
import { endingText, sumText } from '@swarm/core/views/ending';
import { lineage } from '@swarm/core/views/family';
import { needs } from '@swarm/core/views/needs';
import { leftUndone, remainderOf, remainderTexts } from '@swarm/core/views/remainder';
import { shortfallTexts, verdictOf } from '@swarm/core/views/verdict';
import { unproven } from '@swarm/core/views/verified';
import { cutToWidth } from '@swarm/core/views/width';
import { costText, countText } from '@swarm/core/views/words';
import type { RunOutcome } from '@swarm/orchestrator';
import type { ChalkInstance } from 'chalk';
import { answerLines } from './answers-text.ts';
import { duration } from './doings.ts';
import { exitCodeFor } from './errors.ts';
import { moreText } from './more-at.ts';
import { neededText } from './needed-text.ts';
import { sanitizeLine, wrapText } from './output.ts';
import { type PlannerWords, wordsText } from './planner-words.ts';

export function exitCodeOfRun(outcome: RunOutcome, s: State, isStrict: boolean): number {
  const problem = problemOf(outcome, s);
  if (problem) return exitCodeFor([problem]);
  if (outcome.kind === 'stopped') return outcome.why === 'signal' ? 130 : 1;
  if (verdictOf(s) !== 'complete') return 1;
  return isStrict && (s.closed!.green !== true || unproven(s).length > 0) ? 1 : 0;
}

export interface SummaryLook {
  readonly ink: ChalkInstance;
  /** Width of the terminal; undefined where there is none. */
  readonly columns: number | undefined;
  /** What the planner said last, told where the run had nothing to do because of it. */
  readonly words?: PlannerWords | undefined;
}

export function summaryOf(outcome: RunOutcome, s: OpenedState, { ink, columns, words }: SummaryLook): string {
  const tokens = tokensOf(s.spending.used);
  const money = costText(s.spending.used.costUsd, s.spending.used.priced);
  const wrapped = (text: string): string => wrapText(text, columns, INDENT);
  return [
    ...neededText(needs(s, false), columns ?? Number.POSITIVE_INFINITY),
    verdictLine(outcome, s, ink, wrapped),
    `  ${sumText(s)} in ${duration(s.activeMs)}${tokens > 0 ? `; ${countText(tokens, 'token')}, ${money}` : ''}; ${s.run.id}`,
    ...taskLines(s, ink, columns),
    ...criterionLines(s, ink, columns),
    ...answerLines(s, ink, columns),
    ...[...s.health.findings.keys()].map(
      (f) => `  ${ink.red('the target fails')}: ${wrapped(sanitizeLine(f))}`,
    ),
    ...leftLines(s, wrapped),
    ...(words && s.closed && (s.tasks.size === 0 || openRefusals(s).length > 0) ? wordsText(words, ink) : []),
    ...(s.delivered ? [deliveryLine(s, wrapped)] : []),
  ].join('\n');
}

/** Without the command: that is told with the problem. */
function leftLines(s: OpenedState, wrapped: (text: string) => string): string[] {
  const left = remainderOf(s);
  return left ? remainderTexts(left).map((text) => `  left: ${wrapped(sanitizeLine(text, 1_000))}`) : [];
}

/** Continuation lines begin so far in. */
const INDENT = 4;

/** Every task that landed or went wrong, a line each; what the budget left undone is told in sum. Ids and commits are whole; of what was written by others the end is cut. */
function taskLines(s: OpenedState, ink: ChalkInstance, columns: number | undefined): string[] {
  const landed = [...s.byState.landed].map((id) => {
    const t = s.tasks.get(id)!;
    const how = isPartial(s, t)
      ? (['landed in part', ink.yellow] as const)
      : (['landed', ink.green] as const);
    const commit = t.state === 'landed' ? t.commit.slice(0, 10) : '';
    const name = lineage(s, id);
    const room = (columns ?? Number.POSITIVE_INFINITY) - `  ${how[0]}  ${name}    ${commit}`.length;
    const title = cutToWidth(sanitizeLine(t.spec.title, 100), Math.max(8, room));
    return `  ${how[1](how[0])}  ${name}  ${title}  ${ink.dim(commit)}`;
  });
  const left = leftUndone(s);
  const wrong = [...s.byState.failed].filter((id) => !left.has(id));
  const failed = wrong.map((id) => {
    const t = s.tasks.get(id)!;
    const why = t.state === 'failed' ? sanitizeLine(reasonOf(t), 160) : '';
    const name = lineage(s, id);
    const room = (columns ?? Number.POSITIVE_INFINITY) - `  failed  ${name}  `.length;
    return `  ${ink.red('failed')}  ${name}  ${cutToWidth(`${nameOf(t)}: ${why}`, Math.max(8, room))}`;
  });
  return [...landed, ...failed];
}

/** Criteria named one by one; the report has them all. */
const CRITERIA_SHOWN = 10;

/** What was to hold and is not verified, each with why. */
function criterionLines(s: OpenedState, ink: ChalkInstance, columns: number | undefined): string[] {
  if (!s.closed) return [];
  const open = worstFirst(toldStandings(s)).filter(({ verdict }) => verdict !== 'verified');
  const lines = open.slice(0, CRITERIA_SHOWN).map((one) => {
    const [word, paint] = [CRITERION_WORDS[one.verdict], one.verdict === 'failed' ? ink.red : ink.yellow];
    const text = standingText(one).slice(word.length);
    return `  ${paint(word)}${wrapText(sanitizeLine(text, 600), columns, INDENT)}`;
  });
  const more = open.length - lines.length;
  return more > 0 ? [...lines, `  and ${more} more: swarm report`] : lines;
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

function verdictLine(
  outcome: RunOutcome,
  s: OpenedState,
  ink: ChalkInstance,
  wrapped: (text: string) => string,
): string {
  if (outcome.kind === 'stopped')
    return ink.yellow(wrapped(`${endingText(s)}; ${stoppedText(firstLine(outcome.detail))}`));
  if (verdictOf(s) === 'complete') return ink.green(wrapped(endingText(s)));
  const paint = s.landedCount === 0 || s.closed!.green === false ? ink.red : ink.yellow;
  const short = wrapped(`incomplete: ${sanitizeLine(shortfallTexts(s).join('; '), 1_000)}`);
  return `${paint(wrapped(endingText(s)))}\n  ${short.replace('incomplete', ink.yellow('incomplete'))}`;
}

/** What follows, such as the words that differ, is told where the problem is. */
const firstLine = (detail: string): string => detail.split('\n', 1)[0]!;

const stoppedText = (detail: string): string => {
  const text = sanitizeLine(detail, 400);
  return /^stopped\b/.test(text) ? text : `stopped: ${text}`;
};

function deliveryLine(s: State, wrapped: (text: string) => string): string {
  const d = s.delivered!;
  if (s.landedCount === 0) return `  ${wrapped(d.detail)}`;
  const note = d.to === 'pr' && d.detail !== '' ? `; ${sanitizeLine(d.detail, 300)}` : '';
  return d.outcome === 'done'
    ? `  delivered to ${sanitizeLine(d.url ?? d.ref.replace('refs/heads/', ''), 300)}${note}`
    : `  ${wrapped(`not delivered to ${d.ref.replace('refs/heads/', '')}: ${sanitizeLine(d.detail, 400)}`)}`;
}

/** What ended the run before its time, where it is for the operator to mend: as every refusal is told. */
export function problemOf(outcome: RunOutcome, s: State): Problem | undefined {
  if (outcome.kind === 'stopped')
    return s.paused?.reason === 'disk-full' && outcome.why === 'paused'
      ? diskFull(outcome.detail)
      : outcome.why === 'quota' && s.moreAt !== undefined
        ? usedUp(outcome.detail, s.moreAt)
        : stopProblem(outcome.why, outcome.detail);
  const { reason } = s.closed!;
  if (reason !== 'budget' && reason !== 'time') return undefined;
  return {
    code: 'SW0601',
    what: `the ${reason} of the run is ${s.spending.reached ? 'used up' : 'nearly used up'}`,
    why: 'nothing new was started after that, and what has landed stays',
    fix: `${remainderOf(s)?.goOn ?? 'swarm resume'}   # or whatever more it may take`,
  };
}

/** Nothing of the work is at fault, and nothing of it was counted. */
const diskFull = (why: string): Problem => ({
  code: 'SW0701',
  what: 'the disk that swarm works on is full',
  why,
  fix: 'df -h; swarm clean gives some back; then swarm resume',
});

const usedUp = (detail: string, moreAt: number): Problem => ({
  ...STOPPED.quota,
  why: `${detail}; ${moreText(moreAt, Date.now())}`,
  fix: 'swarm resume   # waits until then; swarm resume --now asks at once',
});

type StopReason = Extract<RunOutcome, { kind: 'stopped' }>['why'];

/** Undefined for what the operator did themselves, is told as a pause, or by what carries the run. */
export function stopProblem(reason: StopReason, why: string): Problem | undefined {
  if (reason === 'signal' || reason === 'paused' || reason === 'taken') return undefined;
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
  diverged: {
    code: 'SW0208',
    what: 'the run asks something else than the recorded one',
    fix: 'swarm prompts diff; with what is changed on purpose: swarm run … --record <another file>',
  },
  unrecorded: {
    code: 'SW0701',
    what: 'the cassette takes no more, and the run was to be recorded',
    fix: 'df -h; swarm resume, or swarm resume --no-record to go on without',
  },
  fault: {
    code: 'SW0801',
    what: 'the run met a fault of swarm’s own',
    fix: 'swarm logs; then swarm resume',
  },
} as const satisfies Record<Exclude<StopReason, 'signal' | 'paused' | 'taken'>, Omit<Problem, 'why'>>;

/** The commands a person would type next. */
export function nextCommands(outcome: RunOutcome, s: OpenedState): readonly string[] {
  if (outcome.kind === 'stopped' && outcome.why === 'taken') return ['swarm status', 'swarm logs'];
  if (outcome.kind === 'stopped')
    return [outcome.why === 'diverged' ? 'swarm prompts list' : 'swarm resume', 'swarm status', 'swarm logs'];
  const failed = [...s.byState.failed][0];
  const shown = failed ?? [...s.byState.landed][0];
  return [
    'swarm report',
    ...(shown ? [`swarm explain ${shown}`] : []),
    s.landedCount > 0 && s.run.request.deliver === 'branch' ? 'swarm apply' : 'swarm verify',
  ];
}

/** On one line, or each on its own where that is too long: a command that wraps cannot be copied. */
export function nextText(commands: readonly string[], columns: number | undefined): string {
  const line = `next: ${commands.join(' · ')}`;
  return columns === undefined || line.length <= columns ? line : `next: ${commands.join('\n      ')}`;
}
