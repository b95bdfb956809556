/** One task's whole story, as sentences in the order it happened. */
import type { ContestEvent, Entry, Event, EventOf } from '../events.ts';
import { ENDINGS } from '../model/attempt.ts';
import { type TaskId, taskOf } from '../model/ids.ts';
import { DROPS, type GateResult, REJECTIONS, UNDO_REFUSALS } from '../model/landing.ts';
import type { Subplan } from '../model/plan.ts';
import type { Task, TaskSource } from '../model/task.ts';
import { addUsage, NO_USAGE, tokensOf, type Usage } from '../model/usage.ts';
import { outsideScope } from '../rules/change-rules.ts';
import { partsOf } from '../rules/owners.ts';
import type { State } from '../state.ts';
import { contestStory, pickedShort } from './contest.ts';
import { CRITERION_WORDS, TESTS_WORDS } from './criteria.ts';
import { againText } from './dropped.ts';
import { waitsFor, waitText } from './queue.ts';
import { VERDICT_WORDS, voteText } from './votes.ts';
import { clockText, costText, countText, durationText, plain, shortCommit, signaturesText } from './words.ts';

/** What is remembered while reading: whose landing it was, and when attempts began. */
interface Memory {
  readonly task: TaskId;
  readonly landings: Set<string>;
  readonly startedAt: Map<string, number>;
  /** As it was declared last. */
  scope: readonly string[];
}

/**
 * @param entries the journal's, from the first.
 * @param clock how a time is told; in UTC when absent.
 * @returns sentences, each with its time; the last says how it stands now. Empty for an unknown task.
 */
export function explainTask(
  state: State,
  entries: Iterable<Entry>,
  task: TaskId,
  clock: (atMs: number) => string = clockText,
): string[] {
  if (!state.tasks.has(task)) return [];
  const memory: Memory = { task, landings: new Set(), startedAt: new Map(), scope: [] };
  const story: string[] = [];
  for (const { at, events } of entries) {
    for (const event of events) {
      const sentence = tell(event, at, memory);
      if (sentence !== undefined) story.push(`${clock(at)}  ${sentence}`);
    }
  }
  return [...story, ...sum(state, task), standing(state, task)];
}

/** @returns undefined for what is not about this task. */
function tell(event: Event, at: number, memory: Memory): string | undefined {
  if ('spec' in event && event.task === memory.task) memory.scope = event.spec.scope;
  if (isOfContest(event)) return contestStory(event, memory.task);
  const own = event.type.startsWith('task.') ? tellTask(event, memory.task) : undefined;
  if (own !== undefined) return own;
  if ('attempt' in event && taskOf(event.attempt) === memory.task) return tellAttempt(event, at, memory);
  if (
    event.type === 'task.accepted' &&
    event.source.by === 'subplanner' &&
    event.source.parent === memory.task
  )
    return `Its planner named a part: ${event.task} “${plain(event.spec.title)}”.`;
  if (event.type === 'task.accepted' && event.source.by === 'pipeline' && event.source.parent === memory.task)
    return `Its step for the ${plain(event.source.step, 100)} is ${event.task}.`;
  if (
    event.type === 'task.accepted' &&
    event.source.by === 'candidates' &&
    event.source.parent === memory.task
  )
    return `${event.task} tries it (contender ${event.source.nth}).`;
  if (event.type === 'acceptance.judged' && event.task === memory.task) return judgedText(event);
  if (event.type === 'criteria.tried') return triedOf(event, memory.task);
  return tellLanding(event, memory);
}

const isOfContest = (event: Event): event is ContestEvent => event.type.startsWith('contest.');

function judgedText({ criterion, verdict, evidence }: EventOf<'acceptance.judged'>): string {
  const by = evidence
    ? ` (${evidence.kind} ${plain(evidence.by, 100)} on ${shortCommit(evidence.commit)})`
    : '';
  return `${CRITERION_WORDS[verdict]}${by}: “${plain(criterion)}”${detailText(evidence?.detail ?? '')}`;
}

/** What could not have failed is said; the rest is as it should be. */
function triedOf({ results }: EventOf<'criteria.tried'>, task: TaskId): string | undefined {
  const holding = results.filter((one) => one.task === task && one.end === 'holds');
  if (holding.length === 0) return undefined;
  const named = holding.slice(0, 5).map(({ criterion }) => `“${plain(criterion, 100)}”`);
  return `Before any work, on the base, this held already, and tells nothing: ${named.join(', ')}.`;
}

