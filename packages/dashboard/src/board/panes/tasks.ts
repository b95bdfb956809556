/** Every task, parts behind what they are parts of, as far as the filter lets them through. */
import type { TaskId } from '@swarm/core/model/ids';
import { isSatisfied, type Task } from '@swarm/core/model/task';
import { lineage } from '@swarm/core/views/family';
import { groupText, plain, shortCommit } from '@swarm/core/views/words';
import { type Cell, type Line, line, row, type Tone } from '../lines.ts';
import type { Pane } from './pane.ts';

export const tasksPane: Pane = {
  name: 'tasks',
  title({ tasks, pulse }, { filter }) {
    const count =
      tasks.length === pulse.tasks
        ? groupText(pulse.tasks)
        : `${groupText(tasks.length)} of ${groupText(pulse.tasks)}`;
    return `tasks\t${count}${filter === '' ? '' : ` with “${plain(filter, 40)}”`}`;
  },
  rows: ({ tasks }) => tasks,
  taskOf: (_, id) => id as TaskId,
  heads: (width) => row(...columns(width, ['task', 'state', 'tries', 'title', 'what came of it'], 'dim')),
  draw({ state }, id, width): Line {
    const task = state.tasks.get(id as TaskId);
    if (!task) return line('');
    const { attempts, spec } = task;
    const cells = [lineage(state, task.id), task.state, String(attempts), plain(spec.title), cameOf(task)];
    return row(...columns(width, cells, toneOf(task)));
  },
  nothing: (_, { filter }) =>
    filter === '' ? 'There is no task yet.' : 'No task has these words: Esc shows all.',
};

function columns(
  width: number,
  [id, state, tries, title, end]: readonly string[],
  tone: Tone,
): readonly Cell[] {
  const left = width - (8 + 10 + 5) - 3;
  const endWidth = left < 44 ? 0 : Math.min(60, Math.floor(left * 0.4));
  return [
    { text: id!, width: 8, tone: tone === 'dim' ? 'dim' : 'bold' },
    { text: state!, width: 10, tone },
    { text: tries!, width: 5, tone: 'dim' },
    { text: title!, width: left - (endWidth > 0 ? endWidth + 1 : 0), tone: tone === 'dim' ? 'dim' : 'plain' },
    { text: end!, width: endWidth, tone: 'dim' },
  ];
}

function toneOf({ state }: Task): Tone {
  if (isSatisfied(state)) return 'good';
  return state === 'failed' ? 'bad' : state === 'cancelled' ? 'warn' : 'plain';
}

function cameOf(task: Task): string {
  if (task.state === 'landed') return shortCommit(task.commit);
  if (task.state === 'failed') return plain(`${task.failure}: ${task.detail}`);
  if (task.state === 'cancelled') return plain(task.reason);
  return task.setback ? `last time: ${plain(task.setback.reason, 60)}` : '';
}
