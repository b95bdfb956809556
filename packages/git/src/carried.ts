/**
 * A run's own files in the repository it works for: one reference, `refs/swarm/<run>`. Each of its commits has the files
 * as its tree, the commit before it as its first parent, and the work that the run still needs as its other parents: so
 * whoever has the reference has the run, and it only ever moves forward, from the commit it was seen at last.
 */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import type { CommitId, RunId } from '@swarm/core/model/ids';
import { type HubContext, hasCommits } from './context.ts';
import { expectObject } from './git.ts';
import { identityEnv } from './identity.ts';
import { standsAt } from './intake-rules.ts';
import { isAncestor } from './landed.ts';
import { readRef } from './origin-ref.ts';
import { readOwnRef } from './own-ref.ts';
import { PRE_PUSH, type Remote } from './remote.ts';
import { sendHistory } from './transfer.ts';

export const carriedRef = (run: RunId): string => `refs/swarm/${run}`;
/** The same in the hub, among the run's own: what this machine wrote last, or went on from. */
export const hubCarriedRef = (run: RunId): string => `refs/swarm/${run}/carried`;
/** What a reference offers, before anybody here goes on from it. */
export const hubOfferedRef = (run: RunId): string => `refs/swarm/${run}/offered`;

export type CarryOutcome =
  | { readonly kind: 'carried'; readonly commit: CommitId }
  /** Somebody else moved the reference: another machine goes on with the run. */
  | { readonly kind: 'elsewhere'; readonly head: CommitId | undefined }
  /** It could not be written, or the remote did not say that it has it. */
  | { readonly kind: 'silent'; readonly why: string };

export interface CarryAsk {
  /** Names of blobs by path; at most one folder deep. */
  readonly files: ReadonlyMap<string, string>;
  /** Work that is still needed. What is gone is left out. */
  readonly keep: readonly CommitId[];
  readonly message: string;
}

/** Carries one run. Not for two at once. */
export class Carrier {
  readonly #hub: HubContext;
  readonly #ref: string;
  readonly #hubRef: string;
  readonly #remote: Remote | undefined;
  /** What the hub made last. */
  #last: CommitId | undefined;
  /** What the remote has; null: it was not asked yet. */
  #there: CommitId | undefined | null = null;
  readonly #kept = new Set<CommitId>();

  constructor(hub: HubContext, remote: Remote | undefined) {
    this.#hub = hub;
    this.#ref = carriedRef(hub.run);
    this.#hubRef = hubCarriedRef(hub.run);
    this.#remote = remote;
  }

  async blob(bytes: Uint8Array): Promise<string> {
    const { git, hub } = this.#hub;
    return git.text(hub, 'hash-object', ['-w', '--no-filters', '--stdin'], { stdin: bytes });
  }

  /** What the base has already is no secret any more. */
  isAtBase(value: string): Promise<boolean> {
    const { git, hub, base } = this.#hub;
    return standsAt(git, hub, base, value);
  }

