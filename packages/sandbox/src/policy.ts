/**
 * What a command may see: paths, environment, PATH. Values only, decided from the spec; the providers turn
 * them into mounts and processes.
 */
import { existsSync, realpathSync } from 'node:fs';
import { isAbsolute, join, normalize, relative } from 'node:path';
import type { Mount } from '@swarm/core/ports/running';
import type { EgressLists } from './egress-hosts.ts';
import { findOnPath, isExecutable } from './find-on-path.ts';
import type { Watch } from './process.ts';
import type { SandboxSpec } from './provider.ts';
import type { BoxChoice } from './providers/boxes.ts';
import type { EngineChoice } from './providers/engine.ts';
import { STATE_KEY, TASK_KEY } from './reap.ts';
import type { Bounds } from './resource-watch.ts';

/** What only some kinds of sandbox need. */
export interface Choices {
  readonly docker?: EngineChoice;
  readonly command?: BoxChoice;
}

export interface SandboxOptions extends Choices {
  /** Unique per state directory: what an earlier orchestrator left behind is found by it. */
  readonly stateKey: string;
  /** Host path of the Node that runs the bridge. */
  readonly nodePath: string;
  /** Host folders wanted on PATH, in order. Those a sandbox does not show are left out inside it. */
  readonly path: readonly string[];
  /** Shown read-only in every sandbox: swarm's own program and its Node, for one. */
  readonly readOnly: readonly Mount[];
  /** What commands with a way out may reach. Default: setup the registries of its package managers, agents nothing. */
  readonly egress?: EgressLists;
  /** For commands that bring none of their own. */
  readonly bounds?: Bounds;
  /** The bridge program: `bridge.ts` from the sources, or its bundle. Default: the one beside this module. */
  readonly bridgeFile?: string;
}

/** With what the composition left to us filled in. */
export type WholeOptions = SandboxOptions & { readonly bridgeFile: string };

/** Absolute file of the bridge beside this module: in a bundle its bundle, else its source. */
export const BRIDGE_SOURCE = ['bridge.js', 'bridge.ts']
  .map((name) => join(import.meta.dirname, name))
  .find((file) => existsSync(file))!;

/** What identifies the processes of one run, and of one state directory. */
export const stateMark = (stateKey: string): string => `${STATE_KEY}=${stateKey}`;
const taskMark = (name: string): string => `${TASK_KEY}=${name}`;

/** What ends a run of this spec, and what its processes are known by. */
export const watchOf = (
  spec: SandboxSpec,
  options: Pick<SandboxOptions, 'stateKey' | 'bounds'>,
  folders: readonly string[],
  more: Partial<Pick<Watch, 'canEscape' | 'inMemory'>> = {},
): Watch => ({
  wallMs: spec.limits.wallMs,
  outputBytes: spec.limits.outputBytes,
  lineBytes: spec.limits.lineBytes,
  marks: [stateMark(options.stateKey), taskMark(spec.name)],
  bounds: boundsOf(spec, options),
  folders,
  inMemory: [],
  canEscape: false,
  ...more,
  signal: spec.signal,
  onLine: spec.onLine,
});

/** The command's own bounds, else everybody's. */
export const boundsOf = ({ limits }: SandboxSpec, { bounds }: Pick<SandboxOptions, 'bounds'>): Bounds => ({
  memoryBytes: limits.memoryBytes ?? bounds?.memoryBytes,
  processes: limits.processes ?? bounds?.processes,
  diskBytes: limits.diskBytes ?? bounds?.diskBytes,
});

/** Below the home: where setup puts programs it fetched. Last on PATH, so that none of them stands in for the system's. */
const OWN_PROGRAMS = '.local/bin';

/** A whole environment built from nothing; the spec may set anything but the marks. */
export function environmentOf(
  spec: SandboxSpec,
  stateKey: string,
  places: { readonly path: readonly string[]; readonly home: string; readonly temporary: string },
): Record<string, string> {
  return {
    PATH: [...places.path, join(places.home, OWN_PROGRAMS)].join(':'),
    HOME: places.home,
    TMPDIR: places.temporary,
    LANG: 'C.UTF-8',
    ...spec.env,
    [STATE_KEY]: stateKey,
    [TASK_KEY]: spec.name,
  };
}

