/** What says of a kept environment that nobody changed it since. */
import { createHash } from 'node:crypto';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * SHA-256 over path, kind, mode, size, times and number of every entry below these folders. The time of the last
 * change cannot be set by hand, so that contents need not be read again; a file with a second name is left out of
 * that, since the other name may go.
 */
export async function sealOf(folders: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const folder of folders) await addFolder(hash, folder, '');
  return hash.digest('hex');
}

async function addFolder(hash: ReturnType<typeof createHash>, root: string, folder: string): Promise<void> {
  const names = (await readdir(join(root, folder)).catch(unlessGone)).toSorted();
  const found = await Promise.all(names.map((name) => lstat(join(root, folder, name), { bigint: true })));
  for (const [index, name] of names.entries()) {
    const entry = found[index]!;
    const path = join(folder, name);
    const isFolder = entry.isDirectory();
    const facts = [entry.mode, entry.ino, entry.mtimeNs, ...(isFolder ? [] : [entry.size])];
    const changed = !isFolder && entry.nlink === 1n ? entry.ctimeNs : '';
    hash.update(`${path}\0${facts.join(' ')} ${changed}\0`);
    if (isFolder) await addFolder(hash, root, path);
  }
}

function unlessGone(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}