function tellTask(event: Event, task: TaskId): string | undefined {
  if (!('task' in event) || event.task !== task) return undefined;
  switch (event.type) {
    case 'task.accepted':
      return `${task} was accepted ${sourceText(event.source)}: “${plain(event.spec.title)}”${termsText(event)}.`;
    case 'task.rescoped':
      return `It was changed: “${plain(event.spec.title)}”${termsText(event)}.`;
    case 'task.requeued':
      return `It goes back to wait for another attempt (${ENDINGS[event.because].means}).`;
    case 'task.failed':
      return `It failed (${event.failure})${detailText(event.detail)}`;
    case 'task.cancelled':
      return `The ${event.by} cancelled it${detailText(event.reason)}`;
    case 'task.expanded':
      if (event.by === 'pipeline') return 'It is done in steps, by one role after the other.';
      if (event.by === 'candidates') return 'Several try it, and the best of what they hand in is taken.';
      return 'It is split: a planner of its own says what its parts are, and it waits for them.';
    case 'task.unsplit':
      return `It is not split${detailText(event.detail)}`;
    case 'task.gathered':
      return `Its parts are over, and what they handed in is its own (${event.handoff.status})${detailText(event.handoff.summary)}`;
    case 'task.retried':
      return `The ${event.by} had it tried again${detailText(event.hint ?? '')}`;
    case 'task.prioritised':
      return `The operator gave it priority ${event.priority}.`;
    case 'task.told':
      return `The operator said to it, for ${event.attempt === undefined ? 'its next attempt' : `${event.attempt}’s next turn`}${detailText(event.text)}`;
    default:
      return undefined;
  }
}

function sourceText(source: TaskSource): string {
  switch (source.by) {
    case 'planner':
      return `from the planner’s iteration ${source.iteration} as ${plain(source.label, 100)}`;
    case 'plan':
      return `from the plan as ${plain(source.label, 100)}`;
    case 'subplanner':
      return `as a part of ${source.parent}, whose own planner calls it ${plain(source.label, 100)}`;
    case 'pipeline':
      return `as the ${plain(source.step, 100)}’s step of ${source.parent}`;
    case 'candidates':
      return `as contender ${source.nth} of ${source.parent}`;
    case 'reconciler':
      return `from the reconciler, for ${countText(source.signatures.length, 'failure')}: ${plain(source.signatures.join(', '), 200)}`;
    case 'operator':
      return 'from the operator';
    case 'land':
      return `for the branch ${plain(source.branch, 100)} at ${shortCommit(source.commit)}`;
  }
}

function termsText({ spec }: EventOf<'task.accepted'> | EventOf<'task.rescoped'>): string {
  const scope = spec.scope.slice(0, 5).map((entry) => plain(entry, 100));
  const more = spec.scope.length > 5 ? ` and ${spec.scope.length - 5} more` : '';
  return [
    `, priority ${spec.priority}`,
    spec.scope.length > 0 ? `, touching ${scope.join(', ')}${more}` : ', scope unknown',
    spec.dependsOn.length > 0 ? `, after ${spec.dependsOn.join(', ')}` : '',
    spec.role === undefined ? '' : `, for a ${plain(spec.role, 100)}`,
    spec.agent === undefined ? '' : `, by ${plain(spec.agent, 100)}`,
    spec.candidates === undefined ? '' : `, by ${countText(spec.candidates, 'contender')}`,
  ].join('');
}

