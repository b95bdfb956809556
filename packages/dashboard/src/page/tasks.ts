/** The tasks of the run, and one of them with its whole story and what can be said to it. */
import { signal } from '@preact/signals';
import type { Task } from '@swarm/core/model/task';
import { h } from 'preact';
import { chosen, isLive, run, say, show, status, story, tasks } from './store.ts';
import { count, nothing, part, plural, state } from './words.ts';

const filter = signal('');

export function tasksPart() {
  const { tasks: all, total } = tasks.value;
  const counts = Object.entries(status.value?.board.counts ?? {}).filter(([, n]) => n > 0);
  const shown = filter.value === '' ? all : all.filter((task) => task.state === filter.value);
  return part(
    'tasks',
    'Tasks',
    plural(total, 'task'),
    h('div', { class: 'filters', role: 'group', 'aria-label': 'by state' }, [
      choice('', 'all', total),
      ...counts.map(([name, n]) => choice(name, name, n)),
    ]),
    shown.length === 0 ? nothing('There is no task here yet.') : table(shown),
    total > all.length && nothing(`and ${count(total - all.length)} more: swarm tasks`),
  );
}

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

const table = (shown: readonly Task[]) =>
  h('table', null, [
    h(
      'thead',
      null,
      h(
        'tr',
        null,
        ['task', 'state', 'title', 'tries'].map((name) => h('th', { scope: 'col' }, name)),
      ),
    ),
    h(
      'tbody',
      null,
      shown.map((task) =>
        h(
          'tr',
          {
            key: task.id,
            class: task.id === chosen.value ? 'chosen' : '',
            onClick: () => show(run.value, task.id),
          },
          [
            h('td', null, h('a', { href: `#${run.value}/${task.id}`, 'data-task': task.id }, task.id)),
            h('td', null, state(task.state)),
            h(
              'td',
              { class: 'wide' },
              task.spec.title,
              h('small', null, outcomeOf(task).slice(0, OUTCOME_MAX)),
            ),
            h('td', { class: 'figure' }, task.attempts),
          ],
        ),
      ),
    ),
  ]);

/** A glance at why; the whole of it is in the task's story. */
const OUTCOME_MAX = 160;

function outcomeOf(task: Task): string {
  if (task.state === 'failed') return `${task.failure}: ${task.detail}`;
  if (task.state === 'cancelled') return task.reason;
  return task.state !== 'landed' && task.setback ? `last time: ${task.setback.reason}` : '';
}

// ───────────────────────── one of them ─────────────────────────

export function storyPart() {
  const told = story.value;
  if (chosen.value === undefined) return null;
  const { id, spec } = told?.task ?? { id: chosen.value, spec: undefined };
  return h('aside', { id: 'story', 'aria-labelledby': 'story-title', tabIndex: -1 }, [
    h('header', null, [
      h('h2', { id: 'story-title' }, id, spec && h('small', null, spec.title)),
      h(
        'button',
        { type: 'button', class: 'quiet', 'aria-label': 'Close', onClick: () => show(run.value) },
        '×',
      ),
    ]),
    told && told.task.id === chosen.value ? inside(told.task, told.story) : nothing('…'),
  ]);
}

const inside = (task: Task, sentences: readonly string[]) => [
  task.spec.description && h('p', { class: 'words' }, task.spec.description),
  isLive.value && h(Steering, { task }),
  h(
    'ol',
    { class: 'sentences' },
    sentences.map((sentence, i) => {
      const [, time, text] = /^\d{4}-\d\d-\d\d (\d\d:\d\d:\d\d) {2}([\s\S]*)$/.exec(sentence) ?? [];
      return h('li', { key: i }, time && h('time', null, time), text ?? sentence);
    }),
  ),
];

const words = signal('');
const asks = signal(false);

function Steering({ task }: { readonly task: Task }) {
  const { id } = task;
  const text = words.value.trim();
  const isAtAnEnd = task.state === 'failed' || task.state === 'cancelled';
  const isLanded =
    task.state === 'landed' ||
    task.state === 'answered' ||
    task.state === 'unneeded' ||
    task.state === 'gathered';
  if (isLanded) return null;
  const done = async (command: object, what: string): Promise<void> => {
    asks.value = false;
    if (await say(command, what)) words.value = '';
  };
  // The first press asks, the second one does it.
  const cancel = (): void => {
    if (!asks.value) asks.value = true;
    else
      void done(
        { type: 'cancelTask', task: id, reason: 'cancelled on the page', by: 'operator' },
        `${id} is cancelled`,
      );
  };
  return h('form', { class: 'steering', onSubmit: (event: Event) => event.preventDefault() }, [
    h('textarea', {
      rows: 2,
      maxLength: 16_000,
      placeholder: isAtAnEnd ? 'What the next attempt is told besides' : 'What whoever works on it is told',
      'aria-label': `To ${id}`,
      value: words.value,
      onInput: (event: Event) => {
        words.value = (event.currentTarget as HTMLTextAreaElement).value;
      },
    }),
    h(
      'div',
      { class: 'buttons' },
      isAtAnEnd
        ? [
            button('Try again', () =>
              done(
                { type: 'retry', task: id, ...(text && { hint: text }), by: 'operator' },
                `${id} is tried again`,
              ),
            ),
          ]
        : [
            button('Tell', () => done({ type: 'tell', task: id, text }, `${id} is told`), text === ''),
            task.state === 'pending' &&
              button('Go first', () =>
                done({ type: 'prioritise', task: id, place: 'first' }, `${id} goes first`),
              ),
            button(asks.value ? `Really cancel ${id}?` : 'Cancel', cancel),
          ],
    ),
  ]);
}

const button = (name: string, onClick: () => unknown, disabled = false) =>
  h('button', { type: 'button', disabled, onClick }, name);
