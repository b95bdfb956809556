/** Everything `swarm undo` says no with: what, why, and something that can be typed. */
import type { UndoAsk, UndoRefused } from '@swarm/core/decisions/undo';
import { type Problem, SwarmError } from '@swarm/core/errors';
import { parseTaskId, type TaskId, taskId } from '@swarm/core/model/ids';
import { UNDO_REFUSALS } from '@swarm/core/model/landing';
import { nearestWord } from '@swarm/core/rules/text';
import type { State } from '@swarm/core/state';
import type { ReadRun } from '../finding/opened-run.ts';
import { shellWord } from '../telling/shell.ts';

export const nothingNamed = (): SwarmError =>
  new SwarmError({
    code: 'SW0101',
    what: 'swarm undo was told neither a task nor a run',
    why: 'a task’s landing is taken back by its id; --run takes back all of a run’s',
    fix: 'swarm tasks, then: swarm undo t12, or: swarm undo --run',
  });

/** Errors: SW0106, with the task that was meant. */
export function knownTask(text: string, { state, paths }: ReadRun): TaskId {
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
export function whileLive(error: unknown, what: UndoAsk['what']): unknown {
  if (!(error instanceof SwarmError) || error.problems[0]?.code !== 'SW0501') return error;
  const again = what === 'run' ? 'swarm undo --run' : `swarm undo ${what}`;
  const fix = `stop the run with Ctrl-C where it runs, then: ${again} && swarm resume`;
  return new SwarmError({ ...error.problems[0], fix }, { cause: error });
}

/** The process that works on the run is stopping and had not begun the undo. */
export const whileLeaving = (run: string, what: UndoAsk['what']): SwarmError =>
  new SwarmError({
    code: 'SW0108',
    what: `${run} is being stopped, and nothing was undone`,
    why: 'what is in flight ends, and nothing new is begun',
    fix: `once it has ended: swarm undo ${what === 'run' ? '--run' : what}`,
  });

export function problemOf(refused: UndoRefused, what: UndoAsk['what'], read: ReadRun): Problem {
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
