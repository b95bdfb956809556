/** Where everything lies on disk. Finding places only; what is in the files is read elsewhere. */
import { createHash } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { appendFile, mkdir, open, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import { parseRunId, type RunId } from '@swarm/core/model/ids';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A repository's places. Everything but `repository` and, for one with a work tree, `runs` is outside it. */
export interface RepositoryPaths {
  /** Real path of the work tree's top, or of the bare repository. */
  readonly repository: string;
  readonly isBare: boolean;
  /** `<state>/<name>-<hash of the real path>`. */
  readonly state: string;
  readonly hub: string;
  readonly workspaces: string;
  readonly intake: string;
  /** Prepared environments, by key. */
  readonly env: string;
  /** One folder per run. */
  readonly runs: string;
}

export interface RunPaths {
  readonly run: RunId;
  readonly folder: string;
  readonly runJson: string;
  readonly journal: string;
  readonly log: string;
  readonly attempts: string;
  /** The repository's own prompts as they were trusted; an edit here counts from the next use on. */
  readonly prompts: string;
  /** What the planner said, a file an iteration. */
  readonly planner: string;
  /** All that gates said which failed, a file a gate. */
  readonly gates: string;
  readonly reportJson: string;
  readonly reportMarkdown: string;
}

/** The line kept in `.git/info/exclude`; never in the user's .gitignore. */
export const EXCLUDE_LINE = '/.swarm/runs/';
const FIRST_LINE_MAX = 1 << 20;

/** The operator's home folder. */
export const homeOf = (env: Environment): string => env.HOME || homedir();

/** XDG: an absolute `variable`, else `fallback` below the home folder. A relative value is ignored, as the standard says. */
const xdg = (env: Environment, variable: string, fallback: string): string => {
  const value = env[variable];
  return value?.startsWith('/') ? value : join(homeOf(env), fallback);
};

export const stateHome = (env: Environment): string =>
  join(xdg(env, 'XDG_STATE_HOME', '.local/state'), 'swarm');
export const operatorConfigFile = (env: Environment): string =>
  join(xdg(env, 'XDG_CONFIG_HOME', '.config'), 'swarm', 'config.toml');
/** The operator's own prices, over the table we ship. */
export const operatorPricesFile = (env: Environment): string =>
  join(dirname(operatorConfigFile(env)), 'prices.json');
/** What the operator has trusted, by path and content hash. */
export const trustFile = (env: Environment): string => join(stateHome(env), 'trust.json');

export const shortHash = (text: string): string =>
  createHash('sha256').update(text).digest('hex').slice(0, 12);
const safeName = (text: string): string =>
  text
    .replace(/\.git$/, '')
    .replace(/[^A-Za-z0-9._-]/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 40) || 'repository';

/** Where a repository given as a URL is cloned to. */
export const clonePath = (url: string, env: Environment): string =>
  join(stateHome(env), 'clones', `${safeName(basename(url))}-${shortHash(url)}`);

/** @param repository the work tree's top, or the bare repository; it must exist. */
export async function repositoryPaths(
  repository: string,
  isBare: boolean,
  env: Environment,
): Promise<RepositoryPaths> {
  const real = await realpath(repository);
  const state = join(stateHome(env), `${safeName(basename(real))}-${shortHash(real)}`);
  return {
    repository: real,
    isBare,
    state,
    hub: join(state, 'hub.git'),
    workspaces: join(state, 'workspaces'),
    intake: join(state, 'intake'),
    env: join(state, 'env'),
    runs: isBare ? join(state, 'runs') : join(real, '.swarm', 'runs'),
  };
}

/**
 * The repository a folder is in, found by its files alone: a command that only reads starts no git.
 * `run` asks git itself, in preflight.
 */
export async function findRepository(
  from: string,
): Promise<{ readonly path: string; readonly isBare: boolean } | undefined> {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    if (await statOf(join(folder, '.git'))) return { path: folder, isBare: false };
    if (await looksBare(folder)) return { path: folder, isBare: true };
    if (folder === dirname(folder)) return undefined;
  }
}

async function looksBare(folder: string): Promise<boolean> {
  const [head, objects, refs] = await Promise.all(
    ['HEAD', 'objects', 'refs'].map((name) => statOf(join(folder, name))),
  );
  return Boolean(head?.isFile() && objects?.isDirectory() && refs?.isDirectory());
}

const statOf = (path: string): Promise<Stats | undefined> => stat(path).catch(() => undefined);

export function runPaths(repository: RepositoryPaths, run: RunId): RunPaths {
  const folder = join(repository.runs, run);
  return {
    run,
    folder,
    runJson: join(folder, 'run.json'),
    journal: join(folder, 'journal.ndjson'),
    log: join(folder, 'log.ndjson'),
    attempts: join(folder, 'attempts'),
    prompts: join(folder, 'prompts'),
    planner: join(folder, 'planner'),
    gates: join(folder, 'gates'),
    reportJson: join(folder, 'report.json'),
    reportMarkdown: join(folder, 'report.md'),
  };
}

/** Every run there is, newest first. A folder without a journal was never a run: nothing was decided in it. */
export async function listRuns(repository: RepositoryPaths): Promise<readonly RunId[]> {
  const names = await readdir(repository.runs).catch(() => []);
  const ids = names.map(parseRunId).filter((id) => id !== undefined);
  const dated = await Promise.all(
    ids.map(async (id) => ({ id, openedAt: await openedAt(runPaths(repository, id).journal) })),
  );
  return dated
    .filter((run) => run.openedAt !== undefined)
    .sort((a, b) => compare(b.openedAt!, a.openedAt!) || compare(b.id, a.id))
    .map((run) => run.id);
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

/** The run a command acts on: the one asked for, else the newest. Errors: SW0104, naming the runs there are. */
export async function chooseRun(repository: RepositoryPaths, asked?: string): Promise<RunPaths> {
  const runs = await listRuns(repository);
  const run = asked === undefined ? runs[0] : runs.find((id) => id === asked);
  if (run) return runPaths(repository, run);
  throw new SwarmError({
    code: 'SW0104',
    what: asked === undefined ? 'there is no run here yet' : `there is no run ${JSON.stringify(asked)}`,
    where: repository.runs,
    ...(runs.length > 0 && { why: `the runs there are: ${runs.slice(0, 10).join(', ')}` }),
    fix: runs[0] ? `--run ${runs[0]}` : 'swarm run "what you want done"',
  });
}

/** Keeps runs out of `git status` without a change to any tracked file. Says whether it had to add the line. */
export async function excludeRuns(gitCommonDirectory: string): Promise<boolean> {
  const file = join(gitCommonDirectory, 'info', 'exclude');
  const text = await readFile(file, 'utf8').catch(() => '');
  if (text.split(/\r?\n/).includes(EXCLUDE_LINE)) return false;
  await mkdir(dirname(file), { recursive: true });
  await appendFile(file, `${text === '' || text.endsWith('\n') ? '' : '\n'}${EXCLUDE_LINE}\n`);
  return true;
}
