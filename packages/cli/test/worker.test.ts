/** `swarm worker` that is told to stop, and hosts that cannot be. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { FILES as BICYCLE, GATE, modelEnvironment, plannerAnswer, workerAnswer } from './support/bicycle.ts';
import { startCollector } from './support/collector.ts';
import { freePort, messageServer, noServer } from './support/message-server.ts';
import { startModelServer } from './support/model-server.ts';
import { contained, World } from './support/world.ts';

interface Told {
  readonly type: string;
  readonly attempt?: string;
  readonly on?: { readonly host: string };
  readonly reason?: string;
  readonly host?: string;
  readonly reserved?: { readonly tokens: number };
  readonly usage?: {
    readonly claimed?: true;
    readonly calls: number;
    readonly inputTokens: number;
    readonly outputTokens: number;
  };
}

/** What the journal says of attempts and of hosts that went. */
async function toldIn(world: World): Promise<readonly string[]> {
  const journal = await readFile(join(await world.runFolder(), 'journal.ndjson'), 'utf8');
  const events = journal
    .trim()
    .split('\n')
    .flatMap((line) => (JSON.parse(line) as { events: Told[] }).events);
  return events.flatMap(({ type, attempt, on, reason, host }) => {
    if (type === 'attempt.started') return [`${attempt} on ${on?.host}`];
    if (type === 'attempt.ended') return [`${attempt} ${reason}`];
    return type === 'host.left' ? [`${host} left`] : [];
  });
}

const FILES = { 'README.md': 'shop\n' };
const waiting = (world: World, name: string) => ({
  title: `Write ${name}`,
  description: `touch ${world.root}/at-${name}; until test -e ${world.root}/go; do sleep 0.05; done; echo ${name} > ${name}.txt`,
  scope: [`${name}.txt`],
});

