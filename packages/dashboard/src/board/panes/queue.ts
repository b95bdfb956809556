/** What is under test, what waits to land, and why the rest waits. */
import { type AttemptId, parseTaskId, type TaskId, taskOf } from '@swarm/core/model/ids';
import type { Waiting } from '@swarm/core/views/waits';
import { durationText } from '@swarm/core/views/words';
import type { Facts } from '../facts.ts';
import { fit, foreign, type Line, line, span } from '../lines.ts';
import type { Pane } from './pane.ts';

/** What stands in the queue itself is told once. */
const TOLD_ABOVE: ReadonlySet<string> = new Set(['gate', 'landing']);

export const queuePane: Pane = {
  name: 'queue',
  title({ queue: { landing, waiting, gate } }) {
    const pace = gate
      ? `gate ${gate.runs === 0 ? 'not run yet' : `about ${durationText(gate.runMs)}`}, ${gate.parallel} at a time`
      : 'no gate';
    return `merge queue\t${landing.length} under test, ${waiting.length} to land; ${pace}`;
  },
  rows: ({ queue: { landing, waiting }, waits }) => [
    ...landing.map(({ landing: id }) => id),
    ...waiting.map(({ attempt }) => attempt),
    ...waits.filter(({ reason }) => !TOLD_ABOVE.has(reason)).map(waitId),
  ],
  taskOf(facts, id): TaskId | undefined {
    const landing = facts.queue.landing.find((one) => one.landing === id);
    if (landing) return landing.tasks[0];
    if (facts.queue.waiting.some(({ attempt }) => attempt === id)) return taskOf(id as AttemptId);
    return parseTaskId(waitOf(facts, id)?.tasks[0] ?? '');
  },
  draw(facts, id, width): Line {
    const { queue, state, now } = facts;
    const landing = queue.landing.find((one) => one.landing === id);
    if (landing) {
      const { tasks, since, gate } = landing;
      const title = tasks.length === 1 ? (state.tasks.get(tasks[0]!)?.spec.title ?? '') : '';
      const told = [
        span(`${id} `, 'bold'),
        span(gate ? 'is being published ' : 'under test ', gate ? 'good' : 'plain'),
        span(`${tasks.slice(0, TASKS_NAMED).join(', ')}${more(tasks.length)} `),
        foreign(title, 'dim'),
      ];
      return [
        ...fit(told, width - TIME_WIDTH - 1),
        span(` ${durationText(now - since).padStart(TIME_WIDTH)}`),
      ];
    }
    const waiting = queue.waiting.find(({ attempt }) => attempt === id);
    if (waiting)
      return [span(`${waiting.task} `, 'bold'), span('waits to land '), foreign(waiting.title, 'dim')];
    const wait = waitOf(facts, id);
    return wait ? [foreign(wait.text, 'dim')] : line('');
  },
  nothing: ({ state }) => (state.closed ? 'The run is over.' : 'Nothing waits.'),
};

const TASKS_NAMED = 6;
const TIME_WIDTH = 7;
const more = (count: number): string => (count > TASKS_NAMED ? ` and ${count - TASKS_NAMED} more` : '');
const waitId = ({ reason, on, tasks }: Waiting): string => `${reason} ${on ?? tasks[0] ?? ''}`;
const waitOf = ({ waits }: Facts, id: string): Waiting | undefined => waits.find((one) => waitId(one) === id);
