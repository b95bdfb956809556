/** An attempt of `swarm land`: no agent works, a branch somebody made is handed in as it was when the run opened. */
import type { Attempt } from '@swarm/core/model/attempt';
import type { Handoff } from '@swarm/core/model/handoff';
import type { Task, TaskSource } from '@swarm/core/model/task';
import { NO_USAGE } from '@swarm/core/model/usage';
import type { Context } from '../context.ts';
import { raiseAlarm } from '../working/alarm.ts';
import { type Ending, stopped } from '../working/ending.ts';

export type BranchTask = Task & { readonly source: Extract<TaskSource, { readonly by: 'land' }> };

export const isBranch = (task: Task): task is BranchTask => task.source.by === 'land';

export async function handIn(
  context: Context<'branches' | 'hub' | 'log'>,
  attempt: Attempt,
  task: BranchTask,
  signal: AbortSignal,
): Promise<Ending> {
  const { ports, ask } = context;
  const started = await ask({ type: 'startAgent', attempt: attempt.id, driver: 'land', promptHash: 'none' });
  if (started.kind === 'refusal') return stopped(signal, NO_USAGE);
  const { commit } = task.source;
  const taken = await ports.branches!.take(attempt.id, commit);
  if (taken.kind === 'refused') return { reason: 'intake-refused', detail: taken.why, usage: NO_USAGE };
  if (taken.kind === 'secret') {
    raiseAlarm(context, attempt, taken.why);
    return { reason: 'secret-found', detail: taken.why, usage: NO_USAGE };
  }
  const isThere = taken.kind === 'nothing' || (await ports.hub.isAncestor(commit, attempt.base));
  const change = isThere ? undefined : await ports.hub.measure(commit, attempt.base);
  const handoff = handoffOf(task, attempt);
  return change
    ? { reason: 'handed-in', detail: '', usage: NO_USAGE, handoff: { ...handoff, change } }
    : { reason: 'unneeded', detail: 'the target has it already', usage: NO_USAGE, handoff };
}

/** The description names the branch's own commits. */
const handoffOf = (task: Task, attempt: Attempt): Handoff => ({
  taskId: task.id,
  attempt: attempt.id,
  status: 'complete',
  summary: task.spec.description,
  concerns: [],
  suggestions: [],
  toolCalls: 0,
  durationMs: 0,
});
