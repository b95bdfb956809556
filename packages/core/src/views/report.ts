/**
 * The report of a run. Every figure counts landed work: work that did not reach the target is cost, not output. It is
 * made from the journal alone, so that the same journal always gives the same report.
 */
import type { AcceptanceVerdict, Judgement } from '../model/acceptance.ts';
import type { EndingReason } from '../model/attempt.ts';
import { HANDOFF_TEXT_MAX, type HandoffClaim } from '../model/handoff.ts';
import {
  type AttemptId,
  attemptId,
  type CommitId,
  type LandingId,
  type RunId,
  type TaskId,
  taskNumber,
} from '../model/ids.ts';
import type { RejectionReason } from '../model/landing.ts';
import type { CloseReason, DeliverTo } from '../model/request.ts';
import type { Requirement } from '../model/requirement.ts';
import { isOver, type Task, type TaskStateName } from '../model/task.ts';
import { tokensOf, type Usage } from '../model/usage.ts';
import { outsideScope } from '../rules/change-rules.ts';
import { standings } from '../rules/criteria.ts';
import { isPartial } from '../rules/outcome.ts';
import { ownerOf } from '../rules/owners.ts';
import { isHeldToScope } from '../rules/pipeline.ts';
import { openRequirements } from '../rules/requirements.ts';
import type { State } from '../state.ts';
import { type Alarm, alarms } from './alarms.ts';
import { taskCounts } from './board.ts';
import { changes, type ReportChange } from './changes.ts';
import { worstFirst } from './criteria.ts';
import { endingText, undoneCount } from './ending.ts';
import { type GateView, gateView, realGates } from './gate.ts';
import { type Remainder, remainderOf } from './remainder.ts';
import { shortfallTexts, verdictOf } from './verdict.ts';
import { gatedCommits, isVerified } from './verified.ts';
import { type VotesView, votesView } from './votes.ts';
import { plain, plainLines } from './words.ts';

export interface ReportTask {
  readonly task: TaskId;
  readonly title: string;
  /** The task it is a part of; absent: of none. */
  readonly partOf?: TaskId;
  readonly state: TaskStateName;
  /** Where it landed. */
  readonly commit?: CommitId;
  readonly attempts: number;
  /**
   * `verified`: it landed, and its own `verify` command passes on the head; or, without one, the gate passed on the very
   * landing that holds it. Or nothing was to be done: its `verify` passes on the
   * base, and failed on an earlier commit of the run. Everything else is `unverified`.
   */
  readonly verified: 'verified' | 'unverified';
  /** Its own `verify` passed before any work too: it tells nothing, and the gate alone stands for the task. */
  readonly tellsNothing?: true;
  /** It is there, and its handoff says that something is missing. */
  readonly isPartial?: true;
  /** Paths its landed change touched that it had not declared; absent when there are none. */
  readonly outside?: readonly string[];
  /** What reviewers last came to on it; absent where nobody voted. */
  readonly votes?: VotesView;
  /** What was answered, where an answer was asked for. */
  readonly answer?: string;
  /** Why it did not land, when it failed or was cancelled. */
  readonly why?: string;
}

export interface ReportFinding {
  readonly signature: string;
  /** The commit that brought the failure, if it is known. `task` is set when the commit is a landing of this run. */
  readonly culprit?: { readonly commit: CommitId; readonly task?: TaskId; readonly isBase: boolean };
  /** Every fix task ever filed for it. */
  readonly fixes: readonly TaskId[];
}

export interface ReportRequirement extends Requirement {
  /** Nothing of it is missing, or it was dropped: by its tasks, not by the planner's word alone. */
  readonly isSettled: boolean;
}

export interface ReportJudgement extends Judgement {
  /** Absent: of the whole run. */
  readonly task?: TaskId;
}

export interface ReportCriterion {
  /** Absent: of the whole run. */
  readonly task?: TaskId;
  readonly text: string;
  readonly check: 'command' | 'file' | 'pattern' | 'text';
  readonly verdict: AcceptanceVerdict;
  /** The command that was run, or who looked. */
  readonly by?: string;
  readonly commit?: CommitId;
  /** Why it is not verified; empty where it is. */
  readonly why: string;
}

