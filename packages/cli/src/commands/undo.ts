/** `swarm undo`: takes landings of a run back while nobody works on it. */
import {
  countText,
  nearestWord,
  type Problem,
  parseTaskId,
  type State,
  SwarmError,
  shortCommit,
  type TaskId,
  taskId,
  UNDO_REFUSALS,
  type UndoAsk,
  type UndoRefused,
} from '@swarm/core';
import { type UndoOutcome, undoInRun } from '@swarm/orchestrator';
import { composePorts } from '../compose-ports.ts';
import { createLive } from '../live.ts';
import { type ReadRun, readRun } from '../opened-run.ts';
import { programPlaces } from '../places.ts';
import type { Context, UndoOptions } from '../program.ts';
import { type RunFile, readRunFile } from '../run-file.ts';
import { shellWord } from '../shell.ts';
import { lockRepository } from '../work.ts';

export async function undo(
  task: string | undefined,
  options: UndoOptions,
  context: Context,
): Promise<number> {
  if (task === undefined && options.run === undefined) throw nothingNamed();
  const { run, ...rest } = options;
  const read = await readRun({ ...rest, ...(typeof run === 'string' && { run }) }, context);
  const what = task === undefined ? 'run' : knownTask(task, read);
  const withDependents = options.withDependents === true;
  const file = await readRunFile(read.paths);
  const outcome = await undoLocked({ what, withDependents, by: 'operator' }, read, file, options, context);
  if (outcome.kind === 'refused') throw new SwarmError(problemOf(outcome, what, read));
  if (outcome.kind === 'stopped') {
    context.output.narrate('stopped: nothing was undone');
    return 130;
  }
  tell(outcome, read, file, options, context);
  return 0;
}

