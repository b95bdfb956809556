/** Tells each journal event as one sentence with its fields, for log.ndjson and for the screen. */
import { assertNever } from '../errors.ts';
import type { Event, EventOf } from '../events.ts';
import type { LogFields } from '../log-events.ts';
import { ENDINGS, type Reservation } from '../model/attempt.ts';
import { type AttemptId, type TaskId, taskOf } from '../model/ids.ts';
import { type GateResult, REJECTIONS, UNDO_REFUSALS } from '../model/landing.ts';
import type { RaisedLimits } from '../model/request.ts';
import { tokensOf, type Usage } from '../model/usage.ts';
import { isToldRed } from '../rules/known-failures.ts';
import { NO_NETWORK, wantsNetwork } from '../rules/network-words.ts';
import { isOneTask } from '../rules/right-size.ts';
import type { State } from '../state.ts';
import { contestText } from './contest.ts';
import { triedText } from './criteria.ts';
import { droppedText } from './dropped.ts';
import { endingText } from './ending.ts';
import { lineage } from './family.ts';
import { verdictOf } from './verdict.ts';
import { VERDICT_WORDS, voteText } from './votes.ts';
import { countText, durationText, secondsText, signaturesText } from './words.ts';

/** @param state the state after the event's entry was folded. */
export function tellEvent(e: Event, state: State): LogFields {
  const { type: _, ...data } = e;
  return { ...sentence(e, state), data };
}

