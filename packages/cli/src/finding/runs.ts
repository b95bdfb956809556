/** The runs there are: in the git directory, in the state directory for a bare repository, in the work tree the old ones. */
import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { SwarmError } from '@swarm/core/errors';
import { parseRunId } from '@swarm/core/model/ids';
import { type Environment, type RepositoryPaths, type RunPaths, runPaths } from './paths.ts';
import { readRecord } from './records.ts';
import { isBegunHere, isWorkTree } from './work-trees.ts';

const FIRST_LINE_MAX = 1 << 20;

/** Every folder that runs lie in. Of two runs with one name the first counts. */
export const foldersOfRuns = ({ runs, sharedRuns, oldRuns }: RepositoryPaths): readonly string[] => [
  ...new Set([runs, sharedRuns, ...(oldRuns === undefined ? [] : [oldRuns])]),
];

interface DatedRun {
  readonly paths: RunPaths;
  /** Undefined for a folder without a journal. */
  readonly openedAt: string | undefined;
}

/** Every run of this work tree, newest first. */
export async function listRuns(repository: RepositoryPaths, env: Environment): Promise<readonly RunPaths[]> {
  const runs = await allRuns(repository);
  const isOfThis = beginningHere(repository, env);
  const areOfThis = await Promise.all(runs.map(isOfThis));
  return runs.filter((_, i) => areOfThis[i]);
}

/** A folder without a journal was never a run: nothing was decided in it. */
async function allRuns(repository: RepositoryPaths): Promise<readonly RunPaths[]> {
  const found = new Map<string, DatedRun>();
  for (const folder of foldersOfRuns(repository))
    for (const run of await datedRuns(folder)) {
      const { paths, openedAt } = run;
      if (openedAt !== undefined && !found.has(paths.run)) found.set(paths.run, run);
    }
  return [...found.values()]
    .sort((a, b) => compare(b.openedAt!, a.openedAt!) || compare(b.paths.run, a.paths.run))
    .map(({ paths }) => paths);
}

async function datedRuns(folder: string): Promise<readonly DatedRun[]> {
  const names = await readdir(folder).catch(() => []);
  const runs = names.flatMap((name) => parseRunId(name) ?? []).map((id) => runPaths(folder, id));
  return Promise.all(runs.map(async (paths) => ({ paths, openedAt: await openedAt(paths.journal) })));
}

/** What nobody here has a record of is of every work tree: it is refused in each, and told. */
function beginningHere(repository: RepositoryPaths, env: Environment): (run: RunPaths) => Promise<boolean> {
  const asked = new Map<string, Promise<boolean>>();
  return async ({ run, folder }) => {
    if (folder !== runPaths(repository.sharedRuns, run).folder) return true;
    const record = await readRecord(env, run);
    if (!record || (await isBegunHere(repository, record))) return true;
    const begunIn = record.repository;
    if (!asked.has(begunIn)) asked.set(begunIn, isWorkTree(begunIn, repository, env));
    return !(await asked.get(begunIn)!);
  };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** When the run's first entry was decided (RFC 3339); where that line cannot be read, when the file was last written. */
async function openedAt(journal: string): Promise<string | undefined> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(journal, flags).catch(() => undefined);
  if (!file) return undefined;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(FIRST_LINE_MAX), 0, FIRST_LINE_MAX, 0);
    const line = buffer.subarray(0, bytesRead).toString('utf8').split('\n', 1)[0] ?? '';
    return dateIn(line) ?? (await file.stat()).mtime.toISOString();
  } finally {
    await file.close();
  }
}

function dateIn(line: string): string | undefined {
  try {
    const { at } = JSON.parse(line) as { at?: unknown };
    return typeof at === 'string' ? at : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The run a command acts on: the one asked for, of whichever work tree, else the newest of this one. Errors: SW0104,
 * naming the runs there are.
 */
export async function chooseRun(
  repository: RepositoryPaths,
  asked: string | undefined,
  env: Environment,
): Promise<RunPaths> {
  const named =
    asked === undefined ? undefined : (await allRuns(repository)).find(({ run }) => run === asked);
  if (named) return named;
  const runs = await listRuns(repository, env);
  if (runs[0] && asked === undefined) return runs[0];
  throw new SwarmError({
    code: 'SW0104',
    what: asked === undefined ? 'there is no run here yet' : `there is no run ${JSON.stringify(asked)}`,
    where: repository.runs,
    ...(runs.length > 0 && {
      why: `the runs there are: ${runs
        .slice(0, 10)
        .map(({ run }) => run)
        .join(', ')}`,
    }),
    fix: runs[0] ? `--run ${runs[0].run}` : 'swarm run "what you want done"',
  });
}
