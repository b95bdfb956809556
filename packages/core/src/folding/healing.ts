/** The target's health: checks, findings, culprits. */
import type { EventOf, HealingEvent } from '../events.ts';
import type { CommitId, TaskId } from '../model/ids.ts';
import type { ChecksResult, Finding } from '../model/request.ts';
import { isOver } from '../model/task.ts';
import { nextChecksInterval } from '../rules/policy.ts';
import { lastHeld } from '../rules/rechecks.ts';
import type { State } from '../state.ts';
import type { FoldsOf } from './folds.ts';
import { inRun, knownTask } from './known.ts';
import { tellPlanner } from './news.ts';

export const HEALING_FOLDS: FoldsOf<HealingEvent> = {
  'checks.ended'(s, e, at) {
    noteChecks(s, e.result, at);
  },
  'rechecks.ended'(s, e) {
    for (const { task, isPassed } of e.results) {
      const heldAt = isPassed ? e.head : lastHeld(s, knownTask(s, task));
      s.health.rechecks.set(task, { head: e.head, isPassed, heldAt });
    }
  },
  'finding.opened'(s, e, at) {
    openFinding(s, e.finding, at);
    forgetOldFix(s, e.finding.signature);
    tellPlanner(s, { kind: 'finding', signature: e.finding.signature });
  },
  'finding.closed'(s, e) {
    s.health.findings.delete(e.signature);
  },
  'culprit.found': blame,
  'culprit.missed'(s, e) {
    s.health.culprits.set(e.signature, { kind: 'missed', why: e.why });
  },
};

function blame(s: State, { signature, commit, task }: EventOf<'culprit.found'>): void {
  const kind = commit === inRun(s).run.request.base ? 'base' : 'others';
  s.health.culprits.set(signature, task ? { kind: 'landing', commit, task } : { kind, commit });
}

export function noteChecks(s: State, result: ChecksResult, at: number): void {
  const { checksMinMs, checksMaxMs } = inRun(s).run.request;
  const isGreen = result.outcome === 'passed';
  const before = s.health.lastChecks?.result;
  if (before && isConclusive(before)) s.health.lastHead = before.head;
  s.health.lastChecks = { result, at };
  s.health.greensInRow = isGreen ? s.health.greensInRow + 1 : 0;
  s.health.intervalMs = nextChecksInterval(
    s.health.intervalMs,
    isGreen,
    s.health.greensInRow,
    checksMinMs,
    checksMaxMs,
  );
}

/** The checks finished, so that a failure they do not show is not there. */
const isConclusive = ({ outcome }: ChecksResult): boolean => outcome === 'passed' || outcome === 'failed';

function openFinding(s: State, finding: Finding, at: number): void {
  const { signature } = finding;
  s.health.findings.set(signature, { finding, openedAt: at, lastWithout: lastWithout(s, finding) });
  s.health.culprits.delete(signature);
}

/** Of a task's own check: where it held last, and its own landing is among the suspects where that is not known. */
function lastWithout(s: State, { task }: Finding): CommitId | undefined {
  return task === undefined ? s.health.lastHead : s.health.rechecks.get(task)?.heldAt;
}

/** What is not on the target any more has no check to fail there. */
export function forgetRechecks(s: State, task: TaskId): void {
  s.health.rechecks.delete(task);
  for (const [signature, { finding }] of s.health.findings)
    if (finding.task === task) s.health.findings.delete(signature);
}

/** A failure that was gone and is back is a new one: the fix task of the old one does not stand for it. */
function forgetOldFix(s: State, signature: string): void {
  const fix = s.health.fixTasks.get(signature);
  if (fix && isOver(knownTask(s, fix).state)) s.health.fixTasks.delete(signature);
}
