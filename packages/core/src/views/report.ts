/**
 * The report of a run. Every figure counts landed work: work that did not reach the target is cost, not output. It is
 * made from the journal alone, so that the same journal always gives the same report.
 */
import type { EndingReason } from '../model/attempt.ts';
import { HANDOFF_TEXT_MAX, type HandoffClaim } from '../model/handoff.ts';
import { type AttemptId, attemptId, type TaskId, taskNumber } from '../model/ids.ts';
import { isOver, type Task } from '../model/task.ts';
import { tokensOf } from '../model/usage.ts';
import { outsideScope } from '../rules/change-rules.ts';
import { standings } from '../rules/criteria.ts';
import { isPartial } from '../rules/outcome.ts';
import { ownerOf } from '../rules/owners.ts';
import { isHeldToScope } from '../rules/pipeline.ts';
import { openRequirements } from '../rules/requirements.ts';
import type { State } from '../state.ts';
import { alarms } from './alarms.ts';
import { taskCounts } from './board.ts';
import { changes } from './changes.ts';
import { lostCount, lostOf, pickedText } from './contest.ts';
import { worstFirst } from './criteria.ts';
import { endingText, undoneCount } from './ending.ts';
import { gateView, realGates } from './gate.ts';
import { leftCount, remainderOf } from './remainder.ts';
import type { Report, ReportFinding, ReportRequirement, ReportTask } from './report-shape.ts';
import { shortfallTexts, verdictOf } from './verdict.ts';
import { gatedCommits, isVerified } from './verified.ts';
import { votesView } from './votes.ts';
import { plain, plainLines } from './words.ts';

export type { Report, ReportCriterion, ReportFinding, ReportTask } from './report-shape.ts';

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
    ...(lostCount(state) > 0 && { lost: lostOf(state) }),
    ...(leftCount(state) > 0 && { leftUndone: leftCount(state) }),
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
  const { to, ref, outcome, detail, url } = delivered;
  const told = { to, ref: plain(ref), outcome, detail: plain(detail, 1_000) };
  return url === undefined ? told : { ...told, url: plain(url) };
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
    const why = pickedText(state, task.id) ?? whyNot(task);
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
    task.state === 'landed' && task.attempt && isHeldToScope(state, task)
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
