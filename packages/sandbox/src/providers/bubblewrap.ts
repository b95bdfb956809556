import type { RoomAsk, SandboxResult } from '@swarm/core/ports/running';
import { noFilter } from '../filter/missing.ts';
import { callFilter } from '../filter/rules.ts';
import { boundsOf, environmentOf, visibleFolders, type WholeOptions, watchOf, whyNotRun } from '../policy.ts';
import { type Ran, runProcess } from '../process.ts';
import { type Provider, type SandboxSpec, written } from '../provider.ts';
import { STATE_KEY, TASK_KEY } from '../reap.ts';
import type { Bounds } from '../resource-watch.ts';
import { cannotRun, resultOf } from '../result.ts';
import type { Launch } from '../starting.ts';
import { ALL_WALLS, type Walls } from '../walls.ts';
import { bridgeCommand, bridgeMounts, type Outlets } from './bridged.ts';
import { type BubblewrapPlan, bubblewrapArguments } from './bubblewrap-arguments.ts';
import { dropCommand, handedOver, handOver, identityOf } from './identity.ts';
import { dataFiles, HOME, IN_MEMORY, THREADS_PER_PROCESS, WORKSPACE } from './places.ts';
import { systemMounts } from './system-mounts.ts';
import { openWay, withRefused } from './way.ts';

/** System folders only: a `bwrap` on the user's PATH might come from the repository we are to contain. */
export const SYSTEM_PATH = '/usr/bin:/bin:/usr/local/bin:/run/current-system/sw/bin';
const PRLIMIT = '/usr/bin/prlimit';

export interface BubblewrapOptions extends WholeOptions {
  /** Host path of bubblewrap itself; from a system folder, never from a repository. */
  readonly bwrap: string;
  /** Default: all of them. */
  readonly walls?: Walls;
}

/**
 * Linux namespaces and a filter of system calls: the command sees the system's programs, its workspace, what is
 * mounted for it, and no network but the gateway and, where it asks for one, a proxy of ours. It is nobody's root. The
 * kernel is shared with the host. Bounds are kept by resource-watch.ts; the private folders in memory take at most half
 * of the memory bound each, and the kernel refuses threads long before a fork bomb between two looks could take them all. All of it dies with swarm; a `kill -9` in the few
 * milliseconds before bubblewrap has asked for that is what `reap` is for.
 */
export function createBubblewrap(options: BubblewrapOptions): Provider {
  return {
    name: 'bubblewrap',
    insideOf: () => WORKSPACE,
    shownAt: (mount) => mount.inside,
    mounts: async (ask) => shownOf(ask, { gateway: ask.gatewaySocket }, options).mounts,
    async run(spec) {
      await using way = await openWay(spec, options);
      const plan = planOf(spec, { gateway: spec.gatewaySocket, egress: way?.socket }, options);
      const why = await whyNotRun(spec, {
        mounts: plan.mounts,
        cwd: WORKSPACE,
        path: plan.env.PATH ?? '',
      });
      if (why !== undefined) return cannotRun(spec, why);
      const filled = written(spec);
      await handOver(handedOver(spec), plan.identity);
      const ran = await runProcess(
        launchOf(plan, spec, options),
        watchOf(spec, options, filled, { inMemory: inMemoryOf(spec) }),
      );
      return withRefused(toldBy(ran), way);
    },
  };
}

const inMemoryOf = ({ home }: SandboxSpec): string[] =>
  IN_MEMORY.filter((place) => home === undefined || place !== HOME);

/** Leak detection traces its own process, which the filter refuses: with it on, every sanitized program would fail. */
const WITHOUT_TRACING = { ASAN_OPTIONS: 'detect_leaks=0', LSAN_OPTIONS: 'detect_leaks=0' };

/** What of the host is shown, and where. */
function shownOf(ask: RoomAsk, outlets: Outlets, options: BubblewrapOptions) {
  const { mounts: ofSystem, links } = systemMounts();
  const bridged = bridgeMounts(outlets, options);
  const readOnly = [...ofSystem, ...options.readOnly, ...ask.readOnly, ...bridged];
  const home = ask.home === undefined ? [] : [{ host: ask.home, inside: HOME }];
  const readWrite = [{ host: ask.workspace, inside: WORKSPACE }, ...home, ...ask.readWrite];
  const linked = links.map(({ place }) => ({ host: place, inside: place }));
  return { readOnly, readWrite, links, mounts: [...readOnly, ...readWrite, ...linked] };
}

function planOf(spec: SandboxSpec, outlets: Outlets, options: BubblewrapOptions): BubblewrapPlan {
  const shown = shownOf(spec, outlets, options);
  const path = visibleFolders(shown.mounts, options.path);
  const bounds = boundsOf(spec, options);
  const { walls = ALL_WALLS } = options;
  const identity = identityOf(walls.has('user') ? process.getuid?.() : undefined);
  return {
    ...shown,
    env: {
      ...WITHOUT_TRACING,
      ...environmentOf(spec, options.stateKey, { path, home: HOME, temporary: '/tmp' }),
    },
    identity,
    walls,
    ...(bounds.memoryBytes !== undefined && { memoryBytes: bounds.memoryBytes }),
    argv: [...dropCommand(identity), ...prlimit(bounds), ...bridgeCommand(outlets, options), ...spec.argv],
  };
}

/** Not RLIMIT_DATA for memory: race detectors and sanitizers reserve far more than they ever use. */
function prlimit({ processes }: Bounds): string[] {
  if (processes === undefined) return [];
  return [PRLIMIT, '--core=0', `--nproc=${processes * THREADS_PER_PROCESS}`, '--'];
}

/** Settings go through a pipe: the environment, the attempt's gateway token in it, is not in the host's `ps`. */
function launchOf(plan: BubblewrapPlan, spec: SandboxSpec, options: BubblewrapOptions): Launch {
  const firstData = 5;
  const data = dataFiles(plan.identity).map((file) => file.text);
  const filter = plan.walls.has('filter') ? [wholeFilter()] : [];
  const filtered = filter.flatMap(() => ['--seccomp', `${firstData + data.length}`]);
  return {
    file: options.bwrap,
    argv: ['--args', '4', '--json-status-fd', '3', ...filtered, '--', ...plan.argv],
    cwd: '/',
    env: marksOf(plan.env),
    inputs: [bubblewrapArguments(plan, firstData).join('\0'), ...data, ...filter],
    onStdin: spec.onStdin,
    yields: spec.network === 'agent',
  };
}

/** @throws SwarmError SW0304 where there is none: the probe refuses such a machine before anything runs. */
function wholeFilter(): Buffer {
  const filter = callFilter(process.arch);
  if (filter !== undefined) return filter;
  throw noFilter();
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
