import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mount, RoomAsk, SandboxResult } from '@swarm/core/ports/running';
import {
  environmentOf,
  noFile,
  noProgram,
  visibleFolders,
  type WholeOptions,
  watchOf,
  whyNotRun,
} from '../policy.ts';
import { type Ran, runProcess } from '../process.ts';
import { type Provider, type SandboxSpec, written } from '../provider.ts';
import { STATE_KEY, TASK_KEY } from '../reap.ts';
import { removeTree } from '../remove-tree.ts';
import { cannotRun, resultOf } from '../result.ts';
import type { Launch } from '../starting.ts';
import { type Box, type BoxChoice, Boxes } from './boxes.ts';
import { LOOK_LIMITS, lookWith } from './look.ts';

export interface CommandOptions extends WholeOptions {
  readonly choice: BoxChoice;
}

/**
 * The operator's own sandbox: for each command a box is created, the command executed in it, and the box destroyed,
 * however the command ended. What the box keeps from a command, its network too, is the operator's to say. The box
 * has to see what is shown at its path on this machine.
 */
export function createCommand(options: CommandOptions): Provider {
  const own = new OwnSandbox(options);
  return {
    name: 'command',
    insideOf: (workspace) => workspace,
    shownAt: (mount) => mount.host,
    mounts: async (ask) => {
      const { readOnly, readWrite } = shownOf(ask, options);
      return [...readOnly, ...readWrite];
    },
    has: async (ask, path) => (await own.look(ask, ['test', '-e', path])).exitCode === 0,
    run: (spec) => own.run(spec),
    reap: () => own.boxes.reap(),
  };
}

class OwnSandbox {
  readonly boxes: Boxes;
  readonly #options: CommandOptions;

  constructor(options: CommandOptions) {
    this.#options = options;
    this.boxes = new Boxes(options.choice);
  }

  look(ask: RoomAsk, argv: readonly string[]): Promise<SandboxResult> {
    return this.run(lookWith(ask, argv));
  }

  async run(spec: SandboxSpec): Promise<SandboxResult> {
    const shown = shownOf(spec, this.#options);
    const mounts = [...shown.readOnly, ...shown.readWrite];
    const why = await whyNotRun(spec, { mounts, cwd: spec.workspace });
    if (why !== undefined) return cannotRun(spec, why);
    const folder = await mkdtemp(`${spec.workspace}.private-`);
    try {
      const readWrite = [...shown.readWrite, asItIs(folder)];
      const ask = { workspace: spec.workspace, readOnly: shown.readOnly, readWrite };
      return await this.#runBoxed(spec, ask, folder);
    } finally {
      // What stays goes with the workspace, whose name it has, and is told then.
      await removeTree(folder).catch(() => {});
    }
  }

  async #runBoxed(spec: SandboxSpec, ask: Shown, folder: string): Promise<SandboxResult> {
    const { signal } = spec;
    if (signal?.aborted) return { end: 'aborted', exitCode: undefined, output: '', durationMs: 0 };
    const id = `swarm-${randomBytes(8).toString('hex')}`;
    await using box = await this.boxes.open(id, ask);
    const failed = await box.create(signal);
    if (signal?.aborted) return { end: 'aborted', exitCode: undefined, output: '', durationMs: 0 };
    if (failed !== undefined) return cannotRun(spec, failed);
    return await new BoxedRun({ box, shown: ask, folder }, spec, this.#options).toTheEnd();
  }
}

type Shown = Pick<RoomAsk, 'workspace' | 'readOnly' | 'readWrite'>;

/** The command, and what has to be asked of its box after it. */
class BoxedRun {
  readonly #in: { readonly box: Box; readonly shown: Shown; readonly folder: string };
  readonly #spec: SandboxSpec;
  readonly #options: CommandOptions;

  constructor(where: { box: Box; shown: Shown; folder: string }, spec: SandboxSpec, options: CommandOptions) {
    this.#in = where;
    this.#spec = spec;
    this.#options = options;
  }