function tellAttempt(event: Event, at: number, memory: Memory): string | undefined {
  switch (event.type) {
    case 'attempt.started': {
      memory.startedAt.set(event.attempt, at);
      const from = event.from === undefined ? '' : `, going on from ${shortCommit(event.from)}`;
      return `${event.attempt} started on worker ${plain(event.worker, 100)} at ${shortCommit(event.base)}${from}.`;
    }
    case 'agent.started':
      return `${event.attempt}’s agent runs (${agentText(event)}).`;
    case 'attempt.ended':
      return (
        endedText(event, at - (memory.startedAt.get(event.attempt) ?? at)) +
        outsideText(event, memory) +
        foundText(event)
      );
    case 'verify.tried':
      return event.isGreen
        ? `Its own verification passes on the base, before any work: it tells nothing.`
        : `Its own verification fails on the base, as it should before the work is done.`;
    case 'attempt.reworked':
      return `${event.attempt} handed in: ${ENDINGS[event.reason].means}. Its agent goes on with what the checks said (round ${event.round})${detailText(event.detail)}`;
    case 'attempt.late':
      return `A late report of ${event.attempt} came (${ENDINGS[event.reason].means}); it changes nothing.`;
    case 'review.asked':
      return `${countText(event.reviewers.length, 'reviewer')} were asked to vote on ${event.attempt} as ${shortCommit(event.commit)}.`;
    case 'review.given':
      return `${voteText(event)}${detailText(event.findings.join('; '))}`;
    case 'review.ended':
      return `The votes on ${event.attempt}: ${VERDICT_WORDS[event.verdict]}.`;
    case 'landing.found':
      return `${event.attempt} was found on the target, landed as ${shortCommit(event.commit)}.`;
    case 'landing.rejected': {
      if (event.isThere)
        return `The target has the whole change of ${event.attempt} already: nothing is left to do.`;
      const files = event.files.slice(0, 10).map((file) => plain(file, 200));
      const where = files.length > 0 ? ` (${files.join(', ')})` : '';
      return `${event.attempt} was not put on the target: ${REJECTIONS[event.reason].means}${where}${detailText(event.detail)}`;
    }
    default:
      return undefined;
  }
}

function agentText({ driver, model, promptHash }: EventOf<'agent.started'>): string {
  const own = model === undefined ? '' : ` with ${plain(model, 100)}`;
  return `${plain(driver, 100)}${own}, prompt ${plain(promptHash, 60)}`;
}

function endedText(event: EventOf<'attempt.ended'>, ms: number): string {
  const change = event.handoff?.change;
  const made =
    change === undefined
      ? ''
      : ` ${shortCommit(change.commit)} (${countText(change.filesChanged.length, 'file')}, +${change.linesAdded} −${change.linesRemoved})`;
  const said = event.handoff?.summary || event.detail;
  return `${event.attempt} ended after ${durationText(ms)} and ${usageText(event.usage)}: ${ENDINGS[event.reason].means}${made}${detailText(said)}`;
}

function outsideText({ handoff }: EventOf<'attempt.ended'>, { scope }: Memory): string {
  const paths = outsideScope(scope, handoff?.change?.filesChanged ?? []);
  if (paths.length === 0) return '';
  const named = paths.slice(0, 10).map((path) => plain(path, 200));
  const more = paths.length > named.length ? ` and ${paths.length - named.length} more` : '';
  return ` Outside its scope it touched ${named.join(', ')}${more}.`;
}

/** What was found of its tests, and of what the gate runs. */
function foundText({ handoff }: EventOf<'attempt.ended'>): string {
  const { tests, scripts = [] } = handoff ?? {};
  const told = tests ? ` Its tests ${TESTS_WORDS[tests.says]}${detailText(tests.detail)}` : '';
  const named = scripts.slice(0, 5).map(({ path, why }) => `${plain(path, 200)} (${plain(why, 200)})`);
  return `${told}${named.length > 0 ? ` It changes what the gate runs: ${named.join('; ')}.` : ''}`;
}

const usageText = (usage: Usage): string =>
  `${countText(tokensOf(usage), 'token')} (${costText(usage.costUsd, usage.priced)}${usage.claimed ? ', as its host says' : ''})`;

function tellLanding(event: Event, memory: Memory): string | undefined {
  if (event.type === 'target.moved') {
    return event.lost.includes(memory.task)
      ? `Somebody moved the target to ${shortCommit(event.to)}, which no longer has it.`
      : undefined;
  }
  if (event.type === 'landing.undone' && event.task === memory.task)
    return `The ${event.by} took it back with ${shortCommit(event.commit)}.`;
  if (event.type === 'undo.passed' && event.tasks.includes(memory.task))
    return `Taking it back passes the gate as ${shortCommit(event.candidate.commit)} (${event.gate.outcome}).`;
  if (event.type === 'undo.refused' && event.tasks.includes(memory.task))
    return `The ${event.by} could not have it taken back: ${UNDO_REFUSALS[event.reason]}${detailText(event.detail)}`;
  if (event.type === 'culprit.found' && event.task === memory.task)
    return `Its commit ${shortCommit(event.commit)} is the first that fails the checks${detailText(event.signature)}`;
  if (!('landing' in event) || event.landing === undefined) return undefined;
  const isMine = 'members' in event && event.members.some((m) => m.task === memory.task);
  if (isMine) memory.landings.add(event.landing);
  return memory.landings.has(event.landing) ? landingText(event, memory.task) : undefined;
}

