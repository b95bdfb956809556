/**
 * Whether what lands could be published, by a rehearsal of the very calls: a transaction on the reference that is
 * prepared and given up, and a file among the objects. Asked before anything is spent; nothing of it stays.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Problem, SwarmError } from '@swarm/core/errors';
import type { CommitId } from '@swarm/core/model/ids';
import { Git } from './git.ts';
import { checkedOutIn } from './origin-ref.ts';

export interface Rehearsal {
  /** What all work trees of the repository share. */
  readonly gitDir: string;
  /** The full reference landings are published to. */
  readonly ref: string;
  /** Where it is now; absent: it is made. */
  readonly at?: CommitId;
  /** A commit of the repository to make it at. */
  readonly base: CommitId;
}

const BYTES = 64 * 1024;

/** @throws SW0316 where it could not be done, with what to type. */
export async function rehearse(ask: Rehearsal, git = new Git()): Promise<void> {
  const { gitDir, ref, at } = ask;
  await writeOneObject(gitDir);
  const where = at && (await checkedOutIn({ git, origin: { gitDir, isShared: false } }, ref));
  if (where)
    throw refusal(ask, `it is checked out in ${where}`, `git -C ${shellWord(where)} switch --detach`);
  await rehearseRef(ask, git);
}

async function rehearseRef(ask: Rehearsal, git: Git): Promise<void> {
  const { gitDir, ref, at, base } = ask;
  const change = at ? `update ${ref} ${at} ${at}` : `create ${ref} ${base}`;
  const stdin = `start\n${change}\nprepare\nabort\n`;
  await git.run({ gitDir }, 'update-ref', ['--stdin'], { stdin }).catch((cause: unknown) => {
    const problem = cause instanceof SwarmError ? cause.problems[0] : undefined;
    if (problem?.code !== 'SW0702') throw cause;
    throw refusal(ask, problem.why ?? problem.what);
  });
  // Git leaves the folder it made for the lock. One with a branch in it stays.
  if (dirname(ref) !== 'refs/heads') await rmdir(join(gitDir, dirname(ref))).catch(() => undefined);
}

/**
 * A remote that is a folder of this machine is rehearsed like the user's own repository; and a branch that is checked
 * out there takes no push, unless its owner said so. @throws SW0316.
 */
export async function rehearseFolder(
  ask: { readonly folder: string; readonly branch: string; readonly at: CommitId },
  git = new Git(),
): Promise<void> {
  const { folder, branch, at } = ask;
  const gitDir = [join(folder, '.git'), folder, `${folder}.git`].find((path) =>
    existsSync(join(path, 'HEAD')),
  );
  // Another kind of folder, such as a file that names one: the push itself will tell.
  if (gitDir === undefined) return;
  const ref = `refs/heads/${branch}`;
  const where = await checkedOutIn({ git, origin: { gitDir, isShared: false } }, ref);
  const asked = await git.run({ gitDir }, 'config', ['--get', 'receive.denyCurrentBranch'], {
    codes: [0, 1],
  });
  const allowed = asked.stdout.toString().trim();
  if (where && !['ignore', 'warn', 'updateInstead', 'false'].includes(allowed)) {
    const fix = `git -C ${shellWord(folder)} config receive.denyCurrentBranch updateInstead`;
    throw refusal({ gitDir, ref, base: at }, `it is checked out in ${where}, and takes no push`, fix);
  }
  await rehearseRef({ gitDir, ref, at, base: at }, git);
}

/** As git makes one, under a name that its own cleaning knows. */
async function writeOneObject(gitDir: string): Promise<void> {
  const file = join(gitDir, 'objects', `tmp_obj_${randomBytes(6).toString('hex')}`);
  try {
    await writeFile(file, Buffer.alloc(BYTES), { flag: 'wx', mode: 0o444 });
  } catch (error) {
    const what = `nothing can be written into the repository at ${gitDir}`;
    const why = (error as Error).message;
    throw new SwarmError({ code: 'SW0316', what, why, fix: fixFor(why, gitDir) }, { cause: error });
  } finally {
    await rm(file, { force: true }).catch(() => undefined);
  }
}

function refusal({ gitDir, ref }: Rehearsal, said: string, fix?: string): SwarmError {
  const why = said.replace(/^fatal: (?:prepare: )?/, '');
  const what = `the branch ${nameOf(ref)} cannot be moved, and that is where landings go`;
  const problem: Problem = { code: 'SW0316', what, where: gitDir, why, fix: fix ?? fixFor(why, gitDir) };
  return new SwarmError(problem);
}

/** By git's words, which are the system's where it comes to files. */
function fixFor(why: string, gitDir: string): string {
  const at = `git -C ${shellWord(gitDir)}`;
  const inTheWay = /'refs\/heads\/([^']+)' exists; cannot create/.exec(why)?.[1];
  if (inTheWay !== undefined)
    return `${at} branch -m ${shellWord(inTheWay)} ${shellWord(`${inTheWay}-kept`)}`;
  const lock = /Unable to create '([^']+\.lock)': File exists/.exec(why)?.[1];
  if (lock !== undefined) return `rm ${shellWord(lock)}   (once no git is at work there)`;
  if (/No space left|ENOSPC|EDQUOT|Disk quota/.test(why)) return `df -h ${shellWord(gitDir)}`;
  if (/Permission denied|EACCES|EPERM|Read-only|EROFS/.test(why))
    return `git clone ${shellWord(gitDir)} my-clone && swarm run --repo my-clone`;
  return `${at} for-each-ref refs/heads/`;
}

const nameOf = (ref: string): string => ref.replace('refs/heads/', '');

const shellWord = (text: string): string =>
  /^[\w./@:+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
