/** A real nats-server as docs/mesh.md sets one up: configuration and identities by `swarm workers --setup`, TLS by openssl. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import type { Running } from './program.ts';
import type { HowStarted, World } from './world.ts';

const exec = promisify(execFile);
const PATH = `${process.env.PATH}:/usr/sbin`;
const there = spawnSync('nats-server', ['--version'], { env: { ...process.env, PATH } }).status;
export const noServer: { readonly skip?: string } =
  there === 0 ? {} : { skip: 'nats-server is not there; fix: apt-get install nats-server' };

export interface MessageServer {
  readonly url: string;
  readonly folder: string;
  /** The authority that vouches for it, and one that does not. */
  readonly ca: string;
  readonly otherCa: string;
  /** The file of `home` or of a host. */
  credsOf(name: string): string;
  /** The server reads its configuration again. */
  reload(): void;
  /** What a command needs to be home there. */
  readonly asHome: readonly string[];
  /** A host of that name, with these credentials or its own. Waits until it offers its slots. */
  worker(name: string, ...more: (string | HowStarted)[]): Promise<Running>;
}

export interface ServerAsk {
  readonly hosts: readonly string[];
  readonly hasTls?: boolean;
}

/** Ended with the test. */
export async function messageServer(
  t: TestContext,
  world: World,
  { hosts, hasTls = false }: ServerAsk,
): Promise<MessageServer> {
  const folder = join(world.root, 'nats');
  const port = await freePort();
  const named = hosts.flatMap((host) => ['--host', host]);
  const listen = ['--listen', `127.0.0.1:${port}`];
  const setUp = await world.swarm(['workers', '--setup', folder, ...named, ...listen]);
  assert.equal(setUp.code, 0, setUp.stderr);
  const config = join(folder, 'nats-server.conf');
  const pem = (name: string): string => join(folder, 'tls', name);
  if (hasTls) {
    await certificates(join(folder, 'tls'));
    await appendFile(config, `tls { cert_file: "${pem('server.pem')}", key_file: "${pem('server.key')}" }\n`);
  }
  const child = await serving(t, port, ['-c', config]);
  const url = `${hasTls ? 'tls' : 'nats'}://127.0.0.1:${port}`;
  const credsOf = (name: string): string => join(folder, `${name}.seed`);
  return {
    url,
    folder,
    ca: pem('ca.pem'),
    otherCa: pem('other.pem'),
    credsOf,
    reload: () => void child.kill('SIGHUP'),
    asHome: [
      ...['--nats', url, '--nats-creds', credsOf('home')],
      ...(hasTls ? ['--nats-ca', pem('ca.pem')] : []),
    ],
    async worker(name, ...given) {
      const more = given.filter((one) => typeof one === 'string');
      const how = given.find((one) => typeof one !== 'string');
      const args = [
        ...['worker', '--nats', url, '--name', name, '--sandbox', 'none'],
        ...['--state', join(world.root, 'hosts', name)],
        ...(more.includes('--creds') ? [] : ['--creds', credsOf(name)]),
        ...(hasTls ? ['--ca', pem('ca.pem')] : []),
        ...more,
      ];
      const running = world.start(args, how);
      t.after(async () => {
        running.kill('SIGKILL');
        await running.ended;
      });
      await running.line(new RegExp(`${name} offers`));
      return running;
    },
  };
}

/** Ended with the test. */
async function serving(t: TestContext, port: number, args: readonly string[]): Promise<ChildProcess> {
  const child = spawn('nats-server', args, { env: { PATH }, stdio: 'ignore' });
  t.after(async () => {
    const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
    child.kill('SIGKILL');
    await ended;
  });
  while (!(await answers(port))) {
    assert.equal(child.exitCode, null, 'nats-server has ended');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return child;
}

/** One without TLS and without users, at an address that promises TLS. */
export async function openServer(t: TestContext): Promise<string> {
  const port = await freePort();
  await serving(t, port, ['--addr', '127.0.0.1', '--port', String(port)]);
  return `tls://127.0.0.1:${port}`;
}

/** An authority, a server's certificate by it, and an authority that has nothing to do with either. */
async function certificates(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const openssl = (...args: string[]) => exec('openssl', args, { cwd: folder });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  for (const name of ['ca', 'other'])
    await openssl(
      'req',
      '-x509',
      ...key,
      '-subj',
      `/CN=${name}`,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.pem`,
    );
  const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-addext', 'subjectAltName=IP:127.0.0.1'];
  await openssl(
    'req',
    '-x509',
    ...key,
    '-subj',
    '/CN=nats',
    ...by,
    '-keyout',
    'server.key',
    '-out',
    'server.pem',
  );
}

/** Free a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
