/** What finished runs left in a repository's state directory, found and sized; and its removal, one by one. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fold } from '@swarm/core/fold';
import { parseRunId, type RunId } from '@swarm/core/model/ids';
import { emptyState } from '@swarm/core/state';
import { Git } from '@swarm/git';
import { readJournal } from '@swarm/journal';
import { removeTree } from '@swarm/sandbox';
import { type Environment, type RepositoryPaths, type RunPaths, statePaths } from '../finding/paths.ts';
import { readRecord } from '../finding/records.ts';
import { listRuns } from '../finding/runs.ts';
import { goneWorkTreeOf } from '../finding/work-trees.ts';
import { shellWord } from '../telling/shell.ts';
import { oldAgentInstalls } from './agent-installs.ts';
import { type CleanPolicy, chooseRuns, isOld, type KnownRun } from './policy.ts';

export interface Leftover {
  readonly kind: 'workspace' | 'intake' | 'job' | 'environment' | 'references' | 'run' | 'state' | 'agent';
  /** For `state` the path of the work tree that is gone. */
  readonly name: string;
  /** A folder; for `references` the hub they are in. */
  readonly path: string;
  /** On disk. Unknown for references: their objects stay in the hub, which the runs of a repository share. */
  readonly bytes: number | undefined;
  /** References to remove, with the objects they name. */
  readonly refs?: readonly { readonly name: string; readonly object: string }[];
}

export interface Found {
  readonly leftovers: readonly Leftover[];
  /** Runs that are left alone though old, and why, in words. */
  readonly kept: readonly string[];
}

export interface LeftoversAsk {
  readonly policy: CleanPolicy;
  readonly now: number;
  readonly env: Environment;
  /** Whether this operator made the run. */
  readonly isOurs: (run: RunPaths) => Promise<boolean>;
}

/** Reads only. Nobody may be at work in the repository while what is found here is removed. */
export async function findLeftovers(
  paths: RepositoryPaths,
  { policy, now, env, isOurs }: LeftoversAsk,
): Promise<Found> {
  const runs = await knownRuns(await listRuns(paths, env), isOurs);
  const going = chooseRuns(runs, policy, now);
  const unfinished = new Set(runs.filter((run) => !run.isFinished).map((run) => run.id));
  const isOver = (name: string): boolean => !unfinished.has(name as RunId);
  const leftovers = [
    ...(await folders(paths.workspaces, 'workspace')),
    ...(await folders(paths.intake, 'intake', async (name) => isOver(name))),
    ...(await folders(join(paths.state, 'jobs'), 'job')),
    ...(await folders(join(paths.state, 'doctor'), 'job')),
    ...(await folders(join(paths.state, 'trash'), 'job')),
    ...(await folders(paths.env, 'environment', async (_, path) => isOld(await ageOf(path, now), policy))),
    ...(await hubReferences(paths, isOver, new Set(going))),
    ...(await statesOfGone(paths, runs, env)),
    ...(await agentsLeft(policy, now, env)),
    ...(await Promise.all(
      runs.filter(({ id }) => going.includes(id)).map(({ id, folder }) => sized('run', id, folder)),
    )),
  ];
  const open = runs
    .filter((run) => !run.isFinished)
    .map(({ id, isOurs, folder }) =>
      isOurs
        ? `${id} is not over: swarm resume --run ${id}, or swarm cancel --run ${id}`
        : `this machine has no record of ${id}: rm -r ${shellWord(folder)}`,
    );
  return { leftovers, kept: open };
}

interface FoundRun extends KnownRun {
  readonly folder: string;
  readonly isOurs: boolean;
}

/** A run whose journal cannot be read, or is not this operator's, is not known to be over. */
async function knownRuns(
  runs: readonly RunPaths[],
  isOurs: LeftoversAsk['isOurs'],
): Promise<readonly FoundRun[]> {
  return Promise.all(
    runs.map(async (run) => {
      const { run: id, folder } = run;
      const state = emptyState();
      if (!(await isOurs(run))) return { id, folder, isOurs: false, isFinished: false, lastAt: 0 };
      const read = await readJournal(run.journal).catch(() => undefined);
      for (const entry of read?.entries ?? []) fold(state, entry);
      // Closed and not delivered, it still owes its delivery.
      const isFinished = state.closed !== undefined && state.delivered !== undefined;
      return { id, folder, isOurs: true, isFinished, lastAt: state.at };
    }),
  );
}