function sentence(e: Event, s: State): LogFields {
  switch (e.type) {
    case 'run.opened':
      return {
        msg: `run ${e.run} opened on ${e.request.target} at ${short(e.request.base)}, landing on ${e.request.landOn}`,
      };
    case 'base.checked':
      return {
        msg:
          e.gate.outcome === 'none'
            ? 'there is no gate'
            : `the gate ${e.gate.outcome} on the base in ${secondsText(e.gate.durationMs)}${baseText(e.gate)}`,
        ...(isBadBase(e.gate) && { level: 'warn' as const }),
      };
    case 'run.resumed':
      return { msg: 'the run is taken up again' };
    case 'run.paused':
      return { msg: `paused (${e.reason}): ${firstLine(e.detail)}` };
    case 'run.continued':
      return { msg: e.by === 'itself' ? 'the run goes on by itself' : 'the run goes on' };
    case 'run.scaled':
      return { msg: `${e.workers} workers: ${e.reason}` };
    case 'role.scaled':
      return { msg: `${countText(e.workers, 'worker')} of the role ${e.role} at a time` };
    case 'run.stopped':
      return { msg: `stopped: ${firstLine(e.detail)}` };
    case 'request.amended':
      return { msg: `the request was amended: ${firstLine(e.text)}` };
    case 'run.cancelled':
      return { msg: `the run is cancelled: ${firstLine(e.reason)}` };
    case 'limits.raised':
      return { msg: `the run may use more: ${raisedText(e)}` };
    case 'gate.changed':
      return {
        msg: e.gate === undefined ? 'there is no gate from now on' : `the gate is now: ${firstLine(e.gate)}`,
      };
    case 'run.reopened':
      return { msg: `the run is open again: ${firstLine(e.reason)}` };
    case 'budget.neared':
      return {
        msg: `the budget is near its end (soft limit: ${Math.round(100 * e.soft)} % of ${limitText(e)}): nothing new opens, what runs may finish, and what is done lands`,
      };
    case 'budget.reached':
      return {
        msg: `the limit of ${e.limit} ${e.which === 'time' ? 'ms' : e.which} is reached; nothing new starts`,
      };
    case 'spend.reserved':
      return { msg: `set aside for the ${e.role}: ${reservedText(e.reserved)}` };
    case 'spend.lost':
      return { msg: `what was set aside for the ${e.role} counts as spent: nobody knows what it used` };
    case 'iteration.extended':
      return { msg: `iteration ${e.iteration} may use more: ${reservedText(e.reserved)}` };
    case 'spend.recorded':
      return { msg: `${e.role} used ${spent(e.usage)}` };
    case 'delivery.ended':
      return {
        msg:
          e.outcome === 'done'
            ? e.detail || `delivered ${short(e.commit)} to ${e.url ?? e.ref}`
            : `not delivered to ${e.ref}: ${e.detail}`,
        ...(e.outcome === 'refused' && { level: 'warn' as const }),
      };
    case 'run.closed':
      return {
        msg: `the run has ended: ${endingText(s)}`,
        ...(verdictOf(s) !== 'complete' && { level: 'warn' as const }),
      };
    case 'iteration.started':
      return {
        ...(e.owner !== undefined && { task: e.owner }),
        msg:
          e.owner === undefined
            ? `planning, iteration ${e.iteration} (${e.reason})`
            : `the planner of ${lineage(s, e.owner)} is asked, iteration ${e.iteration} (${e.reason})`,
      };
    case 'task.refused':
      return { msg: `refused ${e.label}: ${e.problem}` };
    case 'scratchpad.written':
      return { msg: `scratchpad of iteration ${e.iteration}` };
    case 'requirements.written':
      return { msg: `requirements: ${e.requirements.map((r) => `${r.id} ${r.status}`).join(', ')}` };
    case 'iteration.ended':
      return {
        msg: `iteration ${e.iteration} ${e.outcome}${e.isDone ? `, nothing more to plan${e.owner === undefined && isOneTask(s) ? ': the request is one task, and runs as one' : ''}` : ''}${e.detail ? `: ${firstLine(e.detail)}` : ''} (${spent(e.usage)})`,
        ...(e.outcome !== 'planned' && { level: 'warn' as const }),
      };
    case 'task.accepted':
      return { task: e.task, msg: `${lineage(s, e.task)} ${e.spec.title}` };
    case 'task.rescoped':
      return { task: e.task, msg: `${e.task} is now: ${e.spec.title}` };
    case 'task.requeued':
      return { task: e.task, msg: `${e.task} waits for another attempt` };
    case 'task.failed':
      return { task: e.task, msg: `${e.task} failed (${e.failure}): ${firstLine(e.detail)}` };
    case 'task.cancelled':
      return { task: e.task, msg: `${e.task} cancelled: ${e.reason}` };
    case 'task.retried':
      return { task: e.task, msg: `${e.task} is tried again` };
    case 'task.prioritised':
      return { task: e.task, msg: `${e.task} ${placeOf(e.priority)}` };
    case 'task.told':
      return {
        task: e.task,
        ...(e.attempt && { attempt: e.attempt }),
        msg: `${e.attempt ?? e.task} is told: ${firstLine(e.text)}`,
      };
    case 'task.expanded':
      return {
        task: e.task,
        msg: `${e.task} ${EXPANDED[e.by ?? 'planner']}`,
      };
    case 'task.unsplit':
      return { task: e.task, msg: `${e.task} is worked as it is: ${firstLine(e.detail)}` };
    case 'task.gathered':
      return {
        task: e.task,
        msg: `${e.task} is done by ${pickedOf(s, e.task) ?? 'its parts'} (${e.handoff.status})`,
        ...(e.handoff.status !== 'complete' && { level: 'warn' as const }),
      };
    case 'contest.decided':
    case 'contest.failed':
    case 'contest.clipped':
      return { task: e.task, msg: contestText(e) };
    case 'review.asked':
      return {
        ...ofAttempt(e.attempt),
        msg: `${countText(e.reviewers.length, 'reviewer')} vote on ${e.attempt} as ${short(e.commit)}`,
      };
    case 'review.given':
      return {
        ...ofAttempt(e.attempt),
        msg: `${voteText(e)} on ${e.attempt} (${spent(e.usage)})${e.findings.length > 0 ? `: ${firstLine(e.findings[0]!)}` : ''}`,
        ...(e.vote === 'abstain' && { level: 'warn' as const }),
      };
    case 'review.ended':
      return {
        ...ofAttempt(e.attempt),
        msg: `the votes on ${e.attempt} as ${short(e.commit)}: ${VERDICT_WORDS[e.verdict]}`,
        ...(e.verdict !== 'approved' && { level: 'warn' as const }),
      };
    case 'acceptance.judged':
      return {
        ...(e.task && { task: e.task }),
        msg: `${e.verdict.replace('-', ' ')}: ${firstLine(e.criterion)}${e.evidence ? ` (${e.evidence.kind} ${firstLine(e.evidence.by)})` : ''}`,
        ...((e.verdict === 'failed' || e.verdict === 'tells-nothing') && { level: 'warn' as const }),
      };
    case 'criteria.tried':
      return { msg: triedText(e.results) };
    case 'attempt.started':
      return {
        task: taskOf(e.attempt),
        attempt: e.attempt,
        worker: e.worker,
        msg: `${e.attempt} started on ${e.worker}: ${titleOf(s, e.attempt)}`,
      };
    case 'agent.started':
      return {
        task: taskOf(e.attempt),
        attempt: e.attempt,
        msg: `${e.attempt} runs ${e.driver}${e.model === undefined ? '' : ` with ${e.model}`}`,
      };
    case 'attempt.ended':
      return {
        task: taskOf(e.attempt),
        attempt: e.attempt,
        msg: `${e.attempt} ${ENDINGS[e.reason].means}${e.detail ? `: ${firstLine(e.detail)}` : ''}${e.usage.calls > 0 ? ` (${spent(e.usage)})` : ''}`,
        ...(!('delivers' in ENDINGS[e.reason]) && { level: 'warn' as const }),
      };
    case 'verify.tried':
      return {
        task: taskOf(e.attempt),
        attempt: e.attempt,
        msg: `${e.attempt}’s own verification ${e.isGreen ? 'passes' : 'fails'} on the base, before any work${e.isGreen ? ': it tells nothing' : ''}`,
        level: e.isGreen ? 'warn' : 'debug',
      };
    case 'attempt.reworked':
      return {
        task: taskOf(e.attempt),
        attempt: e.attempt,
        msg: `${e.attempt} goes on, round ${e.round}: ${ENDINGS[e.reason].means}: ${firstLine(e.detail)}`,
      };
    case 'attempt.late':
      return { task: taskOf(e.attempt), attempt: e.attempt, msg: `${e.attempt} reported after it had ended` };
    case 'landing.started':
      return {
        msg: `${e.landing} tests ${e.members.map((m) => m.task).join(', ')} as ${short(e.candidate.commit)}`,
        ...only(e.members),
      };
    case 'gate.ended': {
      const members = s.landings.get(e.landing)?.members ?? [];
      const again = e.result.remembered ? ' (known from before)' : ` in ${secondsText(e.result.durationMs)}`;
      return {
        msg: `gate ${gateWord(e.result)} on ${e.landing}${again}${e.result.flaky ? ', flaky' : ''}${testsText(e.result)}${failedText(e.result)}`,
        ...only(members),
        ...(e.result.outcome !== 'passed' && e.result.outcome !== 'none' && { level: 'warn' as const }),
      };
    }
    case 'landing.landed':
      return {
        msg: `landed ${e.members.map((m) => `${m.task} ${s.tasks.get(m.task)?.spec.title ?? ''}`).join(', ')} as ${short(e.candidate.commit)}`,
        ...only(e.members),
      };
    case 'landing.found':
      return {
        task: e.task,
        attempt: e.attempt,
        msg: `${e.task} was found on the target as ${short(e.commit)}`,
      };
    case 'landing.rejected':
      return {
        task: taskOf(e.attempt),
        attempt: e.attempt,
        msg: e.isThere
          ? `${taskOf(e.attempt)} is not needed: the target has its whole change already`
          : `${e.attempt} ${REJECTIONS[e.reason].means}${e.files.length > 0 ? `: ${e.files.slice(0, 5).join(', ')}` : e.detail ? `: ${firstLine(e.detail)}` : ''}`,
      };
    case 'landing.dropped':
      return { msg: droppedText(s, e.landing, e.reason), ...only(s.landings.get(e.landing)?.members ?? []) };
    case 'landing.undone':
      return { task: e.task, msg: `${e.task} was reverted by ${short(e.commit)}` };
    case 'undo.passed':
      return {
        msg: `the revert of ${e.tasks.join(', ')} as ${short(e.candidate.commit)}: gate ${e.gate.outcome}`,
      };
    case 'undo.refused':
      return {
        msg: `not undone: ${e.tasks.join(', ')}: ${UNDO_REFUSALS[e.reason]}: ${firstLine(e.detail)}`,
      };
    case 'target.moved':
      return {
        msg: `the target moved from ${short(e.from)} to ${short(e.to)}${e.lost.length > 0 ? `, without ${e.lost.join(', ')}` : ''}`,
      };
    case 'rechecks.ended': {
      const failed = e.results.filter((one) => !one.isPassed).map((one) => one.task);
      const how = failed.length > 0 ? `${failed.join(', ')} no longer hold` : 'all hold';
      return {
        msg: `what ${countText(e.results.length, 'landed task')} ${e.results.length === 1 ? 'was' : 'were'} verified by, tried again on ${short(e.head)}: ${how}`,
        ...(failed.length > 0 && { level: 'warn' as const }),
      };
    }
    case 'checks.ended':
      return {
        msg: `checks ${e.result.outcome} on ${short(e.result.head)} in ${secondsText(e.result.durationMs)}`,
        ...(e.result.outcome !== 'passed' && { level: 'warn' as const }),
      };
    case 'finding.opened':
      return { msg: `the target fails: ${e.finding.signature}` };
    case 'finding.closed':
      return { msg: `no longer fails: ${e.signature}` };
    case 'culprit.found':
      return {
        ...(e.task && { task: e.task }),
        msg: `${e.task ? `${e.task} brought it with ${short(e.commit)}` : e.commit === s.run?.request.base ? 'no landing is to blame, the base shows it' : `${short(e.commit)} brought it, which is not ours`}: ${e.signature}`,
      };
    case 'culprit.missed':
      return { msg: `cannot be told where it comes from: ${e.signature}: ${firstLine(e.why)}` };
    case 'note.set':
      return noteFields(e);
    case 'worker.joined':
      return { worker: e.worker, msg: `${e.worker} joined with ${e.slots} slots` };
    case 'worker.left':
      return { worker: e.worker, msg: `${e.worker} left (${e.reason})` };
    case 'host.joined':
      return { worker: e.host, msg: `${e.host} offers ${countText(e.slots, 'slot')}` };
    case 'host.left':
      return { worker: e.host, msg: `${e.host} is gone: ${firstLine(e.detail)}` };
    case 'host.lapsed':
      return { worker: e.host, msg: `${e.host} has been silent for ${secondsText(e.silentMs)}` };
    default:
      return assertNever(e);
  }
}

