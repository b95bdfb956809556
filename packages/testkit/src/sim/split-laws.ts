/** Laws of tasks that are split, and of their parts. */
import type { TaskId } from '@swarm/core/model/ids';
import { taskOf } from '@swarm/core/model/ids';
import type { Law, Look } from './law.ts';

const PARTS_MAX = 10;
const FILES_MIN = 4;

/** A part touches nothing that its whole was not given. Scopes here are names, and one pattern. */
const staysInItsScope: Law = (e, { before }) => {
  const parent = parentIn(e, before.parents);
  if (parent === undefined || !('spec' in e)) return [];
  const around = before.task(parent).spec.scope;
  const isIn = (path: string): boolean =>
    around.includes(path) || (around.includes('f*.txt') && /^f[^/]*\.txt$/.test(path));
  const outside = e.spec.scope.filter((path) => !isIn(path));
  return [
    ...outside.map((path) => `split: ${e.task} touches ${path}, which ${parent} was not given`),
    ...(e.spec.scope.length === 0 && around.length > 0
      ? [`split: ${e.task} may touch anything, and ${parent} may not`]
      : []),
  ];
};

function parentIn(e: Parameters<Law>[0], parents: ReadonlyMap<TaskId, TaskId>): TaskId | undefined {
  if (e.type === 'task.accepted') return 'parent' in e.source ? e.source.parent : undefined;
  return e.type === 'task.rescoped' ? parents.get(e.task) : undefined;
}

/** P8: few parts, not too deep, of a task that is split and of one that is worth it. */
const splitsWhatItMay: Law = (e, { before, story }) => {
  if (e.type === 'task.expanded' && e.by === undefined) {
    const { spec, holder } = before.task(e.task);
    const names = spec.scope.includes('f*.txt') ? FILES_MIN : spec.scope.length;
    return [
      ...(names < FILES_MIN ? [`split: ${e.task} is split, and names ${names} files`] : []),
      ...(holder ? [`split: ${e.task} is split while ${holder} works on it`] : []),
      ...(depthOf(e.task, before.parents) < story.features.depth
        ? []
        : [`P8: ${e.task} is split ${depthOf(e.task, before.parents)} levels down`]),
    ];
  }
  if (e.type !== 'task.accepted' || e.source.by !== 'subplanner') return [];
  const split = before.splits.get(e.source.parent);
  return [
    ...(split?.isOpen ? [] : [`split: ${e.task} is a part of ${e.source.parent}, which is not split`]),
    ...((split?.parts.length ?? 0) < PARTS_MAX ? [] : [`P8: ${e.task} is more than ${PARTS_MAX} parts`]),
  ];
};

function depthOf(id: TaskId, parents: ReadonlyMap<TaskId, TaskId>): number {
  const parent = parents.get(id);
  return parent === undefined ? 0 : 1 + depthOf(parent, parents);
}

/** What is split holds no worker: nobody works on it beside its parts. */
const holdsNoWorker: Law = (e, { before }) =>
  e.type === 'attempt.started' && before.splits.get(taskOf(e.attempt))?.isOpen
    ? [`split: ${e.attempt} starts, and its task is split`]
    : [];

/** It ends when its parts have ended, as what they came to. */
const gathersWhatIsThere: Law = (e, { before }) => {
  if (e.type === 'task.cancelled' && before.splits.get(e.task)?.isOpen) return leftAlive(e.task, { before });
  if (e.type !== 'task.gathered') return [];
  const split = before.splits.get(e.task);
  // Of several that tried it the one that was taken is all there is.
  const winner = before.contests.contests.get(e.task)?.winner;
  const ids = winner === undefined ? (split?.parts ?? []) : [winner];
  const parts = ids.map((id) => before.task(id));
  const missing = parts.filter((part) => !part.isSettled).length;
  return [
    ...leftAlive(e.task, { before }),
    ...(parts.length > missing ? [] : [`split: ${e.task} is gathered, and nothing of it is there`]),
    ...(e.handoff.status === 'complete' && !split?.isSaidDone
      ? [`split: ${e.task} is gathered as complete, and its planner has not said that this is all`]
      : []),
    ...(e.handoff.status === 'complete' && missing > 0
      ? [`split: ${e.task} is gathered as complete, and ${missing} of its parts are not there`]
      : []),
  ];
};

const leftAlive = (id: TaskId, { before }: Pick<Look, 'before'>): readonly string[] =>
  (before.splits.get(id)?.parts ?? [])
    .filter((part) => !before.task(part).isOver)
    .map((part) => `split: ${id} ends, and its part ${part} is alive`);

export const SPLIT_LAWS: readonly Law[] = [
  staysInItsScope,
  splitsWhatItMay,
  holdsNoWorker,
  gathersWhatIsThere,
];
