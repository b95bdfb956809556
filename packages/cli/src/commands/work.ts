/** `swarm diff`, `swarm checkout`: the work of one task, landed or not. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Problem, SwarmError } from '@swarm/core/errors';
import { shortCommit } from '@swarm/core/views/words';
import { addWorkTree, keepBranch, workDiff } from '@swarm/git';
import { type ReadRun, readRun } from '../finding/opened-run.ts';
import { lostWork, placesOf, type TaskWork, toldWork, workOf } from '../finding/task-work.ts';
import type { Context } from '../program/context.ts';
import type { RunChoice } from '../program/options.ts';
import { sanitize } from '../telling/output.ts';
import { page } from '../telling/pager.ts';
import { shellWord } from '../telling/shell.ts';

export async function diff(text: string, options: RunChoice, context: Context): Promise<number> {
  const read = await readRun(options, context);
  const isShown = context.output.columns !== undefined && !options.json;
  const { work, patch } = await patchOf(text, read, !isShown);
  if (options.json) context.output.json({ run: read.paths.run, ...toldWork(work), diff: patch });
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
  if (patch === undefined) throw new SwarmError(lostWork(work, read));
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
  if (kept.kind === 'lost') throw new SwarmError(lostWork(work, read));
  if (kept.kind === 'taken') throw new SwarmError(taken(branch, kept.commit, work));
  if (path !== undefined) await addWorkTree(places, branch, path);
  const { output } = context;
  if (options.json)
    output.json({
      run: read.paths.run,
      ...toldWork(work),
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

// ───────────── what is refused ─────────────

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
