import type { Command } from '../commands.ts';
import { assertNever, type Refusal, refuse } from '../errors.ts';
import type { Event } from '../events.ts';
import { UNCOUNTED_ATTEMPTS_MAX } from '../model/attempt.ts';
import type { TaskId } from '../model/ids.ts';
import { canMove, isDead, isOver, NOTES_MAX, type Task } from '../model/task.ts';
import { covers, remainingFor } from '../rules/budget.ts';
import { isVain, vainOf } from '../rules/dependencies.ts';
import { livePartsOf } from '../rules/owners.ts';
import { liveIterations, type OpenedState, planOf } from '../state.ts';
import { acceptTasks } from './accept.ts';
import { endTogether } from './ends.ts';
import { writeRequirements } from './requirements.ts';
import { expandTask, settleTask, subplanProblem } from './splits.ts';

type TaskCommand = Extract<
  Command,
  {
    type:
      | 'startIteration'
      | 'extendIteration'
      | 'acceptTasks'
      | 'refuseTask'
      | 'writeScratchpad'
      | 'writeRequirements'
      | 'endIteration'
      | 'cancelTask'
      | 'cancelLabel'
      | 'failTask'
      | 'expandTask'
      | 'settleTask'
      | 'retry'
      | 'tell';
  }
>;

/** Laws of planning and of tasks as such. */
export function decideTasks(s: OpenedState, c: TaskCommand): readonly Event[] | Refusal {
  switch (c.type) {
    case 'startIteration':
      return startIteration(s, c);
    case 'extendIteration':
      return extendIteration(s, c);
    case 'acceptTasks':
      return acceptTasks(s, c);
    case 'refuseTask':
      return [
        {
          type: 'task.refused',
          label: c.label,
          problem: c.problem,
          ...(c.iteration !== undefined && { iteration: c.iteration, ...ownerIn(s, c.iteration) }),
        },
      ];
    case 'writeScratchpad':
      return isLive(s, c.iteration)
        ? [
            {
              type: 'scratchpad.written',
              iteration: c.iteration,
              ...ownerIn(s, c.iteration),
              text: c.text,
            },
          ]
        : refuse('late', `iteration ${c.iteration} is over`);
    case 'writeRequirements':
      return writeRequirements(s, c);
    case 'endIteration':
      return isLive(s, c.iteration)
        ? [
            {
              type: 'iteration.ended',
              iteration: c.iteration,
              ...ownerIn(s, c.iteration),
              outcome: c.outcome,
              isDone: c.isDone,
              detail: c.detail,
              usage: c.usage,
            },
          ]
        : refuse('late', `iteration ${c.iteration} is over`);
    case 'expandTask':
      return expandTask(s, c);
    case 'settleTask':
      return settleTask(s, c.task);
    case 'cancelTask':
      return cancelTask(s, c.task, c.reason, c.by);
    case 'cancelLabel': {
      const id = labelled(s, c.owner, c.label);
      return id
        ? cancelTask(s, id, c.reason, 'planner')
        : refuse('unknown-task', `no task is called ${c.label}`);
    }
    case 'failTask':
      return failTask(s, c);
    case 'retry':
      return retry(s, c);
    case 'tell':
      return tell(s, c);
    default:
      return assertNever(c);
  }
}

function startIteration(
  s: OpenedState,
  c: Extract<TaskCommand, { type: 'startIteration' }>,
): readonly Event[] | Refusal {
  const { owner, reason, promptHash, model, reserved } = c;
  const problem = owner === undefined ? undefined : subplanProblem(s, owner);
  if (problem) return problem;
  const live = planOf(s, owner)?.live;
  if (live) return refuse('not-ready', `iteration ${live.iteration} is still live`);
  if (s.spending.neared) return refuse('not-ready', 'the budget is near its end: nothing new opens');
  if (s.paused || s.stopped || s.spending.reached) return refuse('not-ready', 'nothing new starts now');
  if (!covers(remainingFor(s, owner === undefined ? 'planner' : 'subplanner'), reserved))
    return refuse('not-ready', 'the rest of the budget does not cover it');
  const iteration = s.iterations + 1;
  const whose = owner !== undefined && { owner };
  return [{ type: 'iteration.started', iteration, ...whose, reason, promptHash, model, reserved }];
}

function extendIteration(
  s: OpenedState,
  c: Extract<TaskCommand, { type: 'extendIteration' }>,
): readonly Event[] | Refusal {
  const { iteration, reserved } = c;
  if (!isLive(s, iteration)) return refuse('late', `iteration ${iteration} is over`);
  if (s.stopped || s.spending.reached) return refuse('not-ready', 'nothing more is spent now');
  const whose = ownerIn(s, iteration);
  if (!covers(remainingFor(s, whose.owner === undefined ? 'planner' : 'subplanner'), reserved))
    return refuse('not-ready', 'the rest of the budget does not cover it');
  return [{ type: 'iteration.extended', iteration, ...whose, reserved }];
}

const liveOne = (s: OpenedState, iteration: number) =>
  liveIterations(s).find((live) => live.iteration === iteration);

const isLive = (s: OpenedState, iteration: number): boolean => liveOne(s, iteration) !== undefined;

