/** Files no counting of folders finds: in memory, or open after they lost their name. As /proc of Linux shows them. */
import { readdirSync, readlinkSync, statfsSync, statSync } from 'node:fs';
import type { Nameless } from './platform.ts';

/** linux, uapi/linux/magic.h */
const TMPFS = 0x01021994;
const BLOCK = 512;

/** @param folder on the file system whose nameless files count as disk. */
export function namelessFiles(members: Iterable<number>, folder: string | undefined): Nameless {
  const seen = new Set<string>();
  const bytes = { memory: 0, disk: 0 };
  const device = folder === undefined ? undefined : quietly(() => statSync(folder).dev);
  for (const pid of members) {
    for (const fd of quietly(() => readdirSync(`/proc/${pid}/fd`)) ?? []) {
      const place = `/proc/${pid}/fd/${fd}`;
      const name = quietly(() => readlinkSync(place)) ?? '';
      const isMemory = name.startsWith('/memfd:');
      if (!isMemory && !name.endsWith(' (deleted)')) continue;
      const found = quietly(() => statSync(place));
      if (found === undefined || seen.has(`${found.dev}:${found.ino}`)) continue;
      seen.add(`${found.dev}:${found.ino}`);
      if (isMemory) bytes.memory += found.blocks * BLOCK;
      else if (found.dev === device) bytes.disk += found.blocks * BLOCK;
    }
  }
  return bytes;
}

/** Bytes in these folders as a member sees them; a file system in memory knows, whoever still has a name for it. */
export function filesInMemory(members: Iterable<number>, folders: readonly string[]): number {
  if (folders.length === 0) return 0;
  for (const pid of members) {
    const sizes = folders.map((folder) => quietly(() => usedIn(`/proc/${pid}/root${folder}`, folder)));
    if (sizes.every((size) => size !== undefined)) return sizes.reduce((all, size) => all + size, 0);
  }
  return 0;
}

/** Undefined where this is the host's own folder: a member that has not gone inside yet, or never does. */
function usedIn(place: string, folder: string): number | undefined {
  const { type, blocks, bfree, bsize } = statfsSync(place);
  const host = quietly(() => statSync(folder).dev);
  return type === TMPFS && statSync(place).dev !== host ? (blocks - bfree) * bsize : undefined;
}

function quietly<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
