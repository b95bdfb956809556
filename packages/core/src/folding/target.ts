/** Where the target stands: undone landings, and what other people did to it. */
import type { LandingEvent } from '../events.ts';
import { cancelledTask, pendingTask } from '../model/evolve-task.ts';
import type { CommitId, TaskId } from '../model/ids.ts';
import type { GateResult } from '../model/landing.ts';
import { loseRace } from '../rules/batching.ts';
import { passKey, type State } from '../state.ts';
import type { FoldsOf } from './folds.ts';
import { forgetRechecks } from './healing.ts';
import { inRun, knownTask } from './known.ts';
import { move } from './moves.ts';
import { tellOwner } from './news.ts';
import { reopenContest, reopenOwners } from './splits.ts';

type TargetEvent = Extract<
  LandingEvent,
  { readonly type: 'landing.undone' | 'undo.passed' | 'undo.refused' | 'target.moved' }
>;

export const TARGET_FOLDS: FoldsOf<TargetEvent> = {
  'landing.undone'(s, e, at) {
    s.undone.add(e.task);
    if (e.by === 'reconciler') s.takenBack.add(e.task);
    forgetRechecks(s, e.task);
    // What the landing had mended is broken again, and was so on the base at the earliest.
    s.headGate = s.baseGate;
    s.landedCount -= 1;
    step(s, e.commit, undefined);
    s.head = e.commit;
    tellOwner(s, e.task, { kind: 'cancelled', task: e.task });
    move(s, cancelledTask(knownTask(s, e.task), 'undone', at));
    reopenContest(s, e.task, at);
  },
  'undo.passed'(s, e) {
    s.passedUndo = { tasks: e.tasks, candidate: e.candidate, by: e.by };
    if (e.gate.outcome === 'passed') s.passed.set(passKey(e.gate.gate, e.candidate.tree), e.gate);
  },
  'undo.refused'(s, e) {
    if (e.by === 'reconciler') for (const id of e.tasks) s.health.revertsRefused.add(id);
  },
  'target.moved'(s, e, at) {
    step(s, e.to, undefined);
    s.head = e.to;
    s.headGate = s.headGate && uncounted(s.headGate);
    loseRace(s.line);
    for (const id of e.lost) {
      s.landedCount -= 1;
      forgetRechecks(s, id);
      move(s, pendingTask(knownTask(s, id)));
      reopenOwners(s, id, at);
    }
  },
};

export function moveHead(s: State, to: CommitId): void {
  if (s.head !== to) step(s, to, undefined);
  s.head = to;
}

/** One commit is one step, even when several events name it. */
export function step(s: State, commit: CommitId, id: TaskId | undefined): void {
  if (s.steps.at(-1)?.commit !== commit) s.steps.push({ commit, task: id });
}

/** Somebody else's commit: what was red is so still, as far as anyone knows; how many tests there are is not known. */
function uncounted({ tests: _, ...gate }: GateResult): GateResult {
  return gate;
}

/**
 * The value the target has with this commit of ours on it: a batch is one merge, its tasks' commits hang off it. As long
 * as others of the batch are not recorded the head stays what it was, so that whoever looks at the target looks again.
 * @param isRecorded whether the landing of a task is in the journal, or comes with this one.
 */
export function headWith(s: State, commit: CommitId, isRecorded: (task: TaskId) => boolean): CommitId {
  const through = [...s.landings.values()].findLast((l) => l.members.some((m) => m.commit === commit));
  if (!through) return commit;
  return through.members.every((m) => isRecorded(m.task)) ? through.candidate.commit : inRun(s).head;
}
