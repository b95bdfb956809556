/** Commands that only read: status, tasks, explain, logs, report. They work from the files, live or not. */
import {
  board,
  clockText,
  costText,
  countText,
  durationText,
  explainTask,
  gateText,
  gateView,
  LOG_EVENTS,
  type LogLine,
  parseTaskId,
  queue,
  renderReportMarkdown,
  report as reportOf,
  SwarmError,
  shortCommit,
  TASK_STATES,
  type Task,
  type TaskId,
  tokensOf,
  waitText,
} from '@swarm/core';
import { followLog, readLog } from '@swarm/telemetry';
import { chooseRepository, type Holder, holderOf, type ReadRun, readRun } from '../opened-run.ts';
import { renderTable, sanitize, sanitizeLine } from '../output.ts';
import { chooseRun } from '../paths.ts';
import type { Context, LogsOptions, ReportOptions, RunChoice } from '../program.ts';

export async function status(options: RunChoice, context: Context): Promise<number> {
  const read = await readRun(options, context);
  const holder = await holderOf(read);
  const now = Date.now();
  if (options.json) context.output.json(statusJson(read, holder, now));
  else context.output.result(statusText(read, holder, now));
  return 0;
}

function statusJson({ state, paths }: ReadRun, holder: Holder | undefined, now: number) {
  return {
    run: paths.run,
    folder: paths.folder,
    standing: standingOf(state, holder),
    holder: holder ?? null,
    lastDecisionAt: new Date(state.at).toISOString(),
    board: board(state, now),
    queue: queue(state),
    spending: state.spending,
  };
}

function statusText({ state, paths }: ReadRun, holder: Holder | undefined, now: number): string {
  const view = board(state, now);
  const counts = TASK_STATES.filter((s) => view.counts[s] > 0).map((s) => `${view.counts[s]} ${s}`);
  const { request } = state.run ?? {};
  const gate = gateView(state);
  const rows: [string, string][] = [
    ['run', `${paths.run}  ${standingOf(state, holder)}`],
    ['request', sanitizeLine(view.request)],
    ['landing on', `${request?.landOn ?? 'unknown'}${view.head ? ` at ${shortCommit(view.head)}` : ''}`],
    ['tasks', counts.join(', ') || 'none yet'],
    ...(gate ? [['gate', gateText(gate)] as [string, string]] : []),
    ['spent', `${countText(tokensOf(view.used), 'token')}, ${costText(view.used.costUsd, view.used.priced)}`],
    ['last decision', `${clockText(state.at)} UTC, ${durationText(now - state.at)} ago`],
  ];
  const head = rows.map(([name, value]) => `${name.padEnd(14)} ${value}`).join('\n');
  return [head, ...movingText(view, holder), ...waitingText(state)].join('\n\n');
}

function standingOf(state: ReadRun['state'], holder: Holder | undefined): string {
  if (state.closed) return `closed (${state.closed.reason})`;
  const how = state.paused ? `paused (${state.paused.reason})` : state.stopped ? 'stopped' : 'open';
  return holder
    ? `${how}, worked on by process ${holder.pid}`
    : `${how}, and no process works on it: swarm resume`;
}

/** What the journal says of attempts was true when it was written; without a process, it is the past. */
function movingText(view: ReturnType<typeof board>, holder: Holder | undefined): string[] {
  if (view.rows.length === 0) return [];
  const rows = view.rows.map((r) => [r.attempt, r.doing, durationText(r.elapsedMs), r.driver ?? '', r.title]);
  const heads = ['attempt', holder ? 'doing' : 'was doing', 'for', 'agent', 'title'];
  return [renderTable(heads, rows)];
}

function waitingText(state: ReadRun['state']): string[] {
  const view = queue(state);
  const lines = [
    ...view.landing.map((l) => `${l.landing} tests ${l.tasks.join(', ')}${l.gate ? `: gate ${l.gate}` : ''}`),
    ...view.waiting.map((w) => `${w.attempt} waits to land`),
    ...view.blocked.map((b) => `${b.task} waits for ${b.waits.map(waitText).join(', ')}`),
    ...(view.ready.length > 0 ? [`ready: ${view.ready.map((t) => t.task).join(', ')}`] : []),
    ...view.holdups,
  ];
  return lines.length === 0 ? [] : [lines.map((line) => sanitizeLine(line)).join('\n')];
}

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
  const { state, entries, paths } = await readRun(options, context);
  const task = parseTaskId(text);
  if (!task || !state.tasks.has(task)) throw noTask(text, [...state.tasks.keys()], paths.run);
  const story = explainTask(state, entries, task);
  if (options.json) context.output.json({ task: state.tasks.get(task), story });
  else context.output.result(sanitize(story.join('\n')));
  return 0;
}

function noTask(text: string, known: readonly TaskId[], run: string): SwarmError {
  const last = known.at(-1);
  return new SwarmError({
    code: 'SW0106',
    what: `there is no task ${JSON.stringify(text)} in ${run}`,
    why: last ? `its tasks are ${known[0]} to ${last}` : 'no task was accepted yet',
    fix: 'swarm tasks',
  });
}

export async function logs(options: LogsOptions, context: Context): Promise<number> {
  const { task, event } = options;
  if (task !== undefined && !parseTaskId(task))
    throw badFlag('--task', task, 'a task is called t and a number', '--task t12');
  if (event !== undefined) refuseUnknownEvent(event);
  const { log } = await chooseRun(await chooseRepository(options, context), options.run);
  const filter = { ...(task !== undefined && { task }), ...(event !== undefined && { event }) };
  const onUnreadable = (lines: number) =>
    context.output.narrate(`${countText(lines, 'line')} of ${log} cannot be read`);
  const lines = options.follow
    ? followLog(log, { signal: context.output.closed, from: 'start', filter, onUnreadable })
    : readLog(log, filter, { onUnreadable });
  for await (const line of lines) {
    if (context.output.closed.aborted) break;
    context.output.result(options.json ? JSON.stringify(line) : logText(line, context.output.ink));
  }
  return 0;
}

const INK = { debug: 'dim', info: 'reset', warn: 'yellow', error: 'red' } as const;

function logText(line: LogLine, ink: Context['output']['ink']): string {
  const time = line.ts.slice(11, 23);
  const text = `${line.event.padEnd(17)} ${sanitizeLine(line.msg, 2_000)}`;
  return `${ink.dim(time)} ${ink[INK[line.level] ?? 'reset'](text)}`;
}

/** A pattern that no event can ever match would wait for ever in silence. */
function refuseUnknownEvent(pattern: string): void {
  const parts = pattern.split('*').map((part) => part.replaceAll(/\W/g, '\\$&'));
  const matcher = new RegExp(`^${parts.join('.*')}$`);
  if (Object.keys(LOG_EVENTS).some((name) => matcher.test(name))) return;
  throw badFlag(
    '--event',
    pattern,
    'no event has such a name; docs/log.md lists them',
    "--event 'landing.*'",
  );
}

const badFlag = (flag: string, value: string, why: string, fix: string): SwarmError =>
  new SwarmError({
    code: 'SW0101',
    what: `${flag} ${JSON.stringify(value)} cannot be used`,
    where: flag,
    why,
    fix,
  });

export async function report(options: ReportOptions, context: Context): Promise<number> {
  const { state } = await readRun(options, context);
  const made = reportOf(state);
  if (options.json || options.format === 'json') context.output.json(made);
  else context.output.result(sanitize(renderReportMarkdown(made)));
  return 0;
}
