/** What is asked at the foot of the screen, and what follows from each answer. What costs is asked first. */
import type { TaskId } from '@swarm/core/model/ids';
import { typed } from './editing.ts';
import type { Steer } from './ports.ts';
import type { Next, Question } from './ui.ts';

const steer = (of: Steer): Next => ({ kind: 'steer', steer: of });

const lineFor = (label: string, next: (text: string) => Next | undefined, standing = ''): Question => ({
  kind: 'line',
  label,
  editing: typed(standing),
  leadsTo: (text) => next(text.trim()),
});

/** Nothing typed is nothing said. */
const said = (next: (text: string) => Next) => (text: string) => (text === '' ? undefined : next(text));

export const yesNo = (label: string, yes: Next): Question => ({
  kind: 'choice',
  label: `${label} [y/N]`,
  choices: { y: yes },
});

export const ask = {
  filter: (standing: string): Question =>
    lineFor('tasks with the words:', (text) => ({ kind: 'filter', text }), standing),
  tell: (task: TaskId): Question =>
    lineFor(
      `tell ${task}:`,
      said((text) => steer({ do: 'tell', task, text })),
    ),
  retry: (task: TaskId): Question =>
    lineFor(`try ${task} again, with a hint or none:`, (hint) => steer({ do: 'retry', task, hint })),
  prioritise: (task: TaskId): Question =>
    lineFor(
      `${task} goes first, last, or to priority 1 to 10:`,
      said((place) => steer({ do: 'prioritise', task, place })),
      'first',
    ),
  cancel: (task: TaskId): Question =>
    yesNo(`Cancel ${task} and what waits for it?`, steer({ do: 'cancel', task })),
  undo: (task: TaskId): Question => ({
    kind: 'choice',
    label: `Take ${task} back? [y/N], or d with what depends on it`,
    choices: {
      y: steer({ do: 'undo', what: task, withDependents: false }),
      d: steer({ do: 'undo', what: task, withDependents: true }),
    },
  }),
  submit: (): Question =>
    lineFor(
      'one more task:',
      said((text) => steer({ do: 'submit', text })),
    ),
  amend: (): Question =>
    lineFor(
      'change the request:',
      said((text) => steer({ do: 'amend', text })),
    ),
  scale: (): Question =>
    lineFor(
      'workers, or a role and how many of it:',
      said((text) => steer({ do: 'scale', text })),
    ),
  budget: (): Question =>
    lineFor(
      'the limits from now on (+5usd,+2Mtok; a time behind: +1h):',
      said((text) => steer({ do: 'budget', text })),
    ),
  note: (): Question =>
    lineFor(
      'a note under the key:',
      said((key) => ({
        kind: 'ask',
        question: lineFor(`the note ${key}, empty to take it away:`, (text) =>
          steer({ do: 'note', key, text }),
        ),
      })),
    ),
  cancelRun: (): Question => yesNo('Cancel the whole run? What has landed stays', steer({ do: 'cancelRun' })),
  undoRun: (): Question =>
    yesNo(
      'Take back all that this run has landed?',
      steer({ do: 'undo', what: 'run', withDependents: true }),
    ),
  stop: (): Question =>
    yesNo('Stop the run? What is in flight lands, the rest is saved', steer({ do: 'stop' })),
};
