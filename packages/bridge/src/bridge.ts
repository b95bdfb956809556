/** The bridge put together: workers of any kind on one side, callers on the other. It serves nothing by itself. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { Calls } from './calls.ts';
import { type Family, figures } from './figures.ts';
import { Registry, type Worker } from './registry.ts';
import { Remembered } from './remembered.ts';
import type { Answered } from './reply.ts';
import { type Asked, answer, ownsPath, type Rooms, SOCKET_PATH } from './routes.ts';
import { SOCKETS_MAX, type SocketLimits, Sockets } from './sockets.ts';
import { States } from './states.ts';
import { Topics } from './topics.ts';

export interface BridgeAsk {
  /** Ms of a clock that only goes forward. */
  readonly now: () => number;
  /** Ms since the epoch. */
  readonly wall: () => number;
  readonly limits?: Partial<SocketLimits>;
}

export interface Bridge {
  /** The most connections of workers. */
  readonly sockets: number;
  owns(path: string): boolean;
  /** Whether whoever may be one worker alone may come there. */
  isWorkers(path: string): boolean;
  answer(asked: Asked): Promise<Answered> | Answered;
  /** `not-here`: this path is no socket's; `full`: there is no room. Nothing was done to the socket then. */
  upgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    path: string,
    worker?: string,
  ): 'taken' | 'not-here' | 'full';
  figures(): readonly Family[];
  close(): void;
}

/** Who came and went, told to whoever listens. */
const PRESENCE = 'bridge.workers';

export function openBridge({ now, wall, limits }: BridgeAsk): Bridge {
  const registry = new Registry(randomUUID);
  const calls = new Calls(registry, now, randomUUID);
  const topics = new Topics(wall().toString(36));
  const rooms: Rooms = {
    registry,
    calls,
    topics,
    states: new States(),
    remembered: new Remembered(),
    now,
    stamp: () => new Date(wall()).toISOString(),
  };
  const tell = (event: 'joined' | 'left', { name, capabilities, version }: Worker): void => {
    topics.say(PRESENCE, JSON.stringify({ event, name, capabilities, ...(version && { version }) }));
  };
  const sockets = new Sockets(registry, calls, tell, limits);
  return {
    sockets: SOCKETS_MAX,
    owns: ownsPath,
    answer: (asked) => answer(asked, rooms),
    isWorkers: (path) => path === SOCKET_PATH,
    upgrade(request, socket, head, path, worker) {
      if (path !== SOCKET_PATH) return 'not-here';
      if (sockets.isFull) return 'full';
      sockets.upgrade(request, socket, head, worker);
      return 'taken';
    },
    figures: () => figures(registry, calls, topics, now()),
    close() {
      topics.close();
      sockets.close();
    },
  };
}