function landingText(event: Event, task: TaskId): string | undefined {
  switch (event.type) {
    case 'landing.started': {
      const others = event.members.length - 1;
      const along = others > 0 ? `, along with ${countText(others, 'other task')}` : '';
      return `${event.landing} tests it as ${shortCommit(event.candidate.commit)} on ${shortCommit(event.candidate.parent)}${along}.`;
    }
    case 'gate.ended':
      return gateText(event.landing, event.result);
    case 'landing.landed':
      return `It landed as ${shortCommit(event.members.find((m) => m.task === task)!.commit)} (${event.landing}).`;
    case 'landing.dropped':
      return `${event.landing} ended without a verdict (${DROPS[event.reason]}): ${againText([task], event.reason)}.`;
    default:
      return undefined;
  }
}

function gateText(landing: string, result: GateResult): string {
  if (result.outcome === 'none') return `There is no gate: ${landing} was not tested.`;
  const how = result.remembered
    ? ', as it had on the same tree before'
    : ` in ${durationText(result.durationMs)}`;
  if (result.outcome === 'no-worse')
    return `The gate of ${landing} failed${how}, with nothing but failures that were there before${detailText(result.signatures.join('; '))}`;
  const flaky = result.flaky ? ', only when run again' : '';
  return `The gate of ${landing}: ${result.outcome}${how}${flaky}${detailText(signaturesText(result.signatures))}`;
}

/** Ends the sentence, with what somebody said if they said anything. */
function detailText(detail: string): string {
  const text = plain(detail);
  return text === '' ? '.' : `: ${text}${/[.!?…]$/.test(text) ? '' : '.'}`;
}

/** What all of it took, once there is more than one attempt to add up. */
function sum(state: State, task: TaskId): string[] {
  const ended = [...state.attempts.values()].flatMap((a) =>
    a.task === task && a.state === 'ended' ? [a] : [],
  );
  if (ended.length < 2) return [];
  const usage = ended.map((a) => a.usage).reduce(addUsage, NO_USAGE);
  const ms = ended.reduce((total, a) => total + a.endedAt - a.startedAt, 0);
  return [`In all: ${countText(ended.length, 'attempt')}, ${durationText(ms)} and ${usageText(usage)}.`];
}

function standing(state: State, id: TaskId): string {
  const task = state.tasks.get(id)!;
  const waits = waitsFor(state, task);
  const plan = state.plans.get(id);
  if (waits.length > 0) return `Now: pending, waiting for ${waits.map(waitText).join(', ')}.`;
  if (task.state === 'landed') return `Now: landed as ${shortCommit(task.commit)}.`;
  switch (task.state) {
    case 'expanded':
      return `Now: ${howExpanded(plan)}, waiting for its ${partsWord(plan)}${partsText(state, id)}.`;
    case 'contending':
      return 'Now: handed in, and waiting until the others that try the same have ended.';
    case 'cancelled':
      return task.lostTo === undefined ? 'Now: cancelled.' : `Now: lost to ${task.lostTo}.`;
    case 'reviewing':
      return `Now: voted on, ${task.review.votes.length} of ${countText(task.review.reviewers.length, 'reviewer')} have answered.`;
    case 'gathered':
      return `Now: done by ${pickedShort(state, id) ?? `its ${partsWord(plan)}${partsText(state, id)}`} (${task.handoff.status}).`;
    default:
      return `Now: ${task.state}.`;
  }
}

const stateWord = ({ state, lostTo }: Task): string => (lostTo === undefined ? state : 'lost');

function howExpanded(plan: Subplan | undefined): string {
  if (plan?.contest) return 'tried by several';
  return plan?.isPipeline ? 'in steps' : 'split';
}

function partsWord(plan: Subplan | undefined): string {
  if (plan?.contest) return 'contenders';
  return plan?.isPipeline ? 'steps' : 'parts';
}

/** With what became of each. */
function partsText(state: State, id: TaskId): string {
  const parts = partsOf(state, id).slice(0, 10);
  return parts.length === 0
    ? ''
    : ` ${parts.map((part) => `${part} ${stateWord(state.tasks.get(part)!)}`).join(', ')}`;
}
