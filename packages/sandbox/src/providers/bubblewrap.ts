import type { Mount, RoomAsk, SandboxResult } from '@swarm/core';
import { boundsOf, environmentOf, insidePath, type WholeOptions, watchOf, whyNotRun } from '../policy.ts';
import { type Launch, type Ran, runProcess } from '../process.ts';
import type { Provider, SandboxSpec } from '../provider.ts';
import { STATE_KEY, TASK_KEY } from '../reap.ts';
import type { Bounds } from '../resource-watch.ts';
import { cannotRun, resultOf } from '../result.ts';
import {
  type BubblewrapPlan,
  bubblewrapArguments,
  dataFiles,
  HOME,
  WORKSPACE,
} from './bubblewrap-arguments.ts';
import { systemMounts } from './system-mounts.ts';

/** System folders only: a `bwrap` on the user's PATH might come from the repository we are to contain. */
export const SYSTEM_PATH = '/usr/bin:/bin:/usr/local/bin:/run/current-system/sw/bin';
const NODE = '/run/swarm/node';
const SOCKET = '/run/swarm/gateway.sock';
const PRLIMIT = '/usr/bin/prlimit';
/** The kernel counts threads, of all the user's processes: a bound on processes leaves room for theirs. */
const THREADS_PER_PROCESS = 16;

export interface BubblewrapOptions extends WholeOptions {
  /** Host path of bubblewrap itself; from a system folder, never from a repository. */
  readonly bwrap: string;
}

/**
 * Linux namespaces: the command sees the system's programs, its workspace, what is mounted for it, and no
 * network but the gateway. The kernel is shared with the host. Bounds are kept by resource-watch.ts; the private
 * folders in memory take at most half of the memory bound each, and for anybody but root the kernel refuses threads
 * long before a fork bomb between two looks could take them all. All of it dies with swarm; a `kill -9` in the few
 * milliseconds before bubblewrap has asked for that is what `reap` is for.
 */
export function createBubblewrap(options: BubblewrapOptions): Provider {
  return {
    name: 'bubblewrap',
    insideOf: () => WORKSPACE,
    shownAt: (mount) => mount.inside,
    mounts: async (ask, network) => (await shownOf(ask, network, options)).mounts,
    async run(spec) {
      const plan = await planOf(spec, options);
      const why = await whyNotRun(spec, {
        mounts: plan.mounts,
        cwd: WORKSPACE,
        path: plan.env.PATH ?? '',
      });
      if (why !== undefined) return cannotRun(spec, why);
      const filled = [spec.workspace, ...spec.readWrite.map((mount) => mount.host)];
      return toldBy(await runProcess(launchOf(plan, spec, options), watchOf(spec, options, filled)));
    },
  };
}

/** What of the host is shown, and where. */
async function shownOf(ask: RoomAsk, network: 'none' | 'open', options: BubblewrapOptions) {
  const { mounts: ofSystem, links } = await systemMounts(network);
  const bridged = ask.gatewaySocket === undefined ? [] : bridgeMounts(ask.gatewaySocket, options);
  const readOnly = [...ofSystem, ...options.readOnly, ...ask.readOnly, ...bridged];
  const readWrite = [{ host: ask.workspace, inside: WORKSPACE }, ...ask.readWrite];
  const linked = links.map(({ place }) => ({ host: place, inside: place }));
  return { readOnly, readWrite, links, mounts: [...readOnly, ...readWrite, ...linked] };
}

async function planOf(spec: SandboxSpec, options: BubblewrapOptions): Promise<BubblewrapPlan> {
  const shown = await shownOf(spec, spec.network, options);
  const path = visibleFolders(shown.mounts, options.path);
  const bounds = boundsOf(spec, options);
  return {
    ...shown,
    env: environmentOf(spec, options.stateKey, { path, home: HOME, temporary: '/tmp' }),
    network: spec.network,
    ...(bounds.memoryBytes !== undefined && { memoryBytes: bounds.memoryBytes }),
    argv: [...prlimit(bounds), ...bridge(spec, options), ...spec.argv],
  };
}

/** The folders of `path` as they are seen inside, without those that are not. */
function visibleFolders(mounts: readonly Mount[], path: readonly string[]): string[] {
  return [
    ...new Set(path.map((folder) => insidePath(mounts, folder)).filter((folder) => folder !== undefined)),
  ];
}

/** `.mts` and `.mjs`: alone in its folder, the file has no package.json to say that it is a module. */
const bridgePlace = (file: string): string => `/run/swarm/bridge.${file.endsWith('.ts') ? 'mts' : 'mjs'}`;

const bridgeMounts = (socket: string, options: BubblewrapOptions): Mount[] => [
  { host: options.nodePath, inside: NODE },
  { host: options.bridgeFile, inside: bridgePlace(options.bridgeFile) },
  { host: socket, inside: SOCKET },
];

const bridge = (spec: SandboxSpec, options: BubblewrapOptions): string[] =>
  spec.gatewaySocket === undefined ? [] : [NODE, bridgePlace(options.bridgeFile), SOCKET, '--'];

/** Not RLIMIT_DATA for memory: race detectors and sanitizers reserve far more than they ever use. */
function prlimit({ processes }: Bounds): string[] {
  if (processes === undefined) return [];
  return [PRLIMIT, '--core=0', `--nproc=${processes * THREADS_PER_PROCESS}`, '--'];
}

/** Settings go through a pipe: the environment, the attempt's gateway token in it, is not in the host's `ps`. */
function launchOf(plan: BubblewrapPlan, spec: SandboxSpec, options: BubblewrapOptions): Launch {
  const firstData = 5;
  const inputs = [
    bubblewrapArguments(plan, firstData).join('\0'),
    ...dataFiles(plan.network).map((f) => f.text),
  ];
  return {
    file: options.bwrap,
    argv: ['--args', '4', '--json-status-fd', '3', '--', ...plan.argv],
    cwd: '/',
    env: marksOf(plan.env),
    inputs,
    onStdin: spec.onStdin,
  };
}

/** All that bubblewrap itself is given: what we find it by. */
const marksOf = (env: BubblewrapPlan['env']): Record<string, string> => ({
  [STATE_KEY]: env[STATE_KEY]!,
  [TASK_KEY]: env[TASK_KEY]!,
});

/**
 * Bubblewrap ends with 1 both when it cannot start the command and when the command ends so; but only the
 * command's own end is written to the status pipe, which the command cannot reach.
 */
function toldBy(ran: Ran): SandboxResult {
  const isUnstarted = ran.end === 'exited' && !ran.status.includes('"exit-code"');
  return resultOf(isUnstarted ? { ...ran, end: 'cannot-run' } : ran);
}
