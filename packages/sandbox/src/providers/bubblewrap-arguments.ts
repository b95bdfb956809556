import type { Mount } from '@swarm/core/ports/running';

/** Where every sandbox shows its workspace: one place, so that tools that note absolute paths stay right. */
export const WORKSPACE = '/workspace';
export const HOME = '/home/agent';

/** Each private in-memory folder may take this much; a file system of its own is what bounds it. */
const TMPFS_BYTES = 2 * 1024 ** 3;
const tmpfsBytes = ({ memoryBytes }: BubblewrapPlan): number =>
  Math.min(TMPFS_BYTES, Math.ceil((memoryBytes ?? 2 * TMPFS_BYTES) / 2));
const USER = '1000';

export interface BubblewrapPlan {
  readonly readOnly: readonly Mount[];
  readonly readWrite: readonly Mount[];
  /** All of it, with the system's links, for translating paths. */
  readonly mounts: readonly Mount[];
  readonly links: readonly { readonly place: string; readonly target: string }[];
  readonly env: Readonly<Record<string, string>>;
  readonly network: 'none' | 'open';
  /** What it may use in all; the folders in memory are bounded by a part of it. */
  readonly memoryBytes?: number;
  readonly argv: readonly string[];
}

interface DataFile {
  readonly place: string;
  readonly text: string;
}

/** Files of /etc that are ours and not the host's: its users, groups and names are none of the agent's business. */
export function dataFiles(network: 'none' | 'open'): readonly DataFile[] {
  const files = [
    {
      place: '/etc/passwd',
      text: `root:x:0:0:root:/root:/bin/sh\nagent:x:${USER}:${USER}:agent:${HOME}:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n`,
    },
    { place: '/etc/group', text: `root:x:0:\nagent:x:${USER}:\nnogroup:x:65534:\n` },
    { place: '/etc/nsswitch.conf', text: 'passwd: files\ngroup: files\nhosts: files dns\n' },
  ];
  const hosts = { place: '/etc/hosts', text: '127.0.0.1 localhost swarm\n::1 localhost\n' };
  return network === 'none' ? [...files, hosts] : files;
}

/**
 * Everything but the command, in the order bubblewrap acts on it: outer places before inner ones, and the
 * root made read-only last.
 * @param firstData the descriptor the first of `dataFiles` is read from; the others follow it.
 */
export function bubblewrapArguments(plan: BubblewrapPlan, firstData: number): string[] {
  const size = tmpfsBytes(plan);
  return [
    ...isolation(plan.network),
    ...inMemory('/tmp', size),
    ...inMemory(HOME, size),
    ...['--proc', '/proc', '--dev', '/dev', ...inMemory('/dev/shm', size)],
    ...plan.links.flatMap((link) => ['--symlink', link.target, link.place]),
    ...binds(plan),
    ...dataFiles(plan.network).flatMap((file, index) => [
      '--ro-bind-data',
      `${firstData + index}`,
      file.place,
    ]),
    ...['--remount-ro', '/dev', '--remount-ro', '/', '--chdir', WORKSPACE, '--clearenv'],
    ...Object.entries(plan.env).flatMap(([name, value]) => ['--setenv', name, value]),
  ];
}

function isolation(network: 'none' | 'open'): string[] {
  const spaces = ['ipc', 'pid', 'uts', 'cgroup', ...(network === 'none' ? ['net'] : [])];
  return [
    ...['--unshare-user', '--uid', USER, '--gid', USER, '--disable-userns'],
    ...spaces.map((space) => `--unshare-${space}`),
    ...['--hostname', 'swarm', '--die-with-parent', '--new-session'],
  ];
}

const inMemory = (place: string, size: number): string[] => ['--size', `${size}`, '--tmpfs', place];

function binds(plan: BubblewrapPlan): string[] {
  const all = [
    ...plan.readOnly.map((mount) => ({ ...mount, flag: '--ro-bind' })),
    ...plan.readWrite.map((mount) => ({ ...mount, flag: '--bind' })),
  ];
  return all
    .toSorted((a, b) => a.inside.split('/').length - b.inside.split('/').length)
    .flatMap((mount) => [mount.flag, mount.host, mount.inside]);
}
