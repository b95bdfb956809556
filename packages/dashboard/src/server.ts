/** The server: bounded before anything is parsed, guarded before anything is answered. */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { SwarmError } from '@swarm/core/errors';
import type { Page, Served } from './asked.ts';
import { answerBeside, type Beside } from './beside.ts';
import { Busy } from './busy.ts';
import { type Guarded, judge } from './guard.ts';
import { LISTENERS_MAX, Listeners } from './listeners.ts';
import type { RunsPort } from './ports.ts';
import { refusal, SAFE_HEADERS, send } from './reply.ts';
import { answer } from './routes.ts';
import { troubleOf } from './stream.ts';
import { Streams } from './streams.ts';

export interface ServeAsk {
  readonly runs: RunsPort;
  readonly token: string;
  /** An address of this machine. */
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** Under which names it is served besides the address itself. */
  readonly names: readonly string[];
  /** The one that stands in the link; absent: the address. */
  readonly shownAs?: string;
  /** Prometheus text of all there is to measure; absent: `/metrics` is not there. */
  readonly metrics?: () => Promise<string>;
  /** Absent: programs alone are served. */
  readonly page?: Page;
  /** Absent: nothing else is served here. */
  readonly beside?: Beside;
  readonly now: () => number;
  /** What of ours went wrong: nobody who asked is told more than that. */
  readonly onFault: (error: unknown) => void;
  readonly limits?: Partial<Limits>;
}

/** All ms. */
export interface Limits {
  /** For the head of a request, and for all of it. */
  readonly headMs: number;
  readonly requestMs: number;
  /** A listener that takes nothing is let go of. */
  readonly stalledMs: number;
}

const LIMITS: Limits = { headMs: 5_000, requestMs: 15_000, stalledMs: 30_000 };
const HEAD_BYTES_MAX = 16 * 1024;
/** Besides those who listen. */
const OTHERS_MAX = 256;
/** A connection on which nothing moves, and nobody listens. */
const IDLE_MS = 60_000;

export interface Serving {
  /** Without the token. */
  readonly url: string;
  /** The token in it: whoever opens it gets the cookie. */
  readonly link: string;
  close(): Promise<void>;
}

/** Errors: SW0705 where it cannot listen. */
export async function serve(ask: ServeAsk): Promise<Serving> {
  const limits = { ...LIMITS, ...ask.limits };
  const streams = new Streams(ask.runs);
  const listeners = new Listeners(limits.stalledMs);
  const busy = new Busy();
  const { metrics, page, now, beside } = ask;
  const served: Served = { streams, listeners, busy, now, metrics, page };
  const server = bounded(limits, beside);
  await listening(server, ask);
  const { port } = server.address() as AddressInfo;
  const at = hostText(ask.shownAs ?? ask.host, port);
  const guarded: Guarded = {
    hosts: new Set([ask.host, ...ask.names].flatMap((name) => hostTexts(name.toLowerCase(), port))),
    token: ask.token,
    cookie: `swarm_${port}`,
    ...(beside?.isOpen && { isOpen: (path) => beside.owns(path) }),
    ...(beside && { isWorkers: (path) => beside.isWorkers(path) }),
  };
  server.on('request', (request, response) => {
    void respond(request, response, guarded, { ...served, beside }).catch((error: unknown) => {
      // What a command would refuse is refused, and no fault.
      if (error instanceof SwarmError) return send(response, refusal(409, troubleOf(error)));
      ask.onFault(error);
      send(response, refusal(500, { ...troubleOf(error), what: 'a fault in swarm itself' }));
    });
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const verdict = judge(request, guarded);
    const taken =
      verdict.kind === 'go' && beside?.upgrade(request, socket, head, verdict.path, verdict.worker);
    if (taken === 'full') endWith(socket, 503);
    else if (taken !== 'taken') refuseUpgrade(request, socket, guarded);
  });
  server.on('connect', (request: IncomingMessage, socket: Duplex) => refuseUpgrade(request, socket, guarded));
  const url = `http://${at}`;
  return {
    url,
    link: `${url}/?token=${ask.token}`,
    close: async () => {
      listeners.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      streams.close();
      await closed;
    },
  };
}

/** IPv6 addresses stand in brackets. */
const hostText = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** Browsers leave the port out where it is the one of HTTP. */
const hostTexts = (host: string, port: number): string[] => {
  const whole = hostText(host, port);
  return port === 80 ? [whole, whole.slice(0, -':80'.length)] : [whole];
};

