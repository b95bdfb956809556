import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ResourceName } from '@swarm/core/model/landing';
import type { Mount, RoomAsk, SandboxResult } from '@swarm/core/ports/running';
import { noFilter } from '../filter/missing.ts';
import { callProfile } from '../filter/profile.ts';
import {
  boundsOf,
  environmentOf,
  noFile,
  noProgram,
  visibleFolders,
  type WholeOptions,
  watchOf,
  whyNotRun,
} from '../policy.ts';
import { boundText, type Ran, runProcess, type Watch } from '../process.ts';
import { type Provider, type SandboxSpec, written } from '../provider.ts';
import { killNamed, STATE_KEY, TASK_KEY } from '../reap.ts';
import { removeTree } from '../remove-tree.ts';
import { meterOf, watchResources } from '../resource-watch.ts';
import { cannotRun, resultOf } from '../result.ts';
import type { Launch } from '../starting.ts';
import { bridgeCommand, bridgeMounts, type Outlets } from './bridged.ts';
import { type ContainerPlan, containerArguments, passedByName } from './container-arguments.ts';
import {
  type Engine,
  type EngineChoice,
  type EngineFacts,
  type ImageFacts,
  namePrefix,
  stateLabel,
} from './engine.ts';
import { handedOver, handOver, type Identity, identityOf } from './identity.ts';
import { lookWith } from './look.ts';
import { dataFiles, HOME, IN_MEMORY, WORKSPACE } from './places.ts';
import { openWay, withRefused } from './way.ts';

export interface DockerOptions extends WholeOptions {
  readonly engine: Engine;
}

/**
 * One container for each command, of the operator's own image: its programs and libraries instead of this machine's, our
 * own policy instead of the engine's. Nothing is pulled, nothing stays. Rights, network, system calls and what is shown
 * are as under bubblewrap, but that the command is its container's first process. Where the engine can keep bounds the
 * kernel keeps them; resource-watch.ts looks as well. A container outlives a killed swarm, and is found by its label.
 */
export function createDocker(options: DockerOptions): Provider {
  const containers = new Containers(options);
  return {
    name: 'docker',
    insideOf: () => WORKSPACE,
    shownAt: (mount) => mount.inside,
    mounts: async (ask) => {
      const { readOnly, readWrite } = shownOf(ask, { gateway: ask.gatewaySocket }, options);
      return [...readOnly, ...readWrite];
    },
    has: (ask, path) => containers.has(ask, path),
    run: (spec) => containers.run(spec),
    reap: () => containers.reap(),
  };
}

const ASK_EVERY_MS = 100;

class Containers {
  readonly #options: DockerOptions;
  readonly #engine: Engine;

  constructor(options: DockerOptions) {
    this.#options = options;
    this.#engine = options.engine;
  }

