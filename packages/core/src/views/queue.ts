/** What is landing, what waits, and why. */
import { type AttemptId, type LandingId, type TaskId, taskOf } from '../model/ids.ts';
import type { GateOutcome } from '../model/landing.ts';
import { priorityOf, type Task, type TaskStateName } from '../model/task.ts';
import { isMet } from '../rules/dependencies.ts';
import { blockedBy, heldScopes } from '../rules/holding.ts';
import { rankOf, readyTaskOf } from '../rules/ready-queue.ts';
import type { ScopeIndex } from '../rules/scopes.ts';
import type { State } from '../state.ts';
import { closedWord } from './ending.ts';
import { type GateView, gateView } from './gate.ts';
import { plain } from './words.ts';

/** Why a pending task does not start. */
export type Wait =
  | { readonly kind: 'dependency'; readonly task: TaskId; readonly state: TaskStateName | 'unknown' }
  | { readonly kind: 'scope'; readonly heldBy: TaskId; readonly entry: string };

/** A task’s own page (`waitsFor`) tells all of them. */
export const HOLDERS_TOLD = 8;

export interface QueuedTask {
  readonly task: TaskId;
  readonly title: string;
  readonly priority: number;
}

export interface QueueView {
  /** Candidates under test. */
  readonly landing: readonly {
    readonly landing: LandingId;
    readonly tasks: readonly TaskId[];
    readonly since: number;
    readonly gate: GateOutcome | undefined;
  }[];
  /** Undefined where there is no gate. */
  readonly gate: GateView | undefined;
  /** Handoffs that are in no open landing, in order of arrival. */
  readonly waiting: readonly { readonly attempt: AttemptId; readonly task: TaskId; readonly title: string }[];
  /** In the order they will be taken. */
  readonly ready: readonly QueuedTask[];
  /** At most `HOLDERS_TOLD` of the tasks that hold part of its scope: a wide scope may be held by every other task. */
  readonly blocked: readonly (QueuedTask & { readonly waits: readonly Wait[] })[];
  /** What keeps every task from starting, as sentences. Empty: nothing does. */
  readonly holdups: readonly string[];
}

/** What lands and waits to land, without what has not begun: of any number of tasks it is known at once. */
export const mergeQueue = (state: State): Pick<QueueView, 'landing' | 'gate' | 'waiting'> => ({
  landing: landings(state),
  gate: gateView(state),
  waiting: waitingHandoffs(state),
});

export function queue(state: State): QueueView {
  const judged = judgePending(state);
  return {
    ...mergeQueue(state),
    ready: judged.filter((t) => t.waits.length === 0).map(({ waits: _, ...task }) => task),
    blocked: judged.filter((t) => t.waits.length > 0),
    holdups: holdups(state),
  };
}

/**
 * Returns pending tasks in the order they will be taken, each with why it does not start.
 * @param most how many tasks are looked at, oldest first.
 */
export function judgePending(
  state: State,
  most = Number.POSITIVE_INFINITY,
): (QueuedTask & { readonly waits: readonly Wait[] })[] {
  const held = heldScopes(state);
  const pending = [...state.byState.pending].slice(0, most).map((id) => state.tasks.get(id)!);
  return pending
    .sort(inOrder)
    .map((task) => ({ ...queued(task), waits: waitsOf(state, task, held, HOLDERS_TOLD) }));
}

/** Returns why this task does not start. Empty: it may start, or it has started. */
export function waitsFor(state: State, task: Task): Wait[] {
  return task.state === 'pending' ? waitsOf(state, task, heldScopes(state)) : [];
}

export const waitText = (wait: Wait): string =>
  wait.kind === 'dependency'
    ? `${wait.task} (${wait.state})`
    : `scope held by ${wait.heldBy} (${plain(wait.entry, 100)})`;

const queued = (task: Task): QueuedTask => ({
  task: task.id,
  title: plain(task.spec.title),
  priority: priorityOf(task),
});
const inOrder = (a: Task, b: Task): number => rankOf(readyTaskOf(a)) - rankOf(readyTaskOf(b));

function waitsOf(state: State, task: Task, held: ScopeIndex, most?: number): Wait[] {
  const { spec } = task;
  const dependencies = spec.dependsOn.flatMap((task): Wait[] => {
    const found = state.tasks.get(task)?.state ?? 'unknown';
    return found !== 'unknown' && isMet(spec, found) ? [] : [{ kind: 'dependency', task, state: found }];
  });
  const blockers = blockedBy(state, task, held, most);
  return [...dependencies, ...blockers.map((blocker): Wait => ({ kind: 'scope', ...blocker }))];
}

function landings(state: State): QueueView['landing'] {
  return [...state.openLandings].map((id) => {
    const landing = state.landings.get(id)!;
    const tasks = landing.members.map((m) => m.task);
    return { landing: id, tasks, since: landing.startedAt, gate: landing.gate?.outcome };
  });
}

function waitingHandoffs(state: State): QueueView['waiting'] {
  const open = [...state.openLandings].flatMap((id) => state.landings.get(id)!.members);
  const underTest = new Set(open.map((m) => m.attempt));
  return [...state.queue]
    .filter((attempt) => !underTest.has(attempt))
    .map((attempt) => {
      const task = taskOf(attempt);
      return { attempt, task, title: plain(state.tasks.get(task)?.spec.title ?? '') };
    });
}

function holdups(state: State): string[] {
  const { paused, spending, closed, workers, stopped } = state;
  return [
    ...(paused ? [`paused (${paused.reason}): ${plain(paused.detail)}`] : []),
    ...(spending.neared && !spending.reached
      ? [`the limit of ${spending.neared} is near: nothing new opens`]
      : []),
    ...(spending.reached ? [`the limit of ${spending.reached} is reached`] : []),
    ...(workers === 0 && state.run && !closed ? ['no workers are wanted'] : []),
    ...(stopped && !closed ? ['the orchestrator is not running'] : []),
    ...(closed ? [`the run is closed (${closedWord(state)})`] : []),
  ];
}
