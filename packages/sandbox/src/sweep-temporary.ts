import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stateMark } from './policy.ts';
import { killMarked } from './reap.ts';
import { removeTree } from './remove-tree.ts';

/** Folders of ours outside every state directory carry the process that made them. */
const OURS = /^swarm-(?:probe|egress)-(\d+)-/;

/**
 * Removes what killed processes left among temporary folders, and ends what they left running there: bubblewrap's child
 * waits for ever for a parent that was killed before it had told it its user. Another user's stay: they are not ours.
 */
export async function sweepTemporary(folder: string = tmpdir()): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const pid = OURS.exec(name)?.[1];
    if (pid === undefined || isThere(Number(pid))) continue;
    const left = join(folder, name);
    await killMarked([stateMark(left)]);
    await removeTree(left).catch(() => {});
  }
}

/** Who waits to be asked for its end is there still, and so is its folder's maker. */
function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
