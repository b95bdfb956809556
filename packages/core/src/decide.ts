/**
 * (state, command) → events or a refusal. New events come only from here. It is pure: the laws are in decisions/, and
 * what they compute with is in rules/. Nothing here changes the state; fold does that with the events.
 */
import type { Command } from './commands.ts';
import { judgeAcceptance, recordCriteria } from './decisions/acceptance.ts';
import { decideAgain } from './decisions/again.ts';
import { amend } from './decisions/amend.ts';
import { decideAttempts } from './decisions/attempts.ts';
import { decideHealing } from './decisions/healing.ts';
import { decideHosts } from './decisions/hosts.ts';
import { decideLandings } from './decisions/landings.ts';
import { setNote } from './decisions/notes.ts';
import { decideReviews } from './decisions/reviews.ts';
import { decideRun, openRun } from './decisions/run.ts';
import { decideTasks } from './decisions/tasks.ts';
import { decideUndo } from './decisions/undo.ts';
import { prioritise, scale } from './decisions/urgency.ts';
import { type Refusal, refuse } from './errors.ts';
import type { Event } from './events.ts';
import { isOpened, type OpenedState, type State } from './state.ts';

export interface Decision {
  readonly kind: 'decision';
  readonly events: readonly Event[];
}

export function decide(state: State, command: Command): Decision | Refusal {
  const answer = command.type === 'openRun' ? openRun(state, command) : within(state, command);
  return 'kind' in answer ? answer : { kind: 'decision', events: answer };
}

/** Any command but the one that opens the run. */
type WithinRun = Exclude<Command, { readonly type: 'openRun' }>;

function within(s: State, c: WithinRun): readonly Event[] | Refusal {
  if (!isOpened(s)) return refuse('no-run', 'no run is open');
  return check(s, c) ?? route(s, c);
}

function check(s: OpenedState, c: WithinRun): Refusal | undefined {
  if (s.closed && !mayFollowTheEnd(c)) return refuse('run-closed', `${s.run.id} is closed`);
  if (s.cancelled !== undefined && BEGINS.has(c.type))
    return refuse('run-closed', `${s.run.id} is cancelled: ${s.cancelled}`);
  return undefined;
}

/** What would keep a cancelled run from its end. */
const BEGINS: ReadonlySet<Command['type']> = new Set([
  'acceptTasks',
  'amend',
  'cancelRun',
  'changeGate',
  'continue',
  'expandTask',
  'pause',
  'raiseLimits',
  'retry',
  'scale',
  'startAttempt',
  'startIteration',
] satisfies Command['type'][]);

/** A run that is over is delivered, and may be taken back; where the target went meanwhile belongs to that. */
function mayFollowTheEnd(c: Command): boolean {
  switch (c.type) {
    case 'recordDelivery':
    case 'reopenRun':
    case 'passUndo':
    case 'refuseUndo':
    case 'undoLanding':
      return true;
    case 'moveTarget':
      return c.lost.length === 0;
    default:
      return false;
  }
}

function route(s: OpenedState, c: WithinRun): readonly Event[] | Refusal {
  switch (c.type) {
    case 'startIteration':
    case 'extendIteration':
    case 'acceptTasks':
    case 'refuseTask':
    case 'writeScratchpad':
    case 'writeRequirements':
    case 'endIteration':
    case 'cancelTask':
    case 'cancelLabel':
    case 'failTask':
    case 'expandTask':
    case 'settleTask':
    case 'retry':
    case 'tell':
      return decideTasks(s, c);
    case 'amend':
      return amend(s, c);
    case 'setNote':
      return setNote(s, c);
    case 'prioritise':
      return prioritise(s, c);
    case 'scale':
      return scale(s, c);
    case 'startAttempt':
    case 'startAgent':
    case 'recordVerify':
    case 'reworkAttempt':
    case 'endAttempt':
      return decideAttempts(s, c);
    case 'askReview':
    case 'giveReview':
      return decideReviews(s, c);
    case 'judgeAcceptance':
      return judgeAcceptance(s, c);
    case 'recordCriteria':
      return recordCriteria(s, c);
    case 'startLanding':
    case 'recordGate':
    case 'land':
    case 'findLanding':
    case 'rejectHandoff':
    case 'dropLanding':
    case 'moveTarget':
      return decideLandings(s, c);
    case 'passUndo':
    case 'refuseUndo':
    case 'undoLanding':
      return decideUndo(s, c);
    case 'raiseLimits':
    case 'changeGate':
    case 'reopenRun':
      return decideAgain(s, c);
    case 'joinHost':
    case 'leaveHost':
    case 'lapseHost':
      return decideHosts(s, c);
    case 'recordRechecks':
    case 'nameCulprit':
    case 'missCulprit':
      return decideHealing(s, c);
    default:
      return decideRun(s, c);
  }
}
