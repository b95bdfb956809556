/** A run as its files tell it, live or not: no lock is taken and nothing is written. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Entry, emptyState, fold, type State, SwarmError } from '@swarm/core';
import { readJournal } from '@swarm/journal';
import {
  chooseRun,
  clonePath,
  findRepository,
  type RepositoryPaths,
  type RunPaths,
  repositoryPaths,
} from './paths.ts';
import type { Context, RunChoice } from './program.ts';

export interface ReadRun {
  readonly repository: RepositoryPaths;
  readonly paths: RunPaths;
  readonly entries: readonly Entry[];
  /** All of them, folded. */
  readonly state: State;
}

const URL_LIKE = /^(?:https?|ssh|git|file):\/\/|^[\w.-]+@[\w.-]+:/;

/** The repository a reading command means. Errors: SW0301. */
export async function chooseRepository(choice: RunChoice, context: Context): Promise<RepositoryPaths> {
  const { repo = '.' } = choice;
  const isUrl = URL_LIKE.test(repo);
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
