/** `swarm serve --nats`: a repository's runs have their tasks done by hosts, and by the bridge's workers, without naming either twice. */
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createWorker } from '@swarm/worker-sdk';
import { bridgeOf } from './support/bridge.ts';
import { messageServer, noServer } from './support/message-server.ts';
import { asked, type Site } from './support/served.ts';
import { World } from './support/world.ts';

interface Started {
  readonly type: string;
  readonly attempt?: string;
  readonly on?: { readonly host: string };
}

/** Where each attempt ran, of every run there was. */
async function placesIn(world: World): Promise<readonly string[]> {
  const places = [];
  for (const run of await readdir(world.runs)) {
    const journal = await readFile(join(world.runs, run, 'journal.ndjson'), 'utf8');
    for (const line of journal.trim().split('\n'))
      for (const { type, attempt, on } of (JSON.parse(line) as { events: Started[] }).events)
        if (type === 'attempt.started') places.push(`${attempt} ${on?.host ?? 'home'}`);
  }
  return places.sort();
}

test(
  'hosts and workers of the bridge do one run between them, offered by one server; when it ends, or is killed, runs are at home again',
  noServer,
  async (t) => {
    const world = await World.with(t, { 'README.md': 'shop\n' });
    const server = await messageServer(t, world, { hosts: ['builder-1'] });
    await server.worker('builder-1', '--slots', '2');
    const serving = world.start(['serve', '--bridge', '--port', '0', '--json', ...server.asHome]);
    t.after(async () => {
      serving.kill('SIGKILL');
      await serving.ended;
    });
    await serving.line(/hosts at nats:.* do the attempts of runs that begin here/);
    const site = JSON.parse(await serving.line(/"tokenFile":/)) as Site;
    const patch =
      'diff --git a/b.txt b/b.txt\nnew file mode 100644\n--- /dev/null\n+++ b/b.txt\n@@ -0,0 +1 @@\n+two\n';
    const worker = createWorker({ ...site, name: 'elsewhere' }, { process: () => ({ summary: 'b', patch }) });
    t.after(() => worker.stop());
    await worker.ready;
    const figure = async (line: RegExp): Promise<boolean> => line.test((await asked(site, '/metrics')).text);
    for (let isSo = false; !isSo; ) isSo = await figure(/^swarm_hosts\{state="free"\} 1$/m);
    const plan = [
      { title: 'Write a', description: 'echo one > a.txt', scope: ['a.txt'] },
      { title: 'Write b', scope: ['b.txt'], agent: 'elsewhere' },
    ];
    const bridge = ['--bridge', new URL(site.url).port];
    const both = await world.swarm(await world.plan(plan, '--gate', 'true', '--sandbox', 'none', ...bridge));
    assert.equal(both.code, 0, both.stderr);
    assert.match(
      both.stderr,
      /hosts: those at nats:\/\/127\.0\.0\.1:\d+, as swarm serve \(\d+\) offers them/,
    );
    assert.deepEqual(await placesIn(world), ['t1.1 builder-1', 't2.1 home']);
    assert.equal((await world.swarm(['verify'])).code, 0);
    const alone = await world.plan(plan.slice(0, 1), '--gate', 'true', '--sandbox', 'none');
    serving.kill('SIGKILL');
    await serving.ended;
    assert.equal((await world.swarm(alone)).code, 0);
    assert.deepEqual(await placesIn(world), ['t1.1 builder-1', 't1.1 home', 't2.1 home']);
  },
);

test(
  'a server offers no hosts that no run could have, and an offer that is none is said to be so',
  noServer,
  async (t) => {
    const world = await World.with(t, { 'README.md': 'shop\n' });
    const server = await messageServer(t, world, { hosts: ['a'] });
    const started = await world.swarm([
      'serve',
      '--port',
      '0',
      '--nats',
      server.url,
      '--nats-creds',
      server.credsOf('a'),
    ]);
    assert.equal(started.code, 74, started.stderr);
    assert.match(
      started.stderr,
      /error\[SW0742\]: the message server does not let these credentials be home/,
    );
    const site = await bridgeOf(t, world, ...server.asHome);
    const offer = join(site.tokenFile, '..', 'served-hosts.json');
    const { pid } = JSON.parse(await readFile(offer, 'utf8'));
    await writeFile(offer, JSON.stringify({ v: 1, pid, hosts: { url: server.url, creds: 'relative' } }));
    const plan = await world.plan(
      [{ title: 'x', description: 'true' }],
      '--gate',
      'true',
      '--sandbox',
      'none',
    );
    const run = await world.swarm(plan);
    assert.notEqual(run.code, 0);
    assert.match(
      run.stderr,
      /error\[SW0701\]: what swarm serve offers to runs cannot be read[\s\S]*fix.*rm /,
    );
  },
);