export interface Report {
  readonly run: RunId | undefined;
  readonly request: string;
  readonly target: string;
  readonly landOn: string;
  readonly base: CommitId | undefined;
  readonly head: CommitId | undefined;
  /** Whether the checks passed on the final head; `unknown` is unknown, never green. */
  readonly green: boolean | 'unknown';
  /**
   * `complete`: closed as done, and nothing in `shortfalls`. `open`: not closed yet.
   */
  readonly verdict: 'complete' | 'incomplete' | 'open';
  /** What keeps it from being complete, in sentences without an end; while it is open, so far. */
  readonly shortfalls: readonly string[];
  /** What happened to the tasks, then whether the head is green: the sentence that is told everywhere. */
  readonly ending: string;
  /** What the planner asked for and was refused; no task of that name was accepted since. At most `REFUSED_MAX`. */
  readonly refused: readonly { readonly label: string; readonly problem: string }[];
  /** What the request asks for, by the planner's own list. */
  readonly requirements: readonly ReportRequirement[];
  /** What was to hold, as it was judged last; absent where nothing was judged. */
  readonly acceptance?: readonly ReportJudgement[];
  /** Everything the run was held against, the worst first; absent where there is nothing. */
  readonly criteria?: readonly ReportCriterion[];
  readonly closed: CloseReason | undefined;
  /** What is left undone; absent where the run did not close because of its budget or its time. */
  readonly remainder?: Remainder;
  readonly isGated: boolean;
  /** ms since the epoch. */
  readonly openedAt: number | undefined;
  /** From opening to closing, or to the last entry, with pauses and downtime. */
  readonly wallMs: number;
  /** Without the time in which no orchestrator ran. */
  readonly activeMs: number;
  readonly tasks: Readonly<Record<TaskStateName, number>>;
  /** Of the cancelled ones those that had landed, and were taken back. */
  readonly undone: number;
  /** Tasks on the target now: landed, and not taken back. */
  readonly landed: number;
  /** Per hour of `activeMs`. */
  readonly landedPerHour: number;
  readonly attempts: number;
  readonly endings: Readonly<Partial<Record<EndingReason, number>>>;
  /** Attempts that delivered a commit. */
  readonly handoffs: number;
  /** How many of `tasksHandedIn` landed with their first handoff. */
  readonly firstTryLandings: number;
  readonly tasksHandedIn: number;
  readonly rejections: Readonly<Partial<Record<RejectionReason, number>>>;
  /** Rejections for conflict. */
  readonly conflicts: number;
  readonly gateRuns: number;
  /** Time in gates that really ran. */
  readonly gateMs: number;
  /** Undefined where there is no gate. */
  readonly gate: GateView | undefined;
  /** Landings whose gate passed only when it was run again on the same tree. */
  readonly flakes: readonly LandingId[];
  readonly used: Usage;
  readonly tokens: number;
  /** Tokens of attempts after each task's first. */
  readonly retryTokens: number;
  /** What a crash ended had reserved this. It counts as spent. */
  readonly lostTokens: number;
  /** Work that was held because a secret, or what looks like one, stood in it. Absent: there was none. */
  readonly alarms?: readonly Alarm[];
  readonly openFindings: number;
  /** Failures of the target that are still there, oldest first. */
  readonly findings: readonly ReportFinding[];
  readonly delivered:
    | {
        readonly to: DeliverTo;
        readonly ref: string;
        readonly outcome: 'done' | 'refused';
        readonly detail: string;
      }
    | undefined;
  /** What is on the target now, worth looking at first, first. */
  readonly changes: readonly ReportChange[];
  /** Every task, in order of entry. */
  readonly list: readonly ReportTask[];
}

/** Characters of one answer, with its concerns. */
const ANSWER_MAX = 2 * HANDOFF_TEXT_MAX;
/** Refused tasks the report names. */
export const REFUSED_MAX = 100;

