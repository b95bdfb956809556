/**
 * The one door to git. A closed list of subcommands, an environment built from nothing, configuration pinned on
 * the command line (it wins over every file), capped output and a deadline. Nothing here knows what git is for.
 *
 * Callers pass object names and references built by us; whatever comes from outside goes behind `-e`, `--` or
 * `--end-of-options`, where the subcommand knows one.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { SwarmError } from '@swarm/core/errors';
import { type CommitId, parseCommitId } from '@swarm/core/model/ids';
import { execa } from 'execa';
import { startTurn } from './start-turn.ts';

export type Subcommand =
  | 'blame'
  | 'cat-file'
  | 'check-attr'
  | 'checkout-index'
  | 'clone'
  | 'commit'
  | 'commit-tree'
  | 'config'
  | 'diff'
  | 'diff-tree'
  | 'fetch'
  | 'for-each-ref'
  | 'grep'
  | 'hash-object'
  | 'index-pack'
  | 'init'
  | 'log'
  | 'ls-files'
  | 'ls-remote'
  | 'ls-tree'
  | 'merge'
  | 'merge-base'
  | 'merge-tree'
  | 'mktree'
  | 'pack-objects'
  | 'push'
  | 'read-tree'
  | 'rev-list'
  | 'rev-parse'
  | 'status'
  | 'unpack-objects'
  | 'update-index'
  | 'update-ref'
  | 'var'
  | 'version'
  | 'worktree';

/** Which repository: named outright, so that git discovers nothing, or by the folder to discover it from. */
export type Place =
  | { readonly gitDir: string; readonly workTree?: string }
  | { readonly discoverFrom: string };

export interface GitOptions {
  readonly stdin?: string | Uint8Array;
  /** Added to the environment; values are ours, never a repository's. */
  readonly env?: Readonly<Record<string, string>>;
  /** More `-c` pairs, as `key=value`. */
  readonly config?: readonly string[];
  /** Leaves out the pins on credentials and ssh: for talking to a URL the operator gave. */
  readonly unpinned?: boolean;
  /** Exit codes that are answers; default only 0. Any other is thrown as SW0702. */
  readonly codes?: readonly number[];
  /** Most bytes of stdout; more is an error, not a cut. Default 64 MiB. */
  readonly maxBytes?: number;
  /** Default 120 s. */
  readonly timeoutMs?: number;
}

/** Why SW0702 is thrown of output over `maxBytes`. */
export const TOO_MUCH = 'it wrote more than it may';

export interface GitResult {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Wins over the repository's own file, in the process and in the children git starts in the same repository. */
const PINNED = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.fsync=all',
  'core.commitGraph=false',
  'core.quotePath=false',
  'core.protectHFS=true',
  'core.protectNTFS=true',
  'core.attributesFile=/dev/null',
  'diff.external=',
  'diff.renames=false',
  'merge.directoryRenames=false',
  'merge.renames=true',
  'merge.conflictStyle=merge',
  'merge.verifySignatures=false',
  'merge.autoStash=false',
  'commit.gpgSign=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'protocol.version=2',
  'protocol.ext.allow=never',
  'fetch.bundleURI=',
  'submodule.recurse=false',
  'log.showSignature=false',
];

/** Nothing but a clone of the operator's URL may reach for keys. */
const OFFLINE = ['core.sshCommand=false', 'credential.helper='];

const ENVIRONMENT = {
  PATH: '/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin',
  HOME: '/nonexistent',
  LC_ALL: 'C',
  TZ: 'UTC',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_NO_LAZY_FETCH: '1',
  // Git before 2.45 does not know that one: what it would fetch behind our back it may not reach.
  GIT_ALLOW_PROTOCOL: 'none',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_EDITOR: 'false',
  GIT_PAGER: 'cat',
};

export const MAX_BYTES = 64 * 1024 * 1024;
export const TIMEOUT_MS = 120_000;
/** What is kept of git's own words in an error. */
const WHY_MAX = 2_000;

export class Git {
  readonly #env: Readonly<Record<string, string>>;

  /** @param env replaces single variables of the closed environment: `PATH`, or what a network clone needs. */
  constructor(env: Readonly<Record<string, string>> = {}) {
    this.#env = { ...ENVIRONMENT, ...env };
  }

  /**
   * Runs one git process to its end. Throws SW0702 with git's own words when the exit code is not among
   * `codes`, on a timeout, on too much output, and SW0306 when there is no git to run.
   */
  async run(
    place: Place,
    subcommand: Subcommand,
    args: readonly string[],
    options: GitOptions = {},
  ): Promise<GitResult> {
    const codes = options.codes ?? [0];
    const first = await this.#start(place, subcommand, args, options);
    const result = wasHitAtBirth(first) ? await this.#start(place, subcommand, args, options) : first;
    const stderr = Buffer.from(result.stderr ?? []).toString();
    if (result.exitCode !== undefined && !result.isMaxBuffer && codes.includes(result.exitCode)) {
      return { code: result.exitCode, stdout: Buffer.from(result.stdout ?? []), stderr };
    }
    throw failure(place, subcommand, { ...result, stderr });
  }