/** Where a host path is seen through these mounts; the innermost mount wins. Undefined: nowhere. */
export function insidePath(mounts: readonly Mount[], host: string): string | undefined {
  return translate(mounts, host, 'host', 'inside');
}

/** The folders of `path` as they are seen inside, by their own name or by what a link leads to; without those that are not. */
export function visibleFolders(mounts: readonly Mount[], path: readonly string[]): string[] {
  const seen = path.map((folder) => insidePath(mounts, folder) ?? insidePath(mounts, realOf(folder)));
  return [...new Set(seen.filter((folder) => folder !== undefined))];
}

function realOf(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}

/** The reverse of `insidePath`. */
export function hostPath(mounts: readonly Mount[], inside: string): string | undefined {
  return translate(mounts, inside, 'inside', 'host');
}

function translate(
  mounts: readonly Mount[],
  path: string,
  from: keyof Mount,
  to: keyof Mount,
): string | undefined {
  const at = plain(path);
  const holding = mounts.filter((mount) => isUnder(at, plain(mount[from])));
  const innermost = holding.toSorted((a, b) => b[from].length - a[from].length)[0];
  return innermost && join(innermost[to], relative(innermost[from], path));
}

/** Both plain: this is asked of every mount for every folder of a PATH. */
function isUnder(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}

/** An empty name, one of dots alone, or a slash at the end. */
const ODD = /\/\.{0,2}(?:\/|$)/;

/** One spelling for one place: no dots, no slash at the end. */
function plain(path: string): string {
  if (!ODD.test(path)) return path;
  const normal = normalize(path);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}

export interface Seen {
  readonly mounts: readonly Mount[];
  readonly cwd: string;
  /** Absent: it leads to folders that are not this machine's, and whoever starts the program finds it or not. */
  readonly path?: string;
}

/** Why this cannot be started, as a sentence; undefined when nothing speaks against it. */
export async function whyNotRun(spec: SandboxSpec, seen: Seen): Promise<string | undefined> {
  const program = spec.argv[0];
  if (program === undefined || program === '') return 'the command is empty';
  if (!existsSync(spec.workspace)) return `the workspace ${spec.workspace} does not exist`;
  return mountProblem(spec) ?? (await programProblem(program, seen));
}

function mountProblem(spec: SandboxSpec): string | undefined {
  for (const mount of [...spec.readOnly, ...spec.readWrite]) {
    const named = `${mount.host}, to be shown at ${mount.inside},`;
    if (!existsSync(mount.host)) return `the mount ${named} does not exist`;
    if (!isAbsolute(mount.inside) || normalize(mount.inside) !== mount.inside || mount.inside === '/') {
      return `the mount ${named} needs a plain absolute place other than /`;
    }
  }
  if (spec.gatewaySocket !== undefined && !existsSync(spec.gatewaySocket)) {
    return `the gateway's socket ${spec.gatewaySocket} does not exist`;
  }
  return undefined;
}

/** A path that no mount shows is left to the start itself to judge. */
async function programProblem(program: string, seen: Seen): Promise<string | undefined> {
  if (!program.includes('/')) {
    if (seen.path === undefined) return undefined;
    const folders = seen.path.split(':').map((folder) => hostPath(seen.mounts, folder) ?? '');
    const found = findOnPath(program, folders.join(':'));
    return found === undefined ? noProgram(program, seen.path) : undefined;
  }
  const host = hostPath(seen.mounts, join(isAbsolute(program) ? '/' : seen.cwd, program));
  if (host === undefined || isExecutable(host)) return undefined;
  return noFile(program);
}

export const noProgram = (program: string, path: string): string => `no program ${program} on PATH (${path})`;
export const noFile = (program: string): string => `there is no executable file ${program}`;
