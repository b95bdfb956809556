/** infra/compose.yaml, as far as that can be told without an engine: what it names is there, and workers are told what the manifests tell them. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { connectNats, newIdentity, serverConfig } from '@swarm/mesh/nats';
import { parse } from 'yaml';
import { statePaths } from '../finding/paths.ts';
import { tokenFile } from '../serving/token.ts';
import { manifests } from './manifests.ts';

const SERVER = ['/usr/sbin/nats-server', '/usr/bin/nats-server', '/usr/local/bin/nats-server'].find(
  existsSync,
);
const needsServer = SERVER ? {} : { skip: 'nats-server is not there; fix: apt-get install nats-server' };

const INFRA = join(import.meta.dirname, '../../../../infra');
const compose = parse(await readFile(join(INFRA, 'compose.yaml'), 'utf8'), { merge: true });
const dockerfile = await readFile(join(INFRA, 'docker/Dockerfile'), 'utf8');

/** Each flag, without what is said by it. */
const flagsOf = (words: readonly string[]): string[] => words.filter((word) => word.startsWith('--'));

test('home, NATS, two workers and a Prometheus, each with what it is made of', () => {
  const { services } = compose;
  assert.deepEqual(Object.keys(services), ['home', 'nats', 'worker-1', 'worker-2', 'prometheus']);
  for (const [name, one] of Object.entries<{ image?: string; build?: { dockerfile: string } }>(services)) {
    assert.ok(one.image, name);
    if (one.build) assert.ok(existsSync(join(INFRA, '..', one.build.dockerfile)), name);
  }
  for (const name of ['swarm.rules.yml', 'workers.rules.yml'])
    assert.ok(existsSync(join(INFRA, compose.configs[name].file)));
});

test('workers have the same flags as in a cluster, and as long to drain', () => {
  const ask = {
    namespace: 'n',
    image: 'i',
    replicas: 1,
    slots: 2,
    nats: new URL('nats://nats:4222'),
    drainSeconds: 900,
  };
  const set = manifests(ask).find(({ kind }) => kind === 'StatefulSet')!;
  const { args } = JSON.parse(JSON.stringify(set)).spec.template.spec.containers[0];
  for (const name of ['worker-1', 'worker-2']) {
    const { command, stop_grace_period: grace } = compose.services[name];
    assert.deepEqual(flagsOf(command), flagsOf(args));
    assert.deepEqual([command[0], command[command.indexOf('--name') + 1], grace], ['worker', name, '16m']);
  }
});

test('home and each worker are somebody of their own to NATS, by what swarm workers --setup writes', () => {
  const hosts = ['worker-1', 'worker-2'];
  for (const [service, flag, name] of [
    ['home', '--nats-creds', 'home'],
    ...hosts.map((host) => [host, '--creds', host] as const),
  ] as const) {
    const { command, secrets } = compose.services[service];
    assert.equal(command[command.indexOf(flag) + 1], `/run/secrets/${name}.seed`);
    assert.deepEqual(secrets, [`${name}.seed`]);
    assert.match(compose.secrets[`${name}.seed`].file, new RegExp(`/${name}\\.seed$`));
  }
  assert.match(compose.configs['nats-server.conf'].file, /\/nats-server\.conf$/);
});

test('NATS starts as it is told there, lets in nobody it does not know', needsServer, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-compose-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const home = newIdentity();
  const config = serverConfig({
    listen: '127.0.0.1:0',
    store: join(folder, 'data'),
    home: home.publicKey,
    hosts: new Map([['worker-1', newIdentity().publicKey]]),
  });
  await writeFile(join(folder, 'nats-server.conf'), config);
  await writeFile(join(folder, 'home.seed'), home.seed);
  const { command } = compose.services.nats as { command: readonly string[] };
  const words = command.map((word) => word.replace('/etc/nats', folder));
  const ports = ['--ports_file_dir', folder, '--port', '-1'];
  const server = spawn(SERVER!, [...words, ...ports], { stdio: ['ignore', 'ignore', 'pipe'] });
  t.after(async () => {
    const ended = server.exitCode === null ? once(server, 'exit') : undefined;
    server.kill('SIGKILL');
    await ended;
  });
  let url: string | undefined;
  for await (const line of createInterface({ input: server.stderr })) {
    url ??= /Listening for client connections on (\S+)/.exec(line)?.[1];
    if (/Server is ready/.test(line)) break;
  }
  const ask = { url: `nats://${url}`, name: 'home', waits: false };
  await assert.rejects(connectNats(ask), /cannot be used/);
  const connected = await connectNats({ ...ask, creds: join(folder, 'home.seed') });
  await connected.close();
});

test('Prometheus reads the home’s token where it lies, as its user, under a name the home answers to', () => {
  const [scrape] = parse(compose.configs['prometheus.yml'].content).scrape_configs;
  const repository = dockerfile.match(/^WORKDIR (\S+)$/m)![1]!;
  const home = '/home/swarm';
  const file = tokenFile(statePaths(repository, { HOME: home }));
  assert.equal(scrape.authorization.credentials_file, file.replace(`${home}/.local/state`, '/state'));
  const { user, network_mode: network, volumes } = compose.services.prometheus;
  assert.deepEqual([user, network, volumes], ['1000:1000', 'service:home', ['home-state:/state:ro']]);
  assert.deepEqual(scrape.static_configs, [{ targets: ['127.0.0.1:7420'] }]);
});
