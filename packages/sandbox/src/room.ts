/** A room is what every provider gives: a workspace with its mounts, places for files, and commands run in it. */
import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import {
  GATEWAY_SOCKET_VARIABLE,
  type Mount,
  type Room,
  type RoomAsk,
  type RoomCommand,
  type RoomProcess,
  type Sandbox,
  type SandboxResult,
} from '@swarm/core/ports/running';
import { collectFile } from './collect-file.ts';
import { isThere } from './find-on-path.ts';
import { LineQueue } from './line-queue.ts';
import { hostPath, stateMark } from './policy.ts';
import { GATEWAY_PLACE, type Provider, type SandboxSpec } from './provider.ts';
import { killMarked } from './reap.ts';
import { removeTree } from './remove-tree.ts';
import { cannotRun } from './result.ts';
import { RoomStdin } from './room-stdin.ts';

/** Where commands see what was placed for them, and where they leave what is collected. */
const PLACED = '/swarm/job';
const LEFT = '/swarm/out';

export const sandboxWith = (provider: Provider, stateKey: string): Sandbox => ({
  provider: provider.name,
  async open(ask) {
    if (ask.home !== undefined) await mkdir(ask.home, { recursive: true, mode: 0o700 });
    return new OpenRoom(provider, ask);
  },
  reap: async () => (await killMarked([stateMark(stateKey)])) + ((await provider.reap?.()) ?? 0),
});

/** A reason at hand: to make the usual one costs half a millisecond, for the stack it holds. */
const CLOSED = 'the room was closed';

class OpenRoom implements Room {
  readonly workspace: string;
  readonly #provider: Provider;
  readonly #ask: RoomAsk;
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<unknown>>();
  #own: Promise<Own> | undefined;

  constructor(provider: Provider, ask: RoomAsk) {
    this.#provider = provider;
    this.#ask = ask;
    this.workspace = provider.insideOf(ask.workspace);
  }

  shown(mount: Mount): string {
    return this.#provider.shownAt(mount);
  }

  async sees(path: string): Promise<boolean> {
    const inside = isAbsolute(path) ? path : join(this.workspace, path);
    const ask = await this.#withOwn();
    const host = hostPath(await this.#provider.mounts(ask, 'none'), inside);
    if (host === undefined) return (await this.#provider.has?.(ask, inside)) ?? false;
    return isThere(host);
  }

  async place({ name, text }: { readonly name: string; readonly text: string }): Promise<string> {
    const { placed } = await this.#ownPlaces();
    const file = join(placed.host, plainName(name));
    await writeFile(file, text);
    await chmod(file, 0o644);
    return join(this.shown(placed), name);
  }

  async outlet(name: string): Promise<string> {
    const { left } = await this.#ownPlaces();
    return join(this.shown(left), plainName(name));
  }

  async collect(name: string, maxBytes: number) {
    const { left } = await this.#ownPlaces();
    return collectFile(join(left.host, plainName(name)), maxBytes);
  }

  run(command: RoomCommand): Promise<SandboxResult> {
    return this.#begin(command, {});
  }

  start(command: RoomCommand): RoomProcess {
    const stdin = new RoomStdin();
    const lines = new LineQueue();
    const onLine: RoomCommand['onLine'] = (stream, text) => {
      command.onLine?.(stream, text);
      lines.put({ stream, text });
    };
    const ended = this.#begin({ ...command, onLine }, { onStdin: (pipe) => stdin.open(pipe) }).finally(() => {
      stdin.close();
      lines.end();
    });
    return { stdin: stdin.port, lines, ended };
  }

  async close(): Promise<void> {
    this.#closing.abort(CLOSED);
    await Promise.all(this.#running);
    const own = await this.#own;
    // What stays goes with the workspace, whose name it has, and is told then.
    if (own) await removeTree(own.folder).catch(() => {});
  }

  #begin(command: RoomCommand, more: Pick<SandboxSpec, 'onStdin'>): Promise<SandboxResult> {
    const running = this.#run(command, more);
    this.#running.add(running);
    void running.finally(() => this.#running.delete(running));
    return running;
  }

  /** What the system refuses before anything was started is told as any command that cannot run. */
  async #run(command: RoomCommand, more: Pick<SandboxSpec, 'onStdin'>): Promise<SandboxResult> {
    const { gateway, ...rest } = command;
    const stops = [this.#closing.signal, ...(command.signal ? [command.signal] : [])];
    const spec: SandboxSpec = {
      ...(await this.#withOwn(gateway)),
      ...rest,
      ...more,
      name: ownName(command.name),
      env: { ...command.env, ...(gateway === 'socket' && this.#socketVariable()) },
      signal: AbortSignal.any(stops),
    };
    return this.#provider.run(spec).catch((error: unknown) => cannotRun(spec, whyOf(error)));
  }

  /** The room's mounts with its own places, and the gateway the way this command wants it. */
  async #withOwn(gateway?: RoomCommand['gateway']): Promise<RoomAsk> {
    const { gatewaySocket, ...ask } = this.#ask;
    const own = await this.#own;
    const socket = gateway === 'socket' && gatewaySocket !== undefined ? [socketFolder(gatewaySocket)] : [];
    return {
      ...ask,
      readOnly: [...ask.readOnly, ...(own ? [own.placed] : []), ...socket],
      readWrite: [...ask.readWrite, ...(own ? [own.left] : [])],
      ...(gateway === 'address' && gatewaySocket !== undefined && { gatewaySocket }),
    };
  }

  #socketVariable(): Record<string, string> {
    const socket = this.#ask.gatewaySocket;
    if (socket === undefined) return {};
    return { [GATEWAY_SOCKET_VARIABLE]: join(this.shown(socketFolder(socket)), basename(socket)) };
  }

  #ownPlaces(): Promise<Own> {
    this.#own ??= makeOwn(this.#ask.workspace).catch((error: unknown) => {
      this.#own = undefined;
      throw error;
    });
    return this.#own;
  }
}

let commands = 0;

/** What is left of a command when it ends is killed by its name: two that run side by side must not share one. */
function ownName(name: string): string {
  commands += 1;
  return `${name}.${process.pid}.${commands}`;
}

const socketFolder = (socket: string): Mount => ({ host: dirname(socket), inside: GATEWAY_PLACE });

interface Own {
  readonly folder: string;
  readonly placed: Mount;
  readonly left: Mount;
}

/** Beside the workspace and under its name, so that what a crash leaves is swept with it. */
async function makeOwn(workspace: string): Promise<Own> {
  try {
    const folder = await mkdtemp(`${workspace}.room-`);
    const placed = { host: join(folder, 'job'), inside: PLACED };
    const left = { host: join(folder, 'out'), inside: LEFT };
    // Readable for whoever the command runs as: the folders above are closed to everybody else.
    await mkdir(placed.host);
    await chmod(placed.host, 0o755);
    await mkdir(left.host, { mode: 0o700 });
    return { folder, placed, left };
  } catch (cause) {
    const what = 'the places for files beside a workspace cannot be made';
    throw new SwarmError({ code: 'SW0701', what, where: workspace, why: whyOf(cause) }, { cause });
  }
}

/** Names come from our own code. */
function plainName(name: string): string {
  if (/^[\w-][\w.-]*$/.test(name)) return name;
  throw new SwarmError({ code: 'SW0801', what: `${JSON.stringify(name)} is no name for a file of a room` });
}

const whyOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
