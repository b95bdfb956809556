/** What was answered, on the closing screen. */
import type { TaskId } from '@swarm/core/model/ids';
import type { OpenedState } from '@swarm/core/state';
import { cutToWidth } from '@swarm/core/views/width';
import { countText, plainLines } from '@swarm/core/views/words';
import type { ChalkInstance } from 'chalk';
import { sanitizeLine, wrapText } from './output.ts';

/** Answers told whole; the others are in the report. */
const WHOLE_MAX = 3;
const LINES_MAX = 60;
const INDENT = 4;

/** Whole where nobody else makes something of it; of the others, how many there are. */
export function answerLines(s: OpenedState, ink: ChalkInstance, columns: number | undefined): string[] {
  const ids = [...s.byState.answered];
  const last = ids.filter((id) => (s.dependents.get(id) ?? []).length === 0);
  const whole = last.slice(0, WHOLE_MAX);
  const more = ids.length - whole.length;
  return [
    ...whole.flatMap((id) => answerOf(s, id, ink, columns)),
    ...(more > 0 ? [`  ${countText(more, whole.length > 0 ? 'more answer' : 'answer')}: swarm report`] : []),
  ];
}

function answerOf(
  s: OpenedState,
  id: TaskId,
  ink: ChalkInstance,
  columns: number | undefined,
): readonly string[] {
  const task = s.tasks.get(id)!;
  const title = cutToWidth(sanitizeLine(task.spec.title, 100), Math.max(8, (columns ?? 120) - 20));
  const text = task.state === 'answered' ? task.handoff.summary : '';
  const all = plainLines(text, text.length);
  const cut = all.length > LINES_MAX ? [...all.slice(0, LINES_MAX), '… (swarm report has the rest)'] : all;
  const told = cut.map((line) =>
    `${' '.repeat(INDENT)}${wrapText(sanitizeLine(line, line.length + 1), columns, INDENT)}`.trimEnd(),
  );
  return [`  ${ink.green('answered')}  ${id}  ${title}`, ...told];
}
