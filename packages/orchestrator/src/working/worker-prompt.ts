import { ENDINGS } from '@swarm/core/model/attempt';
import type { TaskId } from '@swarm/core/model/ids';
import { REJECTIONS } from '@swarm/core/model/landing';
import type { Task } from '@swarm/core/model/task';
import type { OpenedState } from '@swarm/core/state';
import { originNote } from '../healing/fixes.ts';
import { tailOf } from '../settings.ts';

/** The variables of prompts/worker.md, told from the facts. */
export function workerVariables(state: OpenedState, task: Task): Record<string, string> {
  const { spec } = task;
  return {
    task_id: task.id,
    title: spec.title,
    description: [spec.description, originNote(state, task)].filter(Boolean).join('\n\n'),
    scope: spec.scope.join('\n'),
    acceptance: spec.acceptance,
    verify: spec.verify ?? '',
    gate: state.run.request.gate ?? '',
    upstream: spec.dependsOn
      .map((id) => upstream(state, id))
      .filter(Boolean)
      .join('\n\n'),
    setback: setbackText(task),
    hint: task.hint ?? '',
    kind: spec.kind,
  };
}

/** The variables of prompts/conflict.md: what this task wanted, and what landed in its way. */
export function conflictVariables(
  state: OpenedState,
  task: Task,
  conflicts: readonly string[],
): Record<string, string> {
  const theirs = [...state.byState.landed]
    .map((id) => state.tasks.get(id)!)
    .filter((t) => t.state === 'landed' && touches(state, t, conflicts))
    .map(
      (t) =>
        `${t.id} ${t.spec.title}${t.state === 'landed' && t.handoff ? `: ${tailOf(t.handoff.summary, 600)}` : ''}`,
    );
  return {
    files: conflicts.join('\n'),
    ours: `${task.spec.title}\n${task.spec.description}`.trim(),
    theirs: theirs.slice(-10).join('\n') || 'changes that landed meanwhile',
  };
}

function touches(state: OpenedState, task: Task, files: readonly string[]): boolean {
  if (task.state !== 'landed' || !task.attempt) return false;
  const attempt = state.attempts.get(task.attempt);
  const changed = attempt?.state === 'ended' ? attempt.handoff?.change?.filesChanged : undefined;
  return changed?.some((f) => files.includes(f)) ?? false;
}

/** What a task it depends on handed over. */
function upstream(state: OpenedState, id: TaskId): string {
  const task = state.tasks.get(id)!;
  if (!('handoff' in task) || !task.handoff) return `${id} ${task.spec.title}: ${task.state}`;
  const { summary, concerns } = task.handoff;
  return [`${id} ${task.spec.title}: ${summary}`, ...concerns.map((c) => `concern: ${c}`)].join('\n');
}

function setbackText(task: Task): string {
  const { setback } = task;
  if (!setback) return '';
  const reasons: Readonly<Record<string, { readonly means: string }>> = { ...ENDINGS, ...REJECTIONS };
  const means = reasons[setback.reason]?.means ?? setback.reason;
  return `Attempt ${setback.attempt} ${means}.\n${setback.detail}`.trim();
}
