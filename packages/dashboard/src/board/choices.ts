/** What can be typed for something that needs a person, as far as the board can do it: the rest is typed. */
import { parseTaskId } from '@swarm/core/model/ids';
import type { Choice, Need } from '@swarm/core/views/needs';
import { ask } from './questions.ts';
import type { Next, Question } from './ui.ts';

/** Keys 1 to 9. */
export function answersTo({ choices }: Need): Question {
  const shown = choices.slice(0, 9);
  const label = shown.map(({ command, means }, i) => `${i + 1} ${command} (${means})`).join('  ');
  return {
    kind: 'choice',
    label,
    choices: Object.fromEntries(shown.map((choice, i) => [String(i + 1), nextOf(choice)])),
  };
}

/** Every choice leads somewhere: where it cannot be done from here, it says what to type. */
export function nextOf({ command, means }: Choice): Next {
  const [, verb = '', rest = ''] = /^swarm (\S+) ?(.*)$/.exec(command) ?? [];
  const task = parseTaskId(rest.split(' ')[0] ?? '');
  switch (verb) {
    case 'continue':
      return { kind: 'steer', steer: { do: 'continue' } };
    case 'cancel':
      return { kind: 'ask', question: task ? ask.cancel(task) : ask.cancelRun() };
    case 'retry':
      if (task) return { kind: 'ask', question: ask.retry(task) };
      break;
    case 'explain':
      if (task) return { kind: 'open', detail: { kind: 'story', task } };
      break;
    case 'undo':
      if (task) return { kind: 'ask', question: ask.undo(task) };
      break;
    case 'submit':
      return { kind: 'ask', question: ask.submit() };
  }
  return { kind: 'say', text: `type this in a terminal: ${command}   (${means})` };
}