/** Whose iteration it is, as an event says it: nothing of the run's own planner. */
function ownerIn(s: OpenedState, iteration: number): { readonly owner?: TaskId } {
  const owner = liveOne(s, iteration)?.owner;
  return owner === undefined ? {} : { owner };
}

/** A planner of a split task calls its parts by its own labels, and nobody else's tasks. */
function labelled(s: OpenedState, owner: TaskId | undefined, label: string): TaskId | undefined {
  if (owner === undefined) return s.labels.get(label) ?? s.tasks.get(label as TaskId)?.id;
  const plan = s.plans.get(owner);
  return plan?.labels.get(label) ?? plan?.parts.find((part) => part === label);
}

// ───────────────────────── ending and trying again ─────────────────────────

function cancelTask(
  s: OpenedState,
  id: TaskId,
  reason: string,
  by: 'operator' | 'planner' | 'reconciler',
): readonly Event[] | Refusal {
  const t = s.tasks.get(id);
  if (!t) return refuse('unknown-task', `there is no ${id}`);
  if (isOver(t.state)) return refuse('illegal-move', `${id} is ${t.state} already`);
  return endTogether(s, t, [{ type: 'task.cancelled', task: id, reason, by }], `${id} was cancelled`);
}

function failTask(s: OpenedState, c: Extract<TaskCommand, { type: 'failTask' }>): readonly Event[] | Refusal {
  const t = s.tasks.get(c.task);
  if (!t) return refuse('unknown-task', `there is no ${c.task}`);
  if (isOver(t.state) || !canMove(t.state, 'failed'))
    return refuse('illegal-move', `${c.task} is ${t.state}`);
  const { task, failure, detail } = c;
  return endTogether(s, t, [{ type: 'task.failed', task, failure, detail }], `${task} failed`);
}

/** A retry of a task also retries the tasks that failed only because it had failed. */
function retry(s: OpenedState, c: Extract<TaskCommand, { type: 'retry' }>): readonly Event[] | Refusal {
  const t = s.tasks.get(c.task);
  if (!t) return refuse('unknown-task', `there is no ${c.task}`);
  if (!isDead(t.state)) return refuse('illegal-move', `${c.task} is ${t.state}`);
  if (t.source.by === 'candidates')
    return refuse(
      'illegal-move',
      `${c.task} is one of several that tried ${t.source.parent}: it is ${t.source.parent} that can be tried again`,
    );
  // Its old commit and trailers stay in the history, where a second landing would look like a repetition.
  if (s.undone.has(t.id))
    return refuse('illegal-move', `${c.task} was undone; what is wanted instead is a new task`);
  if (t.attempts >= UNCOUNTED_ATTEMPTS_MAX)
    return refuse('out-of-range', `${c.task} has had ${t.attempts} attempts, the most there may be`);
  const gone = vainOf(s, t.spec);
  if (gone) return refuse('not-ready', `${c.task} depends on ${gone}, which is ${s.tasks.get(gone)!.state}`);
  const hint = c.hint !== undefined && { hint: c.hint };
  const first: Event = { type: 'task.retried', task: c.task, by: c.by, ...hint };
  return [first, ...revived(s, c.task).map((task): Event => ({ type: 'task.retried', task, by: c.by }))];
}

/** Returns the tasks that failed only because `id` failed, directly or through others. */
function revived(s: OpenedState, id: TaskId): TaskId[] {
  const alive = new Set<TaskId>([id]);
  const stack = [...(s.dependents.get(id) ?? [])];
  for (let d = stack.pop(); d; d = stack.pop()) {
    const t = s.tasks.get(d)!;
    if (alive.has(d) || t.state !== 'failed' || t.failure !== 'dependency') continue;
    if (t.attempts >= UNCOUNTED_ATTEMPTS_MAX) continue;
    if (t.spec.dependsOn.some((on) => !alive.has(on) && isVain(t.spec, s.tasks.get(on)!.state))) continue;
    alive.add(d);
    stack.push(...(s.dependents.get(d) ?? []));
  }
  return [...alive].slice(1);
}

/** Whoever works on it now is told, all of several that try it, where its agent can be; its later attempts are, in any case. */
function tell(s: OpenedState, c: Extract<TaskCommand, { type: 'tell' }>): readonly Event[] | Refusal {
  const t = s.tasks.get(c.task);
  if (!t) return refuse('unknown-task', `there is no ${c.task}`);
  if (isOver(t.state)) return refuse('illegal-move', `${c.task} is ${t.state}: nobody works on it any more`);
  if ((t.notes?.length ?? 0) >= NOTES_MAX)
    return refuse('out-of-range', `${c.task} was told ${NOTES_MAX} things, the most there may be`);
  const tries = s.plans.get(t.id)?.contest ? livePartsOf(s, t.id).map((id) => s.tasks.get(id)!) : [];
  const some = tries.filter(({ notes = [] }) => notes.length < NOTES_MAX);
  return [t, ...some].map((one) => toldTo(s, one, c.text));
}

function toldTo(s: OpenedState, t: Task, text: string): Event {
  const attempt = t.state === 'running' ? s.attempts.get(t.attempt) : undefined;
  return { type: 'task.told', task: t.id, text, ...(attempt?.hears && { attempt: attempt.id }) };
}
