/**
 * The way out of a sandbox that has one: a proxy of ours on a unix socket. Inside there is a network of its own, with
 * nobody in it; whatever is asked for by HTTP or CONNECT is judged here by its address, and connected to from here.
 */
import { chmod, mkdtemp } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { SwarmError } from '@swarm/core/errors';
import { Addresses, type Target } from './egress-address.ts';
import { removeTree } from './remove-tree.ts';

export interface EgressOptions {
  /** `host` or `host:port` that may be reached though they are private. */
  readonly allowed: readonly string[];
}

/** The operator's own proxy; what passes our judgement is asked of it. */
export interface Upstream extends Target {
  readonly authorization?: string;
}

/**
 * The proxy a command was given by its environment, as curl reads it; `NO_PROXY` names hosts that are reached without.
 * @throws SwarmError SW0102 for one that is not spoken to by plain HTTP.
 */
export function upstreamOf(env: Readonly<Record<string, string>>): Upstream | undefined {
  const names = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'];
  const url = names.map((name) => env[name]).find(Boolean);
  if (url === undefined) return undefined;
  const written = url.includes('://') ? url : `http://${url}`;
  const target = targetOf(written, 80);
  if (target === undefined) {
    const what = 'the proxy for setup is no http:// address';
    throw new SwarmError({
      code: 'SW0102',
      what,
      where: 'HTTPS_PROXY',
      fix: 'export HTTPS_PROXY=http://host:port',
    });
  }
  const { username, password } = new URL(written);
  const secret = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const authorization = username && `Basic ${Buffer.from(secret).toString('base64')}`;
  return { ...target, ...(authorization && { authorization }) };
}

const isDirect = ({ host }: Target, { NO_PROXY, no_proxy }: Readonly<Record<string, string>>): boolean =>
  (NO_PROXY ?? no_proxy ?? '')
    .split(',')
    .map((name) => name.trim().replace(/^\*?\./, ''))
    .some((name) => name !== '' && (host === name || host.endsWith(`.${name}`)));

export interface Egress extends AsyncDisposable {
  /** Host path; whoever may open the folder above it may connect. */
  readonly socket: string;
}

const CONNECT_MS = 30_000;
/** What concerns one hop alone: RFC 9110, 7.6.1. */
const HOP = [
  'connection',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
];

