/** Which of a task's attempts is meant. */
import { h } from 'preact';
import type { ToldAttempt } from './api.ts';
import { address, go } from './store.ts';

/** @param none what is meant where none is chosen. */
export function AttemptChoice({
  attempts,
  none,
}: {
  readonly attempts: readonly ToldAttempt[];
  readonly none: string;
}) {
  if (attempts.length < 2) return null;
  return h(
    'select',
    {
      'aria-label': 'Attempt',
      value: address.value.attempt ?? '',
      onChange: (event: Event) => {
        const { value } = event.currentTarget as HTMLSelectElement;
        go({ attempt: value === '' ? undefined : value });
      },
    },
    [
      h('option', { value: '', key: '' }, none),
      ...attempts.map(({ attempt, driver, ending }) =>
        h(
          'option',
          { value: attempt, key: attempt },
          [attempt, driver, ending ?? 'at work'].filter(Boolean).join(' · '),
        ),
      ),
    ],
  );
}
