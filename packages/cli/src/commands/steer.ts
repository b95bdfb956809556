/** Commands that steer a live run: pause, continue, retry, tell, submit, prioritise, scale, budget. */
import { type Problem, SwarmError } from '@swarm/core/errors';
import { parseTaskId, type RunId, type TaskId } from '@swarm/core/model/ids';
import type { RaisedLimits } from '@swarm/core/model/request';
import { readPlan } from '@swarm/core/rules/plan-file';
import { readDraft, type TaskDraft } from '@swarm/core/rules/task-format';
import { lineProblem } from '@swarm/core/rules/text';
import { closedWord } from '@swarm/core/views/ending';
import { askLive } from '../control/client.ts';
import { effectOf } from '../control/effect.ts';
import type { AskedUndo, ControlReply, SteeringCommand } from '../control/wire.ts';
import { enterRun } from '../finding/door.ts';
import { holderOf, readRun } from '../finding/opened-run.ts';
import type { RunPaths } from '../finding/paths.ts';
import { readInput } from '../preparing/input-file.ts';
import type { Context } from '../program/context.ts';
import type { BudgetOptions, RetryOptions, RunChoice, SubmitOptions } from '../program/options.ts';
import { sanitize } from '../telling/output.ts';
import { shellWord } from '../telling/shell.ts';
import { type Raise, raisedBy } from './again.ts';

type Ask =
  | { readonly get: 'state' }
  | { readonly command: SteeringCommand }
  | { readonly undo: AskedUndo }
  | { readonly propose: { readonly text: string } };
export type Answer = Extract<ControlReply, { ok: true }>;

export const pause = (options: RunChoice, context: Context): Promise<number> =>
  steer({ type: 'pause', reason: 'operator', detail: 'swarm pause' }, options, context);

export const goOn = (options: RunChoice, context: Context): Promise<number> =>
  steer({ type: 'continue', by: 'operator' }, options, context);

/** @param given `8`, or a role and `2`. */
export async function scale(
  given: readonly [string, string | undefined],
  options: RunChoice,
  context: Context,
): Promise<number> {
  const [role, text] = given[1] === undefined ? [undefined, given[0]] : [given[0], given[1]];
  if (!/^\d{1,9}$/.test(text))
    throw wrong('SW0105', `${JSON.stringify(text)} is no number of workers`, 'swarm scale 8');
  const reason = 'swarm scale';
  const of = role === undefined ? {} : { role };
  return steer({ type: 'scale', workers: Number(text), ...of, reason }, options, context);
}

export async function prioritise(
  task: string,
  place: string,
  options: RunChoice,
  context: Context,
): Promise<number> {
  const isEnd = place === 'first' || place === 'last';
  if (!isEnd && !/^\d{1,4}$/.test(place))
    throw wrong('SW0105', `${JSON.stringify(place)} is no place`, 'swarm prioritise t12 first');
  const command = { type: 'prioritise', task: named(task), place: isEnd ? place : Number(place) } as const;
  return steer(command, options, context);
}

export async function budget(
  limit: string | undefined,
  options: BudgetOptions,
  context: Context,
): Promise<number> {
  const raised = raisedBy({ budget: limit, time: options.time });
  if (!raised) throw wrong('SW0101', 'no limit is named', 'swarm budget +5usd,+2Mtok --time +1h');
  return steer({ type: 'raiseLimits', ...raised }, options, context);
}

export async function retry(task: string, options: RetryOptions, context: Context): Promise<number> {
  const hint = options.with === undefined ? {} : { hint: meant(options.with, '--with') };
  return steer({ type: 'retry', task: named(task), ...hint, by: 'operator' }, options, context);
}

export async function tell(
  task: string,
  text: string,
  options: RunChoice,
  context: Context,
): Promise<number> {
  return steer({ type: 'tell', task: named(task), text: meant(text, 'what it is told') }, options, context);
}

export async function submit(
  text: string | undefined,
  options: SubmitOptions,
  context: Context,
): Promise<number> {
  const drafts = options.file === undefined ? [draftOf(text, options)] : await draftsIn(options, context);
  return steer({ type: 'acceptTasks', drafts, from: { by: 'operator' }, eachAlone: false }, options, context);
}

// ───────────── asking ─────────────

export async function steer(command: SteeringCommand, options: RunChoice, context: Context): Promise<number> {
  const { events, state } = await askRun({ command }, options, context);
  if (options.json) context.output.json({ run: state.run, events, state });
  else context.output.result(sanitize(effectOf(command, events, state)));
  return 0;
}

/** Errors: those of choosing a run; what the run refuses; SW0104 where no process works on it. */
export async function askRun(
  ask: Ask,
  options: RunChoice,
  context: Context,
  onWaiting?: (ms: number) => void,
): Promise<Answer> {
  const { paths, file } = await enterRun(options, context);
  const { control } = file;
  const reply = control && (await askLive(control, { v: 1, run: paths.run, ...ask }, onWaiting));
  if (!reply) throw await notLive(paths, control, ask, options, context);
  if (reply.ok) return reply;
  throw new SwarmError(reply.problem);
}