/** @param env the command's own: the proxy it was to use is used for it. */
export async function openEgress(
  options: EgressOptions,
  env: Readonly<Record<string, string>> = {},
): Promise<Egress> {
  const way = new Way(options, env);
  const folder = await mkdtemp(join(tmpdir(), `swarm-egress-${process.pid}-`));
  const socket = join(folder, 'egress.sock');
  const server = createServer((asked, answer) => void way.forward(asked, answer));
  server.on('connect', (asked: IncomingMessage, client: Duplex, head: Buffer) => {
    void way.tunnel(asked, client, head);
  });
  server.on('clientError', (_, client) => client.destroy());
  const open = new Set<Socket>();
  server.on('connection', (client: Socket) => {
    open.add(client);
    client.once('close', () => open.delete(client));
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(socket, resolve));
  // The folder is closed to everybody else; under root it is another user who connects.
  await chmod(socket, 0o666);
  return {
    socket,
    async [Symbol.asyncDispose]() {
      for (const client of open) client.destroy();
      server.close();
      await removeTree(folder).catch(() => {});
    },
  };
}

class Way {
  readonly #addresses: Addresses;
  readonly #upstream: Upstream | undefined;
  readonly #env: Readonly<Record<string, string>>;

  constructor({ allowed }: EgressOptions, env: Readonly<Record<string, string>>) {
    this.#addresses = new Addresses(allowed);
    this.#upstream = upstreamOf(env);
    this.#env = env;
  }

  #upstreamFor(target: Target | undefined): Upstream | undefined {
    return target && isDirect(target, this.#env) ? undefined : this.#upstream;
  }

  async tunnel(asked: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
    client.on('error', () => client.destroy());
    const target = targetOf(`http://${asked.url}`, 443);
    const reach = await this.#judge(target);
    if (reach.kind === 'refused') return refuseTunnel(client, reach.why);
    const upstream = this.#upstreamFor(target);
    const { host, port } = upstream ?? { host: reach.address, port: target!.port };
    const server = connect({ host, port, timeout: CONNECT_MS });
    server.on('timeout', () => server.connecting && server.destroy());
    let isOpen = false;
    server.on('error', (error) => {
      if (isOpen) client.destroy();
      else refuseTunnel(client, `${asked.url}: ${error.message}`);
    });
    client.on('close', () => server.destroy());
    server.once('connect', () => {
      isOpen = true;
      server.on('close', () => client.destroy());
      if (upstream) server.write(askUpstream(upstream, asked.url!));
      else client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      if (head.length > 0) server.write(head);
      server.pipe(client).pipe(server);
    });
  }

  async forward(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const target = targetOf(asked.url ?? '', 80);
    const reach = await this.#judge(target);
    if (reach.kind === 'refused') return refuse(answer, 403, reach.why);
    const upstream = this.#upstreamFor(target);
    const { host, port } = upstream ?? { host: reach.address, port: target!.port };
    const { pathname, search } = new URL(asked.url!);
    const path = upstream ? asked.url! : `${pathname}${search}`;
    const authorized = upstream?.authorization && { 'proxy-authorization': upstream.authorization };
    const headers = { ...withoutHop(asked), host: new URL(asked.url!).host, ...authorized };
    const sent = request({ host, port, path, method: asked.method!, headers, timeout: CONNECT_MS }, (got) => {
      answer.writeHead(got.statusCode ?? 502, withoutHop(got));
      got.pipe(answer);
    });
    sent.on('error', (error) => refuse(answer, 502, `${asked.url}: ${error.message}`));
    answer.on('close', () => sent.destroy());
    asked.pipe(sent);
  }

  /** A name only the operator's proxy knows is left to it. */
  async #judge(target: Target | undefined) {
    if (target === undefined) return { kind: 'refused', why: 'only http:// and CONNECT host:port' } as const;
    const reach = await this.#addresses.reach(target);
    const isUnknown = reach.kind === 'refused' && reach.why.startsWith('there is no address');
    return isUnknown && this.#upstreamFor(target)
      ? ({ kind: 'address', address: target.host } as const)
      : reach;
  }
}

function askUpstream({ authorization }: Upstream, target: string): string {
  const authorized = authorization ? `proxy-authorization: ${authorization}\r\n` : '';
  return `CONNECT ${target} HTTP/1.1\r\nhost: ${target}\r\n${authorized}\r\n`;
}

function targetOf(url: string, port: number): Target | undefined {
  if (!URL.canParse(url) || !url.startsWith('http://')) return undefined;
  const parsed = new URL(url);
  const host = parsed.hostname.replace(/^\[(.*)\]$/, '$1');
  return host === '' ? undefined : { host, port: Number(parsed.port) || portSaid(url) || port };
}

/** A default port is dropped by URL. */
const portSaid = (url: string): number => Number(/^http:\/\/[^/]*:(\d+)(?:\/|$)/.exec(url)?.[1] ?? 0);

const withoutHop = ({ headers }: IncomingMessage) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP.includes(name)));

function refuse(answer: ServerResponse, status: number, why: string): void {
  if (answer.headersSent) return void answer.destroy();
  answer.writeHead(status, { 'content-type': 'text/plain', connection: 'close' }).end(`swarm: ${why}\n`);
}

function refuseTunnel(client: Duplex, why: string): void {
  const text = `swarm: ${why}\n`;
  const head = `HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain\r\ncontent-length: ${Buffer.byteLength(text)}\r\n`;
  client.end(`${head}connection: close\r\n\r\n${text}`);
}
