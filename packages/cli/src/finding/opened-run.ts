/** A run as its files tell it, live or not: no lock is taken and nothing is written. */

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Entry, emptyState, fold, type State, SwarmError } from '@swarm/core';
import { readJournal } from '@swarm/journal';
import type { Context } from '../program/context.ts';
import type { RunChoice } from '../program/options.ts';
import {
  chooseRun,
  clonePath,
  findRepository,
  type RepositoryPaths,
  type RunPaths,
  repositoryPaths,
} from './paths.ts';
import { isRepositoryUrl } from './repository-url.ts';

export interface ReadRun {
  readonly repository: RepositoryPaths;
  readonly paths: RunPaths;
  readonly entries: readonly Entry[];
  /** All of them, folded. */
  readonly state: State;
}

/** The repository a reading command means. Errors: SW0301. */
export async function chooseRepository(choice: RunChoice, context: Context): Promise<RepositoryPaths> {
  const { repo = '.' } = choice;
  const isUrl = isRepositoryUrl(repo);
  const folder = isUrl ? clonePath(repo, context.env) : resolve(context.cwd, repo);
  const found = existsSync(folder) ? await findRepository(folder) : undefined;
  if (found) return repositoryPaths(found.path, found.isBare, context.env);
  throw new SwarmError({
    code: 'SW0301',
    what: isUrl ? `${repo} was never worked on here` : `there is no git repository at ${folder}`,
    where: folder,
    fix: '--repo <path to the repository>',
  });
}

/** Errors: SW0301, SW0104, and SW0203 or SW0204 where the journal cannot be trusted. */
export async function readRun(choice: RunChoice, context: Context): Promise<ReadRun> {
  const repository = await chooseRepository(choice, context);
  const paths = await chooseRun(repository, choice.run);
  const { entries } = await readJournal(paths.journal);
  const state = emptyState();
  for (const entry of entries) fold(state, entry);
  return { repository, paths, entries, state };
}

/** The process that works on a run. */
export interface Holder {
  readonly pid: number;
  /** ms since the epoch. */
  readonly since: number;
}

/**
 * Who works on the repository now: whom the lock's file names, if that process is there. The lock itself is not
 * touched. After a kill the file stays behind; that its number was given to another process since cannot be told
 * from here.
 */
export async function lockHolder({
  state,
}: RepositoryPaths): Promise<(Holder & { run: string }) | undefined> {
  try {
    const told: unknown = JSON.parse(await readFile(join(state, 'lock.json'), 'utf8'));
    const { pid, since, run } = told as { pid: unknown; since: unknown; run: unknown };
    const isWhole = typeof run === 'string' && Number.isSafeInteger(pid) && Number.isSafeInteger(since);
    return isWhole && isAlive(pid as number)
      ? { pid: pid as number, since: since as number, run }
      : undefined;
  } catch {
    return undefined;
  }
}

/** The same for one run. */
export async function holderOf({ repository, paths }: ReadRun): Promise<Holder | undefined> {
  const holder = await lockHolder(repository);
  return holder?.run === paths.run ? { pid: holder.pid, since: holder.since } : undefined;
}

/** Signal 0 asks without sending; a process of another user's is there too. */
function isAlive(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
