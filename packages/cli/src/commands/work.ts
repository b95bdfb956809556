/** `swarm diff`, `swarm checkout`: the work of one task, landed or not. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Problem, SwarmError } from '@swarm/core/errors';
import { type AttemptId, parseAttemptId, type TaskId, taskOf } from '@swarm/core/model/ids';
import { shortCommit } from '@swarm/core/views/words';
import { addWorkTree, keepBranch, type Work, type WorkPlaces, workDiff } from '@swarm/git';
import { unknownTask } from '../control/refused.ts';
import { type ReadRun, readRun } from '../finding/opened-run.ts';
import type { Context } from '../program/context.ts';
import type { RunChoice } from '../program/options.ts';
import { sanitize } from '../telling/output.ts';
import { page } from '../telling/pager.ts';
import { shellWord } from '../telling/shell.ts';

interface TaskWork extends Work {
  readonly task: TaskId;
  /** Undefined for what was found on the target and is of no attempt that is known. */
  readonly attempt: AttemptId | undefined;
  readonly isLanded: boolean;
}

export async function diff(text: string, options: RunChoice, context: Context): Promise<number> {
  const read = await readRun(options, context);
  const isShown = context.output.columns !== undefined && !options.json;
  const { work, patch } = await patchOf(text, read, !isShown);
  if (options.json) context.output.json({ run: read.paths.run, ...told(work), diff: patch });
  else await page(isShown ? coloured(sanitize(patch), context) : patch, context);
  return 0;
}

/** @param isWhole for programs, as `git apply` takes it. Errors: SW0106, SW0108. */
export async function patchOf(
  text: string,
  read: ReadRun,
  isWhole: boolean,
): Promise<{ readonly work: TaskWork; readonly patch: string }> {
  const work = workOf(text, read);
  const patch = await workDiff(placesOf(read), work, isWhole);
  if (patch === undefined) throw new SwarmError(lost(work, read));
  return { work, patch };
}

export async function checkout(
  text: string,
  folder: string | undefined,
  options: RunChoice,
  context: Context,
): Promise<number> {
  const read = await readRun(options, context);
  const work = workOf(text, read);
  const places = placesOf(read);
  const path = folder === undefined ? undefined : resolve(context.cwd, folder);
  if (path !== undefined && existsSync(path)) throw new SwarmError(occupied(path, text));
  const branch = `swarm-work/${read.paths.run}/${work.attempt ?? work.task}`;
  const kept = await keepBranch(places, branch, work);
  if (kept.kind === 'lost') throw new SwarmError(lost(work, read));
  if (kept.kind === 'taken') throw new SwarmError(taken(branch, kept.commit, work));
  if (path !== undefined) await addWorkTree(places, branch, path);
  const { output } = context;
  if (options.json)
    output.json({
      run: read.paths.run,
      ...told(work),
      branch,
      isNew: kept.kind === 'made',
      folder: path ?? null,
    });
  else output.result(sanitize(checkedOut(work, branch, path)));
  return 0;
}

function checkedOut(work: TaskWork, branch: string, path: string | undefined): string {
  const what = `${work.attempt ?? work.task} (${work.isLanded ? 'landed' : 'not landed'}) is ${branch} at ${shortCommit(work.commit)}`;
  return path === undefined
    ? `${what}\nnext: git switch ${branch}`
    : `${what}\nnext: cd ${shellWord(path)}; when done: git worktree remove ${shellWord(path)}`;
}

const told = ({ task, attempt, commit, base, isLanded }: TaskWork) => ({
  task,
  attempt: attempt ?? null,
  isLanded,
  commit,
  base: base ?? null,
});

const placesOf = ({ repository: { hub, repository, isBare } }: ReadRun): WorkPlaces => ({
  hub: existsSync(hub) ? hub : undefined,
  repository,
  isBare,
});

// ───────────── which work is meant ─────────────

/** Of a task what has landed, else the last that an attempt at it left; of an attempt its own. Errors: SW0106, SW0108. */
function workOf(text: string, read: ReadRun): TaskWork {
  const attempt = parseAttemptId(text);
  const task = read.state.tasks.get(attempt ? taskOf(attempt) : (text as TaskId));
  if (!task || (attempt && !read.state.attempts.has(attempt)))
    throw new SwarmError(unknownTask(text, read.state));
  if (task.state === 'landed' && (attempt === undefined || attempt === task.attempt))
    return { task: task.id, attempt: task.attempt, commit: task.commit, base: undefined, isLanded: true };
  const left = leftBy(read).findLast((one) => (attempt ? one.attempt === attempt : one.task === task.id));
  if (left) return left;
  const known = [...read.state.attempts.keys()].filter((id) => taskOf(id) === task.id);
  throw new SwarmError({
    code: 'SW0108',
    what: `${text} has no work to show`,
    why: `${task.id} is ${task.state}, and ${known.length === 0 ? 'nobody has tried it' : 'no attempt at it has left a commit'}`,
    fix: `swarm explain ${task.id}`,
  });
}

/** What every attempt left, in order of time. */
function leftBy({ entries, state }: ReadRun): readonly TaskWork[] {
  return entries
    .flatMap((entry) => entry.events)
    .flatMap((event): TaskWork[] => {
      if (event.type !== 'attempt.ended') return [];
      const { attempt, handoff, work } = event;
      const commit = handoff?.change?.commit ?? work;
      const base = handoff?.change?.base ?? state.attempts.get(attempt)?.base;
      return commit ? [{ task: taskOf(attempt), attempt, commit, base, isLanded: false }] : [];
    });
}

// ───────────── what is refused ─────────────

const lost = ({ task, commit }: TaskWork, { repository }: ReadRun): Problem => ({
  code: 'SW0108',
  what: `the work of ${task} is gone: nobody has ${shortCommit(commit)} any more`,
  where: repository.hub,
  why: 'swarm clean removes what attempts left, once their run is over',
  fix: `swarm explain ${task}`,
});

const taken = (branch: string, commit: string, work: TaskWork): Problem => ({
  code: 'SW0108',
  what: `the branch ${branch} is there and names ${shortCommit(commit)}, not ${shortCommit(work.commit)}`,
  why: 'it may hold work of your own',
  fix: `git branch -m ${branch} ${branch}-mine   # then the same command again`,
});

const occupied = (path: string, asked: string): Problem => ({
  code: 'SW0101',
  what: `${path} is there already`,
  why: 'a work tree is made in a folder of its own, so that nothing is written over',
  fix: `swarm checkout ${shellWord(asked)} ${shellWord(`${path}-${asked}`)}`,
});

// ───────────── how it looks ─────────────

function coloured(patch: string, { output: { ink } }: Context): string {
  if (ink.level === 0) return patch;
  const painted = (line: string): string => {
    if (/^(diff |index |--- |\+\+\+ |(new|deleted|old) |rename |similarity )/.test(line))
      return ink.bold(line);
    if (line.startsWith('@@')) return ink.cyan(line);
    if (line.startsWith('+')) return ink.green(line);
    return line.startsWith('-') ? ink.red(line) : line;
  };
  return patch.split('\n').map(painted).join('\n');
}
