import type { Command, DraftSource } from '../commands.ts';
import { assertNever, type Refusal, refuse } from '../errors.ts';
import type { Event } from '../events.ts';
import { type Label, type TaskId, taskId } from '../model/ids.ts';
import { FIX_TASKS_MAX } from '../model/request.ts';
import { canMove, isOver, type TaskSource, type TaskSpec } from '../model/task.ts';
import type { TaskDraft } from '../rules/task-format.ts';
import type { State } from '../state.ts';

type TaskCommand = Extract<
  Command,
  {
    type:
      | 'startIteration'
      | 'acceptTasks'
      | 'refuseTask'
      | 'writeScratchpad'
      | 'endIteration'
      | 'cancelTask'
      | 'cancelLabel'
      | 'failTask'
      | 'retry';
  }
>;

/** Laws of planning and of tasks as such. */
export function decideTasks(s: State, c: TaskCommand): readonly Event[] | Refusal {
  switch (c.type) {
    case 'startIteration':
      if (s.planning.live) return refuse('not-ready', `iteration ${s.planning.live.iteration} is still live`);
      return [
        {
          type: 'iteration.started',
          iteration: s.planning.iteration + 1,
          reason: c.reason,
          promptHash: c.promptHash,
          model: c.model,
          reserved: c.reserved,
        },
      ];
    case 'acceptTasks':
      return acceptTasks(s, c);
    case 'refuseTask':
      return [
        {
          type: 'task.refused',
          label: c.label,
          problem: c.problem,
          ...(c.iteration !== undefined && { iteration: c.iteration }),
        },
      ];
    case 'writeScratchpad':
      return isLive(s, c.iteration)
        ? [{ type: 'scratchpad.written', iteration: c.iteration, text: c.text }]
        : refuse('late', `iteration ${c.iteration} is over`);
    case 'endIteration':
      return isLive(s, c.iteration)
        ? [
            {
              type: 'iteration.ended',
              iteration: c.iteration,
              outcome: c.outcome,
              isDone: c.isDone,
              detail: c.detail,
              usage: c.usage,
            },
          ]
        : refuse('late', `iteration ${c.iteration} is over`);
    case 'cancelTask':
      return cancelTask(s, c.task, c.reason, c.by);
    case 'cancelLabel': {
      const id = s.labels.get(c.label);
      return id
        ? cancelTask(s, id, c.reason, 'planner')
        : refuse('unknown-task', `no task is called ${c.label}`);
    }
    case 'failTask':
      return failTask(s, c);
    case 'retry':
      return retry(s, c);
    default:
      return assertNever(c);
  }
}

const isLive = (s: State, iteration: number): boolean => s.planning.live?.iteration === iteration;

// ───────────────────────── accepting ─────────────────────────

/**
 * Numbers the drafts and turns labels into ids. A label of an earlier task that has not started is a re-scope;
 * of any other, a refusal. With `eachAlone` a bad draft is refused by name and its siblings go ahead; without,
 * one bad draft refuses them all, so that a plan file is accepted in one entry or not at all.
 */
function acceptTasks(s: State, c: Extract<TaskCommand, { type: 'acceptTasks' }>): readonly Event[] | Refusal {
  const events: Event[] = [];
  // Read whole, a plan may point forward; one at a time, only at what is already there.
  const fresh = c.eachAlone ? new Map<string, TaskId>() : numbered(s, c.drafts);
  const used = new Set<string>();
  let number = s.tasks.size + 1;
  for (const draft of c.drafts) {
    const problem = problemOf(s, c.from, draft, fresh, used);
    if (problem) {
      if (!c.eachAlone) return refuse('bad-task', `${draft.label}: ${problem}`);
      events.push(refusedTask(draft.label, problem, c.from));
      continue;
    }
    used.add(draft.label);
    const spec = specOf(s, draft, fresh);
    const known = hasLabel(c.from) ? s.labels.get(draft.label) : undefined;
    if (known) {
      events.push({
        type: 'task.rescoped',
        task: known,
        spec,
        ...(c.from.by === 'planner' && { iteration: c.from.iteration }),
      });
    } else {
      const id = fresh.get(draft.label) ?? taskId(number);
      fresh.set(draft.label, id);
      number += 1;
      events.push({ type: 'task.accepted', task: id, spec, source: sourceOf(c.from, draft.label) });
    }
  }
  return events;
}

function numbered(s: State, drafts: readonly TaskDraft[]): Map<string, TaskId> {
  const ids = new Map<string, TaskId>();
  for (const { label } of drafts) {
    if (!s.labels.has(label) && !ids.has(label)) ids.set(label, taskId(s.tasks.size + ids.size + 1));
  }
  return ids;
}

function refusedTask(label: string, problem: string, from: DraftSource): Event {
  return {
    type: 'task.refused',
    label,
    problem,
    ...(from.by === 'planner' && { iteration: from.iteration }),
  };
}

function problemOf(
  s: State,
  from: DraftSource,
  draft: TaskDraft,
  fresh: ReadonlyMap<string, TaskId>,
  used: ReadonlySet<string>,
): string | undefined {
  const limit = s.run!.request.limits.tasks;
  if (s.tasks.size + used.size >= limit) return `the run already has ${limit} tasks, its limit`;
  if (used.has(draft.label)) return 'another task of this answer has the same id';
  const known = hasLabel(from) ? s.labels.get(draft.label) : undefined;
  if (known) {
    const task = s.tasks.get(known)!;
    if (task.state !== 'pending') return `${known} has this id and is ${task.state}; use another id`;
    if (draft.dependsOn.some((l) => reaches(s, idOf(s, l, fresh), known))) return 'it would depend on itself';
  }
  for (const l of draft.dependsOn) {
    const on = idOf(s, l, fresh);
    if (!on) return `it depends on ${l}, which is no task's id`;
    const state = s.tasks.get(on)?.state;
    if (state === 'failed' || state === 'cancelled') return `it depends on ${l}, which is ${state}`;
  }
  if (from.by === 'reconciler') return fixProblem(s, from.signatures);
  return undefined;
}

