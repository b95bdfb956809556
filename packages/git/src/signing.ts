/**
 * Signatures on the commits that land, as the operator's own git asks for them: `commit.gpgSign`, by gpg, ssh or x509.
 * Git itself signs (`commit-tree -S`), so that every format and kind of key it knows is one we know.
 * https://git-scm.com/docs/git-config#Documentation/git-config.txt-gpgformat
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import type { CommitId, TreeId } from '@swarm/core/model/ids';
import type { Identity } from '@swarm/core/ports/git';
import { type CommitParts, commitBody } from './commit-body.ts';

import { Git, type Place } from './git.ts';
import { identityEnv, type ObjectFormat } from './identity.ts';
import { nameOf } from './loose.ts';
import { type OperatorEnv, operatorGit } from './operator.ts';

/** What the operator's own configuration says of signing, as `key=value` pairs for git. */
export interface Signing {
  /** `openpgp`, `ssh` or `x509`. */
  readonly format: string;
  readonly config: readonly string[];
}

export interface SigningFound {
  /** Undefined: the operator's commits are not signed. */
  readonly signing: Signing | undefined;
  /** The repository's own configuration asks for it and the operator's does not: said, and not done. */
  readonly isAskedHere: boolean;
}

/** Every key git reads when it signs. */
const KEYS = new Set([
  'gpg.format',
  'gpg.program',
  'gpg.openpgp.program',
  'gpg.x509.program',
  'gpg.ssh.program',
  'gpg.ssh.defaultkeycommand',
  'user.signingkey',
]);
/** Files of the operator and the machine. Whatever a repository says could be a program somebody else chose. */
const OWN = new Set(['system', 'global']);
/** A signer that has not answered by then waits for somebody who is not there. */
const SIGN_TIMEOUT_MS = 30_000;
/** Agents that hold keys. Nothing of it reaches a sandbox: those are given an environment of their own. */
const AGENTS = ['SSH_AUTH_SOCK', 'GNUPGHOME', 'XDG_RUNTIME_DIR', 'XDG_CONFIG_HOME'];
const SIGNED_REMEMBERED = 1_000;

/** @param gitDir the user's repository: files included by `includeIf "gitdir:…"` depend on it. */
export async function readSigning(gitDir: string, env: OperatorEnv): Promise<SigningFound> {
  const told = await operatorGit(gitDir, env).raw('config', '--list', '--show-scope', '-z');
  const own = new Map<string, string | undefined>();
  const here = new Map<string, string | undefined>();
  const parts = told.split('\0');
  for (let i = 0; i + 1 < parts.length; i += 2) {
    const [key = '', ...lines] = parts[i + 1]!.split('\n');
    (OWN.has(parts[i]!) ? own : here).set(key, lines.length > 0 ? lines.join('\n') : undefined);
  }
  if (!isOn(own)) return { signing: undefined, isAskedHere: isOn(here) };
  const config = [...own].flatMap(([key, value]) =>
    KEYS.has(key) && value !== undefined ? [`${key}=${value}`] : [],
  );
  return { signing: { format: own.get('gpg.format') ?? 'openpgp', config }, isAskedHere: false };
}

/** A key without a value is true, as git has it. */
const isOn = (config: ReadonlyMap<string, string | undefined>): boolean =>
  config.has('commit.gpgsign') && /^(true|yes|on|[1-9]\d*)$/i.test(config.get('commit.gpgsign') ?? 'true');

/** Tries one signature in a repository of its own. @throws SW0313 when there is none. */
export async function trySigning(
  signing: Signing,
  identity: Identity,
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-signing-'));
  try {
    await new Git().run({ discoverFrom: folder }, 'init', ['--quiet', '--bare', '--template=', '--', folder]);
    await new Signer({ signing, identity, env, place: { gitDir: folder }, format: 'sha1' }).try();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Makes signed commits in one repository. */
export class Signer {
  readonly #signing: Signing;
  readonly #identity: Identity;
  readonly #place: Place;
  readonly #format: ObjectFormat;
  readonly #git: Git;
  /** What was signed, by the name it has unsigned: some signatures are never the same twice, and each costs a process. */
  readonly #signed = new Map<string, CommitId>();

  /** @param ask.env the operator's own environment; of it git is given where to find programs, keys and agents. */
  constructor(ask: {
    readonly signing: Signing;
    readonly identity: Identity;
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly place: Place;
    readonly format: ObjectFormat;
  }) {
    this.#signing = ask.signing;
    this.#identity = ask.identity;
    this.#place = ask.place;
    this.#format = ask.format;
    this.#git = new Git(signerEnv(ask.env));
  }

  /** The commit of these parts with a signature; the same one when asked again. @throws SW0313 */
  async sign(parts: CommitParts): Promise<CommitId> {
    const unsigned = nameOf({ type: 'commit', body: commitBody(parts) }, this.#format);
    const known = this.#signed.get(unsigned);
    if (known) return known;
    const commit = await this.#make(parts);
    if (this.#signed.size >= SIGNED_REMEMBERED) this.#signed.clear();
    this.#signed.set(unsigned, commit);
    return commit;
  }

  /** @throws SW0313 when a commit cannot be signed now. */
  async try(): Promise<void> {
    const tree = (await this.#git.objectName(this.#place, 'mktree', [])) as string as TreeId;
    await this.#make({ tree, parents: [], who: '', atSeconds: 0, message: 'Trial of a signature\n' });
  }

  async #make({ tree, parents, message, atSeconds }: CommitParts): Promise<CommitId> {
    const above = parents.flatMap((parent) => ['-p', parent]);
    try {
      return await this.#git.objectName(this.#place, 'commit-tree', ['-S', ...above, '-F', '-', tree], {
        stdin: message,
        env: identityEnv(this.#identity, atSeconds),
        config: this.#signing.config,
        timeoutMs: SIGN_TIMEOUT_MS,
      });
    } catch (error) {
      throw unsigned(this.#signing, error);
    }
  }
}

/** Nobody is asked for a passphrase in the middle of a run: what no agent holds fails at once, and is told. */
function signerEnv(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const own = ['PATH', 'HOME', ...AGENTS].flatMap((name) => (env[name] ? [[name, env[name]]] : []));
  return { ...Object.fromEntries(own), SSH_ASKPASS: 'false', SSH_ASKPASS_REQUIRE: 'force' };
}

const HOW_TO_UNLOCK: Readonly<Record<string, string>> = {
  ssh: 'ssh-add, so that an agent holds the key',
  openpgp: 'echo | gpg --clearsign > /dev/null, so that the agent holds the key',
};

function unsigned({ format }: Signing, cause: unknown): unknown {
  if (!(cause instanceof SwarmError) || cause.problems[0]?.code !== 'SW0702') return cause;
  const unlock = HOW_TO_UNLOCK[format] ?? 'git commit-tree -S HEAD^{tree} -m trial, to see what fails';
  return new SwarmError(
    {
      code: 'SW0313',
      what: `a commit cannot be signed, as commit.gpgsign asks for (${format})`,
      why: cause.problems[0].why ?? cause.problems[0].what,
      fix: `${unlock}; or deliver.sign = "never" in the configuration`,
    },
    { cause },
  );
}
