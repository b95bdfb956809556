/** What we ask a container engine besides running a command: facts, what is left, what is to be removed. */
import { createHash } from 'node:crypto';
import { SwarmError } from '@swarm/core/errors';
import { askProgram } from '../ask-program.ts';

export interface EngineChoice {
  readonly engine: 'docker' | 'podman';
  /** The image commands run in. It is never pulled. */
  readonly image: string;
  /** The most processors one command may use. Absent: all. */
  readonly cpus?: number;
  /** What the engine's own program is given: where its daemon and its settings are. No command is given it. */
  readonly env: Readonly<Record<string, string>>;
}

/** What containers have by default: OCI runtimes look here. */
const PLAIN_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Variables an engine's program goes by. */
const ENGINE_VARIABLES =
  /^(HOME|XDG_(RUNTIME_DIR|CONFIG_HOME|DATA_HOME)|DBUS_SESSION_BUS_ADDRESS|(DOCKER|CONTAINERS?|STORAGE)_\w+)$/;

/** Of the operator's environment, what an engine's program needs; its own helpers come from the system alone. */
export const engineEnv = (env: Readonly<Record<string, string | undefined>>): Record<string, string> => ({
  PATH: PLAIN_PATH,
  ...Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value !== undefined && ENGINE_VARIABLES.test(name) ? [[name, value]] : [],
    ),
  ),
});

export interface EngineFacts {
  /** Nobody on this machine is root for it. */
  readonly isRootless: boolean;
  /** It can keep bounds on memory, processes and processors. */
  readonly hasBounds: boolean;
}

export interface ImageFacts {
  /** It stays the same image when its name is given to another. */
  readonly id: string;
  readonly path: readonly string[];
}

/** How a container stands whose command has ended, or never began. */
export interface Standing {
  readonly hasStarted: boolean;
  readonly isOutOfMemory: boolean;
}

const ASK_MS = 30_000;
const WHY_CHARS = 1_000;
const STATE_LABEL = 'swarm.state';

/** Names the containers of one state directory, without telling where that is. */
export const stateLabel = (stateKey: string): string => `${STATE_LABEL}=${hashOf(stateKey)}`;
export const namePrefix = (stateKey: string): string => `swarm-${hashOf(stateKey)}-`;
const hashOf = (stateKey: string): string => createHash('sha256').update(stateKey).digest('hex').slice(0, 16);

export class Engine {
  readonly file: string;
  readonly choice: EngineChoice;
  #facts: Promise<EngineFacts> | undefined;
  #image: Promise<ImageFacts> | undefined;

  constructor(file: string, choice: EngineChoice) {
    this.file = file;
    this.choice = choice;
  }

  get isPodman(): boolean {
    return this.choice.engine === 'podman';
  }

  /** Stands before every command of its own. */
  get quietly(): string[] {
    return this.isPodman ? ['--log-level', 'error'] : [];
  }

  /** @throws SwarmError SW0304 when the engine does not answer. */
  facts(): Promise<EngineFacts> {
    this.#facts ??= this.#askFacts().catch((error: unknown) => {
      this.#facts = undefined;
      throw error;
    });
    return this.#facts;
  }

  /** @throws SwarmError SW0304 when there is no such image. */
  image(): Promise<ImageFacts> {
    this.#image ??= this.#askImage().catch((error: unknown) => {
      this.#image = undefined;
      throw error;
    });
    return this.#image;
  }

  /** A container that the engine never made has not started. */
  async standing(name: string): Promise<Standing> {
    const format = '{{.State.Status}} {{.State.OOMKilled}}';
    const said = await this.#ask(['container', 'inspect', '--format', format, name]).catch(() => '');
    const [status, isOutOfMemory] = said.trim().split(' ');
    return {
      hasStarted: /^(running|exited|stopped|stopping|dead|removing)$/.test(status ?? ''),
      isOutOfMemory: isOutOfMemory === 'true',
    };
  }

  /** Id of its first process on this machine; undefined while it has none. */
  async pidOf(name: string): Promise<number | undefined> {
    const format = ['--format', '{{.State.Pid}}'];
    const said = await this.#ask(['container', 'inspect', ...format, name]).catch(() => '');
    return Number(said) || undefined;
  }

  /** Ends it and all it runs. One that is not there is no mistake. @throws SwarmError SW0304 */
  async remove(...names: readonly string[]): Promise<void> {
    const now = this.isPodman ? ['--time', '0', '--ignore'] : [];
    try {
      await this.#ask(['rm', '--force', '--volumes', ...now, ...names]);
    } catch (error) {
      if (/no such container/i.test(String(error))) return;
      throw error;
    }
  }

  /** Names of the containers of a state directory, whoever started them. */
  async left(stateKey: string): Promise<string[]> {
    const filter = ['--filter', `label=${stateLabel(stateKey)}`];
    return (await this.#ask(['ps', '--all', '--quiet', ...filter])).split('\n').filter(Boolean);
  }

  async #askFacts(): Promise<EngineFacts> {
    const told = JSON.parse(await this.#ask(['info', '--format', '{{json .}}'])) as Info;
    const isRootless = this.isPodman
      ? told.host?.security?.rootless === true
      : (told.SecurityOptions ?? []).some((option) => option.includes('name=rootless'));
    const version = this.isPodman ? told.host?.cgroupVersion : told.CgroupVersion;
    return { isRootless, hasBounds: !isRootless || /2$/.test(version ?? '') };
  }

  async #askImage(): Promise<ImageFacts> {
    const { image, engine } = this.choice;
    try {
      const [found] = JSON.parse(await this.#ask(['image', 'inspect', image])) as Inspected[];
      const path = found?.Config?.Env?.find((entry) => entry.startsWith('PATH='))?.slice('PATH='.length);
      return { id: found!.Id, path: (path || PLAIN_PATH).split(':') };
    } catch (cause) {
      const why = cause instanceof SwarmError ? cause.problems[0]?.why : String(cause);
      throw new SwarmError(
        {
          code: 'SW0304',
          what: `there is no image ${image}`,
          where: 'sandbox.docker.image',
          ...(why && { why }),
          fix: `${engine} pull ${image}`,
        },
        { cause },
      );
    }
  }

  async #ask(args: readonly string[]): Promise<string> {
    const { env, engine } = this.choice;
    const argv = [...this.quietly, ...args];
    const { failed, stdout, stderr } = await askProgram({ file: this.file, argv, env, ms: ASK_MS });
    if (failed === undefined) return stdout;
    throw new SwarmError({
      code: 'SW0304',
      what: `${engine} does not do as asked`,
      where: [engine, ...args].join(' '),
      why: (stderr || `it ${failed}`).slice(0, WHY_CHARS),
      fix: `${engine} info`,
    });
  }
}

interface Info {
  readonly host?: { readonly security?: { readonly rootless?: boolean }; readonly cgroupVersion?: string };
  readonly SecurityOptions?: readonly string[];
  readonly CgroupVersion?: string;
}

interface Inspected {
  readonly Id: string;
  readonly Config?: { readonly Env?: readonly string[] };
}
