/**
 * Reads one branch of the user's repository again and again. Git is asked whether it is symbolic, packed or checked
 * out; as long as every file that answer rests on stays the same, only the branch's own file is read.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type CommitId, parseCommitId } from '@swarm/core/model/ids';
import type { HubContext } from './context.ts';
import { expectObject } from './git.ts';

/** A branch as it stands in the user's repository. */
export interface RefState {
  readonly commit: CommitId;
  /** Set when the reference only names another one. */
  readonly symbolicTo: string;
  /** The work tree it is checked out in. */
  readonly checkedOutAt: string;
}

type Ends = Pick<HubContext, 'git' | 'origin'>;

/** With more work trees than this git is asked every time. */
const WORK_TREES_MAX = 64;

export class OriginRef {
  readonly #ends: Ends;
  readonly #ref: string;
  /** The files as they were when git last said: a plain branch, checked out nowhere. */
  #freeWhile: string | undefined;

  constructor(ends: Ends, ref: string) {
    this.#ends = ends;
    this.#ref = ref;
  }

  /** Undefined when there is no such reference. */
  async read(): Promise<RefState | undefined> {
    // Read before git is asked: what changes in between is seen as a change the next time.
    const standing = standingOf(this.#ends.origin.gitDir);
    const commit = this.#ownFile();
    if (commit && standing !== undefined && standing === this.#freeWhile) return { commit, ...FREE };
    const told = await readRef(this.#ends, this.#ref);
    const isFree = told?.symbolicTo === '' && told.checkedOutAt === '';
    this.#freeWhile = isFree ? standing : undefined;
    return told;
  }

  /** Only where it points: what else git says of it is looked at before it is moved. */
  async commit(): Promise<CommitId | undefined> {
    return this.#ownFile() ?? (await this.read())?.commit;
  }

  /** Undefined when it is packed, symbolic, absent, or kept in another way: git knows. */
  #ownFile(): CommitId | undefined {
    const text = textOf(join(this.#ends.origin.gitDir, this.#ref)) ?? '';
    return text.endsWith('\n') ? parseCommitId(text.slice(0, -1)) : undefined;
  }
}

const FREE = { symbolicTo: '', checkedOutAt: '' } as const;

/** All that decides what is checked out where: settings, and the HEAD of every work tree. Undefined: too much. */
function standingOf(gitDir: string): string | undefined {
  const folder = join(gitDir, 'worktrees');
  const names = isThere(folder) ? readdirSync(folder) : [];
  if (names.length > WORK_TREES_MAX) return undefined;
  const linked = names.flatMap((name) => [`worktrees/${name}/HEAD`, `worktrees/${name}/gitdir`]);
  const files = ['HEAD', 'config', 'config.worktree', ...linked];
  return JSON.stringify(files.map((name) => [name, textOf(join(gitDir, name))]));
}

/** Null when there is no such file. Read in place: a hop to another thread costs more than these few bytes. */
function textOf(path: string): string | null {
  return isThere(path) ? readFileSync(path, 'utf8') : null;
}

const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;

/** Undefined when there is no such reference. */
export async function readRef(hub: Ends, ref: string): Promise<RefState | undefined> {
  const format = '--format=%(refname)%00%(objectname)%00%(symref)%00%(worktreepath)';
  const told = await hub.git.text(hub.origin, 'for-each-ref', [format, ref]);
  // The pattern also matches `<ref>/anything`: take the exact name.
  const line = told.split('\n').find((l) => l.startsWith(`${ref}\0`));
  if (!line) return undefined;
  const [, commit = '', symbolicTo = '', head = ''] = line.split('\0');
  // `worktreepath` also names a bare repository at its own HEAD: only the long list tells the two apart.
  const checkedOutAt = head === '' ? '' : await checkedOutIn(hub, ref);
  return { commit: expectObject(commit, 'git for-each-ref'), symbolicTo, checkedOutAt };
}

/**
 * The work tree a branch is checked out in, or ''. A branch without a commit can be checked out too; the HEAD of a
 * bare repository is no checkout.
 */
export async function checkedOutIn(hub: Ends, ref: string): Promise<string> {
  const fields = await hub.git.records(hub.origin, 'worktree', ['list', '--porcelain', '-z']);
  const at = fields.indexOf(`branch ${ref}`);
  const before = fields.slice(0, Math.max(at, 0));
  const listed = before.findLast((field) => field.startsWith('worktree '))?.slice('worktree '.length) ?? '';
  return listed === hub.origin.gitDir ? ((await mainWorkTree(hub)) ?? listed) : listed;
}

/** Git lists a git directory that does not lie in its work tree in the work tree's place. */
async function mainWorkTree({ git, origin }: Ends): Promise<string | undefined> {
  if (origin.workTree !== undefined) return origin.workTree;
  const asked = await git.run(origin, 'config', ['--get', 'core.worktree'], { codes: [0, 1] });
  const path = asked.stdout.toString().replace(/\n$/, '');
  return path === '' ? undefined : resolve(origin.gitDir, path);
}