const EXPANDED = {
  planner: 'is split: its own planner says what its parts are',
  pipeline: 'is done in steps, by one role after the other',
  candidates: 'is tried by several, and the best of what they hand in is taken',
} as const;

/** The one that was taken of several. */
const pickedOf = (s: State, task: TaskId): TaskId | undefined => s.plans.get(task)?.contest?.picked?.winner;

const noteFields = ({ key, value, version, by }: EventOf<'note.set'>): LogFields => ({
  ...(by !== 'operator' && ofAttempt(by)),
  msg:
    value === ''
      ? `${by} takes the note ${key} away`
      : `${by} notes ${key} (version ${version}): ${firstLine(value)}`,
});

const ofAttempt = (attempt: AttemptId) => ({ task: taskOf(attempt), attempt });

const isBadBase = (gate: GateResult): boolean =>
  (gate.outcome !== 'passed' && gate.outcome !== 'none') || gate.tests?.run === 0;

/** Tells what was wrong before the run, so that no task is blamed for it. */
function baseText(gate: GateResult): string {
  if (isToldRed(gate)) {
    const network = wantsNetwork(gate.output) ? `. ${NO_NETWORK}` : '';
    return `, before anything was changed: ${signaturesText(gate.signatures, 5)}. Only other failures block a landing${network}`;
  }
  return gate.tests?.run === 0
    ? ': 0 tests ran, so that it says nothing'
    : `${testsText(gate)}${failedText(gate)}`;
}

