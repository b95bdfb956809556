/** What a command finds where, in every sandbox that has a file system of its own. */

/** Where the workspace is shown: one place, so that tools that note absolute paths stay right. */
export const WORKSPACE = '/workspace';
export const HOME = '/home/agent';
/** Private folders in memory; the home is one where no room brings one. */
export const IN_MEMORY = ['/tmp', HOME, '/dev/shm'] as const;

/** Each private in-memory folder may take this much; a file system of its own is what bounds it. */
const TMPFS_BYTES = 2 * 1024 ** 3;
/** @param memoryBytes what the command may use in all: the folders in memory are bounded by a part of it. */
export const tmpfsBytes = (memoryBytes: number | undefined): number =>
  Math.min(TMPFS_BYTES, Math.ceil((memoryBytes ?? 2 * TMPFS_BYTES) / 2));

/** The kernel counts threads, of all the user's processes: a bound on processes leaves room for theirs. */
export const THREADS_PER_PROCESS = 16;

export interface DataFile {
  readonly place: string;
  readonly text: string;
}

/** Files of /etc that are ours and not the host's: its users, groups and names are none of the agent's business. */
export function dataFiles({
  uid,
  gid = uid,
}: {
  readonly uid: number;
  readonly gid?: number;
}): readonly DataFile[] {
  return [
    {
      place: '/etc/passwd',
      text: `root:x:0:0:root:/root:/bin/sh\nagent:x:${uid}:${gid}:agent:${HOME}:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n`,
    },
    { place: '/etc/group', text: `root:x:0:\nagent:x:${gid}:\nnogroup:x:65534:\n` },
    { place: '/etc/nsswitch.conf', text: 'passwd: files\ngroup: files\nhosts: files dns\n' },
    { place: '/etc/hosts', text: '127.0.0.1 localhost swarm\n::1 localhost\n' },
  ];
}