test(
  'a host that is told to stop ends the work it has, takes nothing new, says goodbye and exits 0; told twice it gives its work up',
  noServer,
  async (t) => {
    const world = await World.with(t, FILES);
    const server = await messageServer(t, world, { hosts: ['a', 'b', 'c'] });
    const port = await freePort();
    const first = await server.worker('a', '--slots', '1', '--health-port', String(port));
    const health = async (path: string) => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`);
      const { status, atWork } = (await answer.json()) as { status: string; atWork?: number };
      return [answer.status, status, ...(atWork === undefined ? [] : [atWork])];
    };
    const plan = [waiting(world, 'a'), { ...waiting(world, 'b'), dependsOn: [] }];
    const run = world.start(await world.plan(plan, '--gate', 'true', '--sandbox', 'none', ...server.asHome));
    await world.until(() => existsSync(join(world.root, 'at-a')));
    assert.deepEqual(await health('/readyz'), [200, 'ready']);
    first.kill('SIGTERM');
    await first.line(/leaving/);
    // Signals of one moment are one request.
    first.kill('SIGTERM');
    assert.deepEqual(await health('/readyz'), [503, 'draining']);
    assert.deepEqual(await health('/healthz'), [200, 'ok', 1]);
    await world.release();
    assert.equal((await first.ended).code, 0);
    await run.line(/a is gone: it was told to stop/);
    const soFar = await toldIn(world);
    assert.deepEqual(soFar, ['t1.1 on a', 't1.1 handed-in', 'a left']);
    await world.hold();
    const second = await server.worker('b', '--slots', '1');
    await world.until(() => existsSync(join(world.root, 'at-b')));
    second.kill('SIGTERM');
    await second.line(/leaving/);
    const given = second.line(/a second signal/);
    await second.insist('SIGTERM', given);
    assert.equal((await second.ended).code, 130);
    await world.release();
    await server.worker('c', '--slots', '1');
    const { code, stderr } = await run.ended;
    assert.equal(code, 0, stderr);
    assert.deepEqual(await toldIn(world), [
      ...soFar,
      't2.1 on b',
      't2.1 lost',
      'b left',
      't2.2 on c',
      't2.2 handed-in',
    ]);
  },
);

test(
  'what a host does is in the trace of the run, under its attempt, and so is what its agents are started with',
  noServer,
  async (t) => {
    const world = await World.with(t, FILES);
    const server = await messageServer(t, world, { hosts: ['a'] });
    const { url, spans } = await startCollector(t);
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: url };
    const host = await server.worker('a', '--slots', '1', { env });
    const description = `echo "$TRACEPARENT" >> ${world.root}/told.txt; echo a > a.txt`;
    const task = { title: 'Write a', description, scope: ['a.txt'] };
    const flags = ['--gate', 'true', '--sandbox', 'none', ...server.asHome];
    const ran = await world.swarm(await world.plan([task], ...flags), { env });
    assert.equal(ran.code, 0, ran.stderr);
    host.kill('SIGTERM');
    await host.ended;
    const root = spans.find(({ name }) => name === 'swarm.run')!;
    const attempt = spans.find(({ name }) => name === 'swarm.attempt')!;
    const done = spans.filter(({ name }) => name.startsWith('swarm.host.'));
    assert.deepEqual([...new Set(done.map(({ name }) => name))].sort(), [
      'swarm.host.agent',
      'swarm.host.close',
      'swarm.host.open',
      'swarm.host.save',
      'swarm.host.shell',
    ]);
    assert.deepEqual([...new Set(done.map(({ traceId }) => traceId))], [root.traceId]);
    const agent = done.find(({ name }) => name === 'swarm.host.agent')!;
    assert.equal(agent.parentSpanId, attempt.spanId);
    assert.deepEqual(agent.attributes, { 'swarm.host': 'a', 'swarm.attempt': 't1.1' });
    const told = (await readFile(join(world.root, 'told.txt'), 'utf8')).trim();
    assert.equal(told, `00-${root.traceId}-${agent.spanId}-01`);
  },
);

test(
  'a host with endpoints of its own asks them and not home; what it says it used is a claim, and the budget books no less than was set aside',
  noServer,
  async (t) => {
    const world = await World.with(t, BICYCLE);
    const server = await messageServer(t, world, { hosts: ['a'] });
    const [ofHome, ofHost] = [
      await startModelServer(t, (call) => plannerAnswer(call, ['axle'])),
      await startModelServer(t, workerAnswer),
    ];
    const none = await world.swarm([
      ...['worker', '--nats', server.url, '--name', 'a', '--creds', server.credsOf('a')],
      ...['--own-models', '--sandbox', 'none', '--check'],
    ]);
    assert.match(
      none.stderr,
      /error\[SW0401\]: this host is to ask models itself, and has no endpoint to ask/,
    );
    await server.worker('a', '--slots', '1', '--own-models', { env: modelEnvironment(ofHost.url) });
    const args = ['run', 'Build a bicycle', '--gate', GATE, '--sandbox', 'none', '--budget', '3Mtok'];
    const ran = await world.swarm([...args, ...server.asHome], { env: modelEnvironment(ofHome.url) });
    assert.equal(ran.code, 0, ran.stderr);
    assert.equal(ofHome.calls.filter(({ isWorker }) => isWorker).length, 0);
    assert.equal(ofHost.calls.length, 3);
    const journal = await readFile(join(await world.runFolder(), 'journal.ndjson'), 'utf8');
    const events = journal
      .trim()
      .split('\n')
      .flatMap((line) => (JSON.parse(line) as { events: Told[] }).events);
    const { reserved } = events.find(({ type }) => type === 'attempt.started')!;
    const { usage } = events.find(({ type }) => type === 'attempt.ended')!;
    assert.ok(reserved!.tokens > 10_000);
    assert.deepEqual(
      [usage!.claimed, usage!.calls, usage!.inputTokens + usage!.outputTokens],
      [true, 3, reserved!.tokens],
    );
    assert.match((await world.swarm(['explain', 't1'])).stdout, /as its host says/);
    assert.match((await world.swarm(['report'])).stdout, /some of it as hosts say/);
    assert.equal((await world.swarm(['verify'])).code, 0);
  },
);

test(
  'hosts of this machine are refused where it has no message server, before anything is written',
  contained,
  async (t) => {
    const world = await World.with(t, FILES);
    const hidden = ['/usr/sbin', '/usr/local/sbin']
      .filter(existsSync)
      .flatMap((folder) => ['--tmpfs', folder]);
    const through = ['bwrap', '--dev-bind', '/', '/', ...hidden, '--'];
    const plan = await world.plan(
      [{ title: 'x', description: 'true' }],
      '--gate',
      'true',
      '--sandbox',
      'none',
    );
    const { code, stderr } = await world.swarm([...plan, '--hosts', '2'], { through });
    assert.equal(code, 78, stderr);
    assert.match(
      stderr,
      /error\[SW0341\]: there is no nats-server on this machine[\s\S]*package is nats-server[\s\S]*fix +apt-get install nats-server/,
    );
    assert.ok(!existsSync(world.runs));
  },
);

test(
  'two workers of one name are not both at work: one folder has one worker, and elsewhere the later one counts',
  noServer,
  async (t) => {
    const world = await World.with(t, FILES);
    const server = await messageServer(t, world, { hosts: ['a'] });
    const first = await server.worker('a');
    const folder = join(world.root, 'hosts', 'a');
    const asked = ['worker', '--nats', server.url, '--name', 'a', '--creds', server.credsOf('a')];
    const refused = await world.swarm([...asked, '--sandbox', 'none', '--state', folder]);
    assert.equal(refused.code, 75);
    assert.match(refused.stderr, /^error\[SW0501\]: another worker is at work in this folder/m);
    const run = world.start(
      await world.plan([waiting(world, 'a')], '--gate', 'true', '--sandbox', 'none', ...server.asHome),
    );
    await world.until(() => existsSync(join(world.root, 'at-a')));
    const later = await server.worker('a', '--state', join(world.root, 'other'));
    const over = await first.ended;
    assert.match(over.stderr, /error\[SW0741\]: a later worker of the name a is there, and this one stops/);
    await world.release();
    assert.equal((await run.ended).code, 0);
    later.kill('SIGTERM');
    assert.equal((await later.ended).code, 0);
  },
);