/** What the attempts amount to. */
interface Tally {
  readonly endings: Partial<Record<EndingReason, number>>;
  /** Each task's first handoff. */
  readonly firstHandoff: Map<TaskId, AttemptId>;
  handoffs: number;
  retryTokens: number;
}

export function report(state: State): Report {
  const tally = tallyAttempts(state);
  const gates = realGates(state);
  const list = taskList(state);
  const landed = list.filter((t) => t.state === 'landed').length;
  const wallMs = state.run === undefined ? 0 : (state.closed?.at ?? state.at) - state.run.openedAt;
  const { activeMs } = state;
  const { used, lost } = state.spending;
  const held = alarms(state);
  return {
    ...heading(state),
    wallMs,
    activeMs,
    tasks: taskCounts(state),
    undone: undoneCount(state),
    landed,
    landedPerHour: activeMs > 0 ? (landed * 3_600_000) / activeMs : 0,
    attempts: state.attempts.size,
    endings: tally.endings,
    handoffs: tally.handoffs,
    firstTryLandings: firstTries(state, tally),
    tasksHandedIn: tally.firstHandoff.size,
    rejections: state.rejections,
    conflicts: state.rejections.conflict ?? 0,
    gateRuns: gates.length,
    gateMs: gates.reduce((sum, gate) => sum + gate.durationMs, 0),
    gate: gateView(state),
    flakes: state.flakes,
    used,
    tokens: tokensOf(used),
    retryTokens: tally.retryTokens,
    lostTokens: lost.tokens,
    ...(held.length > 0 && { alarms: held }),
    openFindings: state.health.findings.size,
    findings: findings(state),
    delivered: delivery(state),
    changes: changes(state),
    list,
  };
}

function heading(state: State) {
  const { run, closed, head } = state;
  const remainder = remainderOf(state);
  return {
    run: run?.id,
    request: plain(run?.request.text ?? '', 2_000),
    target: plain(run?.request.target ?? ''),
    landOn: plain(run?.request.landOn ?? ''),
    base: run?.request.base,
    head,
    // What was undone after the end is another head, which nobody has checked.
    green: closed && closed.head === head ? closed.green : ('unknown' as const),
    verdict: verdictOf(state),
    ending: plain(endingText(state), 1_000),
    refused: [...state.planning.refusals].slice(0, REFUSED_MAX).map(([label, { problem }]) => ({
      label: plain(label, 100),
      problem: plain(problem),
    })),
    requirements: requirementsOf(state),
    ...acceptanceOf(state),
    ...criteriaOf(state),
    shortfalls: shortfallTexts(state),
    closed: closed?.reason,
    ...(remainder && { remainder }),
    isGated: run?.request.gate !== undefined,
    openedAt: run?.openedAt,
  };
}

function delivery({ delivered }: State): Report['delivered'] {
  if (delivered === undefined) return undefined;
  const { to, ref, outcome, detail } = delivered;
  return { to, ref: plain(ref), outcome, detail: plain(detail) };
}

function findings({ health }: State): ReportFinding[] {
  return [...health.findings.keys()].map((signature) => {
    const culprit = health.culprits.get(signature);
    const isKnown = culprit && culprit.kind !== 'missed';
    return {
      signature: plain(signature),
      ...(isKnown && {
        culprit: {
          commit: culprit.commit,
          ...(culprit.kind === 'landing' && { task: culprit.task }),
          isBase: culprit.kind === 'base',
        },
      }),
      fixes: health.fixHistory.get(signature) ?? [],
    };
  });
}

// ───────────────────────── attempts and gates ─────────────────────────

