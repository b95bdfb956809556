/** A plan for one command as a container engine is told it. Pure. */
import type { Mount } from '@swarm/core/ports/running';
import type { Bounds } from '../resource-watch.ts';
import { IN_MEMORY, THREADS_PER_PROCESS, tmpfsBytes, WORKSPACE } from './places.ts';

export interface ContainerPlan {
  readonly name: string;
  readonly labels: readonly string[];
  readonly isPodman: boolean;
  /** `uid:gid`, as the container knows them. */
  readonly user: string;
  /** The user's own id is the same inside. */
  readonly keepsId: boolean;
  readonly imageId: string;
  readonly readOnly: readonly Mount[];
  readonly readWrite: readonly Mount[];
  /** Host file of the seccomp profile; absent: none is wanted. */
  readonly profile?: string;
  readonly env: Readonly<Record<string, string>>;
  readonly bounds: Bounds;
  /** The engine can keep them; the folders in memory are bounded all the same. */
  readonly keepsBounds: boolean;
  readonly cpus?: number;
  readonly nofile: number;
  readonly nproc: number;
  /** Host file in which podman leaves the id of the container's first process. */
  readonly pidFile: string;
  readonly hasStdin: boolean;
  readonly argv: readonly string[];
}

/** Everything after the engine's name. */
export function containerArguments(plan: ContainerPlan): string[] {
  return [
    ...['run', '--name', plan.name, '--pull=never', '--network=none', '--hostname=swarm'],
    ...plan.labels.flatMap((label) => ['--label', label]),
    ...['--read-only', '--cap-drop=all', '--security-opt=no-new-privileges', '--security-opt=label=disable'],
    `--security-opt=seccomp=${plan.profile ?? 'unconfined'}`,
    ...['--ipc=private', '--log-driver=none', '--no-healthcheck', '--entrypoint='],
    ...(plan.isPodman ? podmanOnly(plan) : []),
    ...['--user', plan.user, '--workdir', WORKSPACE],
    ...boundArguments(plan),
    ...inMemory(plan),
    ...plan.readOnly.map((mount) => mountArgument(mount, true)),
    ...plan.readWrite.map((mount) => mountArgument(mount, false)),
    ...(plan.hasStdin ? ['--interactive'] : []),
    ...Object.entries(plan.env).flatMap(([name, value]) => [
      '--env',
      byName(name) ? name : `${name}=${value}`,
    ]),
    plan.imageId,
    ...plan.argv,
  ];
}

/** No file of the host's own, no way to leave a process that is written to, no folder in memory that is not ours. */
const podmanOnly = ({ keepsId, pidFile }: ContainerPlan): string[] => [
  ...['--http-proxy=false', '--read-only-tmpfs=false', '--image-volume=ignore', '--detach-keys='],
  ...[`--pidfile=${pidFile}`, '--security-opt=mask=/proc/key-users'],
  ...(keepsId ? ['--userns=keep-id'] : []),
];

/**
 * The kernel ends one process of many where memory is out, and a gate that lost one may still pass: our own look comes
 * first, and ends them all. Above it by what is taken between two looks, the kernel keeps the machine.
 */
const ABOVE_OUR_LOOK = 1024 ** 3;

/** The engine's own limits on what one user may have are above what an ordinary user may set. */
function boundArguments({ bounds, keepsBounds, cpus, nofile, nproc }: ContainerPlan): string[] {
  // Without a bound of the engine's own, what doubles at every fork fills the machine before our look comes.
  const threads = keepsBounds ? undefined : bounds.processes && bounds.processes * THREADS_PER_PROCESS;
  const most = Math.min(nproc, threads ?? nproc);
  const limits = [
    `--ulimit=nofile=${nofile}:${nofile}`,
    `--ulimit=nproc=${most}:${most}`,
    '--ulimit=core=0:0',
  ];
  if (!keepsBounds) return limits;
  const { memoryBytes, processes } = bounds;
  const memory = memoryBytes === undefined ? undefined : memoryBytes + ABOVE_OUR_LOOK;
  return [
    ...limits,
    ...(memory === undefined ? [] : [`--memory=${memory}`, `--memory-swap=${memory}`]),
    ...(processes === undefined ? [] : [`--pids-limit=${processes * THREADS_PER_PROCESS}`]),
    ...(cpus === undefined ? [] : [`--cpus=${cpus}`]),
  ];
}

function inMemory({ bounds, readWrite }: ContainerPlan): string[] {
  const size = tmpfsBytes(bounds.memoryBytes);
  const isMounted = (place: string) => readWrite.some(({ inside }) => inside === place);
  return IN_MEMORY.filter((place) => !isMounted(place)).map((place) =>
    place === '/dev/shm'
      ? `--shm-size=${size}`
      : `--tmpfs=${place}:rw,exec,nosuid,nodev,size=${size},mode=1777`,
  );
}

/** The value is a line of CSV: a field with a comma or a quote in it is quoted. */
export function mountArgument({ host, inside }: Mount, isReadOnly: boolean): string {
  const fields = ['type=bind', `src=${host}`, `dst=${inside}`, ...(isReadOnly ? ['readonly'] : [])];
  return `--mount=${fields.map((field) => (/[",]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',')}`;
}

/** What the engine's own program reads of its environment is given to it as its own, and to the command by value. */
const ENGINES_OWN = /^(PATH|HOME|TMPDIR|XDG_\w+|DBUS_\w+|LD_\w+|(DOCKER|CONTAINERS?|PODMAN|STORAGE)_\w+)$/;
const byName = (name: string): boolean => !ENGINES_OWN.test(name);

/** The rest of the environment goes from the engine's program to the command: no value of it stands in the host's `ps`. */
export const passedByName = (env: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter(([name]) => byName(name)));
