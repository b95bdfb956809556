/** A run as its files tell it, live or not: no lock is taken and nothing is written. */
import { join } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import type { Entry } from '@swarm/core/events';
import { fold } from '@swarm/core/fold';
import { emptyState, type State } from '@swarm/core/state';
import { isThere, readHolderFile, readJournal } from '@swarm/journal';
import type { Context } from '../program/context.ts';
import type { RunChoice } from '../program/options.ts';
import { enterRun, type KnownRun } from './door.ts';
import type { RepositoryPaths } from './paths.ts';
import { openingProblem } from './trust.ts';

export interface ReadRun extends KnownRun {
  readonly entries: readonly Entry[];
  /** All of them, folded. */
  readonly state: State;
}

/** Errors: those of the door, and SW0203 or SW0204 where the journal cannot be read. */
export async function readRun(choice: RunChoice, context: Context): Promise<ReadRun> {
  return readKnown(await enterRun(choice, context));
}

/** The same of a run that was let in. */
export async function readKnown(known: KnownRun): Promise<ReadRun> {
  const { entries } = await readJournal(known.paths.journal);
  const state = emptyState();
  for (const entry of entries) fold(state, entry);
  const problem = openingProblem(known.file, known.paths.folder, state);
  if (problem) throw new SwarmError(problem);
  return { ...known, entries, state };
}

/** The process that works on a run. */
export interface Holder {
  readonly pid: number;
  /** ms since the epoch. */
  readonly since: number;
}

/**
 * Who works on the repository now: the process the lock's file names, when it is that very one. After a kill the file
 * stays behind, and the number may belong to somebody else by then. The lock itself is not touched.
 */
export async function lockHolder({
  state,
}: RepositoryPaths): Promise<(Holder & { run: string }) | undefined> {
  const told = await readHolderFile(join(state, 'lock.json'));
  return told && (await isThere(told)) ? { pid: told.pid, since: told.since, run: told.run } : undefined;
}

/** The same for one run. */
export async function holderOf({
  repository,
  paths,
}: Pick<ReadRun, 'repository' | 'paths'>): Promise<Holder | undefined> {
  const holder = await lockHolder(repository);
  return holder?.run === paths.run ? { pid: holder.pid, since: holder.since } : undefined;
}
