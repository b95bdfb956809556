/** Whether a planner's answer is worth another turn of the same conversation, and what is said to it. */
import type { Requirement } from '@swarm/core/model/requirement';
import type { TicketEnd } from '@swarm/core/ports/models';
import type { TaskDraft } from '@swarm/core/rules/task-format';
import { oneLine } from './plan-lines.ts';
import { type Taken, waitingText } from './plan-replies.ts';

export interface Answer {
  readonly end: TicketEnd;
  readonly outcome: 'whole' | 'cut' | 'unreadable';
  readonly isDone: boolean;
  readonly taken: Taken;
  readonly waiting: readonly TaskDraft[];
  /** What by the planner's own list is not there. */
  readonly open: readonly Requirement[];
}

const CUTS_MAX = 3;
const UNREADABLE_MAX = 1;
const OPEN_MAX = 1;

/** @returns for one iteration: what to say next, or undefined when the answer is taken as it is. */
export function askAgain(): (answer: Answer) => string | undefined {
  const left = { cut: CUTS_MAX, unreadable: UNREADABLE_MAX, open: OPEN_MAX };
  return (answer) => {
    const { end, outcome, taken, waiting, open } = answer;
    if (end.kind === 'length' && outcome !== 'whole')
      return left.cut-- > 0 ? cutText(taken, waiting) : undefined;
    if (end.kind !== 'stopped') return undefined;
    if (outcome === 'unreadable') return left.unreadable-- > 0 ? UNREADABLE : undefined;
    return leavesOpen(answer) && left.open-- > 0 ? openText(open) : undefined;
  };
}

const leavesOpen = ({ outcome, isDone, taken, waiting, open }: Answer): boolean =>
  outcome === 'whole' && isDone && taken.accepted.length + waiting.length === 0 && open.length > 0;

const NAMED_MAX = 20;

function openText(open: readonly Requirement[]): string {
  const named = open.slice(0, NAMED_MAX).map(({ id, text }) => `- ${id}: ${oneLine(text)}`);
  return [
    'You say `done`, and by your own list this is not on the target:',
    ...named,
    'Answer once more in the same JSON format: file tasks for what is missing, or set each to what it is, `met` with a task that brought it or `dropped`. What stays open makes the run incomplete.',
  ].join('\n');
}

/** Told of an answer that met its length limit. */
export function cutText({ accepted, refused }: Taken, waiting: readonly TaskDraft[]): string {
  const last = accepted.at(-1);
  const end = last
    ? `Your answer met its length limit and ended after task ${last.split(' ')[0]}; go on with those that are missing.`
    : 'Your answer met its length limit before any task was complete. Answer again, shorter: fewer tasks, no text around them.';
  return [
    end,
    ...(accepted.length > 0 ? [`Accepted, do not send them again: ${accepted.join(', ')}.`] : []),
    ...(refused.length > 0 ? [`Refused: ${refused.join('; ')}.`] : []),
    ...(waiting.length > 0 ? [`Kept until what they depend on is filed: ${waitingText(waiting)}.`] : []),
    'Answer in the same JSON format.',
  ].join('\n');
}

export const UNREADABLE =
  'There is no plan in your answer, and nobody can answer a question: decide yourself, and write what you assume into the scratchpad. Answer now with one JSON object and nothing around it: {"tasks": […], "scratchpad": "…", "done": false}.';