async function undoLocked(
  ask: UndoAsk,
  { repository, paths }: ReadRun,
  file: RunFile,
  options: UndoOptions,
  context: Context,
): Promise<UndoOutcome> {
  const lock = await lockRepository(repository, file.run).catch((error: unknown) => {
    throw whileLive(error, ask.what);
  });
  const live = createLive({
    output: context.output,
    isJson: false,
    state: () => undefined,
    stderr: process.stderr,
  });
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    const onLine = options.json ? () => undefined : live.line;
    const composed = await composePorts({
      ...{ file, repository, paths, env: context.env, places: programPlaces(), onLine },
    });
    const { ports, settings } = composed;
    return await undoInRun(ports, settings, ask, stopping.signal).finally(() => composed.close());
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
    live.end();
    await lock.release();
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function tell(
  { tasks, commit, wasFound }: Extract<UndoOutcome, { kind: 'undone' }>,
  { paths }: ReadRun,
  file: RunFile,
  options: UndoOptions,
  { output }: Context,
): void {
  if (options.json) {
    output.json({ run: paths.run, undone: tasks, commit, ref: file.landOn, wasFound });
    return;
  }
  const branch = file.landOn.replace('refs/heads/', '');
  const names = tasks.length > 10 ? countText(tasks.length, 'landing') : tasks.join(', ');
  const how = wasFound ? ', which was on it already and is now recorded' : '';
  output.result(
    `${names} ${tasks.length === 1 ? 'is' : 'are'} undone: ${branch} is now at ${shortCommit(commit)}${how}`,
  );
  if (file.landOn !== `refs/heads/${file.target}`) output.result(`next: ${deliverCommand(file, branch)}`);
}

/** The target itself is moved only at the operator's word. */
const deliverCommand = (file: RunFile, branch: string): string =>
  file.deliver === 'apply'
    ? `swarm apply --run ${file.run}`
    : `git merge ${branch}, where you had merged it before`;

// ───────────── refusals ─────────────

const nothingNamed = (): SwarmError =>
  new SwarmError({
    code: 'SW0101',
    what: 'swarm undo was told neither a task nor a run',
    why: 'a task’s landing is taken back by its id; --run takes back all of a run’s',
    fix: 'swarm tasks, then: swarm undo t12, or: swarm undo --run',
  });

function knownTask(text: string, { state, paths }: ReadRun): TaskId {
  const task = parseTaskId(text);
  if (task && state.tasks.has(task)) return task;
  const known = [...state.tasks.keys()];
  const meant = /^\d+$/.test(text) ? taskId(Number(text)) : nearestWord(text.toLowerCase(), known);
  const near = meant && state.tasks.has(meant as TaskId) ? meant : undefined;
  throw new SwarmError({
    code: 'SW0106',
    what: `there is no task ${JSON.stringify(text)} in ${paths.run}`,
    why: near
      ? `did you mean ${near}?`
      : known.length > 0
        ? `its tasks are ${known[0]} to ${known.at(-1)}`
        : 'no task was accepted yet',
    fix: near ? `swarm undo ${near}` : 'swarm tasks',
  });
}

/** Who holds the repository is told as always; what to do about it is the undo's own. */
function whileLive(error: unknown, what: UndoAsk['what']): unknown {
  if (!(error instanceof SwarmError) || error.problems[0]?.code !== 'SW0501') return error;
  const again = what === 'run' ? 'swarm undo --run' : `swarm undo ${what}`;
  const fix = `stop the run with Ctrl-C where it runs, then: ${again} && swarm resume`;
  return new SwarmError({ ...error.problems[0], fix }, { cause: error });
}

function problemOf(refused: UndoRefused, what: UndoAsk['what'], read: ReadRun): Problem {
  const { reason, detail, dependents } = refused;
  const name = what === 'run' ? read.paths.run : what;
  const means = UNDO_REFUSALS[reason];
  switch (reason) {
    case 'unknown-task':
    case 'not-landed':
    case 'nothing-landed':
      return { code: 'SW0131', what: `${name} cannot be undone: ${means}`, why: detail, fix: 'swarm tasks' };
    case 'already-undone':
      return { code: 'SW0131', what: `${name} cannot be undone: ${means}`, fix: 'swarm tasks' };
    case 'dependents':
      return {
        code: 'SW0132',
        what: `${name} cannot be undone alone: ${dependents.join(', ')} landed on top of it`,
        why: detail,
        fix: `swarm undo ${name} --with-dependents`,
      };
    case 'gate-failed':
    case 'gate-timeout':
    case 'gate-killed':
      return {
        code: 'SW0632',
        what: `${name} was not undone, and nothing was moved: ${means}`,
        why: detail.split('\n').slice(-20).join('\n'),
        fix: what === 'run' ? 'swarm tasks' : `swarm explain ${name}`,
      };
    case 'conflict':
      return { ...notUndone(name, means, detail), ...inTheWay(refused, what, read.state) };
    default:
      return notUndone(name, means, detail);
  }
}

const notUndone = (name: string, means: string, detail: string): Problem => ({
  code: 'SW0631',
  what: `${name} was not undone, and nothing was moved: ${means}: ${detail}`,
  fix: 'swarm verify',
});

/** Later landings that changed the files in conflict: to be taken back first. */
function inTheWay({ files }: UndoRefused, what: UndoAsk['what'], state: State): Pick<Problem, 'why' | 'fix'> {
  const order = [...state.byState.landed];
  const later = what === 'run' ? [] : order.slice(order.indexOf(what) + 1).reverse();
  const theirs = later.filter((id) => changedBy(state, id).some((path) => files.includes(path)));
  if (theirs.length === 0) return { fix: `git log -- ${files.map(shellWord).join(' ')}` };
  const fix = [...theirs, what].map((id) => `swarm undo ${id}`).join(' && ');
  return { why: `${theirs.join(', ')} landed later and changed the same files`, fix };
}

function changedBy(state: State, id: TaskId): readonly string[] {
  const task = state.tasks.get(id)!;
  const attempt = task.state === 'landed' && task.attempt ? state.attempts.get(task.attempt) : undefined;
  return (attempt?.state === 'ended' ? attempt.handoff?.change?.filesChanged : undefined) ?? [];
}
