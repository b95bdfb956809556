/** The tasks of the run, however many: found by state and by words. */
import { signal } from '@preact/signals';
import type { Task } from '@swarm/core/model/task';
import { h } from 'preact';
import { chosen, status, tasks, to } from './store.ts';
import { Virtual } from './virtual.ts';
import { count, nothing, part, plural, state } from './words.ts';

const filter = signal('');
const query = signal('');

/** A glance at why; the whole of it is in the task's story. */
const OUTCOME_MAX = 200;
const ROW_PX = 32;

/** What j and k go through. */
export function listedTasks(): readonly Task[] {
  const words = query.value.trim().toLowerCase();
  const all = tasks();
  if (filter.value === '' && words === '') return all;
  const isAsked = ({ id, state, spec }: Task): boolean =>
    (filter.value === '' || state === filter.value) &&
    (words === '' || id === words || spec.title.toLowerCase().includes(words));
  return all.filter(isAsked);
}

/** @param isShort beside others; else it is the whole view. */
export function TasksPart({ isShort }: { readonly isShort: boolean }) {
  const total = tasks().length;
  const counts = Object.entries(status.value?.board.counts ?? {}).filter(([, n]) => n > 0);
  const listed = listedTasks();
  return part(
    'tasks',
    'Tasks',
    plural(total, 'task'),
    h('div', { class: 'filters', role: 'group', 'aria-label': 'by state' }, [
      choice('', 'all', total),
      ...counts.map(([name, n]) => choice(name, name, n)),
      h('input', {
        type: 'search',
        'data-search': true,
        placeholder: 'Find by words',
        'aria-label': 'Find tasks by words',
        value: query.value,
        onInput: (event: Event) => {
          query.value = (event.currentTarget as HTMLInputElement).value;
        },
      }),
    ]),
    listed.length === 0
      ? nothing(total === 0 ? 'There is no task here yet.' : 'No task is like that.')
      : h(Virtual, {
          label: 'Tasks',
          role: 'table',
          class: isShort ? 'tasks short' : 'tasks',
          count: listed.length,
          rowHeight: ROW_PX,
          show: chosen.value === undefined ? undefined : listed.findIndex(({ id }) => id === chosen.value),
          head: HEAD,
          row: (i) => row(listed[i]!, i),
        }),
  );
}

const HEAD = h(
  'div',
  { role: 'rowgroup', class: 'head', key: 'head' },
  h(
    'div',
    { role: 'row', class: 'row' },
    ['task', 'state', 'title', 'tries'].map((name) => h('span', { role: 'columnheader', key: name }, name)),
  ),
);

const choice = (value: string, name: string, n: number) =>
  h(
    'button',
    {
      type: 'button',
      'aria-pressed': filter.value === value,
      onClick: () => {
        filter.value = filter.value === value ? '' : value;
      },
    },
    `${name} ${count(n)}`,
  );

const row = (task: Task, i: number) =>
  h(
    'div',
    {
      role: 'row',
      key: task.id,
      class: task.id === chosen.value ? 'row chosen' : 'row',
      'aria-rowindex': i + 1,
      onClick: open,
      'data-href': to({ task: task.id, pane: 'story', attempt: undefined }),
    },
    [
      h(
        'span',
        { role: 'cell' },
        h(
          'a',
          {
            href: to({ task: task.id, pane: 'story', attempt: undefined }),
            'data-task': task.id,
            'aria-current': task.id === chosen.value ? 'true' : undefined,
          },
          task.id,
        ),
      ),
      h('span', { role: 'cell' }, state(task.state)),
      h('span', { role: 'cell', class: 'title', title: task.spec.title.slice(0, 300) }, [
        task.spec.title,
        h('small', null, outcomeOf(task).slice(0, OUTCOME_MAX)),
      ]),
      h('span', { role: 'cell', class: 'figure' }, task.attempts),
    ],
  );

function open(event: Event): void {
  const { href } = (event.currentTarget as HTMLElement).dataset;
  if (href !== undefined) location.hash = href;
}

function outcomeOf(task: Task): string {
  if (task.state === 'failed') return `${task.failure}: ${task.detail}`;
  if (task.state === 'cancelled') return task.reason;
  return task.state !== 'landed' && task.setback ? `last time: ${task.setback.reason}` : '';
}
