/** Temporary repositories with real git, for tests. Everything goes when the test ends. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import type { AttemptId, CommitId, RunId } from '@swarm/core/model/ids';
import type { Workspace } from '@swarm/core/ports/git';
import { Git } from '../src/git.ts';
import { type HubOptions, type OpenedHub, openHub } from '../src/index.ts';

export const RUN = 'r-20261121-k3f2' as RunId;
export const LAND = `refs/heads/swarm/${RUN}`;
export const IDENTITY = { name: 'Swarm', email: 'swarm@example.invalid' };
export const attempt = (name: string) => name as AttemptId;

const ENV = {
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Ann',
  GIT_AUTHOR_EMAIL: 'ann@example.invalid',
  GIT_COMMITTER_NAME: 'Ann',
  GIT_COMMITTER_EMAIL: 'ann@example.invalid',
};

export function tempDir(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'swarm-git-'));
  t.after(() => rmSync(path, { recursive: true, force: true, maxRetries: 3 }));
  return path;
}

/** Plain git, as a person would run it. */
export function git(cwd: string, ...args: string[]): string {
  return execFileSync('git', args, {
    cwd,
    env: ENV,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
  }).trimEnd();
}

/** The same with this on its standard input. */
export function gitWith(cwd: string, input: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd, env: ENV, input, encoding: 'utf8' }).trimEnd();
}

/** Counts the programs it starts; those that stay and are asked are not among them. */
export class CountedGit extends Git {
  started = 0;
  override run(...ask: Parameters<Git['run']>) {
    this.started += 1;
    return super.run(...ask);
  }
}

export function write(root: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
}

/** No housekeeping after a commit: it starts two programs to find nothing to do. */
const QUIET = ['-c', 'maintenance.auto=false'];

export function commit(repo: string, files: Record<string, string>, message = 'Change'): CommitId {
  write(repo, files);
  git(repo, 'add', '-A');
  git(repo, ...QUIET, 'commit', '--quiet', '--no-verify', '--allow-empty', '-m', message);
  return git(repo, 'rev-parse', 'HEAD') as CommitId;
}

/** Repositories that tests of this file began with, by what is in them. */
const made = new Map<string, string>();

export function makeRepo(dir: string, files: Record<string, string>, ...init: string[]): string {
  const repo = join(dir, 'user');
  const key = JSON.stringify([files, init, process.umask()]);
  const ready = made.get(key);
  if (ready !== undefined && existsSync(ready)) return copyRepo(ready, repo);
  makeRepoAnew(repo, files, init);
  made.set(key, keep(repo));
  return repo;
}

/** One program instead of five: git looks again at what it knows of the files. */
function copyRepo(from: string, repo: string): string {
  cpSync(from, repo, { recursive: true, preserveTimestamps: true });
  git(repo, 'update-index', '--really-refresh', '-q');
  return repo;
}

/** Until this process ends. */
function keep(repo: string): string {
  const kept = mkdtempSync(join(tmpdir(), 'swarm-git-made-'));
  process.once('exit', () => rmSync(kept, { recursive: true, force: true }));
  cpSync(repo, kept, { recursive: true, preserveTimestamps: true });
  return kept;
}

function makeRepoAnew(repo: string, files: Record<string, string>, init: readonly string[]): string {
  mkdirSync(repo);
  git(repo, 'init', '--quiet', '-b', 'main', ...init);
  commit(repo, files, 'Base');
  return repo;
}

export interface World extends OpenedHub {
  readonly dir: string;
  readonly repo: string;
  readonly stateDir: string;
  /** Opens the same hub again, as after a restart. */
  reopen(more?: Partial<HubOptions>): Promise<OpenedHub>;
}

/** A user's repository with these files on `main`, and a hub opened for it. */
export async function world(
  t: TestContext,
  files: Record<string, string> = { 'a.txt': 'one\n', 'b.txt': 'one\n' },
  more: Partial<HubOptions> = {},
): Promise<World> {
  const dir = tempDir(t);
  const repo = makeRepo(dir, files);
  const stateDir = join(dir, 'state');
  const options = { stateDir, repository: repo, run: RUN, target: 'main', landOn: LAND, identity: IDENTITY };
  const reopen = (again: Partial<HubOptions> = {}) => openHub({ ...options, ...more, ...again });
  return { ...(await reopen()), dir, repo, stateDir, reopen };
}

/** Runs the save command where it stands, as a sandbox would. */
export function save(opened: OpenedHub, workspace: Workspace, message = 'Work'): void {
  const paths = { workspace: workspace.path, intake: workspace.intake! };
  const [command = '', ...args] = opened.workspaces.saveCommand({ message, ...paths });
  execFileSync(command, args, { env: { PATH: ENV.PATH, HOME: '/nonexistent' }, stdio: 'pipe' });
}

/** One attempt's whole life but for its gate: workspace, edit, save, ingest. Returns its commit in the hub. */
export async function work(
  opened: OpenedHub,
  name: string,
  base: CommitId,
  files: Record<string, string>,
): Promise<CommitId> {
  const workspace = await opened.workspaces.create({ name, base, attempt: attempt(name) });
  write(workspace.path, files);
  save(opened, workspace);
  const outcome = await opened.hub.ingest(attempt(name));
  if (outcome.kind !== 'commit') throw new Error(`ingest of ${name}: ${JSON.stringify(outcome)}`);
  return outcome.commit;
}

export const landing = (name: string, subject = 'Do it'): string => {
  const task = name.split('.')[0];
  return `${subject}\n\nSwarm-Run: ${RUN}\nSwarm-Task: ${task}\nSwarm-Attempt: ${name}\n`;
};

/** Merges and publishes; throws unless both went well. */
export async function land(
  opened: OpenedHub,
  name: string,
  onto: CommitId,
  from: CommitId,
): Promise<CommitId> {
  const built = await opened.hub.buildCandidate({
    onto,
    work: from,
    message: () => landing(name),
    atSeconds: 1_700_000_000,
  });
  if (built.kind !== 'clean') throw new Error(`candidate of ${name}: ${JSON.stringify(built)}`);
  const outcome = await opened.hub.publish({ parent: onto, commit: built.commit, tree: built.tree });
  if (outcome.kind !== 'published') throw new Error(`publish of ${name}: ${JSON.stringify(outcome)}`);
  return built.commit;
}

export function commitOf(commit: CommitId | undefined): CommitId {
  if (commit) return commit;
  throw new Error('the target is gone');
}
