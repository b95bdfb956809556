import { existsSync } from 'node:fs';
import type { Mount } from '@swarm/core/ports/running';
import type { Walls } from '../walls.ts';
import { type Identity, identityArguments } from './identity.ts';
import { dataFiles, HOME, tmpfsBytes, WORKSPACE } from './places.ts';

export interface BubblewrapPlan {
  readonly readOnly: readonly Mount[];
  readonly readWrite: readonly Mount[];
  /** All of it, with the system's links, for translating paths. */
  readonly mounts: readonly Mount[];
  readonly links: readonly { readonly place: string; readonly target: string }[];
  readonly env: Readonly<Record<string, string>>;
  readonly identity: Identity;
  readonly walls: Walls;
  /** What it may use in all; the folders in memory are bounded by a part of it. */
  readonly memoryBytes?: number;
  readonly argv: readonly string[];
}

const hasHome = ({ readWrite }: BubblewrapPlan): boolean => readWrite.some(({ inside }) => inside === HOME);

/**
 * Everything but the command, in the order bubblewrap acts on it: outer places before inner ones, and the
 * root made read-only last.
 * @param firstData the descriptor the first of `dataFiles` is read from; the others follow it.
 */
export function bubblewrapArguments(plan: BubblewrapPlan, firstData: number): string[] {
  const size = tmpfsBytes(plan.memoryBytes);
  return [
    ...isolation(plan),
    ...inMemory('/tmp', size),
    ...(hasHome(plan) ? [] : inMemory(HOME, size)),
    ...processFiles(plan),
    ...['--dev', '/dev', ...inMemory('/dev/shm', size)],
    ...plan.links.flatMap((link) => ['--symlink', link.target, link.place]),
    ...folders(plan).flatMap((folder) => ['--perms', '0755', '--dir', folder]),
    ...binds(plan),
    ...dataFiles(plan.identity).flatMap((file, index) => [
      ...['--perms', '0444', '--ro-bind-data', `${firstData + index}`, file.place],
    ]),
    ...['--remount-ro', '/dev', '--remount-ro', '/', '--chdir', WORKSPACE, '--clearenv'],
    ...Object.entries(plan.env).flatMap(([name, value]) => ['--setenv', name, value]),
  ];
}

/**
 * The kernel's own files, without those that are the whole machine's. The first process, which reports how the command
 * ended, is hidden: as it belongs to the same user, its memory could be written through its folder.
 */
function processFiles({ walls }: BubblewrapPlan): string[] {
  return ['--proc', '/proc', ...(walls.has('kernel-files') ? kernelFiles() : []), ...firstProcess(walls)];
}

const kernelFiles = (): string[] => [
  ...['--ro-bind', '/proc/sys', '/proc/sys'],
  ...COVERED.filter((file) => existsSync(file)).flatMap((file) => ['--ro-bind', '/dev/null', file]),
];

const firstProcess = (walls: Walls): string[] =>
  walls.has('first-process')
    ? ['--perms', '0555', '--size', '4096', '--tmpfs', '/proc/1', '--remount-ro', '/proc/1']
    : [];

function isolation({ identity }: BubblewrapPlan): string[] {
  const spaces = ['ipc', 'pid', 'uts', 'cgroup', 'net'];
  return [
    ...identityArguments(identity),
    ...spaces.map((space) => `--unshare-${space}`),
    ...['--hostname', 'swarm', '--die-with-parent', '--new-session'],
  ];
}

/** For everybody, as bubblewrap makes them before the command's own user is there to own them. */
const inMemory = (place: string, size: number): string[] => [
  ...['--perms', '1777', '--size', `${size}`, '--tmpfs', place],
];

const COVERED = ['/proc/keys', '/proc/key-users', '/proc/kcore', '/proc/sysrq-trigger'];

/** What leads to a mount or a file of ours: made by bubblewrap on the way it would be closed to the command's user. */
function folders(plan: BubblewrapPlan): string[] {
  const mounted = [...plan.readOnly, ...plan.readWrite].map(({ inside }) => inside);
  const places = [...mounted, ...dataFiles(plan.identity).map(({ place }) => place)];
  const isMounted = (folder: string) => mounted.some((place) => `${folder}/`.startsWith(`${place}/`));
  return [...new Set(places.flatMap(ancestors))]
    .filter((folder) => !isMounted(folder) && !MADE.includes(folder))
    .toSorted((a, b) => a.length - b.length);
}

/** Folders with a mount of their own. */
const MADE = ['/dev', '/dev/shm', '/proc', '/tmp', HOME];

/** `/a/b/c` → `/a`, `/a/b`. */
const ancestors = (place: string): string[] =>
  place
    .split('/')
    .slice(1, -1)
    .map((_, index, parts) => `/${parts.slice(0, index + 1).join('/')}`);

function binds(plan: BubblewrapPlan): string[] {
  const all = [
    ...plan.readOnly.map((mount) => ({ ...mount, flag: '--ro-bind' })),
    ...plan.readWrite.map((mount) => ({ ...mount, flag: '--bind' })),
  ];
  return all
    .toSorted((a, b) => a.inside.split('/').length - b.inside.split('/').length)
    .flatMap((mount) => [mount.flag, mount.host, mount.inside]);
}
