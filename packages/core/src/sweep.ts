/**
 * (state, what is there) → commands. The start-up sweep is where a crash is mended: whatever the journal says
 * is running is not, whatever git says has landed has.
 */
import type { Command } from './commands.ts';
import { headWith } from './fold.ts';
import type { AttemptId, CommitId, TaskId } from './model/ids.ts';
import { NO_USAGE } from './model/usage.ts';
import type { LandedMark } from './ports.ts';
import type { State } from './state.ts';

/** Facts of the target, gathered by the reconciler. */
export interface TargetObserved {
  readonly head: CommitId;
  /** Every landing of this run on the target, oldest first. */
  readonly landed: readonly LandedMark[];
}

/** Git wins on "landed": records what happened and was not recorded, and what is no longer there. */
export function sweepTarget(s: State, seen: TargetObserved): Command[] {
  const commands: Command[] = [];
  const onTarget = new Map<TaskId, LandedMark>();
  for (const mark of seen.landed) {
    if (onTarget.has(mark.task)) continue;
    onTarget.set(mark.task, mark);
    const task = s.tasks.get(mark.task);
    if (task && task.state !== 'landed' && !s.undone.has(task.id)) {
      commands.push({ type: 'findLanding', task: mark.task, attempt: mark.attempt, commit: mark.commit });
    }
  }
  const lost = [...s.byState.landed].filter((id) => !onTarget.has(id));
  const lastFound = commands.at(-1);
  const headAfter = lastFound?.type === 'findLanding' ? headWith(s, lastFound.commit) : s.head;
  if (seen.head !== headAfter || lost.length > 0) commands.push({ type: 'moveTarget', to: seen.head, lost });
  return commands;
}

/**
 * After a crash nothing of ours runs any more: every lease has lapsed.
 * @param work what the hub holds of each attempt, so that a next attempt goes on from it.
 */
export function sweepLapsed(s: State, work: ReadonlyMap<AttemptId, CommitId>): Command[] {
  const commands: Command[] = [];
  if (s.planning.live) {
    commands.push({
      type: 'endIteration',
      iteration: s.planning.live.iteration,
      outcome: 'lost',
      isDone: false,
      detail: 'the orchestrator went away',
      usage: NO_USAGE,
    });
  }
  for (const landing of s.openLandings) commands.push({ type: 'dropLanding', landing, reason: 'restart' });
  for (const attempt of s.liveAttempts) {
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
