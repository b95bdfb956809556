/** Workers' connections: bounded in number, size and silence; each message is read by the core's schema before anything is done with it. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  BRIDGE_LIMITS,
  mistakeIn,
  type ToWorker,
  type WorkerMessage,
  workerMessage,
} from '@swarm/core/rules/bridge/wire';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { Calls } from './calls.ts';
import { MessageWatch } from './message-watch.ts';
import type { Registry, Worker } from './registry.ts';

export const SOCKETS_MAX = 1_000;
/** Who connects says who it is within so long. */
const REGISTER_MS = 10_000;
const PING_MS = 15_000;
/** From the first byte of a message to its last. */
const MESSAGE_MS = 30_000;
/** Who is registered already is asked whether it is still there, and is believed to be gone after so long. */
const PROBE_MS = 2_000;
const PARTING_MS = 1_000;
/** Waits for one worker at most, bytes. */
const UNSENT_MAX = 8 << 20;
/** Answers to calls that are not its own, in a row. */
const STRAYS_MAX = 100;

/** Of ours, in the range that the protocol leaves to programs. */
const CLOSES = { malformed: 4400, another: 4403, late: 4408, taken: 4409, strays: 4429 } as const;

export interface SocketLimits {
  readonly registerMs: number;
  readonly pingMs: number;
  readonly messageMs: number;
}

export class Sockets {
  readonly #registry: Registry;
  readonly #calls: Calls;
  readonly #onChange: (event: 'joined' | 'left', worker: Worker) => void;
  readonly #server: WebSocketServer;
  readonly #all = new Map<WebSocket, Connection>();
  readonly #limits: SocketLimits;
  readonly #timer: NodeJS.Timeout;

