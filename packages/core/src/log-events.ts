/**
 * The closed list of what log.ndjson may say. Every journal event appears under its own name; the rest is
 * weather, written to the log and nowhere else. docs/log.md and `swarm schema log` are generated from here.
 */
import type { EventType } from './events.ts';
import type { AttemptId, TaskId } from './model/ids.ts';

export type Level = 'debug' | 'info' | 'warn' | 'error';

/** What one line carries besides its stamps. `data` holds plain JSON values, by the event's own names. */
export interface LogFields {
  readonly msg: string;
  readonly level?: Level;
  readonly task?: TaskId;
  readonly attempt?: AttemptId;
  readonly worker?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

interface About {
  readonly level: Level;
  readonly means: string;
}

/** One line per journal event type. */
export const JOURNAL_LOG_EVENTS = {
  'run.opened': { level: 'info', means: 'a request became a run' },
  'base.checked': { level: 'info', means: 'setup and gate were tried on the bare base' },
  'run.resumed': { level: 'info', means: 'an orchestrator took the run up again' },
  'run.paused': { level: 'warn', means: 'nothing new starts until the reason is gone' },
  'run.continued': { level: 'info', means: 'the pause is over' },
  'run.scaled': { level: 'info', means: 'the number of workers changed' },
  'role.scaled': { level: 'info', means: 'the operator said how many of one role work at a time' },
  'run.stopped': { level: 'warn', means: 'the orchestrator left; the run can be resumed' },
  'request.amended': { level: 'info', means: 'the operator changed the request' },
  'run.cancelled': { level: 'warn', means: 'the operator wants no more of the run' },
  'budget.neared': {
    level: 'warn',
    means: 'a limit is near; nothing new opens, what runs may finish and land',
  },
  'budget.reached': { level: 'warn', means: 'a limit was reached; what is in flight may finish' },
  'spend.reserved': {
    level: 'debug',
    means: 'a part of the budget was set aside, outside attempts and iterations',
  },
  'spend.lost': { level: 'warn', means: 'after a crash, what was set aside counts as spent' },
  'spend.recorded': { level: 'debug', means: 'tokens used outside attempts and iterations' },
  'delivery.ended': { level: 'info', means: 'the result was delivered, or could not be' },
  'limits.raised': { level: 'info', means: 'the operator gave the run more to spend, or more time' },
  'gate.changed': { level: 'warn', means: 'the operator named another gate, before anything had landed' },
  'run.reopened': { level: 'info', means: 'a closed run is open again' },
  'run.closed': { level: 'info', means: 'nothing is wanted any more' },
  'iteration.started': { level: 'info', means: 'the planner was asked' },
  'task.refused': { level: 'warn', means: 'a task in a plan could not be accepted' },
  'requirements.written': { level: 'debug', means: 'what the planner says the request asks for' },
  'scratchpad.written': { level: 'debug', means: 'the planner’s notes to itself' },
  'iteration.extended': {
    level: 'debug',
    means: 'a further part of the budget was set aside for the planner',
  },
  'iteration.ended': { level: 'info', means: 'the planner’s answer ended' },
  'task.accepted': { level: 'info', means: 'a task was accepted' },
  'task.rescoped': { level: 'info', means: 'a task’s wording, scope or dependencies changed' },
  'task.requeued': { level: 'info', means: 'a task goes back to wait for another attempt' },
  'task.failed': { level: 'error', means: 'a task ended without its work' },
  'task.cancelled': { level: 'warn', means: 'a task is no longer wanted' },
  'task.told': { level: 'info', means: 'the operator said something to whoever works on a task' },
  'task.prioritised': { level: 'info', means: 'the operator said what goes first' },
  'task.retried': { level: 'info', means: 'a task that had ended is tried again' },
  'task.expanded': { level: 'info', means: 'a task is split: a planner of its own says what its parts are' },
  'task.unsplit': { level: 'info', means: 'a task has no parts, and is worked as it is' },
  'task.gathered': { level: 'info', means: 'the parts of a task are over, and their handoffs are its own' },
  'contest.decided': { level: 'info', means: 'of several that tried a task one is taken' },
  'contest.failed': { level: 'warn', means: 'of several that tried a task none handed anything in' },
  'contest.clipped': { level: 'warn', means: 'a planner wanted more to try a task than it may have' },
  'review.asked': { level: 'info', means: 'reviewers are asked to vote on a change' },
  'review.given': { level: 'info', means: 'a reviewer voted on a change' },
  'review.ended': { level: 'info', means: 'the votes on a change are counted' },
  'acceptance.judged': { level: 'info', means: 'whether something that was to hold does' },
  'criteria.tried': { level: 'info', means: 'what is to hold at the end was tried on the base' },
  'attempt.started': { level: 'info', means: 'a worker took a task' },
  'agent.started': { level: 'info', means: 'the agent runs in its workspace' },
  'attempt.ended': { level: 'info', means: 'an attempt ended, with its one reason' },
  'verify.tried': { level: 'info', means: 'a task’s own verification was tried before any work' },
  'attempt.reworked': {
    level: 'info',
    means: 'its checks failed, and its agent goes on with what they said',
  },
  'attempt.late': { level: 'warn', means: 'a report came after the attempt had ended' },
  'landing.started': { level: 'info', means: 'a candidate is made and goes to the gate' },
  'gate.ended': { level: 'info', means: 'the gate gave its verdict on a candidate' },
  'landing.landed': { level: 'info', means: 'the target was read back with the landing on it' },
  'landing.found': { level: 'info', means: 'a landing was found on the target that was not recorded' },
  'landing.rejected': { level: 'warn', means: 'a handoff was not put on the target' },
  'landing.dropped': { level: 'info', means: 'a landing was given up without a verdict' },
  'landing.undone': { level: 'warn', means: 'a landing was reverted' },
  'undo.passed': { level: 'info', means: 'a commit that takes landings back passed the gate' },
  'undo.refused': { level: 'warn', means: 'landings were to be taken back and could not be' },
  'target.moved': { level: 'warn', means: 'somebody else moved the target' },
  'rechecks.ended': {
    level: 'info',
    means: 'what landed tasks were verified by was tried again on a later head',
  },
  'checks.ended': { level: 'info', means: 'the full checks ran on the head' },
  'finding.opened': { level: 'warn', means: 'the checks found a new failure' },
  'finding.closed': { level: 'info', means: 'a failure is gone' },
  'culprit.found': { level: 'warn', means: 'the first commit that shows a failure is known' },
  'culprit.missed': { level: 'info', means: 'which landing brought a failure cannot be told' },
  'note.set': { level: 'info', means: 'a note that the run’s workers share was set' },
  'worker.joined': { level: 'info', means: 'a worker offers slots' },
  'worker.left': { level: 'warn', means: 'a worker is gone' },
  'host.joined': { level: 'info', means: 'a host offers slots' },
  'host.left': { level: 'warn', means: 'a host said that it goes; what it still ran is lost' },
  'host.lapsed': { level: 'warn', means: 'a host was silent for longer than its lease; what it ran is lost' },
} as const satisfies Record<EventType, About>;

/** Weather: what happens without deciding anything. */
export const WEATHER_LOG_EVENTS = {
  'attempt.held': {
    level: 'info',
    means: 'after a restart a host still has an attempt, which goes on there',
  },
  'host.refused': { level: 'warn', means: 'a host may not join, or a message of a host was refused' },
  'wire.lost': { level: 'warn', means: 'the message server is away; what hosts run goes on' },
  'wire.again': { level: 'info', means: 'the message server is there again' },
  'wire.unqueued': {
    level: 'warn',
    means: 'the message server keeps no queue for a host; what it is to do is sent to it as it is',
  },
  'host.stale': { level: 'warn', means: 'a host reports on an attempt that is over; it is told to drop it' },
  'journal.cut': { level: 'warn', means: 'a torn last line was cut off the journal' },
  'journal.carried': { level: 'debug', means: 'the run’s reference has its journal as it is now' },
  'journal.uncarried': { level: 'warn', means: 'the run’s reference could not be written' },
  'setup.started': { level: 'info', means: 'the setup command runs' },
  'setup.ended': { level: 'info', means: 'the setup command ended' },
  'setup.changed': {
    level: 'warn',
    means: 'a prepared environment was changed after it was kept, and was dropped',
  },
  'workspace.made': { level: 'debug', means: 'a workspace was made' },
  'workspace.removed': { level: 'debug', means: 'a workspace was removed' },
  'note.told': { level: 'info', means: 'an agent at work was told what the operator said' },
  'agent.activity': { level: 'debug', means: 'the agent called a tool or the model' },
  'secret.found': {
    level: 'error',
    means:
      'a secret, or what looks like one, stood in what an attempt made: it was taken out of a text, or the work was not taken, or it is not carried',
  },
  'verify.ended': { level: 'info', means: 'a task’s own verification ended' },
  'tests.tried': {
    level: 'info',
    means: 'the tests of a change were run on the sources before it, or could not be',
  },
  'pregate.ended': { level: 'info', means: 'the gate ran in a worker’s workspace' },
  'conflict.resolved': { level: 'info', means: 'both sides changed the same place; a rule settled it' },
  'conflict.foreseen': { level: 'info', means: 'two changes that are not landed yet do not merge' },
  'scope.left': { level: 'warn', means: 'a change touches paths outside its task’s scope' },
  'scope.met': { level: 'warn', means: 'a task started whose scope meets that of one in flight' },
  'gate.started': { level: 'info', means: 'the gate runs on a candidate' },
  'gate.kept': { level: 'info', means: 'all the output of a gate that failed is in a file of the run' },
  'push.waiting': { level: 'warn', means: 'a remote has not said yet whether it took a landing' },
  'push.ended': { level: 'debug', means: 'a remote answered a push' },
  'rechecks.started': {
    level: 'info',
    means: 'what landed tasks were verified by is tried again on a later head',
  },
  'criteria.started': { level: 'info', means: 'what was to hold is looked at on the head' },
  'criteria.ended': { level: 'debug', means: 'what was to hold was looked at on the head' },
  'checks.started': { level: 'info', means: 'the full checks run on the head' },
  'model.called': { level: 'debug', means: 'a model answered' },
  'model.retried': { level: 'warn', means: 'a call to a model failed and is made again' },
  'model.failed': { level: 'error', means: 'a call to a model failed for good' },
  'model.cut': {
    level: 'warn',
    means: 'a server left out what was too long for its window, and said nothing',
  },
  'endpoint.down': { level: 'warn', means: 'no endpoint answers' },
  'endpoint.up': { level: 'info', means: 'an endpoint answers again' },
  'endpoint.probed': { level: 'debug', means: 'an endpoint was asked whether it finishes a small call' },
  'cassette.drifted': {
    level: 'warn',
    means:
      'a replayed request differs from the recorded one in what tools gave back, and is answered all the same',
  },
  'agent.reached': {
    level: 'debug',
    means: 'hosts the agent asked for through its way out, at most every ten seconds',
  },
  'agent.replaced': { level: 'warn', means: 'an agent’s quota is used up, and another stands in for it' },
  'endpoint.quota': { level: 'debug', means: 'how much of an endpoint’s quotas is used, as it says itself' },
  'endpoint.emptied': {
    level: 'warn',
    means: 'an endpoint’s quota is used up; calls turn to the others until there is more',
  },
  'endpoint.refilled': { level: 'info', means: 'an endpoint whose quota was used up answers again' },
  'endpoint.learnt': {
    level: 'info',
    means: 'an endpoint refused something by name; it is asked without it',
  },
  'sweep.ended': { level: 'debug', means: 'what is there was compared with what is wanted' },
  'stray.killed': { level: 'warn', means: 'processes left by a dead orchestrator were killed' },
  'stray.removed': { level: 'info', means: 'a workspace or reference nobody needs was removed' },
  'stray.kept': {
    level: 'warn',
    means: 'what nobody needs could not be removed; it is kept aside and tried again',
  },
  'command.refused': { level: 'debug', means: 'the core refused a command' },
  'wait.named': { level: 'info', means: 'something has waited for more than a minute, and for what' },
  'need.opened': { level: 'warn', means: 'a person must decide something; the run goes on with the rest' },
  'need.met': { level: 'info', means: 'what a person had to decide is decided' },
  'notify.failed': { level: 'warn', means: 'who is to be told of something outside could not be told' },
  'traces.lost': {
    level: 'warn',
    means: 'spans could not be sent to a collector; the run is none the worse',
  },
  'prompt.edited': {
    level: 'warn',
    means: 'a prompt of the repository was edited, and the run goes on with what it began with',
  },
  'prompt.broken': { level: 'warn', means: 'an edited prompt cannot be used; the last good text is' },
  'forge.waits': { level: 'info', means: 'the forge is busy or failing, and is asked again later' },
  'branch.pushed': { level: 'info', means: 'the run’s branch is at the remote, as far as it has landed' },
  'branch.unpushed': {
    level: 'warn',
    means: 'the remote did not take the run’s branch; the end tries again',
  },
  'pull.opened': { level: 'info', means: 'the pull request is open as a draft, while the run goes on' },
  'pull.unopened': {
    level: 'warn',
    means: 'no draft is open yet; the next landing, or the end, tries again',
  },
  'report.written': { level: 'info', means: 'the report is on disk' },
} as const satisfies Record<string, About>;

export const LOG_EVENTS: Readonly<Record<LogEventName, About>> = {
  ...JOURNAL_LOG_EVENTS,
  ...WEATHER_LOG_EVENTS,
};
export type LogEventName = EventType | keyof typeof WEATHER_LOG_EVENTS;

/** One line of log.ndjson, as it stands on disk. */
export interface LogLine {
  readonly v: 1;
  /** RFC 3339, UTC, milliseconds. */
  readonly ts: string;
  /** 1, 2, 3 … within this log. */
  readonly seq: number;
  readonly level: Level;
  readonly event: LogEventName;
  readonly run: string;
  readonly task?: string;
  readonly attempt?: string;
  readonly worker?: string;
  readonly trace_id?: string;
  readonly span_id?: string;
  readonly msg: string;
  readonly data: Readonly<Record<string, unknown>>;
}