function bounded({ headMs, requestMs }: Limits, beside: Beside | undefined): Server {
  const server = createServer({
    maxHeaderSize: HEAD_BYTES_MAX,
    headersTimeout: headMs,
    requestTimeout: requestMs,
    keepAliveTimeout: 5_000,
    connectionsCheckingInterval: 500,
    // The guard looks at it, and its refusal carries what every answer does.
    requireHostHeader: false,
  });
  // The parser would leave out the others in silence, whatever they say; the guard counts them.
  server.maxHeadersCount = 0;
  server.maxConnections = LISTENERS_MAX + OTHERS_MAX + (beside?.sockets ?? 0);
  server.setTimeout(IDLE_MS);
  server.on('clientError', refuseBytes);
  return server;
}

function listening(server: Server, { host, port }: ServeAsk): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(cannotListen(host, port, cause)));
    // Whoever connects while others are taken in waits for a moment: a thousand pages may be opened at once.
    server.listen({ host, port, backlog: LISTENERS_MAX }, resolve);
  });
}

function cannotListen(host: string, port: number, cause: NodeJS.ErrnoException): SwarmError {
  const isTaken = cause.code === 'EADDRINUSE';
  const at = hostText(host, port);
  return new SwarmError(
    {
      code: 'SW0705',
      what: isTaken ? `something listens on ${at} already` : `nothing can listen on ${at}: ${cause.message}`,
      why: isTaken
        ? 'another swarm serve does, which may show this repository, or another program'
        : 'the address is not one of this machine, or only another user may use the port',
      fix: isTaken
        ? 'swarm serve --port 0   # a free one'
        : 'swarm serve   # on this machine alone, port 7420',
    },
    { cause },
  );
}

// ───────────────────────── one request ─────────────────────────

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  guarded: Guarded,
  { beside, ...served }: Served & { readonly beside: Beside | undefined },
): Promise<void> {
  // A peer that is gone is no fault.
  request.on('error', () => undefined);
  response.on('error', () => undefined);
  const verdict = judge(request, guarded);
  if (verdict.kind === 'link') return send(response, withCookie(guarded));
  if (verdict.kind === 'no') {
    const { status, kind: _, ...trouble } = verdict;
    // What was still to come of it is not read.
    const asked = status === 401 ? { 'www-authenticate': 'Bearer realm="swarm"' } : {};
    return send(response, refusal(status, trouble, { connection: 'close', ...asked }));
  }
  if (beside?.owns(verdict.path)) return answerBeside(beside, { request, ...verdict }, response);
  const answered = await answer({ request, ...verdict }, served).catch((error: unknown) => {
    // Its body was cut off, or did not come in time: there is nobody to answer.
    if (request.destroyed && !request.complete) return undefined;
    throw error;
  });
  if (!answered) return;
  if (!('listen' in answered)) return send(response, answered);
  response.writeHead(200, { ...SAFE_HEADERS, 'content-type': 'text/event-stream; charset=utf-8' });
  response.socket?.setTimeout(0);
  response.write(': swarm\nretry: 2000\n\n');
  served.listeners.add(response, answered.listen);
}

/** The token goes from the address into a cookie that no script and no other site can use. */
const withCookie = ({ cookie, token }: Guarded) => ({
  status: 303,
  type: 'text/plain; charset=utf-8',
  body: 'the page is at /\n',
  headers: { location: '/', 'set-cookie': `${cookie}=${token}; Path=/; HttpOnly; SameSite=Strict` },
});

/** Nothing else here speaks another protocol. Whoever may not ask is told so first. */
function refuseUpgrade(request: IncomingMessage, socket: Duplex, guarded: Guarded): void {
  const verdict = judge(request, guarded);
  endWith(socket, verdict.kind === 'no' ? verdict.status : 404);
}

/** What is no request: too long, too slow, or not HTTP. */
function refuseBytes(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const status =
    error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  endWith(socket, status);
}

function endWith(socket: Duplex, status: number): void {
  socket.on('error', () => socket.destroy());
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}`;
  socket.end(
    `${head}\r\nConnection: close\r\nContent-Length: 0\r\nX-Content-Type-Options: nosniff\r\n\r\n`,
    () => socket.destroy(),
  );
}