  async run(spec: SandboxSpec): Promise<SandboxResult> {
    const options = this.#options;
    await using way = await openWay(spec, options);
    const outlets = { gateway: spec.gatewaySocket, egress: way?.socket };
    const shown = shownOf(spec, outlets, options);
    const mounts = [...shown.readOnly, ...shown.readWrite];
    const why = await whyNotRun(spec, { mounts, cwd: WORKSPACE });
    if (why !== undefined) return cannotRun(spec, why);
    const folder = await mkdtemp(`${spec.workspace}.private-`);
    try {
      const plan = await this.#planOf(spec, outlets, folder);
      return withRefused(await this.#runPlan(plan, spec), way);
    } finally {
      // What stays goes with the workspace, whose name it has, and is told then.
      await removeTree(folder).catch(() => {});
    }
  }

  /** What no mount shows is the image's own, and only a container knows it. */
  async has(ask: RoomAsk, path: string): Promise<boolean> {
    const { exitCode } = await this.#look(ask, ['test', '-e', path]);
    return exitCode === 0;
  }

  async reap(): Promise<number> {
    const left = await this.#engine.left(this.#options.stateKey);
    if (left.length > 0) await this.#engine.remove(...left);
    return left.length + killNamed(namePrefix(this.#options.stateKey));
  }

  #look(ask: RoomAsk, argv: readonly string[]): Promise<SandboxResult> {
    return this.run(lookWith(ask, argv));
  }

  /** Behind the bridge a missing program is the bridge's to tell, which has started. */
  async #hasProgram(spec: SandboxSpec): Promise<boolean> {
    const { argv, workspace, readOnly, readWrite, home } = spec;
    const ask = { workspace, readOnly, readWrite, ...(home !== undefined && { home }) };
    return (await this.#look(ask, ['sh', '-c', 'command -v -- "$1"', 'sh', argv[0]!])).exitCode === 0;
  }

  async #runPlan(plan: ContainerPlan, spec: SandboxSpec): Promise<SandboxResult> {
    const launch = launchOf(plan, spec, this.#engine);
    const inMemory = IN_MEMORY.filter((place) => place !== HOME || spec.home === undefined);
    const watch = watchOf(spec, this.#options, written(spec), { inMemory });
    try {
      return await this.#toldBy(await this.#runWatched(launch, watch, plan), spec, plan);
    } finally {
      await this.#engine.remove(plan.name);
      // An engine without a daemon that was killed while it made a container leaves one that it does not know of.
      if (this.#engine.isPodman) killNamed(plan.name);
    }
  }

  /** The container is no child of the engine's program: once it is there, it is looked at by itself. */
  async #runWatched(launch: Launch, watch: Watch, plan: ContainerPlan): Promise<Ran> {
    const { bounds, folders, inMemory, signal } = watch;
    const over = new AbortController();
    const disk = meterOf(bounds, folders);
    let passed: ResourceName | undefined;
    using looks = new DisposableStack();
    const look = (pid: number): void => {
      const exceeded = (limit: ResourceName): void => {
        passed ??= limit;
        over.abort();
      };
      if (!looks.disposed)
        looks.use(watchResources({ pid, bounds, folders, inMemory, disk, marks: [] }, exceeded));
    };
    looks.use(this.#whenThere(plan, look));
    const stops = [over.signal, ...(signal ? [signal] : [])];
    const ran = await runProcess(launch, { ...watch, bounds: {}, signal: AbortSignal.any(stops) });
    if (passed === undefined || ran.end !== 'aborted') return ran;
    return {
      ...ran,
      end: 'killed',
      limit: passed,
      output: `${ran.output}${boundText(passed, bounds) ?? ''}`,
    };
  }

  /** Tells the id of the container's first process, until it is disposed. */
  #whenThere({ name, pidFile }: ContainerPlan, tell: (pid: number) => void): Disposable {
    const ask = async (): Promise<number | undefined> =>
      this.#engine.isPodman
        ? Number(await readFile(pidFile, 'utf8').catch(() => '')) || undefined
        : this.#engine.pidOf(name);
    let isAsking = false;
    const timer = setInterval(async () => {
      if (isAsking) return;
      isAsking = true;
      const pid = await ask();
      isAsking = false;
      if (pid === undefined) return;
      clearInterval(timer);
      tell(pid);
    }, ASK_EVERY_MS);
    return { [Symbol.dispose]: () => clearInterval(timer) };
  }

  /**
   * The engine ends with 125 when it fails itself, 126 and 127 when the command cannot be started, and as the command
   * otherwise, which may end so too: the container knows whether it ever began.
   */
  async #toldBy(ran: Ran, spec: SandboxSpec, plan: ContainerPlan): Promise<SandboxResult> {
    const { code } = ran;
    if (code === undefined || ![125, 126, 127, 137].includes(code)) return resultOf(ran);
    const { hasStarted, isOutOfMemory } = await this.#engine.standing(plan.name);
    if (!hasStarted) return cannotRun(spec, whyNotStarted(ran, spec, plan));
    const isBridged = plan.argv.length > spec.argv.length;
    if (code === 127 && isBridged && !(await this.#hasProgram(spec)))
      return cannotRun(spec, whyNotStarted(ran, spec, plan));
    if (code === 137 && isOutOfMemory) return resultOf({ ...ran, end: 'killed', limit: 'memory' });
    return resultOf(ran);
  }

  async #planOf(spec: SandboxSpec, outlets: Outlets, folder: string): Promise<ContainerPlan> {
    const options = this.#options;
    const [facts, image, limits] = await Promise.all([
      this.#engine.facts(),
      this.#engine.image(),
      ownLimits(),
    ]);
    const identity = identityIn(facts, options.engine.choice);
    const { readOnly, readWrite } = shownOf(spec, outlets, options);
    await handOver(handedOver(spec), identity);
    const files = await placeFiles(folder, identity);
    const path = pathOf([...readOnly, ...readWrite], image, options);
    const { cpus } = options.engine.choice;
    return {
      name: `${namePrefix(options.stateKey)}${randomBytes(8).toString('hex')}`,
      labels: [stateLabel(options.stateKey), `swarm.task=${spec.name}`],
      isPodman: this.#engine.isPodman,
      user: `${identity.uid}:${identity.gid}`,
      keepsId: this.#engine.isPodman && facts.isRootless,
      imageId: image.id,
      readOnly: [...readOnly, ...files.mounts],
      readWrite,
      profile: files.profile,
      env: environmentOf(spec, options.stateKey, { path, home: HOME, temporary: '/tmp' }),
      bounds: boundsOf(spec, options),
      keepsBounds: facts.hasBounds,
      ...(cpus !== undefined && { cpus }),
      ...limits,
      pidFile: join(folder, 'pid'),
      hasStdin: spec.onStdin !== undefined,
      argv: [...bridgeCommand(outlets, options), ...spec.argv],
    };
  }
}

// ───────────── what is shown, and to whom ─────────────

function shownOf(ask: RoomAsk, outlets: Outlets, options: DockerOptions) {
  const readOnly = [
    ...nodeMount(options),
    ...options.readOnly,
    ...ask.readOnly,
    ...bridgeMounts(outlets, options),
  ];
  const home = ask.home === undefined ? [] : [{ host: ask.home, inside: HOME }];
  return { readOnly, readWrite: [{ host: ask.workspace, inside: WORKSPACE }, ...home, ...ask.readWrite] };
}

/** Swarm's own Node, where it lies among the system's programs, which are the image's here. */
const nodeMount = ({ nodePath }: DockerOptions): Mount[] =>
  nodePath.startsWith('/usr/') ? [{ host: nodePath, inside: nodePath }] : [];

/** What the operator shows, then what the image has, then our own Node: an image was chosen for the one it brings. */
function pathOf(mounts: readonly Mount[], image: ImageFacts, { path, nodePath }: DockerOptions): string[] {
  const own = dirname(nodePath);
  const shown = visibleFolders(mounts, path).filter((folder) => folder !== own);
  return [...new Set([...shown, ...image.path, own])];
}

type Member = Identity & { readonly gid: number };

/** Files written in the workspace belong to whoever runs swarm, or under root to nobody else. */
function identityIn({ isRootless }: EngineFacts, { engine }: EngineChoice): Member {
  const uid = process.getuid?.() ?? 0;
  if (isRootless && engine === 'docker') return { uid: 0, gid: 0, isDropped: false };
  if (uid !== 0) return { uid, gid: process.getgid?.() ?? uid, isDropped: false };
  const identity = identityOf(0);
  return { ...identity, gid: identity.uid };
}

/** The files of ours a container is shown, and its profile. Readable for whomever it runs as. */
async function placeFiles(folder: string, identity: Member) {
  const profile = join(folder, 'profile.json');
  const names = [...dataFiles(identity), { place: '/etc/resolv.conf', text: '' }];
  const files = names.map(({ place, text }) => ({
    host: join(folder, place.replaceAll('/', '-')),
    inside: place,
    text,
  }));
  for (const { host, text } of [...files, { host: profile, text: wholeProfile() }]) {
    await writeFile(host, text);
    await chmod(host, 0o644);
  }
  return { profile, mounts: files.map(({ host, inside }) => ({ host, inside })) };
}

/** @throws SwarmError SW0304 where there is none: the probe refuses such a machine before anything runs. */
function wholeProfile(): string {
  const profile = callProfile(process.arch);
  if (profile !== undefined) return profile;
  throw noFilter();
}

const NOFILE_MAX = 65_536;
const NPROC_MAX = 32_768;

/** Of an ordinary user an engine refuses a limit above the user's own. */
async function ownLimits(): Promise<{ readonly nofile: number; readonly nproc: number }> {
  const text = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const hard = (name: string, most: number): number => {
    const found = new RegExp(`^${name}\\s+\\S+\\s+(\\d+)`, 'm').exec(text)?.[1];
    return Math.min(Number(found ?? most), most);
  };
  return { nofile: hard('Max open files', NOFILE_MAX), nproc: hard('Max processes', NPROC_MAX) };
}

// ───────────── start and end ─────────────

function launchOf(plan: ContainerPlan, spec: SandboxSpec, engine: Engine): Launch {
  const marks = { [STATE_KEY]: plan.env[STATE_KEY]!, [TASK_KEY]: plan.env[TASK_KEY]! };
  return {
    file: engine.file,
    argv: [...engine.quietly, ...containerArguments(plan)],
    cwd: '/',
    env: { ...passedByName(plan.env), ...engine.choice.env, ...marks },
    onStdin: spec.onStdin,
    yields: spec.network === 'agent',
  };
}

/** Nothing of the command's was run: all that was printed is the engine's. */
function whyNotStarted(
  { code, output }: Ran,
  { argv: [program = ''] }: SandboxSpec,
  plan: ContainerPlan,
): string {
  if (code === 127) return program.includes('/') ? noFile(program) : noProgram(program, plan.env.PATH ?? '');
  return output.trim() || `the engine ended with ${code}`;
}
