/** Facts of this machine that no other command asks for: git's behaviour, disk, open files, what can be written. */
import { constants } from 'node:fs';
import { mkdtemp, readFile, rm, stat, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Git } from '@swarm/git';
import { openHeld } from '@swarm/journal';

export interface MachineFacts {
  /** Why git cannot do what landing needs; undefined when it did it. */
  readonly gitFault: string | undefined;
  readonly node: string;
  readonly stateFolder: string;
  /** Why the state directory cannot be written; undefined when it was. */
  readonly stateFault: string | undefined;
  /** Bytes free for this user where the state directory lies; undefined when the system does not say. */
  readonly freeBytes: number | undefined;
  /** The most files this process may have open; undefined where the system does not say. Node raises its own limit to it. */
  readonly openFilesMax: number | undefined;
}

export async function machineFacts(stateFolder: string): Promise<MachineFacts> {
  const existing = await nearestFolder(stateFolder);
  const [gitFault, stateFault, freeBytes, openFilesMax] = await Promise.all([
    faultOf(tryGit),
    faultOf(() => tryWriting(existing)),
    statfs(existing).then(
      (facts) => facts.bavail * facts.bsize,
      () => undefined,
    ),
    openFiles(),
  ]);
  return { gitFault, stateFault, freeBytes, openFilesMax, node: process.versions.node, stateFolder };
}

const faultOf = (look: () => Promise<void>): Promise<string | undefined> =>
  look().then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

async function nearestFolder(folder: string): Promise<string> {
  const facts = await stat(folder).catch(() => undefined);
  return facts || folder === dirname(folder) ? folder : nearestFolder(dirname(folder));
}

/** Written and locked, as a run does it. */
async function tryWriting(folder: string): Promise<void> {
  const made = await mkdtemp(join(folder, '.swarm-doctor-'));
  try {
    await (await openHeld(made, constants.O_RDONLY | constants.O_DIRECTORY))?.close();
  } finally {
    await rm(made, { recursive: true });
  }
}

/** A merge without a work tree and a lost compare-and-swap, in a repository of our own: a version may be patched. */
async function tryGit(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-doctor-'));
  try {
    const git = new Git({
      GIT_AUTHOR_NAME: 'swarm',
      GIT_AUTHOR_EMAIL: 'swarm@localhost',
      GIT_COMMITTER_NAME: 'swarm',
      GIT_COMMITTER_EMAIL: 'swarm@localhost',
    });
    await git.run({ discoverFrom: folder }, 'init', ['--quiet', '--bare', '--template=', '--', folder]);
    await tryLanding(git, { gitDir: folder });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function tryLanding(git: Git, place: { readonly gitDir: string }): Promise<void> {
  const tree = await git.objectName(place, 'mktree', [], { stdin: '' });
  const commit = (...args: string[]) =>
    git.objectName(place, 'commit-tree', [tree, ...args], { stdin: 'probe\n' });
  const base = await commit();
  const [ours, theirs] = await Promise.all([commit('-p', base), commit('-p', base, '-p', base)]);
  const merged = await git.objectName(place, 'merge-tree', ['--write-tree', ours, theirs]);
  if (merged !== tree) throw new Error('git merge-tree --write-tree gave another tree than it should');
  await git.run(place, 'update-ref', ['refs/heads/probe', base]);
  const lost = await git.run(place, 'update-ref', ['refs/heads/probe', ours, theirs], { codes: [0, 1, 128] });
  if (lost.code === 0) throw new Error('git update-ref moved a branch that was not where it was said to be');
}

async function openFiles(): Promise<number | undefined> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const hard = /^Max open files\s+\S+\s+(\d+|unlimited)/m.exec(limits)?.[1];
  return hard === undefined ? undefined : hard === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(hard);
}
