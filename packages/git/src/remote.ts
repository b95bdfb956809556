/**
 * The remote a repository is pushed to. Of the repository's own configuration only names and the address are read;
 * git then runs in a repository of ours, with the operator's own configuration for keys and nothing else.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import { type CommitId, parseCommitId } from '@swarm/core/model/ids';
import { bareRepository, configOf } from './bare.ts';
import type { BranchAt } from './branches.ts';
import { Git, type Place } from './git.ts';
import { settings } from './settings.ts';

/** Where the work for a branch goes: the branch's upstream, else the same branch of `origin`. */
export interface RemoteBranch {
  /** As the repository's configuration calls it. */
  readonly remote: string;
  /** Without `refs/heads/`. */
  readonly branch: string;
}

/** What a web address is asked with besides the operator's own keys: a token of the forge that has it. */
export interface RemoteHeader {
  /** Such as `https://github.com/`: nothing else is asked with it. */
  readonly origin: string;
  readonly value: string;
}

export type PushOutcome =
  /** The remote said so. */
  | { readonly kind: 'taken' }
  /** The remote was not where it was expected; undefined: it has no such branch. */
  | { readonly kind: 'elsewhere'; readonly head: CommitId | undefined }
  /** The remote said no, or the connection ended before it said anything. */
  | { readonly kind: 'unclear'; readonly why: string };

/** Of a remote's words, what is kept for people. */
const WORDS_MAX = 1_000;
const ASK_TIMEOUT_MS = 30_000;
const PUSH_TIMEOUT_MS = 600_000;
const FETCH_TIMEOUT_MS = 3_600_000;
/** The name under which git is told the address, through the environment: a command line can be read by others. */
const NAME = 'swarm';
const NOWHERE: Place = { discoverFrom: '/' };

/** What `git` may be told an address is; the transports are named to git as well (`GIT_ALLOW_PROTOCOL`). */
const ADDRESS = /^(?:https?|ssh|git|file):\/\/[^-\s]|^[\w.-]+@[\w][\w.-]*:|^[\w][\w.-]*:(?!:|\/\/)|^\//;

/** The remote `branch` is pushed to where that is another than its upstream: git's own way to work with a fork. */
export async function pushRemoteOf(git: Git, gitDir: string, branch: string): Promise<string | undefined> {
  const pattern = `^(branch\\.${escaped(branch)}\\.pushremote|remote\\.pushdefault)$`;
  const said = await settings(git, { gitDir }, pattern);
  return said.get(`branch.${branch}.pushremote`) ?? said.get('remote.pushdefault');
}

/** The upstream of `branch` by the repository's own configuration, else `origin`'s branch of the same name. */
export async function upstreamOf(git: Git, gitDir: string, branch: string): Promise<RemoteBranch> {
  const said = await settings(git, { gitDir }, `^branch\\.${escaped(branch)}\\.(remote|merge)$`);
  const remote = said.get(`branch.${branch}.remote`) ?? 'origin';
  const merge = said.get(`branch.${branch}.merge`);
  // `.` is how git says that the upstream is a branch of the same repository.
  if (remote === '.') return { remote: 'origin', branch };
  return { remote, branch: merge?.startsWith('refs/heads/') ? merge.slice('refs/heads/'.length) : branch };
}

export class Remote {
  readonly name: string;
  readonly #git: Git;
  readonly #address: Record<string, string>;