/** A run nobody works on is steered by nobody: said with what it takes. */
async function notLive(
  { run }: RunPaths,
  control: string | undefined,
  ask: Ask,
  options: RunChoice,
  context: Context,
): Promise<SwarmError> {
  const read = await readRun({ ...options, run }, context);
  const { closed } = read.state;
  const at = options.run === undefined ? '' : ` --run ${run}`;
  const holder = await holderOf(read);
  const problem = (why: string, fix: string): SwarmError =>
    new SwarmError({ code: 'SW0104', what: `no run is live here: nobody works on ${run}`, why, fix });
  // Without a process the command does it by itself.
  if ('undo' in ask && !holder)
    throw problem('a landing is taken back by a run, or by the command', undoFix(ask.undo, run));
  const again = 'command' in ask ? takenUpWith(ask.command) : '';
  const anew = again === '' ? 'swarm run "what you want done"' : `swarm resume${at}${again}`;
  if (closed) return problem(`it is closed (${closedWord(read.state)})`, anew);
  if (!holder) return problem('its process has ended; the run has not', `swarm resume${at}${again}`);
  return new SwarmError({
    code: 'SW0704',
    what: `process ${holder.pid} works on ${run}, and nobody listens on its control socket`,
    ...(control && { where: control }),
    why: 'it has only just started, is leaving, or its socket was removed',
    fix: `swarm status; then kill -INT ${holder.pid} && swarm resume${at}`,
  });
}

const undoFix = ({ what, withDependents }: AskedUndo, run: RunId): string =>
  `swarm undo${what === 'run' ? '' : ` ${shellWord(what)}`} --run ${run}${withDependents ? ' --with-dependents' : ''}`;

/** The flags with which `swarm resume` does what was asked, where it can. */
function takenUpWith(command: SteeringCommand): string {
  switch (command.type) {
    case 'retry':
      return ` --retry ${shellWord(command.task)}${command.hint === undefined ? '' : ' --with "…"'}`;
    case 'raiseLimits':
      return limitFlags(command);
    default:
      return '';
  }
}

function limitFlags({ by = {}, ...all }: Raise): string {
  const amounts = ({ tokens, usd }: RaisedLimits, sign: string): string[] => [
    ...(usd === undefined ? [] : [`${sign}${usd}usd`]),
    ...(tokens === undefined ? [] : [`${sign}${tokens}tok`]),
  ];
  const budget = [...amounts(all, ''), ...amounts(by, '+')];
  const time = by.timeMs === undefined ? all.timeMs && `${all.timeMs}ms` : `+${by.timeMs}ms`;
  return `${budget.length === 0 ? '' : ` --budget ${budget.join(',')}`}${time ? ` --time ${time}` : ''}`;
}

// ───────────── what was typed ─────────────

/** Whether there is such a task is the run's to say: it knows the ids and what the plan calls them. */
export const named = (text: string): TaskId => {
  if (lineProblem(text) !== undefined || text.length > 200)
    throw wrong('SW0106', 'that is no task’s name', 'swarm tasks');
  return (parseTaskId(text) ?? text) as TaskId;
};

/** Errors: SW0101 where nothing was said. */
export function meant(text: string, what: string): string {
  if (text.trim() !== '') return text.trim();
  throw wrong('SW0101', `${what} is empty`, 'swarm --help');
}

/** The first line is the title; what follows it says more. */
function draftOf(text: string | undefined, options: SubmitOptions): TaskDraft {
  if (text === undefined)
    throw wrong('SW0101', 'there is no task: neither words nor --file', 'swarm submit "<task text>"');
  const [title = '', ...rest] = text.trim().split('\n');
  const reading = readDraft({
    title,
    description: rest.join('\n').trim(),
    scope: options.scope ?? [],
    acceptance: options.acceptance ?? '',
    dependsOn: options.dependsOn ?? [],
    ...(options.priority !== undefined && { priority: options.priority }),
    ...(options.verify !== undefined && { verify: options.verify }),
  });
  if (reading.ok) return reading.draft;
  throw new SwarmError(reading.problems.map(({ path, why }) => wrongTask(path.slice(1) || 'the task', why)));
}

async function draftsIn(options: SubmitOptions, context: Context): Promise<readonly TaskDraft[]> {
  const file = options.file!;
  const content = await readInput(file, context.cwd);
  // A task of the run itself is there by the id every screen shows; whether it is, the run says.
  const { drafts, problems } = readPlan(content, { isKnown: (label) => parseTaskId(label) !== undefined });
  if (problems.length === 0) return drafts;
  throw new SwarmError(problems.map(({ path: at, why }) => wrongTask(`${file}: ${at}`, why)));
}

const wrongTask = (where: string, why: string): Problem => ({
  code: 'SW0202',
  what: `the task is wrong: ${why}`,
  where,
  fix: 'swarm schema task',
});

const wrong = (code: Problem['code'], what: string, fix: string): SwarmError =>
  new SwarmError({ code, what, fix });
