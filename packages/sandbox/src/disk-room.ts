import { statfs } from 'node:fs/promises';

/** Below it nothing of use can be written; of a small disk, a tenth. */
const ROOM_BYTES = 64 * 1024 ** 2;
const ROOM_SHARE = 0.1;

/** Whether the disk a folder lies on has no room left, for bytes or for files. A folder that cannot be asked has. */
export async function isDiskFull(folder: string): Promise<boolean> {
  const disk = await statfs(folder).catch(() => undefined);
  if (!disk) return false;
  const wanted = Math.min(ROOM_BYTES, disk.blocks * disk.bsize * ROOM_SHARE);
  // Some file systems have no table of files to fill and say 0 of 0.
  const isOutOfFiles = disk.files > 0 && disk.ffree === 0;
  return isOutOfFiles || disk.bavail * disk.bsize < wanted;
}
