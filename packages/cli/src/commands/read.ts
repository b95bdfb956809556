/** Commands that only read: tasks, explain, report. They work from the files, live or not. */
import {
  explainTask,
  parseTaskId,
  renderReportMarkdown,
  report as reportOf,
  SwarmError,
  shortCommit,
  type Task,
} from '@swarm/core';
import { unknownTask } from '../control/refused.ts';
import { readRun } from '../opened-run.ts';
import { renderTable, sanitize } from '../output.ts';
import type { Context, ReportOptions, RunChoice } from '../program.ts';

export async function tasks(options: RunChoice, context: Context): Promise<number> {
  const { state } = await readRun(options, context);
  const all = [...state.tasks.values()];
  if (options.json) context.output.json(all);
  else context.output.result(renderTable(['task', 'state', 'attempts', 'title', ''], all.map(taskRow)));
  return 0;
}

const taskRow = (task: Task): string[] => [
  task.id,
  task.state,
  String(task.attempts),
  task.spec.title,
  outcomeOf(task),
];

function outcomeOf(task: Task): string {
  if (task.state === 'landed') return shortCommit(task.commit);
  if (task.state === 'failed') return `${task.failure}: ${task.detail}`;
  if (task.state === 'cancelled') return task.reason;
  return task.setback ? `last time: ${task.setback.reason}` : '';
}

export async function explain(text: string, options: RunChoice, context: Context): Promise<number> {
  const { state, entries } = await readRun(options, context);
  const task = parseTaskId(text);
  if (!task || !state.tasks.has(task)) throw new SwarmError(unknownTask(text, state));
  const story = explainTask(state, entries, task);
  if (options.json) context.output.json({ task: state.tasks.get(task), story });
  else context.output.result(sanitize(story.join('\n')));
  return 0;
}

export async function report(options: ReportOptions, context: Context): Promise<number> {
  const { state } = await readRun(options, context);
  const made = reportOf(state);
  if (options.json || options.format === 'json') context.output.json(made);
  else context.output.result(sanitize(renderReportMarkdown(made)));
  return 0;
}
