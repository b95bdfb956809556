/** What can be said to a task while its run is live. */
import { signal } from '@preact/signals';
import type { Task } from '@swarm/core/model/task';
import { h } from 'preact';
import { Confirmed } from './confirmed.ts';
import { say, undo } from './follow.ts';
import { button } from './words.ts';

const words = signal('');
const place = signal('');

export function Steering({ task }: { readonly task: Task }) {
  const { id } = task;
  const text = words.value.trim();
  if (task.state === 'landed')
    return h('div', { class: 'steering buttons' }, [
      h(Confirmed, { name: 'Undo', really: `Really take ${id} back?`, onYes: () => undo(id) }),
    ]);
  if (task.state === 'answered' || task.state === 'unneeded' || task.state === 'gathered') return null;
  const isAtAnEnd = task.state === 'failed' || task.state === 'cancelled';
  const done = async (command: object): Promise<void> => {
    if (await say(command)) words.value = '';
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
              done({ type: 'retry', task: id, ...(text && { hint: text }), by: 'operator' }),
            ),
          ]
        : [
            button('Tell', () => done({ type: 'tell', task: id, text }), { disabled: text === '' }),
            ...(task.state === 'pending' || task.state === 'expanded' ? order(id) : []),
            h(Confirmed, {
              key: `cancel ${id}`,
              name: 'Cancel',
              really: `Really cancel ${id}?`,
              onYes: () =>
                done({
                  type: 'cancelTask',
                  task: id,
                  reason: text.slice(0, 200) || 'cancelled on the page',
                  by: 'operator',
                }),
            }),
          ],
    ),
  ]);
}

const order = (task: string) => [
  button('Go first', () => say({ type: 'prioritise', task, place: 'first' })),
  button('Go last', () => say({ type: 'prioritise', task, place: 'last' })),
  h('label', { class: 'inline', key: 'place' }, [
    'priority ',
    h('input', {
      type: 'number',
      min: 1,
      max: 10,
      value: place.value,
      onInput: (event: Event) => {
        place.value = (event.currentTarget as HTMLInputElement).value;
      },
      onKeyDown: (event: KeyboardEvent) => {
        if (event.key !== 'Enter' || place.value === '') return;
        void say({ type: 'prioritise', task, place: Number(place.value) });
      },
    }),
  ]),
];
