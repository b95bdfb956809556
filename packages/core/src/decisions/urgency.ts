/** What goes first, and how many of a kind go at once: the operator's word on the order of work. */
import type { Command } from '../commands.ts';
import { type Refusal, refuse } from '../errors.ts';
import type { Event } from '../events.ts';
import type { TaskId } from '../model/ids.ts';
import { isOver, priorityOf } from '../model/task.ts';
import { livePartsOf } from '../rules/owners.ts';
import { KNOWN_ROLES } from '../rules/roles.ts';
import { nearestWord } from '../rules/text.ts';
import type { OpenedState } from '../state.ts';

type Prioritise = Extract<Command, { type: 'prioritise' }>;
type Scale = Extract<Command, { type: 'scale' }>;

/** The most workers one run may ask for. */
export const WORKERS_MAX = 1_000;
/** A plan's own priorities are 1 to 10. Who is put first, again and again, goes below; so far, and no further. */
export const PRIORITY_FAR = 100_000;

/** A task that is split goes with its parts: they are what is worked on. */
export function prioritise(s: OpenedState, { task, place }: Prioritise): readonly Event[] | Refusal {
  const t = s.tasks.get(task);
  if (!t) return refuse('unknown-task', `there is no ${task}`);
  if (t.state !== 'pending' && t.state !== 'expanded') return refuse('illegal-move', `${task} is ${t.state}`);
  const meant = [task, ...livePartsOf(s, task)].filter((id) => {
    const { state } = s.tasks.get(id)!;
    return state === 'pending' || state === 'expanded';
  });
  const priority = typeof place === 'number' ? place : endOf(s, place, new Set(meant));
  const isGiven = typeof place === 'number';
  const most = isGiven ? 10 : PRIORITY_FAR;
  if (!Number.isInteger(priority) || priority < (isGiven ? 1 : -PRIORITY_FAR) || priority > most)
    return refuse('out-of-range', `a priority is 1 (most urgent) to 10, not ${priority}`);
  return meant.map((id): Event => ({ type: 'task.prioritised', task: id, priority }));
}

/** Before, or behind, everything else that is not over. */
function endOf(s: OpenedState, place: 'first' | 'last', but: ReadonlySet<TaskId>): number {
  const others = [...s.tasks.values()].filter((t) => !isOver(t.state) && !but.has(t.id)).map(priorityOf);
  return place === 'first' ? least(others) - 1 : most(others) + 1;
}

const least = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.min(a, b), 1);
const most = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.max(a, b), 10);

export function scale(s: OpenedState, c: Scale): readonly Event[] | Refusal {
  const { workers, role } = c;
  if (!Number.isInteger(workers) || workers < 1 || workers > WORKERS_MAX)
    return refuse('out-of-range', `workers must be 1 to ${WORKERS_MAX}, not ${workers}`);
  if (role !== undefined) return scaleRole(s, role, workers);
  // A run never gives itself more than the operator did.
  if (c.by === 'itself' && c.workers > s.flow.ceiling)
    return refuse('out-of-range', `the operator allows ${s.flow.ceiling} workers, not ${workers}`);
  return [{ type: 'run.scaled', workers, reason: c.reason, ...(c.by && { by: c.by }) }];
}

function scaleRole(s: OpenedState, role: string, workers: number): readonly Event[] | Refusal {
  const known = s.run.request.roles?.map(({ name }) => name) ?? [KNOWN_ROLES[0]];
  if (known.includes(role)) return [{ type: 'role.scaled', role, workers }];
  const near = nearestWord(role, known);
  const meant = near === undefined ? '' : `; did you mean ${near}?`;
  return refuse('out-of-range', `there is no role ${role}; there are: ${known.join(', ')}${meant}`);
}
