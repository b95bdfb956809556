/** What a planner is told of its own answer, when it goes on in the same iteration. */
import type { Decision } from '@swarm/core/decide';
import type { Refusal } from '@swarm/core/errors';
import type { ChatMessage } from '@swarm/core/ports/models';
import type { TaskDraft } from '@swarm/core/rules/task-format';

/** What became of the tasks of one answer. */
export interface Taken {
  /** `a is t1`, in order. */
  readonly accepted: string[];
  /** `a: why`. */
  readonly refused: string[];
}

export const nothingTaken = (): Taken => ({ accepted: [], refused: [] });

/** Adds what a command about tasks came to; another command adds nothing. */
export function take(taken: Taken, answer: Decision | Refusal): void {
  if (answer.kind === 'refusal') return;
  for (const event of answer.events) {
    if (event.type === 'task.refused') taken.refused.push(`${event.label}: ${event.problem}`);
    if (event.type === 'task.accepted' && 'label' in event.source)
      taken.accepted.push(`${event.source.label} is ${event.task}`);
    if (event.type === 'task.rescoped') taken.accepted.push(`${event.task} is changed`);
  }
}

/** Told beside the results of tools: tasks that stood in the same answer are not lost, and not to be sent again. */
export function besideTools({ accepted, refused }: Taken, waiting: readonly TaskDraft[]): string {
  const lines = [
    ...(accepted.length > 0
      ? [`Accepted from your answer, do not send them again: ${accepted.join(', ')}.`]
      : []),
    ...(refused.length > 0 ? [`Refused: ${refused.join('; ')}.`] : []),
    ...(waiting.length > 0 ? [`Kept until what they depend on is filed: ${waitingText(waiting)}.`] : []),
  ];
  return lines.join('\n');
}

export const waitingText = (waiting: readonly TaskDraft[]): string =>
  waiting.map(({ label, dependsOn }) => `${label} (depends on ${dependsOn.join(', ')})`).join(', ');

/** As the user, or at the end of the last message where that is no answer of the model: see askForTheAnswer. */
export function reply(messages: ChatMessage[], content: string): void {
  const last = messages.at(-1);
  if (last?.role === 'assistant' || !last) messages.push({ role: 'user', content });
  else messages.splice(-1, 1, { ...last, content: `${last.content}\n\n${content}` });
}
