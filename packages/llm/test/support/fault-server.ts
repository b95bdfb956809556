import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects there
  readonly body: any;
}

/** How one request is answered. */
export type Plan = (response: ServerResponse, seen: Seen) => void | Promise<void>;

export interface FaultServer {
  readonly baseUrl: string;
  readonly seen: Seen[];
  /** Requests whose connection the client closed before the answer ended. */
  readonly hangups: () => number;
  close(): Promise<void>;
}

/** Looks whether the server lives ask for one token, and are no call of anybody. */
export const isNoProbe = (seen: Seen): boolean => seen.headers['x-swarm-role'] !== 'probe';

/** A real HTTP server that answers its n-th request by the n-th plan, and the rest by the last. */
export async function startFaultServer(...plans: Plan[]): Promise<FaultServer> {
  const seen: Seen[] = [];
  let hangups = 0;
  let calls = 0;
  const server = createServer(async (request, response) => {
    response.on('close', () => {
      if (!response.writableFinished) hangups += 1;
    });
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const entry = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
    seen.push(entry);
    const plan = plans[Math.min(calls, plans.length - 1)]!;
    calls += 1;
    await plan(response, entry);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    seen,
    hangups: () => hangups,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Waits until what was written has left, so that a cut comes after it. */
const flush = (response: ServerResponse, bytes: string | Uint8Array): Promise<void> =>
  new Promise((resolve) => response.write(bytes, () => setImmediate(resolve)));

const SSE = { 'content-type': 'text/event-stream' };

export const status =
  (code: number, body: unknown = '', headers: Record<string, string> = {}): Plan =>
  (response) => {
    response.writeHead(code, headers);
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };

export const json =
  (body: unknown): Plan =>
  (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };

/** Each piece is its own write. */
export const raw =
  (...pieces: (string | Uint8Array)[]): Plan =>
  async (response) => {
    response.writeHead(200, SSE);
    for (const piece of pieces) await flush(response, piece);
    response.end();
  };

/** The pieces, then the connection is torn. */
export const cut =
  (...pieces: string[]): Plan =>
  async (response) => {
    response.writeHead(200, SSE);
    for (const piece of pieces) await flush(response, piece);
    response.destroy();
  };

/** The pieces, then silence. */
export const stall =
  (...pieces: string[]): Plan =>
  async (response) => {
    response.writeHead(200, SSE);
    for (const piece of pieces) await flush(response, piece);
  };

/** No header ever comes. */
export const hang: Plan = () => {};

export const event = (chunk: unknown): string => `data: ${JSON.stringify(chunk)}\n\n`;
export const textEvent = (content: string): string =>
  event({ model: 'm-1', choices: [{ index: 0, delta: { content } }] });
export const endEvent = (reason = 'stop'): string =>
  event({ choices: [{ index: 0, delta: {}, finish_reason: reason }] });
export const usageEvent = (input: number, output: number): string =>
  event({ choices: [], usage: { prompt_tokens: input, completion_tokens: output } });
export const DONE = 'data: [DONE]\n\n';

export const says = (text: string): Plan => raw(textEvent(text), endEvent(), usageEvent(100, 10), DONE);
