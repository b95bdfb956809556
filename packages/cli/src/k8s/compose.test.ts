/** infra/compose.yaml, as far as that can be told without an engine: what it names is there, and workers are told what the manifests tell them. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { statePaths } from '../finding/paths.ts';
import { tokenFile } from '../serving/token.ts';
import { manifests } from './manifests.ts';

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
  const deployment = manifests(ask).find(({ kind }) => kind === 'Deployment')!;
  const { args } = JSON.parse(JSON.stringify(deployment)).spec.template.spec.containers[0];
  for (const name of ['worker-1', 'worker-2']) {
    const { command, stop_grace_period: grace } = compose.services[name];
    assert.deepEqual(flagsOf(command), flagsOf(args));
    assert.deepEqual([command[0], command[command.indexOf('--name') + 1], grace], ['worker', name, '16m']);
  }
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