  async toTheEnd(): Promise<SandboxResult> {
    const spec = this.#spec;
    const options = this.#options;
    const argv =
      spec.gatewaySocket === undefined
        ? spec.argv
        : [options.nodePath, options.bridgeFile, spec.gatewaySocket, '--', ...spec.argv];
    const ran = await this.#run(spec, argv);
    if (ran.end === 'exited' && ran.code !== 0) {
      const why = await this.#whyNotRun(ran);
      if (why !== undefined) return cannotRun(spec, why);
    }
    return resultOf(ran);
  }

  async #run(spec: SandboxSpec, argv: readonly string[]): Promise<Ran> {
    const launch = await this.#launchOf(spec, argv);
    return runProcess(
      launch,
      watchOf(spec, this.#options, [...written(spec), this.#in.folder], { canEscape: true }),
    );
  }

  /** What executes it ends with a code of its own where it fails, and nobody knows which: the box is asked. */
  async #whyNotRun({ code, output }: Ran): Promise<string | undefined> {
    const answers = await this.#asks(['true']);
    if (answers.code !== 0) return `its box does not answer any more (${answers.end}): ${output.trim()}`;
    const program = this.#spec.argv[0]!;
    if (code !== 127 && code !== 126) return undefined;
    const found = await this.#asks(['sh', '-c', FIND, 'sh', program]);
    if (found.code === 0) return undefined;
    return program.includes('/') ? noFile(program) : noProgram(program, found.output);
  }

  /** Without what only the command itself gets. */
  #asks(argv: readonly string[]): Promise<Ran> {
    const { onLine: _, onStdin: __, signal: ___, ...spec } = this.#spec;
    return this.#run({ ...spec, limits: LOOK_LIMITS }, argv);
  }

  async #launchOf(spec: SandboxSpec, argv: readonly string[]): Promise<Launch> {
    const options = this.#options;
    const { folder, shown, box } = this.#in;
    const places = { home: spec.home ?? join(folder, 'home'), temporary: join(folder, 'tmp') };
    await Promise.all(Object.values(places).map((place) => mkdir(place, { recursive: true })));
    const path = visibleFolders([...shown.readOnly, ...shown.readWrite], options.path);
    const env = environmentOf(spec, options.stateKey, { ...places, path: [...path, BOX_PATH] });
    const file = join(folder, 'run.sh');
    await writeFile(file, scriptOf(env, spec.workspace, argv), { mode: 0o600 });
    const [program = '', ...rest] = [...box.exec, 'sh', file];
    return {
      file: program,
      argv: rest,
      cwd: '/',
      env: { ...options.choice.env, [STATE_KEY]: env[STATE_KEY]!, [TASK_KEY]: env[TASK_KEY]! },
      onStdin: spec.onStdin,
    };
  }
}

const asItIs = (host: string): Mount => ({ host, inside: host });

function shownOf(ask: RoomAsk, options: CommandOptions): Shown {
  const { gatewaySocket: socket } = ask;
  const program = [options.nodePath, ...(socket === undefined ? [] : [options.bridgeFile, socket])];
  return {
    workspace: ask.workspace,
    readOnly: [
      ...program.map(asItIs),
      ...[...options.readOnly, ...ask.readOnly].map(({ host }) => asItIs(host)),
    ],
    readWrite: [...written(ask)].map(asItIs),
  };
}

/** Tells where it looked. */
const FIND = 'command -v -- "$1" || { printf %s "$PATH"; exit 1; }';
/** Stands for the PATH that the box itself has. */
const BOX_PATH = '$PATH';

/**
 * Environment and arguments go by a file that only the box is shown: neither a value nor a quote of them passes through
 * what executes it. First it clears what the box has set.
 */
export function scriptOf(
  env: Readonly<Record<string, string>>,
  cwd: string,
  argv: readonly string[],
): string {
  const variables = Object.entries(env).map(([name, value]) =>
    name === 'PATH'
      ? `export PATH=${value.split(BOX_PATH).map(quoted).join('"$PATH"')}`
      : `export ${name}=${quoted(value)}`,
  );
  return [
    '[ "$1" = inside ] || exec env -i "PATH=$PATH" sh "$0" inside',
    ...variables,
    `cd ${quoted(cwd)} || exit 126`,
    'unset OLDPWD',
    `exec ${argv.map(quoted).join(' ')}`,
    '',
  ].join('\n');
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