/** Old enough, so that none is taken away that is being installed, or that a run begun before still starts. */
async function agentsLeft(policy: CleanPolicy, now: number, env: Environment): Promise<Leftover[]> {
  const found: Leftover[] = [];
  for (const { name, path } of await oldAgentInstalls(env))
    if (isOld(await ageOf(path, now), policy)) found.push(await sized('agent', name, path));
  return found;
}

async function folders(
  folder: string,
  kind: Leftover['kind'],
  isLeft: (name: string, path: string) => Promise<boolean> = async () => true,
): Promise<Leftover[]> {
  const names = (await readdir(folder).catch(() => [])).sort();
  const found: Leftover[] = [];
  for (const name of names) {
    const path = join(folder, name);
    if (await isLeft(name, path)) found.push(await sized(kind, name, path));
  }
  return found;
}

const sized = async (kind: Leftover['kind'], name: string, path: string): Promise<Leftover> => ({
  kind,
  name,
  path,
  bytes: await bytesOf(path),
});

const ageOf = async (path: string, now: number): Promise<number> =>
  now - ((await lstat(path).catch(() => undefined))?.mtimeMs ?? now);

/** What the files take up on disk; links are not followed. */
async function bytesOf(path: string): Promise<number> {
  const facts = await lstat(path).catch(() => undefined);
  if (!facts) return 0;
  let bytes = facts.blocks * 512;
  if (!facts.isDirectory()) return bytes;
  for (const name of await readdir(path).catch(() => [])) bytes += await bytesOf(join(path, name));
  return bytes;
}

// ───────────── the hub ─────────────

/** Attempts' work and bases handed out. A kept run keeps its base and target: `undo` and `apply` go by them. */
async function hubReferences(
  { hub }: RepositoryPaths,
  isOver: (run: string) => boolean,
  going: ReadonlySet<string>,
): Promise<Leftover[]> {
  if (!(await lstat(hub).catch(() => undefined))) return [];
  const format = '--format=%(objectname) %(refname)';
  const told = await new Git().text({ gitDir: hub }, 'for-each-ref', [format, 'refs/swarm/']);
  const byRun = new Map<string, { name: string; object: string }[]>();
  for (const line of told.split('\n').filter(Boolean)) {
    const [object = '', name = ''] = line.split(' ');
    const [, , run = '', part = ''] = name.split('/');
    const isWork = part === 'work' || part === 'handed';
    if (!parseRunId(run) || !isOver(run) || !(isWork || going.has(run))) continue;
    byRun.set(run, [...(byRun.get(run) ?? []), { name, object }]);
  }
  return [...byRun].map(([name, refs]) => ({ kind: 'references', name, path: hub, bytes: undefined, refs }));
}

// ───────────── work trees that are gone ─────────────

/** What is kept of work trees that were removed, all of whose runs are over: of no other is it known. */
async function statesOfGone(
  paths: RepositoryPaths,
  runs: readonly FoundRun[],
  env: Environment,
): Promise<Leftover[]> {
  const areOver = new Map<string, boolean>();
  for (const { id, isFinished } of runs) {
    const record = await readRecord(env, id);
    const gone = record && (await goneWorkTreeOf(paths, record, env));
    if (gone !== undefined) areOver.set(gone, isFinished && areOver.get(gone) !== false);
  }
  const states = [...areOver].filter(([, isOver]) => isOver).map(([name]) => name);
  const found = await Promise.all(
    states.sort().map((name) => sized('state', name, statePaths(name, env).state)),
  );
  return found.filter(({ bytes }) => bytes !== 0);
}

// ───────────── removal ─────────────

/** @throws SwarmError SW0701 or SW0702; what was removed before stays removed, and a second try goes on. */
export async function removeLeftover({ path, refs }: Leftover): Promise<void> {
  if (refs) {
    const stdin = refs.map(({ name, object }) => `delete ${name} ${object}\n`).join('');
    await new Git().run({ gitDir: path }, 'update-ref', ['--stdin'], { stdin });
    return;
  }
  await removeTree(path);
}