  async carry(ask: CarryAsk): Promise<CarryOutcome> {
    this.#last ??= await readOwnRef(this.#hub, this.#hubRef);
    const here = await readRef(this.#hub, this.#ref);
    if (here && here.commit !== this.#last && !(await this.#isOurs(here.commit)))
      return { kind: 'elsewhere', head: here.commit };
    const commit = await this.#commit(ask);
    await this.#hub.mutex.run(() => this.#hub.hubRefs.write([`update ${this.#hubRef} ${commit}`]));
    this.#last = commit;
    const known = await this.#knownTo(here?.commit);
    await sendHistory(this.#hub, commit, known);
    const failure = await this.#move(here?.commit, commit);
    if (failure) return failure;
    for (const id of ask.keep) this.#kept.add(id);
    return this.#remote ? this.#push(this.#remote, commit) : { kind: 'carried', commit };
  }

  /** Killed between its two references, or before a push. */
  async #isOurs(commit: CommitId): Promise<boolean> {
    if (!this.#last || !(await hasCommits(this.#hub.git, this.#hub.hub, [commit]))) return false;
    return isAncestor(this.#hub, commit, this.#last);
  }

  async #commit({ files, keep, message }: CarryAsk): Promise<CommitId> {
    const { git, hub, identity } = this.#hub;
    const tree = await this.#tree(files);
    const fresh = [...new Set(keep)].filter((id) => id !== this.#last && !this.#kept.has(id));
    const there = await Promise.all(fresh.map((id) => hasCommits(git, hub, [id]).catch(() => false)));
    const parents = [...(this.#last ? [this.#last] : []), ...fresh.filter((_, i) => there[i])];
    const args = [tree, ...parents.flatMap((id) => ['-p', id]), '-F', '-'];
    const told = await git.text(hub, 'commit-tree', args, { stdin: message, env: identityEnv(identity) });
    return expectObject(told, 'git commit-tree');
  }

  async #tree(files: ReadonlyMap<string, string>): Promise<string> {
    const rows: string[] = [];
    const folders = new Map<string, string[]>();
    for (const [path, id] of files) {
      const [folder, name] = path.includes('/') ? path.split('/', 2) : ['', path];
      const row = `100644 blob ${id}\t${name}\n`;
      if (folder === '') rows.push(row);
      else folders.set(folder!, [...(folders.get(folder!) ?? []), row]);
    }
    for (const [folder, inside] of folders)
      rows.push(`040000 tree ${await this.#mktree(inside)}\t${folder}\n`);
    return this.#mktree(rows);
  }

  #mktree(rows: readonly string[]): Promise<string> {
    return this.#hub.git.text(this.#hub.hub, 'mktree', [], { stdin: rows.join('') });
  }

  /** What the user's repository has whole, of what the hub knows. */
  async #knownTo(here: CommitId | undefined): Promise<readonly CommitId[]> {
    const { git, hub, origin, base } = this.#hub;
    const candidates = [...(here ? [here] : []), base];
    const isKnown = await Promise.all(
      candidates.map(
        async (id) => (await hasCommits(git, hub, [id])) && (await hasCommits(git, origin, [id])),
      ),
    );
    return candidates.filter((_, i) => isKnown[i]);
  }

  /** By compare-and-swap; undefined when it is done. */
  async #move(from: CommitId | undefined, to: CommitId): Promise<CarryOutcome | undefined> {
    const { git, origin, identity } = this.#hub;
    const stdin = from ? `update ${this.#ref} ${to} ${from}\n` : `create ${this.#ref} ${to}\n`;
    try {
      const args = ['--stdin', '-m', 'swarm: carried'];
      await git.run(origin, 'update-ref', args, { stdin, env: identityEnv(identity) });
      return undefined;
    } catch (error) {
      const now = await readRef(this.#hub, this.#ref);
      if (now?.commit !== from) return { kind: 'elsewhere', head: now?.commit };
      return { kind: 'silent', why: wordsOf(error) };
    }
  }

  async #push(remote: Remote, commit: CommitId): Promise<CarryOutcome> {
    try {
      if (this.#there === null) {
        const there = await remote.at(this.#ref);
        if (there && !(await this.#isOurs(there))) return { kind: 'elsewhere', head: there };
        this.#there = there;
      }
      const hooks = await writeHooks(this.#hub);
      const from = this.#hub.layout.hub;
      const ask = { from, ref: this.#ref, parent: this.#there, commit, hooks };
      const pushed = await remote.pushRef(ask);
      if (pushed.kind === 'elsewhere' && pushed.head !== commit) return pushed;
      if (pushed.kind === 'unclear') {
        this.#there = null;
        return { kind: 'silent', why: pushed.why };
      }
      this.#there = commit;
      return { kind: 'carried', commit };
    } catch (error) {
      return { kind: 'silent', why: wordsOf(error) };
    }
  }
}

/** Written anew each time: nothing found on disk is run. */
export async function writeHooks({ layout }: Pick<HubContext, 'layout'>): Promise<string> {
  const { hooks } = layout;
  await mkdir(hooks, { recursive: true, mode: 0o700 });
  const file = join(hooks, 'pre-push');
  await writeFile(file, PRE_PUSH);
  await chmod(file, 0o700);
  return hooks;
}

/** What is told of a failure. */
export const wordsOf = (error: unknown): string =>
  error instanceof SwarmError ? (error.problems[0]!.why ?? error.problems[0]!.what) : String(error);
