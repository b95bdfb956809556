import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import path from 'node:path';
import type { HttpBindings } from '@hono/node-server';
import { SwarmError } from '@swarm/core/errors';
import { type AttemptId, parseAttemptId } from '@swarm/core/model/ids';
import { NO_USAGE, type Usage } from '@swarm/core/model/usage';
import type { ModelRole } from '@swarm/core/ports/models';
import type { Clock, Rng } from '@swarm/core/ports/world';
import { isReviewerName } from '@swarm/core/rules/reviewing';
import { DEFAULT_DEADLINES, type Deadlines } from '../deadlines.ts';
import {
  createEndpointPool,
  type EndpointConfig,
  type EndpointPool,
  type HealthChange,
} from '../endpoints.ts';
import type { PriceTable } from '../prices.ts';
import { deadlinesOf, type Profiles, profileOf } from '../profiles.ts';
import { createRoom, MAX_BODIES_BYTES, MAX_BODIES_OF_ONE_BYTES } from './bodies.ts';
import { type CallsOptions, createCalls } from './calls.ts';
import { createCounts } from './count.ts';
import type { Caller } from './routes.ts';
import { type AttemptLimits, createTicket, type Ticket } from './tokens.ts';

/** A unix socket's path may have 108 bytes with its end; sandboxes show it elsewhere, so some are kept back. */
const MAX_SOCKET_PATH_BYTES = 100;

/** How long a request may take to come in, ms; connections of one attempt at the same time. */
const HEADERS_MS = 10_000;
const REQUEST_MS = 60_000;
const CONNECTIONS_MAX = 256;

export interface GatewayOptions
  extends Pick<
    CallsOptions,
    'onUsage' | 'onRetry' | 'onRefused' | 'onLearnt' | 'onProbe' | 'until' | 'probeTimeoutMs'
  > {
  /** A folder of mode 0700 that exists, with a short path: the sockets lie in it, one folder for each attempt. */
  readonly socketDir: string;
  readonly endpoints: readonly EndpointConfig[];
  /** Agents are workers: whatever they name, they are given the one their ticket names, else the worker's. */
  readonly models: Readonly<Record<ModelRole, string>>;
  readonly prices: PriceTable;
  /** What is known of models by their names; later tables go over earlier ones. */
  readonly profiles?: readonly Profiles[];
  readonly clock: Clock;
  readonly rng: Rng;
  readonly deadlines?: Partial<Deadlines>;
  /** Shared with a model; else one of its own. */
  readonly pool?: EndpointPool;
  /** `down`: calls are held until `up`. Told by a pool of its own only. */
  readonly onHealth?: (change: HealthChange) => void;
  /** How long an agent may take to send a request, ms; 10 s for its headers and 60 s for all of it when absent. */
  readonly patience?: { readonly headersMs: number; readonly requestMs: number };
}

export interface IssuedTicket {
  readonly token: string;
  /** `<socketDir>/<attempt>/gw.sock`; its folder can be bind-mounted. */
  readonly socketPath: string;
  usage(): Usage;
  /** The attempt's own limit that a call was refused for. */
  refused(): 'tokens' | 'usd' | undefined;
  /** The attempt is about to be ended: its calls under way are booked as far as they were seen, not as set aside. */
  callOff(): void;
  /** How many were. */
  cutOff(): number;
  /** Why every endpoint it may ask last turned it away, where they did. */
  turnedAway(): 'auth' | 'quota' | undefined;
}

export interface Gateway {
  /**
   * Opens the attempt's own socket. Issuing again replaces the token.
   * @throws SwarmError SW0105 when the socket's path is too long, SW0701 when the socket cannot be made.
   */
  issue(attempt: AttemptId, limits: AttemptLimits): Promise<IssuedTicket>;
  /** Ends its calls, closes and removes its socket; returns what it used in all. */
  revoke(attempt: AttemptId): Promise<Usage>;
  close(): Promise<void>;
}

interface Open {
  readonly ticket: Ticket;
  readonly server: Server;
  readonly folder: string;
}

