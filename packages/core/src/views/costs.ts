/** What was spent, as metered: by run, task, attempt, iteration and other role. */
import type { Entry, EventOf } from '../events.ts';
import type { EndingReason, Reservation } from '../model/attempt.ts';
import type { AttemptId, TaskId } from '../model/ids.ts';
import { addUsage, NO_USAGE, type Usage } from '../model/usage.ts';
import type { State } from '../state.ts';
import { plain } from './words.ts';

export interface Costs {
  /** Everything metered so far. */
  readonly used: Usage;
  /** Set aside for what is running. */
  readonly reserved: Reservation;
  /** Set aside for what was lost in a crash; counts as spent against the budget. */
  readonly lost: Reservation;
  readonly tasks: readonly {
    readonly task: TaskId;
    readonly title: string;
    readonly usage: Usage;
    readonly durationMs: number;
  }[];
  /** Ended attempts in the order they started. */
  readonly attempts: readonly {
    readonly attempt: AttemptId;
    readonly ending: EndingReason;
    readonly usage: Usage;
    readonly durationMs: number;
  }[];
  readonly iterations: readonly {
    readonly iteration: number;
    readonly usage: Usage;
    readonly durationMs: number;
  }[];
  /** Outside attempts and iterations, call by call. */
  readonly others: readonly { readonly role: EventOf<'spend.recorded'>['role']; readonly usage: Usage }[];
}

/** @param entries the journal's, from the first: the state keeps no account of iterations. */
export function costs(state: State, entries: readonly Entry[]): Costs {
  const { used, reserved, lost } = state.spending;
  const attempts = endedAttempts(state);
  const others = entries
    .flatMap((entry) => entry.events)
    .flatMap((e) => (e.type === 'spend.recorded' ? [{ role: e.role, usage: e.usage }] : []));
  const tasks = byTask(state, attempts);
  return { used, reserved, lost, tasks, attempts, iterations: iterations(entries), others };
}

function endedAttempts(state: State): (Costs['attempts'][number] & { task: TaskId })[] {
  return [...state.attempts.values()].flatMap((a) =>
    a.state === 'ended'
      ? [
          {
            attempt: a.id,
            task: a.task,
            ending: a.ending,
            usage: a.usage,
            durationMs: a.endedAt - a.startedAt,
          },
        ]
      : [],
  );
}

function byTask(state: State, attempts: ReturnType<typeof endedAttempts>): Costs['tasks'] {
  const sums = new Map<TaskId, { usage: Usage; durationMs: number }>();
  for (const { task, usage, durationMs } of attempts) {
    const sum = sums.get(task) ?? { usage: NO_USAGE, durationMs: 0 };
    sums.set(task, { usage: addUsage(sum.usage, usage), durationMs: sum.durationMs + durationMs });
  }
  return [...sums].map(([task, sum]) => ({
    task,
    title: plain(state.tasks.get(task)?.spec.title ?? ''),
    ...sum,
  }));
}

function iterations(entries: Iterable<Entry>): Costs['iterations'] {
  const startedAt = new Map<number, number>();
  const ended: Costs['iterations'][number][] = [];
  for (const { at, events } of entries) {
    for (const e of events) {
      if (e.type === 'iteration.started') startedAt.set(e.iteration, at);
      if (e.type !== 'iteration.ended') continue;
      const durationMs = at - (startedAt.get(e.iteration) ?? at);
      ended.push({ iteration: e.iteration, usage: e.usage, durationMs });
    }
  }
  return ended;
}