  private constructor(git: Git, name: string, url: string, header: RemoteHeader | undefined) {
    this.#git = git;
    this.name = name;
    this.#address = {
      GIT_CONFIG_COUNT: header ? '2' : '1',
      GIT_CONFIG_KEY_0: `remote.${NAME}.url`,
      GIT_CONFIG_VALUE_0: url,
      ...(header && {
        GIT_CONFIG_KEY_1: `http.${header.origin}.extraHeader`,
        GIT_CONFIG_VALUE_1: header.value,
      }),
    };
  }

  /**
   * @param gitDir the user's repository: absolute, for relative addresses.
   * @param network environment of the operator's own, for keys: PATH, HOME, SSH_AUTH_SOCK, GIT_ALLOW_PROTOCOL.
   * @throws SW0312 when there is no such remote, or its address is of no kind that is used.
   */
  static async open(ask: {
    readonly git: Git;
    readonly gitDir: string;
    readonly name: string;
    readonly purpose: 'fetch' | 'push';
    readonly network: Readonly<Record<string, string>>;
    readonly header?: RemoteHeader;
  }): Promise<Remote> {
    const { git, gitDir, name } = ask;
    const address = await Remote.#addressOf(ask);
    if (address === undefined) throw noRemote(name, await remotesOf(git, gitDir));
    if (!ADDRESS.test(address) || /\p{Cc}/u.test(address)) throw oddAddress(name);
    return new Remote(new Git(ask.network), name, address, ask.header);
  }

  /** Of the repository's configuration; a path is made whole. */
  static async #addressOf(ask: {
    readonly git: Git;
    readonly gitDir: string;
    readonly name: string;
    readonly purpose: 'fetch' | 'push';
  }): Promise<string | undefined> {
    const { git, gitDir, name, purpose } = ask;
    const said = await settings(git, { gitDir }, `^remote\\.${escaped(name)}\\.(url|pushurl)$`);
    const pushUrl = purpose === 'push' ? said.get(`remote.${name}.pushurl`) : undefined;
    const url = pushUrl ?? said.get(`remote.${name}.url`);
    if (url === undefined) return undefined;
    const isPath = !url.includes(':') && !isAbsolute(url);
    return isPath ? resolve(gitDir.replace(/\/\.git$/, ''), url) : url;
  }

  /** Branches as they are there now. @throws SW0703 when it does not answer. */
  async branches(): Promise<readonly BranchAt[]> {
    const told = await this.#ask(['--quiet', '--heads', '--', NAME]);
    return told.flatMap(({ ref, commit }) =>
      ref.startsWith('refs/heads/') ? [{ name: ref.slice('refs/heads/'.length), commit }] : [],
    );
  }

  /** The branch's commit as it is there now; undefined when there is none. @throws SW0703 when it does not answer. */
  head(branch: string): Promise<CommitId | undefined> {
    return this.at(`refs/heads/${branch}`);
  }

  /** The same of any reference, by its full name. @throws SW0703 when it does not answer. */
  async at(wanted: string): Promise<CommitId | undefined> {
    const told = await this.#ask(['--quiet', '--refs', '--', NAME, wanted]);
    // A pattern also matches the end of longer names: only the exact one counts.
    return told.find(({ ref }) => ref === wanted)?.commit;
  }

  /** Brings commits into a repository of ours, each under the reference given. @throws SW0703, SW0702. */
  async fetch(into: string, wanted: readonly { commit: CommitId; ref: string }[]): Promise<void> {
    const stdin = wanted.map(({ commit, ref }) => `+${commit}:${ref}\n`).join('');
    const flags = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-auto-maintenance'];
    const args = [...flags, '--no-recurse-submodules', '--stdin', '--', NAME];
    await this.#run({ gitDir: into }, 'fetch', args, { stdin, timeoutMs: FETCH_TIMEOUT_MS });
  }

  /**
   * Pushes one commit to a branch: never forced, and only from `parent`. A plain push moves whatever is behind, also
   * a branch somebody put back on purpose, so a hook of ours in `hooks` compares what the remote says it has, in the
   * same connection; the remote itself refuses when that is no longer so.
   */
  async push(ask: {
    readonly from: string;
    readonly branch: string;
    readonly parent: CommitId;
    readonly commit: CommitId;
    readonly hooks: string;
  }): Promise<PushOutcome> {
    return this.pushRef({ ...ask, ref: `refs/heads/${ask.branch}` });
  }

  /** The same to any reference, by its full name. Without `parent` the remote must not have it. */
  async pushRef(ask: {
    readonly from: string;
    readonly ref: string;
    readonly parent: CommitId | undefined;
    readonly commit: CommitId;
    readonly hooks: string;
  }): Promise<PushOutcome> {
    const flags = ['--porcelain', '--no-follow-tags', '--no-signed', '--recurse-submodules=no', '--verify'];
    const args = [...flags, '--', NAME, `${ask.commit}:${ask.ref}`];
    try {
      const { code, stdout, stderr } = await this.#git.run({ gitDir: ask.from }, 'push', args, {
        unpinned: true,
        codes: [0, 1, 128],
        timeoutMs: PUSH_TIMEOUT_MS,
        config: [`core.hooksPath=${ask.hooks}`],
        env: { ...this.#address, SWARM_PARENT: ask.parent ?? '0'.repeat(ask.commit.length) },
      });
      return outcomeOf(code, stdout.toString(), stderr, ask.parent === undefined);
    } catch (error) {
      return { kind: 'unclear', why: wordsOf(error) };
    }
  }

  /**
   * Whether pushes are answered at all: asks whoever takes them, as a push does, to do nothing. The name is of no branch,
   * so there is nothing it could do. @throws SW0703 with the remote's words when it does not let us in.
   * @param head what the remote has, which says how it names objects.
   */
  async rehearsePush(head: CommitId): Promise<void> {
    // In a repository of ours: the user's may name programs.
    const from = await mkdtemp(join(tmpdir(), 'swarm-push-'));
    try {
      const config = configOf(head.length === 64 ? 'sha256' : 'sha1', 'intake');
      bareRepository(from, config, undefined);
      await this.#pushNothing(from);
    } finally {
      await rm(from, { recursive: true, force: true });
    }
  }

  async #pushNothing(from: string): Promise<void> {
    const nobodys = `:refs/heads/swarm-rehearsal-${randomUUID()}`;
    const args = ['--dry-run', '--porcelain', '--no-signed', '--recurse-submodules=no', '--no-verify'];
    const options = { unpinned: true, codes: [0, 1, 128], timeoutMs: ASK_TIMEOUT_MS, env: this.#address };
    const ran = await this.#git
      .run({ gitDir: from }, 'push', [...args, '--', NAME, nobodys], options)
      .catch((error: unknown) => {
        throw this.#silent(error);
      });
    if (ran.code === 0 || ran.stderr.includes('remote ref does not exist')) return;
    throw this.#silent(new Error(ran.stderr));
  }

  /** Where it is, for whoever asks which forge that is. A password in it is left out. */
  get address(): string {
    return this.#address.GIT_CONFIG_VALUE_0!.replace(/^(\w+:\/\/)[^/@]*@/, '$1');
  }

  /** The repository itself, where the address is a folder of this machine. */
  get folder(): string | undefined {
    const path = this.#address.GIT_CONFIG_VALUE_0!.replace(/^file:\/\//, '');
    return isAbsolute(path) ? path : undefined;
  }

  async #ask(args: readonly string[]): Promise<{ commit: CommitId; ref: string }[]> {
    const told = await this.#run(NOWHERE, 'ls-remote', args, { timeoutMs: ASK_TIMEOUT_MS });
    return told.split('\n').flatMap((line) => {
      const [id = '', ref = ''] = line.split('\t');
      const commit = parseCommitId(id);
      return commit ? [{ commit, ref }] : [];
    });
  }

  async #run(
    place: Place,
    subcommand: 'ls-remote' | 'fetch',
    args: readonly string[],
    options: { readonly stdin?: string; readonly timeoutMs: number },
  ): Promise<string> {
    try {
      return await this.#git.text(place, subcommand, args, {
        ...options,
        env: this.#address,
        unpinned: true,
      });
    } catch (error) {
      throw this.#silent(error);
    }
  }

  #silent(cause: unknown): SwarmError {
    return new SwarmError(
      {
        code: 'SW0703',
        what: `the remote ${this.name} does not answer`,
        why: wordsOf(cause),
        fix: `git ls-remote ${this.name}`,
      },
      { cause },
    );
  }
}