  async #start(
    place: Place,
    subcommand: Subcommand,
    args: readonly string[],
    options: GitOptions,
  ): Promise<Ended> {
    await startTurn();
    return execa('git', [...prefix(place, options), subcommand, ...args], {
      cwd: cwdOf(place),
      env: { ...this.#env, ...options.env },
      extendEnv: false,
      encoding: 'buffer',
      stripFinalNewline: false,
      ...(options.stdin === undefined ? { stdin: 'ignore' as const } : { input: options.stdin }),
      maxBuffer: { stdout: options.maxBytes ?? MAX_BYTES, stderr: 1024 * 1024 },
      timeout: options.timeoutMs ?? TIMEOUT_MS,
      killDescendants: true,
      forceKillAfterDelay: 1_000,
      reject: false,
    });
  }

  /**
   * Starts a git process that stays and reads its standard input: see git-helper.ts, which keeps it. It has a session
   * of its own, so that a Ctrl-C meant for us does not end it in the middle of an answer; it ends with its input.
   */
  start(
    place: Place,
    subcommand: Subcommand,
    args: readonly string[],
    options: Pick<GitOptions, 'env' | 'config'> = {},
  ): ChildProcessWithoutNullStreams {
    const env = { ...this.#env, ...options.env };
    return spawn('git', [...prefix(place, options), subcommand, ...args], {
      cwd: cwdOf(place),
      env,
      detached: true,
    });
  }

  /** Standard output as text, without the final newline. */
  async text(place: Place, subcommand: Subcommand, args: readonly string[], options?: GitOptions) {
    return (await this.run(place, subcommand, args, options)).stdout.toString().replace(/\n$/, '');
  }

  /** NUL-ended records of standard output. Bytes that are not UTF-8 become U+FFFD. */
  async records(place: Place, subcommand: Subcommand, args: readonly string[], options?: GitOptions) {
    return splitNul((await this.run(place, subcommand, args, options)).stdout);
  }

  /** Standard output that must be one object name. */
  async objectName(place: Place, subcommand: Subcommand, args: readonly string[], options?: GitOptions) {
    return expectObject(await this.text(place, subcommand, args, options), `git ${subcommand}`);
  }
}

interface Ended extends Omit<Failed, 'stderr'> {
  readonly stdout?: Uint8Array | undefined;
  readonly stderr?: Uint8Array | undefined;
}

/** What a terminal, or a supervisor, sends to all of ours. */
const FOR_US: readonly (string | undefined)[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

/**
 * Every process of git has a session of its own, but for a moment after its fork: a Ctrl-C that is meant for us ends it in
 * that moment before it has done or said anything. Then it is started again.
 */
function wasHitAtBirth(ended: Ended): boolean {
  const { signal, timedOut, isMaxBuffer, stdout, stderr } = ended;
  return FOR_US.includes(signal) && !timedOut && !isMaxBuffer && !stdout?.length && !stderr?.length;
}

export function splitNul(bytes: Buffer): string[] {
  const parts = bytes.toString().split('\0');
  if (parts.at(-1) === '') parts.pop();
  return parts;
}

export function expectObject(text: string, from: string): CommitId {
  const id = parseCommitId(text);
  if (id) return id;
  throw new SwarmError({
    code: 'SW0702',
    what: `${from} answered ${JSON.stringify(text.slice(0, 200))}, which is no object name`,
  });
}

function prefix(place: Place, options: GitOptions): string[] {
  const offline = options.unpinned ? [] : OFFLINE;
  const pairs = [...PINNED, ...offline, ...(options.config ?? [])].flatMap((pair) => ['-c', pair]);
  if ('discoverFrom' in place) return pairs;
  const tree = place.workTree === undefined ? [] : [`--work-tree=${place.workTree}`];
  return [...pairs, '--literal-pathspecs', `--git-dir=${place.gitDir}`, ...tree];
}

function cwdOf(place: Place): string {
  return 'discoverFrom' in place ? place.discoverFrom : (place.workTree ?? place.gitDir);
}

export interface Failed {
  readonly stderr: string;
  readonly exitCode?: number | undefined;
  readonly timedOut: boolean;
  readonly isMaxBuffer: boolean;
  readonly signal?: string | undefined;
  readonly code?: string | undefined;
}

/** What a git process that ended is thrown as. */
export function failure(place: Place, subcommand: Subcommand, failed: Failed): SwarmError {
  if (failed.code === 'ENOENT' && failed.exitCode === undefined) {
    return new SwarmError({
      code: 'SW0306',
      what: `git cannot be started in ${cwdOf(place)}`,
      why: 'there is no git on the path, or the folder is gone',
      fix: 'git --version',
    });
  }
  return new SwarmError({
    code: 'SW0702',
    what: `git ${subcommand} failed: ${reasonOf(failed)}`,
    where: cwdOf(place),
    why: failed.isMaxBuffer ? TOO_MUCH : failed.stderr.trim().slice(-WHY_MAX) || 'git said nothing',
  });
}

function reasonOf(failed: Failed): string {
  if (failed.timedOut) return 'it ran out of time and was killed';
  if (failed.isMaxBuffer) return TOO_MUCH;
  if (failed.signal) return `it was ended by ${failed.signal}`;
  return `exit code ${failed.exitCode ?? failed.code}`;
}
