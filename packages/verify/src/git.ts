/**
 * Our own door to git, shared with nothing: it only reads. The environment is built from nothing, hooks and
 * everything else a repository's configuration could start are off, and replaced objects or grafts do not count.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const exec = promisify(execFile);

const OUTPUT_MAX_BYTES = 512 * 1024 * 1024;
const DEADLINE_MS = 120_000;
const PINS = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.commitGraph=false',
  'core.attributesFile=/dev/null',
  'diff.external=',
  'diff.renames=false',
  'log.showSignature=false',
  'i18n.logOutputEncoding=UTF-8',
].flatMap((pin) => ['-c', pin]);

const ENVIRONMENT = {
  PATH: process.env.PATH ?? '/usr/bin:/bin',
  LC_ALL: 'C',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_GRAFT_FILE: '/dev/null',
  GIT_NO_LAZY_FETCH: '1',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_TERMINAL_PROMPT: '0',
};

const OBJECT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

export interface Commit {
  readonly id: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
}

/** One repository, read-only. Object names given to it are checked; anything else is a fault of the journal. */
export interface GitReader {
  /** Undefined when there is no such reference. */
  head(ref: string): Promise<string | undefined>;
  has(commit: string): Promise<boolean>;
  isAncestor(ancestor: string, of: string): Promise<boolean>;
  /** Commits reachable from `to` and not from `from`, oldest first. */
  commits(from: string, to: string): Promise<readonly Commit[]>;
  /** Paths that differ, both ends of a rename among them. */
  changedPaths(from: string, to: string): Promise<readonly string[]>;
}

/** What all work trees share. @throws Error when `repository` is none. */
export async function commonDir(repository: string): Promise<string> {
  // Only asked where it lies, which runs nothing; whoever it belongs to, the run was begun by somebody who trusts it.
  const asked = [
    '-c',
    'safe.directory=*',
    '-C',
    repository,
    'rev-parse',
    '--path-format=absolute',
    '--git-common-dir',
  ];
  return (await git(asked)).out.trimEnd();
}

/** @throws Error when `repository` is none. */
export async function openGit(repository: string): Promise<GitReader> {
  const found = await commonDir(repository);
  const run = (args: readonly string[], codes: readonly number[] = [0]) =>
    git([`--git-dir=${found}`, ...args], codes);
  return {
    async head(ref) {
      if (!/^refs\/[\w./@+-]+$/.test(ref)) throw new Error(`no reference's name: ${JSON.stringify(ref)}`);
      const { code, out } = await run(['rev-parse', '--verify', '--quiet', `${ref}^{commit}`], [0, 1]);
      return code === 0 ? out.trim() : undefined;
    },
    has: async (commit) =>
      (await run(['cat-file', '-e', `${object(commit)}^{commit}`], [0, 1, 128])).code === 0,
    isAncestor: async (ancestor, of) =>
      (await run(['merge-base', '--is-ancestor', object(ancestor), object(of)], [0, 1])).code === 0,
    async commits(from, to) {
      const format = '--format=%H%n%T%n%P%n%B';
      const range = `${object(from)}..${object(to)}`;
      const { out } = await run(['log', '-z', '--topo-order', '--reverse', format, range, '--']);
      return records(out).map(parseCommit);
    },
    async changedPaths(from, to) {
      const args = ['diff-tree', '-r', '-z', '--name-only', '--no-renames', '--no-ext-diff'];
      return records((await run([...args, object(from), object(to), '--'])).out);
    },
  };
}

function parseCommit(record: string): Commit {
  const [id = '', tree = '', parents = '', ...message] = record.split('\n');
  return { id, tree, parents: parents.split(' ').filter(Boolean), message: message.join('\n') };
}

const records = (out: string): string[] => out.split('\0').filter((record) => record !== '');

function object(name: string): string {
  if (!OBJECT.test(name)) throw new Error(`no object's name: ${JSON.stringify(name)}`);
  return name;
}

async function git(args: readonly string[], codes: readonly number[] = [0]) {
  const options = { env: ENVIRONMENT, maxBuffer: OUTPUT_MAX_BYTES, timeout: DEADLINE_MS };
  try {
    return { code: 0, out: (await exec('git', [...PINS, ...args], options)).stdout };
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string };
    if (typeof code === 'number' && codes.includes(code)) return { code, out: stdout };
    throw new Error(`git ${args.join(' ')}: ${stderr.trim() || (error as Error).message}`);
  }
}