/**
 * The only way agents reach a model. Each attempt has its own socket and token; provider keys stay here, and
 * what every agent spends is read off the answers.
 */
export function startGateway(options: GatewayOptions): Gateway {
  const open = new Map<AttemptId, Open>();
  const pool = options.pool ?? createEndpointPool(options);
  const bodies = createRoom(MAX_BODIES_BYTES);
  const app = createCalls({ ...options, pool }, (model = options.models.worker) => {
    const profile = profileOf(model, ...(options.profiles ?? []));
    const deadlines = { ...DEFAULT_DEADLINES, ...options.deadlines, ...deadlinesOf(profile) };
    return { model, profile, deadlines };
  });

  async function revoke(attempt: AttemptId): Promise<Usage> {
    const one = open.get(attempt);
    if (one === undefined) return NO_USAGE;
    open.delete(attempt);
    await closeServer(one.server);
    await one.ticket.settled();
    await rm(one.folder, { recursive: true, force: true });
    return one.ticket.usage();
  }

  return {
    async issue(attempt, limits) {
      const socketPath = socketPathOf(options.socketDir, attempt);
      await revoke(attempt);
      const folder = path.dirname(socketPath);
      const ticket = createTicket(attempt, limits);
      const room = createRoom(MAX_BODIES_OF_ONE_BYTES, bodies);
      const caller: Caller = { ticket, room, counts: createCounts() };
      // Loaded for the first: it brings a client of HTTP along, and most commands speak with nobody.
      const { createAdaptorServer } = await import('@hono/node-server');
      const server = createAdaptorServer({
        fetch: (request, env) => app.fetch(request, { ...(env as HttpBindings), ...caller }),
        serverOptions: timeouts(options.patience),
      }) as Server;
      server.maxConnections = CONNECTIONS_MAX;
      await listen(server, socketPath);
      open.set(attempt, { ticket, server, folder });
      const { token, usage, refused, turnedAway, callOff, cutOff } = ticket;
      return { token, socketPath, usage, refused, turnedAway, callOff, cutOff };
    },
    revoke,
    async close() {
      await Promise.all([...open.keys()].map(revoke));
      pool.close();
    },
  };
}

function timeouts({ headersMs, requestMs } = { headersMs: HEADERS_MS, requestMs: REQUEST_MS }) {
  // Node looks at its connections only so often.
  const connectionsCheckingInterval = Math.min(1_000, headersMs);
  return { headersTimeout: headersMs, requestTimeout: requestMs, connectionsCheckingInterval };
}

function socketPathOf(socketDir: string, attempt: AttemptId): string {
  // An id is a folder's name here, so its shape is checked again.
  if (parseAttemptId(attempt) === undefined && !isReviewerName(attempt))
    throw new SwarmError({ code: 'SW0801', what: `${JSON.stringify(attempt)} is not an attempt` });
  const socketPath = path.join(socketDir, attempt, 'gw.sock');
  if (Buffer.byteLength(socketPath) <= MAX_SOCKET_PATH_BYTES) return socketPath;
  throw new SwarmError({
    code: 'SW0105',
    what: `the gateway’s socket path is longer than ${MAX_SOCKET_PATH_BYTES} bytes`,
    where: socketPath,
    why: 'the system does not take longer ones',
    fix: 'export XDG_RUNTIME_DIR=/tmp/swarm-run && mkdir -m 700 -p "$XDG_RUNTIME_DIR"',
  });
}

async function listen(server: Server, socketPath: string): Promise<void> {
  const folder = path.dirname(socketPath);
  try {
    // A socket left by a killed orchestrator would make listen fail.
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { mode: 0o700 });
    server.listen(socketPath);
    await once(server, 'listening');
  } catch (cause) {
    throw new SwarmError(
      {
        code: 'SW0701',
        what: 'the gateway’s socket cannot be made',
        where: socketPath,
        why: (cause as Error).message,
        fix: `mkdir -m 700 -p ${path.dirname(folder)}`,
      },
      { cause },
    );
  }
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