/** One open fix task per signature, and few at once: repairs never breed repairs. */
function fixProblem(s: State, signatures: readonly string[]): string | undefined {
  const open = new Set([...s.health.fixTasks.values()].filter((id) => !isOver(s.tasks.get(id)!.state)));
  if (open.size >= FIX_TASKS_MAX) return `${FIX_TASKS_MAX} fix tasks are open already`;
  for (const signature of signatures) {
    const id = s.health.fixTasks.get(signature);
    if (id && open.has(id)) return `${id} is open for this failure`;
  }
  return undefined;
}

/** Does `from` depend on `target`, directly or through others? Costs the size of what `from` depends on. */
function reaches(s: State, from: TaskId | undefined, target: TaskId): boolean {
  const stack = from ? [from] : [];
  const seen = new Set<TaskId>();
  for (let id = stack.pop(); id; id = stack.pop()) {
    if (id === target) return true;
    if (seen.has(id)) continue;
    seen.add(id);
    stack.push(...(s.tasks.get(id)?.spec.dependsOn ?? []));
  }
  return false;
}

const idOf = (s: State, label: string, fresh: ReadonlyMap<string, TaskId>): TaskId | undefined =>
  s.labels.get(label) ?? fresh.get(label);

const hasLabel = (from: DraftSource): boolean =>
  from.by === 'plan' || from.by === 'planner' || from.by === 'subplanner';

function specOf(s: State, d: TaskDraft, fresh: ReadonlyMap<string, TaskId>): TaskSpec {
  const parent = d.parent === undefined ? undefined : idOf(s, d.parent, fresh);
  return {
    title: d.title,
    description: d.description,
    scope: d.scope,
    acceptance: d.acceptance,
    ...(d.verify !== undefined && { verify: d.verify }),
    priority: d.priority,
    dependsOn: [...new Set(d.dependsOn.map((l) => idOf(s, l, fresh)!))],
    kind: d.kind,
    ...(d.role !== undefined && { role: d.role }),
    requires: d.requires,
    ...(d.agent !== undefined && { agent: d.agent }),
    ...(parent && { parent }),
  };
}

function sourceOf(from: DraftSource, label: string): TaskSource {
  switch (from.by) {
    case 'plan':
      return { by: 'plan', label: label as Label };
    case 'planner':
      return { by: 'planner', label: label as Label, iteration: from.iteration };
    case 'subplanner':
      return { by: 'subplanner', label: label as Label, parent: from.parent };
    default:
      return from;
  }
}

// ───────────────────────── ending and trying again ─────────────────────────

function cancelTask(
  s: State,
  id: TaskId,
  reason: string,
  by: 'operator' | 'planner' | 'reconciler',
): readonly Event[] | Refusal {
  const t = s.tasks.get(id);
  if (!t) return refuse('unknown-task', `there is no ${id}`);
  if (isOver(t.state)) return refuse('illegal-move', `${id} is ${t.state} already`);
  return [{ type: 'task.cancelled', task: id, reason, by }, ...failDependents(s, id, `${id} was cancelled`)];
}

function failTask(s: State, c: Extract<TaskCommand, { type: 'failTask' }>): readonly Event[] | Refusal {
  const t = s.tasks.get(c.task);
  if (!t) return refuse('unknown-task', `there is no ${c.task}`);
  if (isOver(t.state) || !canMove(t.state, 'failed'))
    return refuse('illegal-move', `${c.task} is ${t.state}`);
  return [
    { type: 'task.failed', task: c.task, failure: c.failure, detail: c.detail },
    ...failDependents(s, c.task, `${c.task} failed`),
  ];
}

/** Whatever waits for a task that will not come fails with it, and so on down. */
export function failDependents(s: State, id: TaskId, why: string): Event[] {
  const events: Event[] = [];
  const seen = new Set<TaskId>([id]);
  const stack = [...(s.dependents.get(id) ?? [])].reverse();
  for (let d = stack.pop(); d; d = stack.pop()) {
    if (seen.has(d)) continue;
    seen.add(d);
    if (s.tasks.get(d)!.state !== 'pending') continue;
    events.push({ type: 'task.failed', task: d, failure: 'dependency', detail: why });
    stack.push(...(s.dependents.get(d) ?? []));
  }
  return events;
}

/** A task tried again takes along those that failed only because it had. */
function retry(s: State, c: Extract<TaskCommand, { type: 'retry' }>): readonly Event[] | Refusal {
  const t = s.tasks.get(c.task);
  if (!t) return refuse('unknown-task', `there is no ${c.task}`);
  if (t.state !== 'failed' && t.state !== 'cancelled')
    return refuse('illegal-move', `${c.task} is ${t.state}`);
  const events: Event[] = [
    { type: 'task.retried', task: c.task, by: c.by, ...(c.hint !== undefined && { hint: c.hint }) },
  ];
  const stack = [...(s.dependents.get(c.task) ?? [])];
  const seen = new Set<TaskId>([c.task]);
  for (let d = stack.pop(); d; d = stack.pop()) {
    const dependent = s.tasks.get(d)!;
    if (seen.has(d) || dependent.state !== 'failed' || dependent.failure !== 'dependency') continue;
    seen.add(d);
    events.push({ type: 'task.retried', task: d, by: c.by });
    stack.push(...(s.dependents.get(d) ?? []));
  }
  return events;
}
