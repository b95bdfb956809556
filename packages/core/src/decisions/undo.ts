import type { Command } from '../commands.ts';
import { assertNever, type Refusal, refuse } from '../errors.ts';
import type { Event } from '../events.ts';
import type { CommitId, TaskId } from '../model/ids.ts';
import type { LandingMember, UndoRefusalReason } from '../model/landing.ts';
import { ownerOf, ownersOf } from '../rules/owners.ts';
import type { OpenedState, State } from '../state.ts';
import { failDependents } from './ends.ts';

type UndoCommand = Extract<Command, { type: 'passUndo' | 'refuseUndo' | 'undoLanding' }>;

/** Laws of undo: only a landing can be undone, on the head, gated like a landing, with everything that builds on it. */
export function decideUndo(s: OpenedState, c: UndoCommand): readonly Event[] | Refusal {
  const { tasks, by } = c;
  switch (c.type) {
    case 'passUndo':
      return passUndo(s, c);
    case 'refuseUndo':
      return [{ type: 'undo.refused', tasks, by, reason: c.reason, detail: c.detail }];
    case 'undoLanding': {
      const problem = notAllLanded(s, tasks);
      if (problem) return refuse('illegal-move', problem);
      const wholes = contestsOf(s, tasks).map((task): Event => {
        return { type: 'task.cancelled', task, reason: 'what was handed in for it was undone', by };
      });
      return [...tasks.map((task) => undone(task, c)), ...wholes, ...failWaiting(s, tasks)];
    }
    default:
      return assertNever(c);
  }
}

const undone = (task: TaskId, c: Extract<UndoCommand, { type: 'undoLanding' }>): Event => ({
  type: 'landing.undone',
  task,
  commit: c.commit,
  by: c.by,
});

/** Tasks that several tried, and for which one of these was taken: they have come to nothing with it. */
function contestsOf(s: State, tasks: readonly TaskId[]): readonly TaskId[] {
  return tasks.flatMap((id) => {
    const whole = s.tasks.get(id)?.source.by === 'candidates' ? ownerOf(s, id) : undefined;
    const state = whole && s.tasks.get(whole)?.state;
    return whole && (state === 'gathered' || state === 'expanded') ? [whole] : [];
  });
}

/** A task that depends on several of them fails only once. What waits for a whole waits for each of its parts. */
function failWaiting(s: OpenedState, tasks: readonly TaskId[]): readonly Event[] {
  const failed = new Map<TaskId, Event>();
  for (const task of new Set([...tasks, ...tasks.flatMap((id) => ownersOf(s, id))])) {
    for (const event of failDependents(s, task, `${task} was undone`)) {
      if (event.type === 'task.failed' && !failed.has(event.task)) failed.set(event.task, event);
    }
  }
  return [...failed.values()];
}

function passUndo(s: OpenedState, c: Extract<UndoCommand, { type: 'passUndo' }>): readonly Event[] | Refusal {
  const { tasks, candidate, by, gate } = c;
  const problem = notAllLanded(s, tasks);
  if (problem) return refuse('illegal-move', problem);
  const left = landedDependents(s, tasks);
  if (left.length > 0) return refuse('illegal-move', `${left.join(', ')} landed and would stand on nothing`);
  const isUngatedRun = gate.outcome === 'none' && s.run.request.gate === undefined;
  const mayLand = gate.outcome === 'passed' || gate.outcome === 'no-worse';
  if (!mayLand && !isUngatedRun) return refuse('ungated', 'the revert has no pass');
  if (candidate.parent !== s.head) return refuse('stale-parent', `the target is at ${s.head}`);
  return [{ type: 'undo.passed', tasks, candidate, by, gate }];
}

function notAllLanded(s: State, tasks: readonly TaskId[]): string | undefined {
  if (tasks.length === 0 || new Set(tasks).size < tasks.length) return 'an undo has tasks, each of them once';
  const other = tasks.find((id) => s.tasks.get(id)?.state !== 'landed');
  return other && `${other} has not landed`;
}

/** Landings to take back together, newest first, or why they cannot be. */
export type UndoPlan =
  | { readonly kind: 'plan'; readonly members: readonly Pick<LandingMember, 'task' | 'commit'>[] }
  | UndoRefused;

export interface UndoRefused {
  readonly kind: 'refused';
  readonly reason: UndoRefusalReason;
  readonly detail: string;
  /** Landed tasks that stand on what was to be undone; empty for any other reason. */
  readonly dependents: readonly TaskId[];
  /** Paths in conflict; empty for any other reason. */
  readonly files: readonly string[];
}

export interface UndoAsk {
  /** One task, or every landing of the run. */
  readonly what: TaskId | 'run';
  /** Take back what landed on top of it too, instead of refusing. */
  readonly withDependents: boolean;
  readonly by: 'operator' | 'reconciler';
}

/** Newest first, so that each revert is applied to the tree that followed its landing. */
export function planUndo(s: State, { what: named, ...ask }: Omit<UndoAsk, 'by'>): UndoPlan {
  const what = named === 'run' ? named : handedInFor(s, named);
  const newestFirst = [...s.byState.landed].reverse();
  if (what === 'run') {
    return newestFirst.length > 0
      ? { kind: 'plan', members: newestFirst.map((id) => memberOf(s, id)) }
      : refusedUndo('nothing-landed', 'nothing of the run is on the target');
  }
  const problem = notUndoable(s, what);
  if (problem) return problem;
  const dependents = landedDependents(s, [what]);
  if (dependents.length > 0 && !ask.withDependents) {
    const detail = `${dependents.join(', ')} landed and depend${dependents.length === 1 ? 's' : ''} on ${what}`;
    return { ...refusedUndo('dependents', detail), dependents };
  }
  const all = new Set([what, ...dependents]);
  return { kind: 'plan', members: newestFirst.filter((id) => all.has(id)).map((id) => memberOf(s, id)) };
}

export const refusedUndo = (
  reason: UndoRefusalReason,
  detail: string,
  files: readonly string[] = [],
): UndoRefused => ({ kind: 'refused', reason, detail, dependents: [], files });

function notUndoable(s: State, id: TaskId): UndoRefused | undefined {
  const task = s.tasks.get(id);
  if (!task) return refusedUndo('unknown-task', `there is no ${id}`);
  if (s.undone.has(id)) return refusedUndo('already-undone', `${id} was undone before`);
  return task.state === 'landed' ? undefined : refusedUndo('not-landed', `${id} is ${task.state}`);
}

function memberOf(s: State, id: TaskId): { task: TaskId; commit: CommitId } {
  const task = s.tasks.get(id)!;
  if (task.state !== 'landed') throw new Error(`${id} is ${task.state}`);
  return { task: id, commit: task.commit };
}

/** Of a task that several tried, the one that was taken. */
const handedInFor = (s: State, id: TaskId): TaskId => s.plans.get(id)?.contest?.picked?.winner ?? id;

/**
 * Landed tasks that depend on any of `tasks`, directly or through others, and are not among them; by number. Whoever
 * depends on a whole depends on its parts.
 */
export function landedDependents(s: State, tasks: readonly TaskId[]): readonly TaskId[] {
  const seen = new Set<TaskId>(tasks);
  for (const id of seen) {
    for (const dependent of s.dependents.get(id) ?? []) seen.add(dependent);
    for (const whole of ownersOf(s, id)) seen.add(whole);
  }
  for (const id of tasks) seen.delete(id);
  return [...seen].filter((id) => s.tasks.get(id)!.state === 'landed');
}
