/** Where everything lies on disk. Finding places only; what is in the files is read elsewhere. */
import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import type { RunId } from '@swarm/core/model/ids';
import { commonDirOf } from '@swarm/git';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What swarm keeps of a repository outside it. */
export interface StatePaths {
  /** `<state>/<name>-<hash of the real path>`. */
  readonly state: string;
  readonly hub: string;
  readonly workspaces: string;
  readonly intake: string;
  /** Prepared environments, by key. */
  readonly env: string;
}

export interface RepositoryPaths extends StatePaths {
  /** Real path of the work tree's top, or of the bare repository. */
  readonly repository: string;
  readonly isBare: boolean;
  /** Real path of what all work trees of the repository share; the bare repository itself. */
  readonly gitDir: string;
  /** One folder per run: where new ones go. */
  readonly runs: string;
  /** In the git directory: what no `git clean` and no removal of a work tree reaches. For all work trees the same. */
  readonly sharedRuns: string;
  /** In the work tree, where older versions kept them; only ones that are there are still used. */
  readonly oldRuns: string | undefined;
  /** The work tree whose runs' state this is, where it is gone and another one stands in for it. */
  readonly begunIn?: { readonly path: string; readonly folder: string };
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

/**
 * @param repository the work tree's top, or the bare repository; it must exist.
 * @throws SwarmError SW0702 when git does not know it.
 */
export async function repositoryPaths(
  repository: string,
  isBare: boolean,
  env: Environment,
): Promise<RepositoryPaths> {
  const real = await realpath(repository);
  const gitDir = await commonDirOf(real, isBare, env);
  const sharedRuns = join(gitDir, 'swarm', 'runs');
  const outside = statePaths(real, env);
  return {
    ...outside,
    repository: real,
    isBare,
    gitDir,
    runs: isBare ? join(outside.state, 'runs') : sharedRuns,
    sharedRuns,
    oldRuns: isBare ? undefined : join(real, '.swarm', 'runs'),
  };
}

/** @param real path of the work tree's top, or of the bare repository; it may be gone. */
export function statePaths(real: string, env: Environment): StatePaths {
  const state = join(stateHome(env), `${safeName(basename(real))}-${shortHash(real)}`);
  return {
    state,
    hub: join(state, 'hub.git'),
    workspaces: join(state, 'workspaces'),
    intake: join(state, 'intake'),
    env: join(state, 'env'),
  };
}

/**
 * The repository a folder is in, found by its files alone; `run` asks git itself, in preflight. Whoever stands in a run's
 * folder, below `.git`, means the work tree around it.
 */
export async function findRepository(
  from: string,
): Promise<{ readonly path: string; readonly isBare: boolean } | undefined> {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    if (await statOf(join(folder, '.git'))) return { path: folder, isBare: false };
    if (basename(folder) !== '.git' && (await looksBare(folder))) return { path: folder, isBare: true };
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

/** Where a run that is about to begin will lie. */
export const newRunPaths = ({ runs }: Pick<RepositoryPaths, 'runs'>, run: RunId): RunPaths =>
  runPaths(runs, run);

/** @param runs the folder of runs it lies in. */
export function runPaths(runs: string, run: RunId): RunPaths {
  const folder = join(runs, run);
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
