/** Ways to a remote that go wrong: real git daemon and git over HTTP on loopback, and what stands between. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Owner, World } from './world.ts';

export interface Crossing {
  readonly url: string;
  /** Connections so far. */
  readonly connections: number;
  /** From now on: `cut` lets a push through and loses the answer; `late` holds every connection back by so many ms. */
  readonly mode: { cut: boolean; lateMs: number; refuse: boolean };
}

const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;

async function listening(t: Owner, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => void server.close());
  return portOf(server);
}

/** The world's `origin.git` by git's own protocol, through a proxy that obeys `mode`. */
export async function gitDaemon(t: Owner, world: World): Promise<Crossing> {
  const mode = { cut: false, lateMs: 0, refuse: false };
  let connections = 0;
  const server = createServer({ allowHalfOpen: true }, (client) => {
    connections += 1;
    client.on('error', () => client.destroy());
    if (mode.refuse) client.destroy();
    else void pause(mode.lateMs).then(() => bridge(client, startService(world), mode));
  });
  const url = `git://127.0.0.1:${await listening(t, server)}/origin.git`;
  return {
    url,
    mode,
    get connections() {
      return connections;
    },
  };
}

type Service = ReturnType<typeof startService>;

/** `git daemon --inetd`: one process for one connection, on its standard input and output. */
function startService(world: World) {
  const args = ['daemon', '--inetd', '--export-all', '--enable=receive-pack', `--base-path=${world.root}`];
  const service = spawn('git', [...args, world.root], { env: world.environment() });
  service.stdin.on('error', () => undefined);
  return service;
}

/** With `cut` the answer to a pack is kept back until the service is done, and then lost with the connection. */
function bridge(client: Socket, service: Service, mode: Crossing['mode']): void {
  let hasPack = false;
  client.on('data', (chunk: Buffer) => {
    hasPack ||= mode.cut && chunk.includes('PACK');
    service.stdin.write(chunk);
  });
  client.on('end', () => service.stdin.end());
  client.on('close', () => service.stdin.end());
  service.stdout.on('data', (chunk: Buffer) => {
    if (!hasPack) client.write(chunk);
  });
  service.on('close', () => {
    if (hasPack) {
      mode.cut = false;
      client.destroy();
    } else client.end();
  });
}

export interface Guarded {
  readonly url: string;
  /** What it asks of `git receive-pack` from now on: nothing, or a key nobody has. */
  readonly mode: { isExpired: boolean };
}

/** The world's `origin.git` over HTTP, by git's own backend; a key that has expired is answered with 401. */
export async function gitOverHttp(t: Owner, world: World): Promise<Guarded> {
  const mode = { isExpired: false };
  const server = createHttpServer((request, response) => {
    const { pathname, search } = new URL(request.url!, 'http://origin.test');
    if (mode.isExpired && `${pathname}${search}`.includes('git-receive-pack')) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="origin"' }).end('the token has expired\n');
      return;
    }
    const backend = spawn('git', ['http-backend'], {
      env: world.environment({
        GIT_PROJECT_ROOT: world.root,
        GIT_HTTP_EXPORT_ALL: '1',
        PATH_INFO: pathname,
        QUERY_STRING: search.slice(1),
        REQUEST_METHOD: request.method!,
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
        REMOTE_USER: 'somebody',
        REMOTE_ADDR: '127.0.0.1',
      }),
    });
    backend.stdin.on('error', () => undefined);
    request.pipe(backend.stdin);
    const answer: Buffer[] = [];
    backend.stdout.on('data', (chunk: Buffer) => answer.push(chunk));
    backend.on('close', () => {
      const all = Buffer.concat(answer);
      const end = all.indexOf('\r\n\r\n');
      const lines = all.toString('latin1', 0, end).split('\r\n');
      const fields = lines.map((line) => [
        line.slice(0, line.indexOf(':')),
        line.slice(line.indexOf(':') + 1).trim(),
      ]);
      const status = fields.find(([name]) => name === 'Status')?.[1] ?? '200';
      for (const [name = '', value = ''] of fields)
        if (name !== 'Status' && name) response.setHeader(name, value);
      response.writeHead(Number.parseInt(status, 10)).end(all.subarray(end + 4));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${portOf(server)}/origin.git`, mode };
}
