/**
 * (state, what is there) → commands. The sweep at start-up repairs what a crash left: what runs according to the journal
 * does not run any more, and what has landed according to git has landed.
 */
import type { Command } from './commands.ts';
import { headWith } from './folding/target.ts';
import type { HostFacts, HostsObserved } from './model/host.ts';
import type { AttemptId, CommitId, TaskId } from './model/ids.ts';
import { NO_USAGE } from './model/usage.ts';
import type { LandedMark, UndoneMark } from './ports/git.ts';
import { liveIterations, type State } from './state.ts';

/** Facts of the target, gathered by the reconciler. */
export interface TargetObserved {
  readonly head: CommitId;
  /** Every landing of this run on the target, oldest first. */
  readonly landed: readonly LandedMark[];
  /** Every undo of this run's landings on the target, oldest first. */
  readonly undone: readonly UndoneMark[];
}

/**
 * Git decides what has landed. Returns commands that record what happened without being recorded, and what is no longer
 * there. Undos come last, because an undo is published only for landings that are recorded.
 */
export function sweepTarget(s: State, seen: TargetObserved): Command[] {
  const commands: Command[] = [];
  const onTarget = new Map<TaskId, LandedMark>();
  // An undo that somebody rewound the target behind is as gone as a landing would be.
  const takenBack = new Set(seen.undone.flatMap((mark) => mark.tasks));
  for (const mark of seen.landed) {
    if (onTarget.has(mark.task)) continue;
    onTarget.set(mark.task, mark);
    const task = s.tasks.get(mark.task);
    if (task && task.state !== 'landed' && !(s.undone.has(task.id) && takenBack.has(task.id))) {
      commands.push({ type: 'findLanding', task: mark.task, attempt: mark.attempt, commit: mark.commit });
    }
  }
  for (const mark of seen.undone) {
    const tasks = mark.tasks.filter((id) => isStillThere(s, id, onTarget));
    if (tasks.length > 0)
      commands.push({ type: 'undoLanding', tasks, commit: mark.commit, by: undoneBy(s, mark) });
  }
  const lost = [...s.byState.landed].filter((id) => !onTarget.has(id));
  const headAfter = headOnceRecorded(s, commands);
  if (seen.head !== headAfter || lost.length > 0) commands.push({ type: 'moveTarget', to: seen.head, lost });
  return commands;
}

/** What the journal will hold the target to be at when all of these are recorded. */
function headOnceRecorded(s: State, commands: readonly Command[]): CommitId | undefined {
  const last = commands.at(-1);
  if (last?.type === 'undoLanding') return last.commit;
  if (last?.type !== 'findLanding') return s.head;
  const found = new Set(
    commands.flatMap((command) => (command.type === 'findLanding' ? [command.task] : [])),
  );
  const isRecorded = (id: TaskId): boolean =>
    found.has(id) || s.undone.has(id) || s.tasks.get(id)?.state === 'landed';
  return headWith(s, last.commit, isRecorded);
}

/** By the journal, or because it was found on the target just now. */
function isStillThere(s: State, id: TaskId, onTarget: ReadonlyMap<TaskId, LandedMark>): boolean {
  return s.tasks.has(id) && onTarget.has(id) && !s.undone.has(id);
}

/** Who had it published is in the journal; a commit it does not know was made by hand, like ours. */
const undoneBy = (s: State, { commit }: UndoneMark): 'operator' | 'reconciler' =>
  s.passedUndo?.candidate.commit === commit ? s.passedUndo.by : 'operator';

/**
 * After a crash nothing of ours runs any more: every lease has lapsed, but of what another host still has.
 * @param work what the hub holds of each attempt, so that a next attempt goes on from it.
 * @param held attempts that their hosts were asked for, and have.
 */
export function sweepLapsed(
  s: State,
  work: ReadonlyMap<AttemptId, CommitId>,
  held: ReadonlySet<AttemptId> = NOTHING_HELD,
): Command[] {
  const commands: Command[] = [];
  for (const { iteration } of liveIterations(s)) {
    commands.push({
      type: 'endIteration',
      iteration,
      outcome: 'lost',
      isDone: false,
      detail: 'the orchestrator went away',
      usage: NO_USAGE,
    });
  }
  for (const slice of s.spending.slices.keys()) commands.push({ type: 'loseSpend', slice });
  for (const landing of s.openLandings) commands.push({ type: 'dropLanding', landing, reason: 'restart' });
  for (const attempt of s.liveAttempts) {
    if (held.has(attempt) && mayBeHeld(s, attempt)) continue;
    const commit = work.get(attempt);
    commands.push({
      type: 'endAttempt',
      attempt,
      reason: 'lost',
      detail: 'the orchestrator went away',
      usage: NO_USAGE,
      ...(commit && { work: commit }),
    });
  }
  return commands;
}

const NOTHING_HELD: ReadonlySet<AttemptId> = new Set();

/** It runs on a host, and its task is its own still: else nobody would end it. */
export function mayBeHeld(s: State, id: AttemptId): boolean {
  const attempt = s.attempts.get(id);
  const task = attempt?.on && s.tasks.get(attempt.task);
  return (task?.state === 'assigned' || task?.state === 'running') && task.attempt === id;
}

/**
 * Hosts as they are against hosts as the journal has them. Those that go come first, so that what they ran starts anew
 * on those that are there.
 * @param isLeaving the run is being left: nobody joins any more.
 */
export function sweepHosts(s: State, seen: HostsObserved, isLeaving: boolean): Command[] {
  const there = new Map(seen.present.map((facts) => [facts.host, facts]));
  const goes = [...s.hosts.keys()].flatMap((host): Command[] => {
    if (there.has(host)) return [];
    const detail = seen.left.get(host);
    if (detail !== undefined) return [{ type: 'leaveHost', host, detail }];
    const silentMs = seen.silentMs.get(host) ?? seen.listenedMs;
    return silentMs > seen.leaseMs ? [{ type: 'lapseHost', host, silentMs }] : [];
  });
  if (isLeaving) return goes;
  const comes = seen.present.filter((facts) => !isAsKnown(s, facts));
  return [...goes, ...comes.map((facts): Command => ({ type: 'joinHost', ...facts }))];
}

function isAsKnown(s: State, { host, slots, capabilities, version }: HostFacts): boolean {
  const known = s.hosts.get(host);
  return (
    known?.slots === slots &&
    known.version === version &&
    known.capabilities.length === capabilities.length &&
    known.capabilities.every((one, i) => one === capabilities[i])
  );
}