/** The hook: one line per branch pushed, `local-ref local-id remote-ref remote-id`; none when nothing would move. */
export const PRE_PUSH = `#!/bin/sh
while read -r _ _ _ there; do
  [ "$there" = "$SWARM_PARENT" ] || { echo "swarm-elsewhere $there" >&2; exit 1; }
done
`;

/** What git said, in git's own form: https://git-scm.com/docs/git-push#_output (`--porcelain`). */
function outcomeOf(code: number, stdout: string, stderr: string, isNew: boolean): PushOutcome {
  const elsewhere = /^swarm-elsewhere ([0-9a-f]+)$/m.exec(stderr);
  if (elsewhere) return { kind: 'elsewhere', head: parseCommitId(elsewhere[1]!.replace(/^0+$/, '')) };
  const flags = stdout.split('\n').flatMap((line) => /^([ =*+!-])\t/.exec(line)?.[1] ?? []);
  const taken = isNew ? [' ', '=', '*'] : [' ', '='];
  if (code === 0 && flags.length === 1 && taken.includes(flags[0]!)) return { kind: 'taken' };
  const reason = /^!\t\S+\t(.*)$/m.exec(stdout)?.[1] ?? '';
  const said = stderr.split('\n').flatMap((line) => /^remote:\s*(.*\S)\s*$/.exec(line)?.[1] ?? []);
  const why = [...said, reason].filter((text) => text !== '').join('; ');
  return { kind: 'unclear', why: plainWords(why || stderr) };
}

/** Somebody else's words, for a line of ours: no control characters, no keys in addresses, not endless. */
function plainWords(text: string): string {
  return text
    .replace(/(\w:\/\/)[^\s/@]+@/g, '$1')
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, WORDS_MAX);
}

function wordsOf(error: unknown): string {
  const problem = error instanceof SwarmError ? error.problems[0] : undefined;
  return plainWords(problem ? `${problem.why ?? ''} (${problem.what})` : String(error));
}

/** As it stands, within an extended regular expression. */
const escaped = (text: string): string => text.replace(/[.[\]()*+?{}|^$\\]/g, String.raw`\$&`);

async function remotesOf(git: Git, gitDir: string): Promise<readonly string[]> {
  const keys = ['--name-only', '--get-regexp', String.raw`^remote\..*\.url$`];
  const asked = await git.run({ gitDir }, 'config', keys, { codes: [0, 1] });
  const names = asked.stdout.toString().split('\n').filter(Boolean);
  return names.map((key) => key.slice('remote.'.length, -'.url'.length));
}

const noRemote = (name: string, known: readonly string[]) =>
  new SwarmError({
    code: 'SW0312',
    what: `there is no remote ${JSON.stringify(plainWords(name))}`,
    why: known.length > 0 ? `the remotes are: ${known.slice(0, 10).join(', ')}` : 'there is no remote at all',
    fix: known.length > 0 ? 'git remote -v' : `git remote add ${plainWords(name)} <url>`,
  });

const oddAddress = (name: string) =>
  new SwarmError({
    code: 'SW0312',
    what: `the address of the remote ${JSON.stringify(name)} is of no kind that is used`,
    why: 'an address is a path, or one of https, http, ssh, git and file',
    fix: `git remote set-url ${name} <url>`,
  });