/** What failed, by name: the first of them, and how many more. What failed before as well is told with its number. */
const failedText = ({ outcome, signatures }: GateResult): string =>
  outcome === 'passed' || outcome === 'no-worse' || signatures.length === 0
    ? ''
    : `: ${signaturesText(signatures)}`;

/** Never "passed" for what did not pass. */
const gateWord = ({ outcome, signatures, limit }: GateResult): string =>
  outcome === 'no-worse'
    ? `is no worse than before (${signatures.length} known ${signatures.length === 1 ? 'failure' : 'failures'})`
    : `${outcome}${limit ? ` (too much: ${limit})` : ''}`;

const testsText = ({ tests }: GateResult): string =>
  tests ? `, ${countText(tests.run, 'test')}${tests.skipped > 0 ? ` and ${tests.skipped} skipped` : ''}` : '';

const short = (id: string): string => id.slice(0, 10);
const firstLine = (text: string): string => (text.split('\n', 1)[0] ?? '').slice(0, 200).replace(/:\s*$/, '');
const titleOf = (s: State, attempt: Parameters<typeof taskOf>[0]): string =>
  s.tasks.get(taskOf(attempt))?.spec.title ?? '';

function reservedText({ tokens, usd }: Reservation): string {
  return `${Math.round(tokens)} tokens${usd > 0 ? `, $${usd.toFixed(4)}` : ''}`;
}

const limitText = ({
  which,
  limit,
}: {
  readonly which: 'tokens' | 'usd' | 'time';
  readonly limit: number;
}): string =>
  which === 'time' ? durationText(limit) : which === 'usd' ? `$${limit}` : countText(limit, 'token');

function raisedText({ tokens, usd, timeMs }: RaisedLimits): string {
  const parts = [
    ...(tokens === undefined ? [] : [countText(tokens, 'token')]),
    ...(usd === undefined ? [] : [`$${usd}`]),
    ...(timeMs === undefined ? [] : [durationText(timeMs)]),
  ];
  return `${parts.join(', ')} in all`;
}

function spent(u: Usage): string {
  const money = u.costUsd > 0 ? `, $${u.costUsd.toFixed(4)}` : '';
  return `${tokensOf(u)} tokens${money}`;
}

function only(
  members: readonly { readonly task: LogFields['task']; readonly attempt: LogFields['attempt'] }[],
): Partial<LogFields> {
  const one = members.length === 1 ? members[0]! : undefined;
  return one?.task && one.attempt ? { task: one.task, attempt: one.attempt } : {};
}

/** One that an operator's `first` or `last` has made lies beyond those that a plan may name. */
function placeOf(priority: number): string {
  if (priority >= 1 && priority <= 10) return `has priority ${priority} now`;
  return `goes ${priority < 1 ? 'first' : 'last'} of all that waits`;
}