  constructor(
    registry: Registry,
    calls: Calls,
    onChange: (event: 'joined' | 'left', worker: Worker) => void,
    limits: Partial<SocketLimits> = {},
  ) {
    this.#registry = registry;
    this.#calls = calls;
    this.#onChange = onChange;
    this.#limits = { registerMs: REGISTER_MS, pingMs: PING_MS, messageMs: MESSAGE_MS, ...limits };
    // What is compressed may be far larger than it looks.
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: BRIDGE_LIMITS.messageBytes,
    });
    this.#timer = setInterval(() => this.#ping(), this.#limits.pingMs);
    this.#timer.unref();
  }

  get isFull(): boolean {
    return this.#all.size >= SOCKETS_MAX;
  }

  /** @param only whom it may register as; absent: anybody. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, only?: string): void {
    this.#server.handleUpgrade(request, socket, head, (opened) => this.#add(opened, socket, only));
  }

  close(): void {
    clearInterval(this.#timer);
    for (const socket of this.#all.keys()) socket.terminate();
  }

  #add(socket: WebSocket, raw: Duplex, only: string | undefined): void {
    const connection = new Connection(socket, {
      registerMs: this.#limits.registerMs,
      only,
      hear: (message) => this.#hear(connection, message),
    });
    this.#all.set(socket, connection);
    const watch = new MessageWatch((isInMiddle) => connection.inMiddle(isInMiddle, this.#limits.messageMs));
    raw.on('data', (bytes: Buffer) => watch.take(bytes));
    socket.once('close', () => {
      this.#all.delete(socket);
      connection.over();
      const { worker } = connection;
      if (!worker) return;
      this.#calls.drop(worker);
      this.#registry.leave(worker);
      this.#onChange('left', worker);
    });
  }

  async #hear(from: Connection, message: WorkerMessage): Promise<void> {
    if (message.type === 'register') return this.#register(from, message);
    const { worker } = from;
    if (!worker) return from.refuse(CLOSES.malformed, 'it has not said who it is: register first');
    const isIts =
      message.type === 'call_response'
        ? this.#calls.answer(worker, message.correlation_id, message.payload)
        : this.#calls.fail(worker, message.correlation_id, message.error);
    from.answered(isIts);
  }

  async #register(from: Connection, message: Extract<WorkerMessage, { type: 'register' }>): Promise<void> {
    const { name } = message;
    if (from.only !== undefined && name !== from.only)
      return from.refuse(CLOSES.another, `its token is that of ${from.only}`);
    if (from.worker && from.worker.name !== name)
      return from.refuse(CLOSES.malformed, `it is registered as ${from.worker.name} already`);
    if (from.worker) {
      // The same worker says anew what it has.
      const { worker } = from;
      [worker.capabilities, worker.version] = [message.capabilities, message.version];
      worker.maxTasks = message.maxTasks ?? worker.maxTasks;
      return from.send({ type: 'registered', name, agent_id: worker.id });
    }
    const holder = this.#holderOf(name);
    if (holder && (await holder.isThere(PROBE_MS)))
      return from.refuse(CLOSES.taken, `another worker is registered as ${name}`);
    await holder?.end();
    // Somebody else may have come meanwhile, or it may have gone.
    if (!from.isOpen) return undefined;
    if (this.#registry.get(name)?.link)
      return from.refuse(CLOSES.taken, `another worker is registered as ${name}`);
    from.worker = this.#registry.connect(message, from);
    from.send({ type: 'registered', name, agent_id: from.worker.id });
    this.#onChange('joined', from.worker);
  }

  #holderOf(name: string): Connection | undefined {
    return [...this.#all.values()].find(({ worker }) => worker?.name === name);
  }

  #ping(): void {
    for (const connection of this.#all.values()) connection.ping();
  }
}

class Connection {
  worker: Worker | undefined;
  /** Whom its token lets it be. */
  readonly only: string | undefined;
  readonly #socket: WebSocket;
  readonly #timer: NodeJS.Timeout;
  #message: NodeJS.Timeout | undefined;
  #isAwaited = false;
  #strays = 0;
  /** What it says is heard one after the other. */
  #last: Promise<void> = Promise.resolve();

  constructor(
    socket: WebSocket,
    {
      registerMs,
      only,
      hear,
    }: {
      readonly registerMs: number;
      readonly only: string | undefined;
      readonly hear: (message: WorkerMessage) => Promise<void>;
    },
  ) {
    this.#socket = socket;
    this.only = only;
    this.#timer = setTimeout(() => {
      if (!this.worker) this.refuse(CLOSES.late, 'it has not said who it is: register first');
    }, registerMs);
    // What breaks the protocol is told so by its code.
    socket.on('error', () => this.#part());
    socket.on('pong', () => {
      this.#isAwaited = false;
    });
    socket.on('message', (data: RawData, isBinary: boolean) => {
      if (!this.isOpen) return;
      const message = isBinary ? 'binary messages are not read' : messageIn(data);
      if (typeof message === 'string') this.refuse(CLOSES.malformed, message);
      else
        this.#last = this.#last
          .then(() => (this.isOpen ? hear(message) : undefined))
          .catch(() => this.#socket.terminate());
    });
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  /** A worker that takes nothing any more is as good as gone. */
  send(message: ToWorker): void {
    if (this.#socket.bufferedAmount > UNSENT_MAX) this.terminate();
    else if (this.isOpen) this.#socket.send(JSON.stringify(message));
  }

  refuse(code: number, error: string): void {
    this.send({ type: 'error', error });
    // A reason has at most 123 bytes.
    this.#socket.close(
      code,
      Buffer.from(error)
        .subarray(0, 100)
        .toString('latin1')
        .replaceAll(/[^ -~]/g, '?'),
    );
    this.#part();
  }

  /** Who does not say goodbye is not waited for. */
  #part(): void {
    setTimeout(() => this.#socket.terminate(), PARTING_MS).unref();
  }

  answered(isIts: boolean): void {
    this.#strays = isIts ? 0 : this.#strays + 1;
    if (this.#strays > STRAYS_MAX) this.refuse(CLOSES.strays, 'it answers calls that are not its own');
  }

  ping(): void {
    if (this.#isAwaited) return this.terminate();
    this.#isAwaited = true;
    if (this.isOpen) this.#socket.ping();
  }

  isThere(withinMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => told(false), withinMs);
      const told = (isIt: boolean): void => {
        clearTimeout(timer);
        this.#socket.off('pong', yes);
        this.#socket.off('close', no);
        resolve(isIt);
      };
      const yes = (): void => told(true);
      const no = (): void => told(false);
      this.#socket.on('pong', yes);
      this.#socket.on('close', no);
      if (this.isOpen) this.#socket.ping();
      else told(false);
    });
  }

  terminate(): void {
    this.#socket.terminate();
  }

  /** Without a goodbye. */
  end(): Promise<void> {
    if (this.#socket.readyState === this.#socket.CLOSED) return Promise.resolve();
    return new Promise((resolve) => {
      this.#socket.once('close', () => resolve());
      this.#socket.terminate();
    });
  }

  /** It has begun a message, or has ended the one that it had begun. */
  inMiddle(isInMiddle: boolean, withinMs: number): void {
    clearTimeout(this.#message);
    if (!isInMiddle) return;
    const why = `a message of it takes longer than ${withinMs / 1_000} s`;
    this.#message = setTimeout(() => this.refuse(CLOSES.late, why), withinMs);
  }

  over(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#message);
  }
}

/** A sentence where it is none. */
function messageIn(data: RawData): WorkerMessage | string {
  try {
    const { data: message, error } = workerMessage.safeParse(JSON.parse(data.toString()));
    return message ?? mistakeIn(error!);
  } catch {
    return 'it is not JSON';
  }
}
