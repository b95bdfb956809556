/**
 * Which of several that tried a task is taken. Pure, and whole: the same ends give the same pick, whatever came first.
 * See the table in picking.test.ts.
 */
import { ENDINGS, type EndingReason } from '../model/attempt.ts';
import { attemptId, type TaskId } from '../model/ids.ts';
import { REJECTIONS, type RejectionReason } from '../model/landing.ts';
import type { Loser } from '../model/plan.ts';
import type { Task } from '../model/task.ts';
import { addUsage, NO_USAGE, tokensOf } from '../model/usage.ts';
import type { State } from '../state.ts';

/** How one of them ended. */
export interface Entrant {
  readonly task: TaskId;
  readonly nth: number;
  /** What it handed in; `none`: it can only be told of. */
  readonly brings: 'change' | 'nothing-to-do' | 'none';
  /** Its task's own check passed on what it committed. */
  readonly isVerified: boolean;
  /** The gate passed in its workspace. */
  readonly isGreen: boolean;
  /** By its own handoff nothing is missing. */
  readonly isWhole: boolean;
  readonly lines: number;
  readonly files: number;
  readonly costUsd: number;
  readonly tokens: number;
  /** In words, of one that brings nothing. */
  readonly why: string;
}

interface Mark {
  /** Less is better. */
  readonly of: (one: Entrant) => number;
  /** What the better one is, and the other is not. */
  readonly says: (better: Entrant, other: Entrant) => string;
}

const sign = (is: boolean): number => (is ? 0 : 1);

/** In this order: the first in which two differ says which is better. */
const MARKS: readonly Mark[] = [
  { of: ({ brings }) => sign(brings !== 'none'), says: (_, other) => other.why },
  {
    // Whoever changed something saw what whoever found nothing to do did not.
    of: ({ brings }) => sign(brings === 'change'),
    says: ({ task }) => `it found nothing to do, and ${task} did`,
  },
  { of: ({ isVerified }) => sign(isVerified), says: ({ task }) => `${task} is verified, and it is not` },
  { of: ({ isGreen }) => sign(isGreen), says: ({ task }) => `the gate passes on ${task}, and not on it` },
  { of: ({ isWhole }) => sign(isWhole), says: ({ task }) => `${task} is complete, and it is partial` },
  {
    of: ({ lines }) => lines,
    says: (better, other) => `it changes ${sizeText(other)}, and ${better.task} ${better.lines}`,
  },
  {
    of: ({ files }) => files,
    says: (better, other) => `it changes ${sizeText(other)}, and ${better.task} as many in ${better.files}`,
  },
  {
    of: ({ costUsd }) => costUsd,
    says: (better, other) => `it cost $${usd(other.costUsd)}, and ${better.task} $${usd(better.costUsd)}`,
  },
  {
    of: ({ tokens }) => tokens,
    says: (better, other) => `it used ${other.tokens} tokens, and ${better.task} ${better.tokens}`,
  },
  { of: ({ nth }) => nth, says: ({ task }) => `it is no better than ${task}, which comes first` },
];

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
const usd = (amount: number): string => amount.toFixed(amount < 0.01 ? 6 : 2);

/** The best first. */
export function ranked(entrants: readonly Entrant[]): readonly Entrant[] {
  return [...entrants].sort((a, b) => {
    const mark = firstDifference(a, b);
    return mark ? mark.of(a) - mark.of(b) : 0;
  });
}

const firstDifference = (a: Entrant, b: Entrant): Mark | undefined => MARKS.find(({ of }) => of(a) !== of(b));

/** What it lacks that the better one has, and how large it was. */
export function whyBehind(better: Entrant, other: Entrant): string {
  const mark = firstDifference(better, other);
  const said = mark?.says(better, other) ?? '';
  const isSized = other.brings !== 'change' || said.includes(sizeText(other));
  return isSized ? said : `${said} (${sizeText(other)})`;
}

/** Why this one was taken, of all of them. */
export function whyPicked([winner, next]: readonly [Entrant, ...Entrant[]]): string {
  const made = winner.brings === 'change' ? sizeText(winner) : 'nothing had to be done';
  if (!next || next.brings === 'none') return `${made}; it alone handed in`;
  return `${made}; next came ${next.task}: ${whyBehind(winner, next)}`;
}

const sizeText = ({ lines, files }: Entrant): string => `${count(lines, 'line')} in ${count(files, 'file')}`;

export const losersOf = ([winner, ...others]: readonly [Entrant, ...Entrant[]]): readonly Loser[] =>
  others.map((other) => ({ task: other.task, why: whyBehind(winner, other) }));

// ───────────────────────── how one ended ─────────────────────────

export function entrantOf(s: State, t: Task): Entrant {
  const { id, source, spec } = t;
  const last = s.attempts.get(attemptId(id, t.attempts));
  const ended = last?.state === 'ended' ? last : undefined;
  const change = ended?.handoff?.change;
  const brings = t.state === 'contending' ? 'change' : t.state === 'unneeded' ? 'nothing-to-do' : 'none';
  const used = usedBy(s, t);
  const isBehindGate = ended?.ending === 'gate-failed';
  return {
    task: id,
    nth: source.by === 'candidates' ? source.nth : 0,
    brings,
    isVerified: spec.verify !== undefined && (brings !== 'none' || isBehindGate),
    isGreen: ended?.handoff?.gate === 'passed',
    isWhole: ended?.handoff?.status !== 'partial',
    lines: change ? change.linesAdded + change.linesRemoved : 0,
    files: change?.filesChanged.length ?? 0,
    costUsd: used.costUsd,
    tokens: tokensOf(used),
    why: brings === 'none' ? endOf(t) : '',
  };
}

function usedBy(s: State, t: Task) {
  let used = NO_USAGE;
  for (let n = 1; n <= t.attempts; n++) {
    const attempt = s.attempts.get(attemptId(t.id, n));
    if (attempt?.state === 'ended') used = addUsage(used, attempt.usage);
  }
  return used;
}

/** Characters of what is told of the reason. */
const WHY_MAX = 400;

function endOf(t: Task): string {
  if (t.state === 'cancelled') return `it was cancelled: ${t.reason}`.slice(0, WHY_MAX);
  if (t.state === 'pending')
    return t.attempts === 0 ? 'nothing more could begin before it had' : 'nothing more could begin';
  if (t.state !== 'failed') return '';
  const means = meansOf(t.setback?.reason) ?? `failed (${t.failure})`;
  const detail = (t.setback?.detail || t.detail).replace(/\s+/g, ' ').trim();
  return `it ${means}${detail === '' ? '' : `: ${detail.slice(0, WHY_MAX)}`}`;
}

function meansOf(reason: string | undefined): string | undefined {
  if (reason === undefined) return undefined;
  if (Object.hasOwn(ENDINGS, reason)) return phrased(ENDINGS[reason as EndingReason].means);
  return Object.hasOwn(REJECTIONS, reason) ? REJECTIONS[reason as RejectionReason].means : undefined;
}

/** `its own verification failed` says itself of what. */
const phrased = (means: string): string =>
  /^(its|the) /.test(means) ? `handed nothing in, for ${means}` : means;
