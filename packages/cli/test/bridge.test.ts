/** `swarm serve --bridge` with workers and orchestrators that other people would write: Node's own WebSocket, Python's standard library, curl. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { broadcast, type CallError, call, createWorker, subscribe } from '@swarm/worker-sdk';
import { bridgeOf, foreign, node, python } from './support/bridge.ts';
import { asked } from './support/served.ts';
import { World } from './support/world.ts';

const FILES = { 'README.md': 'shop\n' };
const NAMES = ['worker-1.relay', 'worker-2.relay', 'worker-3.relay'] as const;

async function openBridge(t: TestContext, ...args: string[]) {
  const world = await World.with(t, FILES);
  return { world, site: await bridgeOf(t, world, ...args) };
}

for (const isOpen of [false, true])
  test(`three workers announce themselves, and an orchestrator hands them twelve documents in turn, ${isOpen ? 'without' : 'with'} the token`, async (t) => {
    const { site: served } = await openBridge(t, ...(isOpen ? ['--open-bridge'] : []));
    const site = isOpen ? { ...served, token: '' } : served;
    for (const name of NAMES) await node(t, site, 'worker.mjs', '--name', name).line(/announced/);
    const { code, output } = await node(t, site, 'orchestrator.mjs').ended;
    assert.match(output, /^12 of 12$/m);
    for (const name of NAMES) assert.match(output, new RegExp(`^${name} did 4$`, 'm'));
    assert.equal(code, 0);
  });

test('a worker is killed in the middle of a call: the caller is told 503, the next worker does it, and twelve of twelve are done', async (t) => {
  const { site } = await openBridge(t);
  const [one, two, three] = NAMES;
  await node(t, site, 'worker.mjs', '--name', one).line(/announced/);
  const dying = node(t, site, 'worker.mjs', '--name', two, '--hold', '2');
  await dying.line(/announced/);
  await node(t, site, 'worker.mjs', '--name', three).line(/announced/);
  const orchestrator = node(t, site, 'orchestrator.mjs');
  await dying.line(/holding/);
  dying.kill('SIGKILL');
  const { code, output } = await orchestrator.ended;
  assert.match(output, /^worker-2\.relay: 503$/m);
  assert.match(output, /^12 of 12$/m);
  assert.equal(code, 0);
});

test('a worker in Python, without a package, registers, answers, and tells what it cannot do', async (t) => {
  const { site } = await openBridge(t);
  await python(t, site, '--name', 'py', '--version', '2.1', '--max-tasks', '1').line(/registered py/);
  assert.equal(
    await call(site, { to: 'py:v2', method: 'process', payload: 'a b c' }),
    '{"by": "py", "words": 3}',
  );
  // What takes more than one frame of a kind: 16 and 64 bits of length, and letters of more than one byte.
  for (const many of [100, 200, 70_000]) {
    const payload = 'ö '.repeat(many).trim();
    assert.deepEqual(JSON.parse(await call(site, { to: 'py', method: 'process', payload })), {
      by: 'py',
      words: many,
    });
  }
  await assert.rejects(call(site, { to: 'py', method: 'fly' }), {
    status: 502,
    message: 'py failed: no method fly',
  });
  const second = python(t, site, '--name', 'py');
  await second.line(/error: another worker is registered as py/);
  assert.match((await second.ended).output, /closed 4409/);
});

test('the SDK: a worker that is called, called off, refused, told of the end, and back after the bridge was away', async (t) => {
  const { world, site } = await openBridge(t);
  const called = Promise.withResolvers<AbortSignal>();
  const heard: string[] = [];
  const listening = new AbortController();
  const listen = async () => {
    for await (const { data } of subscribe(site, 'bridge.workers', { lastId: '0', signal: listening.signal }))
      heard.push(JSON.parse(data).event);
  };
  const listened = listen().catch(() => undefined);
  const worker = createWorker(
    { ...site, name: 'sdk', capabilities: ['process@1'], maxTasks: 1 },
    {
      process: (payload) => ({ said: payload }),
      hang: (_, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve('too late'));
          called.resolve(signal);
        }),
      throw: () => {
        throw new Error('as asked');
      },
    },
  );
  await worker.ready;
  assert.equal(await call(site, { to: 'process', method: 'process', payload: 'x' }), '{"said":"x"}');
  await assert.rejects(call(site, { to: 'sdk', method: 'throw' }), {
    status: 502,
    message: 'sdk failed: as asked',
  });
  const hanging = call(site, { to: 'sdk', method: 'hang', timeoutMs: 2_000 }).catch(
    (error: CallError) => error,
  );
  const signal = await called.promise;
  // Its one credit is taken.
  await assert.rejects(call(site, { to: 'any', method: 'process' }), { status: 429 });
  assert.equal(((await hanging) as CallError).status, 504);
  await new Promise((resolve) => (signal.aborted ? resolve(0) : signal.addEventListener('abort', resolve)));
  await worker.stop();
  await world.until(() => heard.length === 2);
  assert.deepEqual(heard, ['joined', 'left']);
  await assert.rejects(call(site, { to: 'sdk', method: 'process' }), { status: 404 });
  listening.abort();
  await listened;
  await broadcast(site, 'news', 'x');
});

test('a worker is back by itself when the bridge was killed and is there again', async (t) => {
  const world = await World.with(t, FILES);
  const first = world.start(['serve', '--bridge', '--port', '0', '--json']);
  const site = JSON.parse(await first.line(/tokenFile/));
  const worker = createWorker({ ...site, name: 'sdk' }, { process: () => 'here' });
  t.after(() => worker.stop());
  await worker.ready;
  first.kill('SIGKILL');
  await first.ended;
  const { port } = new URL(site.url);
  const again = world.start(['serve', '--bridge', '--port', port, '--json']);
  t.after(async () => {
    again.kill('SIGTERM');
    await again.ended;
  });
  await again.line(/tokenFile/);
  for (let said = ''; said !== 'here'; )
    said = await call(site, { to: 'sdk', method: 'process' }).catch(() => '');
});

// ───────────── what the documentation shows ─────────────

/** Each block of commands, with the answer that stands below it, if any. */
function examplesIn(text: string): readonly { readonly commands: string; readonly answer?: string }[] {
  const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```\n(?:```json\n([\s\S]*?)^```\n)?/gm)];
  return blocks.map(([, commands, answer]) => ({ commands: commands!, ...(answer && { answer }) }));
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

test('every example of docs/wire.md does what stands below it', async (t) => {
  const root = join(import.meta.dirname, '../../..');
  const { world, site } = await openBridge(t);
  const examples = examplesIn(await readFile(join(root, 'docs', 'wire.md'), 'utf8'));
  assert.ok(examples.length >= 9, `${examples.length} examples`);
  const END = '──── end of an example';
  const script = [
    `cd '${world.root}' && ln -s '${join(root, 'infra')}' infra`,
    ...examples.map(({ commands }) => `${commands}\necho; echo '${END}'`),
    'kill $(jobs -p)',
  ].join('\n');
  const env = { URL: site.url, TOKEN: site.token, SWARM_BRIDGE_TOKEN: site.token };
  const { output } = await foreign(t, 'bash', ['-c', script], env).ended;
  const told = output.split(END);
  const plain = (text: string) =>
    text
      .split('\n')
      .filter((line) => line !== '' && !/^registered /.test(line))
      .join('\n');
  for (const [i, { answer }] of examples.entries()) {
    if (answer === undefined) continue;
    const expected = plain(answer)
      .split('…')
      .map((part) => escaped(part))
      .join('[^"]+');
    assert.match(plain(told[i] ?? ''), new RegExp(`^${expected}$`), `example ${i + 1}`);
  }
});

test('what is measured of the bridge is told with the runs’ figures, each family once', async (t) => {
  const { site } = await openBridge(t);
  await python(t, site, '--name', 'flaky', '--fail').line(/registered/);
  for (let i = 0; i < 6; i++) await call(site, { to: 'flaky', method: 'process' }).catch(() => undefined);
  const { text } = await asked(site, '/metrics');
  assert.match(text, /^swarm_breaker_state\{target="worker\/flaky"\} 1$/m);
  assert.match(text, /^swarm_bridge_calls_total\{outcome="failed"\} 5$/m);
  assert.match(text, /^swarm_bridge_calls_total\{outcome="unwell"\} 1$/m);
  const families = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
  assert.equal(new Set(families).size, families.length);
});

test('a worker’s own token lets it be that worker, and do nothing else', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const site = await bridgeOf(t, world);
  const told = await world.swarm(['serve', '--worker-token', 'worker-1.relay']);
  const token = told.stdout.trim();
  assert.match(token, /^worker-1\.relay:[A-Za-z0-9_-]{43}$/);
  const its = { url: site.url, token };
  const announces = false;
  const worker = createWorker({ ...its, name: 'worker-1.relay', announces }, { process: () => 'done' });
  t.after(() => worker.stop());
  await worker.ready;
  const body = JSON.stringify({ to: 'worker-1.relay', method: 'process', payload: 'x' });
  const called = await asked(site, '/v1/call', { method: 'POST', body });
  assert.deepEqual([called.status, called.text], [200, 'done']);
  const other = createWorker({ ...its, name: 'worker-2.relay', announces }, { process: () => 'forged' });
  await assert.rejects(other.ready, /its token is that of worker-1\.relay/);
  const forged = { url: site.url, token: token.replace('worker-1', 'worker-2') };
  for (const [path, ask] of [
    ['/v1/call', { method: 'POST', body }],
    ['/v1/broadcast', { method: 'POST', body: '{"topic":"t","payload":"x"}' }],
    ['/v1/subscribe?topic=t', {}],
    ['/v1/workers', {}],
    ['/api/v1/runs', {}],
    ['/metrics', {}],
  ] as const)
    for (const one of [its.token, forged.token])
      assert.equal((await asked(site, path, { ...ask, token: one })).status, 401, path);
  const refused = new Promise((resolve) => {
    const socket = new WebSocket(`${site.url.replace('http', 'ws')}/ws`, {
      headers: { authorization: `Bearer ${forged.token}` },
    } as never);
    socket.onerror = () => resolve('refused');
    socket.onopen = () => resolve('opened');
  });
  assert.equal(await refused, 'refused');
});