function tallyAttempts(state: State): Tally {
  const tally: Tally = { endings: {}, firstHandoff: new Map(), handoffs: 0, retryTokens: 0 };
  for (const attempt of state.attempts.values()) {
    if (attempt.state !== 'ended') continue;
    const { id, task, ending, usage } = attempt;
    tally.endings[ending] = (tally.endings[ending] ?? 0) + 1;
    if (id !== attemptId(task, 1)) tally.retryTokens += tokensOf(usage);
    if (ending !== 'handed-in') continue;
    tally.handoffs++;
    if (!tally.firstHandoff.has(task)) tally.firstHandoff.set(task, id);
  }
  return tally;
}

function firstTries(state: State, tally: Tally): number {
  let tries = 0;
  for (const id of state.byState.landed) {
    const task = state.tasks.get(id)!;
    const first = tally.firstHandoff.get(id);
    if (task.state === 'landed' && first !== undefined && task.attempt === first) tries++;
  }
  return tries;
}

// ───────────────────────── each task ─────────────────────────

function taskList(state: State): ReportTask[] {
  const gated = gatedCommits(state);
  const tasks = [...state.tasks.values()].sort((a, b) => taskNumber(a.id) - taskNumber(b.id));
  return tasks.map((task) => {
    const why = whyNot(task);
    const outside = outsideOf(state, task);
    const owner = ownerOf(state, task.id);
    return {
      task: task.id,
      title: plain(task.spec.title),
      ...(owner !== undefined && { partOf: owner }),
      state: task.state,
      ...(task.state === 'landed' && { commit: task.commit }),
      attempts: task.attempts,
      verified: isVerified(state, task, gated) ? ('verified' as const) : ('unverified' as const),
      ...(task.verifiesBase === true && { tellsNothing: true as const }),
      ...(isPartial(state, task) && { isPartial: true as const }),
      ...(outside.length > 0 && { outside }),
      ...(task.voted && { votes: votesView(task.voted) }),
      ...(task.state === 'answered' && { answer: answerOf(task.handoff) }),
      ...(why !== undefined && { why }),
    };
  });
}

const answerOf = ({ summary, concerns }: HandoffClaim): string =>
  plainLines([summary, ...concerns.map((one) => `concern: ${one}`)].join('\n'), ANSWER_MAX).join('\n');

/** Most paths the report names for one task. */
const OUTSIDE_MAX = 100;

function outsideOf(state: State, task: Task): readonly string[] {
  const attempt =
    task.state === 'landed' && task.attempt && isHeldToScope(task)
      ? state.attempts.get(task.attempt)
      : undefined;
  const files = attempt?.state === 'ended' ? (attempt.handoff?.change?.filesChanged ?? []) : [];
  return outsideScope(task.spec.scope, files)
    .slice(0, OUTSIDE_MAX)
    .map((path) => plain(path, 400));
}

function whyNot(task: Task): string | undefined {
  if (task.state === 'failed') return plain(`${task.failure}: ${task.detail}`);
  if (task.state === 'cancelled') return plain(task.reason);
  return isOver(task.state) ? undefined : 'not finished';
}

function acceptanceOf(state: State): Pick<Report, 'acceptance'> {
  if (state.acceptance.size === 0) return {};
  const all = [...state.acceptance.values()].map(({ at: _, ...judged }) => ({
    ...judged,
    criterion: plain(judged.criterion),
    ...(judged.evidence && {
      evidence: {
        ...judged.evidence,
        by: plain(judged.evidence.by),
        detail: plain(judged.evidence.detail),
      },
    }),
  }));
  return { acceptance: all };
}

function criteriaOf(state: State): Pick<Report, 'criteria'> {
  const all = worstFirst(standings(state));
  if (all.length === 0) return {};
  const criteria = all.map(({ text, check, why, by, ...one }) => ({
    ...one,
    text: plain(text),
    check: check.kind,
    ...(by !== undefined && { by: plain(by) }),
    why: plain(why),
  }));
  return { criteria };
}

function requirementsOf(state: State): readonly ReportRequirement[] {
  const open = new Set(openRequirements(state).map(({ id }) => id));
  return [...state.planning.requirements.values()].map((one) => ({
    ...one,
    id: plain(one.id, 100),
    text: plain(one.text),
    isSettled: !open.has(one.id),
  }));
}
