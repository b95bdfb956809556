/**
 * The way out of a sandbox that has one: a proxy of ours on a unix socket. Inside there is a network of its own, with
 * nobody in it; whatever is asked for by HTTP or CONNECT is judged here by its host and address, and connected to from
 * here. Every command has a proxy of its own, in a folder that is shown to that command alone and gone when it ends.
 */
import { chmod, mkdtemp } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { Reached } from '@swarm/core/ports/running';
import { Addresses, type Lookup } from './egress-address.ts';
import { EgressCounts } from './egress-counts.ts';
import type { HostRules } from './egress-hosts.ts';
import { authorityOf, readAuthority, readHttpUrl, type Target } from './egress-target.ts';
import { isDirect, tunnelRequest, type Upstream, upstreamOf } from './egress-upstream.ts';
import { removeTree } from './remove-tree.ts';

export interface EgressRules extends HostRules {
  /** The key of the configuration whose list it is, for whoever is refused. */
  readonly key: string;
}

export interface EgressParts {
  /** The command's own: the proxy it was to use is used for it. */
  readonly env?: Readonly<Record<string, string>>;
  /** Told now and then, and at the end, what was asked for since. */
  readonly onReach?: ((reached: readonly Reached[]) => void) | undefined;
  /** Default: the system's. */
  readonly lookup?: Lookup;
}

export interface Egress extends AsyncDisposable {
  /** Host path; whoever may open the folder above it may connect. */
  readonly socket: string;
  /** `host:port` of what was asked for and not let through, the first ones first. */
  refused(): readonly string[];
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

export async function openEgress(rules: EgressRules, parts: EgressParts = {}): Promise<Egress> {
  const counts = new EgressCounts(parts.onReach);
  const way = new Way(rules, parts, counts);
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
    refused: () => counts.refused(),
    async [Symbol.asyncDispose]() {
      for (const client of open) client.destroy();
      server.close();
      way.settle();
      counts.flush();
      await removeTree(folder).catch(() => {});
    },
  };
}

type Judged = { readonly connectTo: Target; readonly upstream: Upstream | undefined };

class Way {
  readonly #addresses: Addresses;
  readonly #upstream: Upstream | undefined;
  readonly #env: Readonly<Record<string, string>>;
  readonly #key: string;
  readonly #counts: EgressCounts;
  readonly #unsettled = new Set<() => void>();

  constructor(rules: EgressRules, { env = {}, lookup }: EgressParts, counts: EgressCounts) {
    this.#addresses = new Addresses(rules, lookup);
    this.#upstream = upstreamOf(env);
    this.#env = env;
    this.#key = rules.key;
    this.#counts = counts;
  }

  /** What the tunnel is asked for counts; whatever name is said inside it, it ends at that address. */
  async tunnel(asked: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
    client.on('error', () => client.destroy());
    const target = readAuthority(asked.url ?? '', 443);
    if (!target) return refuseTunnel(client, 403, 'only http:// and CONNECT host:port');
    const judged = await this.#judge(target);
    if ('why' in judged) return refuseTunnel(client, judged.status, judged.why);
    const authority = authorityOf(target);
    const server = connect({ ...judged.connectTo, timeout: CONNECT_MS });
    server.on('timeout', () => server.connecting && server.destroy());
    let isOpen = false;
    server.on('error', (error) => {
      if (isOpen) client.destroy();
      else refuseTunnel(client, 502, `${authority}: ${error.message}`);
    });
    client.on('close', () => server.destroy());
    this.#measure(server, authority);
    server.once('connect', () => {
      isOpen = true;
      server.on('close', () => client.destroy());
      if (judged.upstream) server.write(tunnelRequest(judged.upstream, authority));
      else client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      if (head.length > 0) server.write(head);
      server.pipe(client).pipe(server);
    });
  }

  /** The host of the address counts, and is what the server is told; whatever the header said. */
  async forward(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const target = readHttpUrl(asked.url ?? '');
    if (!target) return refuse(answer, 403, 'only http:// and CONNECT host:port');
    const judged = await this.#judge(target);
    if ('why' in judged) return refuse(answer, judged.status, judged.why);
    const { upstream, connectTo } = judged;
    const authority = authorityOf(target);
    const host = target.port === 80 ? authority.replace(/:80$/, '') : authority;
    const path = upstream ? `http://${host}${target.path}` : target.path;
    const authorized = upstream?.authorization && { 'proxy-authorization': upstream.authorization };
    const headers = { ...withoutHop(asked), host, ...authorized };
    // A connection of its own: none is left over for what another command asks.
    const options = { ...connectTo, path, method: asked.method!, headers, timeout: CONNECT_MS, agent: false };
    const sent = request(options, (got) => {
      answer.writeHead(got.statusCode ?? 502, withoutHop(got));
      got.pipe(answer);
    });
    sent.on('socket', (socket) => this.#measure(socket, authority));
    sent.on('error', (error) => refuse(answer, 502, `${authority}: ${error.message}`));
    answer.on('close', () => sent.destroy());
    asked.pipe(sent);
  }

  /** Counts what is under way, before it is over. */
  settle(): void {
    for (const settle of this.#unsettled) settle();
  }

  #measure(socket: Socket, authority: string): void {
    const settle = (): void => {
      if (!this.#unsettled.delete(settle)) return;
      this.#counts.add(authority, { up: socket.bytesWritten, down: socket.bytesRead });
    };
    this.#unsettled.add(settle);
    socket.once('close', settle);
  }

  async #judge(target: Target): Promise<Judged | { readonly status: number; readonly why: string }> {
    const reach = await this.#addresses.reach(target);
    const authority = authorityOf(target);
    if (reach.kind === 'refused') {
      this.#counts.add(authority, { refused: 1 });
      return { status: 403, why: `${reach.why}; the operator's sandbox.${this.#key} says which` };
    }
    this.#counts.add(authority, { requests: 1 });
    const upstream = isDirect(target, this.#env) ? undefined : this.#upstream;
    if (upstream) return { connectTo: { host: upstream.host, port: upstream.port }, upstream };
    // A name only the operator's proxy knows is left to it, and to nobody else.
    if (reach.kind === 'unknown') return { status: 502, why: reach.why };
    return { connectTo: { host: reach.address, port: target.port }, upstream };
  }
}

const withoutHop = ({ headers }: IncomingMessage) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP.includes(name)));

function refuse(answer: ServerResponse, status: number, why: string): void {
  if (answer.headersSent) return void answer.destroy();
  answer.writeHead(status, { 'content-type': 'text/plain', connection: 'close' }).end(`swarm: ${why}\n`);
}

function refuseTunnel(client: Duplex, status: number, why: string): void {
  const text = `swarm: ${why}\n`;
  const said = status === 403 ? 'Forbidden' : 'Bad Gateway';
  const head = `HTTP/1.1 ${status} ${said}\r\ncontent-type: text/plain\r\ncontent-length: ${Buffer.byteLength(text)}\r\n`;
  client.end(`${head}connection: close\r\n\r\n${text}`);
}
