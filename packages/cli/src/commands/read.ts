/** Commands that only read: tasks, explain, report. They work from the files, live or not. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import type { Entry } from '@swarm/core/events';
import { parseTaskId, type TaskId } from '@swarm/core/model/ids';
import type { Task } from '@swarm/core/model/task';
import type { State } from '@swarm/core/state';
import { explainTask } from '@swarm/core/views/explain';
import { families, lineage } from '@swarm/core/views/family';
import { provenanceOf, votesByAttempt } from '@swarm/core/views/provenance';
import { type Report, report as reportOf } from '@swarm/core/views/report';
import { renderReportMarkdown } from '@swarm/core/views/report-markdown';
import { shortCommit } from '@swarm/core/views/words';
import { unknownTask } from '../control/refused.ts';
import { readRun } from '../finding/opened-run.ts';
import type { Context } from '../program/context.ts';
import type { ReportOptions, RunChoice } from '../program/options.ts';
import { localDate, zoneOf } from '../telling/local-clock.ts';
import { sanitize, wrapText } from '../telling/output.ts';
import { paintState } from '../telling/paint.ts';
import { HTML_TASKS_MAX, renderReportHtml } from '../telling/report-html.ts';
import { renderReportText } from '../telling/report-text.ts';
import { renderTable } from '../telling/table.ts';
import { explainLine, placeIn } from './explain-line.ts';

export async function tasks(options: RunChoice, context: Context): Promise<number> {
  const { state } = await readRun(options, context);
  if (options.json) context.output.json([...state.tasks.values()]);
  else context.output.result(tasksText(state, context));
  return 0;
}

/** Parts stand behind what they are parts of. */
function tasksText(state: State, { output: { ink, columns } }: Context): string {
  const all = families(state);
  const taskAt = (row: number): Task => state.tasks.get(all[row]!)!;
  const rows = all.map((_, row) => taskRow(state, taskAt(row)));
  const paint = (cell: string, row: number, column: number): string =>
    row >= 0 && column === 1 ? paintState(taskAt(row).state, ink)(cell) : cell;
  const look = { columns, flexible: [3, 4], paint };
  return renderTable(['task', 'state', 'attempts', 'title', ''], rows, look);
}

const taskRow = (state: State, task: Task): string[] => [
  lineage(state, task.id),
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
  const place = placeIn(text);
  if (place) return explainLine(place, options, context);
  const { state, entries, paths } = await readRun(options, context);
  const task = parseTaskId(text);
  if (!task || !state.tasks.has(task)) throw new SwarmError(unknownTask(text, state));
  if (options.json)
    context.output.json({ task: state.tasks.get(task), story: explainTask(state, entries, task) });
  else {
    const kept = await keptOutputs(paths.gates, state, task);
    const story = [
      ...explainTask(state, entries, task, localDate),
      ...kept.map((path) => `All that gate said: ${path}`),
    ];
    context.output.result(storyText(story, state.at, context));
  }
  return 0;
}

/** Files of gates that failed on this task's work, as far as they are still kept. */
async function keptOutputs(folder: string, state: State, task: TaskId): Promise<readonly string[]> {
  const landings = [...state.landings.values()].filter((l) => l.members.some((m) => m.task === task));
  const attempts = [...state.attempts.values()].filter((a) => a.task === task);
  const names = [...attempts.map(({ id }) => `pregate-${id}`), ...landings.map(({ id }) => `gate-${id}`)];
  const there = new Set(await readdir(folder).catch(() => []));
  return names
    .map((name) => `${name}.txt`)
    .filter((name) => there.has(name))
    .map((name) => join(folder, name));
}

const CLOCK_WIDTH = '2026-11-21 10:02:03  '.length;

/** The zone is told once, above. @param at of the last entry. */
function storyText(story: readonly string[], at: number, { output: { columns } }: Context): string {
  const lines = sanitize(story.join('\n')).split('\n');
  const isTimed = (line: string): boolean => /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}/.test(line);
  const wrapped = (line: string): string =>
    line.slice(0, CLOCK_WIDTH) + wrapText(line.slice(CLOCK_WIDTH), columns, CLOCK_WIDTH);
  const told = lines.map((line) => (isTimed(line) ? wrapped(line) : line));
  const zone = zoneOf(at);
  return [`(times are ${zone === 'UTC' ? zone : `local, ${zone}`})`, ...told].join('\n');
}

export async function report(options: ReportOptions, context: Context): Promise<number> {
  const { state, entries } = await readRun(options, context);
  const made = reportOf(state);
  if (options.format === 'html') context.output.result(htmlOf(made, state, entries));
  else if (options.json || options.format === 'json') context.output.json(made);
  else context.output.result(reportText(made, options, context));
  return 0;
}

function htmlOf(made: Report, state: State, entries: readonly Entry[]): string {
  const votes = votesByAttempt(entries);
  const told = made.list.slice(0, HTML_TASKS_MAX).map(({ task }) => task);
  const provenance = new Map(told.map((task) => [task, provenanceOf(state, votes, task)]));
  return renderReportHtml({ report: made, provenance }).trimEnd();
}

/** Markdown is for files and pages: on a terminal it is plain text, unless it is asked for. */
function reportText(made: Report, { format }: ReportOptions, { output }: Context): string {
  return format === undefined && output.columns !== undefined
    ? renderReportText(made, output.ink, output.columns)
    : sanitize(renderReportMarkdown(made));
}
