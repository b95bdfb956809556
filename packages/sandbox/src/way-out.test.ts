import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { Reached, RoomCommand, SandboxResult } from '@swarm/core/ports/running';
import type { EgressLists } from './egress-hosts.ts';
import { mapSandbox } from './mapped.ts';
import { bed, docker, type Kind, needs, optionsFor, sandboxOfKind, temporary } from './testing.ts';

/** Kinds that keep a command to its way out. */
const KEEPING: readonly Kind[] = docker ? ['docker'] : ['bubblewrap'];
const NODE = { host: process.execPath, inside: '/opt/node' };
const LIMITS = { wallMs: 20_000, outputBytes: 100_000 };

async function site(t: TestContext): Promise<number> {
  const server = createServer((asked, answer) => answer.end(`reached ${asked.headers.host}\n`));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

type Run = (argv: readonly string[], more?: Partial<RoomCommand>) => Promise<SandboxResult>;

async function roomWith(
  t: TestContext,
  kind: Kind,
  egress: EgressLists,
): Promise<Run & { workspace: string }> {
  const { folder, workspace } = await bed(t, kind);
  const sandbox = sandboxOfKind(kind, { ...optionsFor(folder), egress });
  const room = await sandbox.open({ workspace, readOnly: [NODE], readWrite: [] });
  t.after(() => room.close());
  const run: Run = (argv, more) =>
    room.run({ name: 's', argv, env: {}, network: 'setup', limits: LIMITS, ...more });
  return Object.assign(run, { workspace });
}

/** What the proxy says of these addresses, and what is there without it. */
const probe = (...urls: readonly string[]): readonly string[] => [
  '/opt/node',
  '--input-type=module',
  '-e',
  `import { get } from 'node:http';
  const through = process.env.HTTP_PROXY && new URL(process.env.HTTP_PROXY);
  for (const url of ${JSON.stringify(urls)}) await new Promise((done) => {
    const asked = through ? { host: through.hostname, port: through.port, path: url } : url;
    get(asked, (got) => { got.resume(); console.log(got.statusCode); done(); })
      .on('error', (error) => { console.log(error.code); done(); });
  });
  await new Promise((done) => get('${urls[0]}', (got) => { got.resume(); console.log('direct', got.statusCode); done(); })
    .on('error', (error) => { console.log('direct', error.code); done(); }));`,
];

for (const kind of KEEPING) {
  describe(`the way out under ${kind}`, await needs(kind), () => {
    test('leads setup to what the operator named, tells what it refused, and nothing is reached without it', async (t) => {
      const port = await site(t);
      const run = await roomWith(t, kind, { setup: [`localhost:${port}`], agents: [] });
      const ran = await run(probe(`http://localhost:${port}/`, `http://127.0.0.1:${port}/`));
      assert.equal(ran.output, '200\n403\ndirect ECONNREFUSED\n');
      assert.deepEqual(ran.refused, [`127.0.0.1:${port}`]);
    });

    test('is an agent’s where the operator named hosts for agents, and those alone', async (t) => {
      const port = await site(t);
      const run = await roomWith(t, kind, { setup: ['registry.npmjs.org'], agents: [`localhost:${port}`] });
      const told: Reached[] = [];
      const ran = await run(probe(`http://localhost:${port}/`, 'http://registry.npmjs.org/'), {
        network: 'agent',
        onReach: (reached) => told.push(...reached),
      });
      assert.equal(ran.output, '200\n403\ndirect ECONNREFUSED\n');
      assert.deepEqual(
        told.map(({ authority, requests, refused }) => [authority, requests, refused]),
        [
          [`localhost:${port}`, 1, 0],
          ['registry.npmjs.org:80', 0, 1],
        ],
      );
      const setup = await run(probe(`http://localhost:${port}/`));
      assert.equal(setup.output, '403\ndirect ECONNREFUSED\n', 'what is the agents’ is not setup’s');
    });

    test('is neither there for an agent without such hosts nor for a gate', async (t) => {
      const port = await site(t);
      const show = ['sh', '-c', 'env | grep -i proxy; ls /run/swarm 2>/dev/null; true'];
      const none = await roomWith(t, kind, { setup: ['*'], agents: [] });
      assert.equal((await none(show, { network: 'agent' })).output, '');
      assert.equal((await none(probe(`http://localhost:${port}/`), { network: 'agent' })).refused, undefined);
      const some = await roomWith(t, kind, { setup: ['*'], agents: ['*'] });
      assert.equal((await some(show, { network: 'none' })).output, '');
      assert.match((await some(show, { network: 'agent' })).output, /HTTPS_PROXY=http:\/\/127\.0\.0\.1:\d+/);
    });

    test('is one command’s own: no other finds its socket, and it is gone with it', async (t) => {
      const run = await roomWith(t, kind, { setup: ['*'], agents: ['*'] });
      const begun = Promise.withResolvers<void>();
      const over = new AbortController();
      const held = run(['sh', '-c', 'echo begun; exec sleep 60'], {
        network: 'agent',
        signal: over.signal,
        onLine: () => begun.resolve(),
      });
      await begun.promise;
      const mine = `swarm-egress-${process.pid}-`;
      const folders = (await readdir(tmpdir())).filter((name) => name.startsWith(mine));
      assert.equal(folders.length, 1);
      const socket = join(tmpdir(), folders[0]!, 'egress.sock');
      assert.ok(existsSync(socket));
      const look = ['sh', '-c', `ls ${socket} ${tmpdir()} /run/swarm/egress.sock 2>/dev/null; true`];
      assert.doesNotMatch((await run(look, { network: 'none' })).output, /egress/);
      over.abort();
      await held;
      assert.equal(existsSync(socket), false);
    });

    test('is followed by curl, which is told what it may not reach', async (t) => {
      const port = await site(t);
      const run = await roomWith(t, kind, { setup: [`localhost:${port}`], agents: [] });
      // curl asks no proxy for this machine: it is made to.
      const curl = (url: string, more = '') =>
        `curl -sS --max-time 10 --noproxy '' ${more} '${url}' 2>&1; echo "= $?"`;
      const script = [
        curl(`http://localhost:${port}/`),
        curl(`http://evil.example/`, `-H 'Host: localhost:${port}'`),
        curl(`http://localhost:${port}/`, '--proxytunnel'),
        curl('https://evil.example/'),
        curl('https://localhost@evil.example/'),
        curl('http://2130706433/'),
      ].join('\n');
      const ran = await run(['sh', '-c', script]);
      const [plain, forged, tunnelled, refused, user, decimal] = ran.output.split(/= \d+\n/);
      assert.equal(plain, `reached localhost:${port}\n`);
      assert.match(forged!, /^swarm: evil\.example:80 is not among/);
      assert.equal(tunnelled, `reached localhost:${port}\n`);
      assert.match(refused!, /403/);
      assert.match(user!, /403/);
      assert.match(decimal!, /^swarm: 127\.0\.0\.1:80 is not among/);
      assert.deepEqual(ran.refused, ['evil.example:80', 'evil.example:443', '127.0.0.1:80']);
    });
  });
}

const here = docker ? { skip: 'containers are what is tried' } : await needs('bubblewrap');

describe('the registries of setup', here, () => {
  test('are those of the package managers it has, and no host that its own files name', async (t) => {
    const run = await roomWith(t, 'bubblewrap', { setup: [], agents: [] });
    await writeFile(join(run.workspace, 'package.json'), '{}');
    await writeFile(join(run.workspace, '.npmrc'), 'registry=http://registry.evil.example:4873/\n');
    const lock = {
      lockfileVersion: 3,
      packages: { 'node_modules/a': { version: '1.0.0', resolved: 'https://files.evil.example/a.tgz' } },
    };
    await writeFile(join(run.workspace, 'package-lock.json'), JSON.stringify(lock));
    const ran = await run(
      probe('http://registry.evil.example:4873/a', 'http://pypi.org:443/', 'http://files.evil.example:443/'),
    );
    assert.equal(ran.output.replace(/direct.*\n/, ''), '403\n403\n403\n');
    assert.deepEqual(ran.refused, ['registry.evil.example:4873', 'pypi.org:443', 'files.evil.example:443']);
  });

  test('npm takes a dependency from a registry that the operator named, and is refused one that its settings name', async (t) => {
    const registry = await packages(t);
    const given = async (setup: readonly string[]) => {
      const run = await roomWith(t, 'bubblewrap', { setup, agents: [] });
      await writeFile(join(run.workspace, '.npmrc'), `registry=http://${registry}/\n`);
      await writeFile(join(run.workspace, 'package.json'), '{"dependencies":{"shop-money":"1.0.0"}}');
      const script = 'npm install --no-audit --no-fund 2>&1 && cat node_modules/shop-money/index.js';
      return run(['sh', '-c', script], { env: { CI: '1' } });
    };
    const refused = await given([]);
    assert.notEqual(refused.exitCode, 0);
    assert.match(refused.output, /403/);
    assert.deepEqual(refused.refused, [registry]);
    const taken = await given([registry]);
    assert.equal(taken.exitCode, 0, taken.output);
    assert.match(taken.output, /module\.exports = 100;/);
    assert.equal(taken.refused, undefined);
  });

  test('a value is taken out of hosts that were asked for as out of any output', async (t) => {
    const { folder, workspace } = await bed(t, 'bubblewrap');
    const egress = { setup: ['hidden.localhost:9'], agents: [] };
    const sandbox = mapSandbox(sandboxOfKind('bubblewrap', { ...optionsFor(folder), egress }), {
      command: (command) => command,
      text: () => (text) => text.replaceAll('hidden', '*'),
    });
    const room = await sandbox.open({ workspace, readOnly: [], readWrite: [] });
    t.after(() => room.close());
    const told: string[] = [];
    const ask =
      'curl -s http://hidden.evil.example/; curl -s http://hidden.localhost:9/ --noproxy x > /dev/null';
    const ran = await room.run({
      name: 's',
      argv: ['sh', '-c', ask],
      env: {},
      network: 'setup',
      limits: LIMITS,
      onReach: (reached) => told.push(...reached.map(({ authority }) => authority)),
    });
    assert.match(ran.output, /^swarm: \*\.evil\.example:80 is not among/);
    assert.deepEqual(ran.refused, ['*.evil.example:80']);
    assert.deepEqual(told, ['*.evil.example:80', '*.localhost:9']);
  });

  test('git is refused over https where nobody named the host', async (t) => {
    const run = await roomWith(t, 'bubblewrap', { setup: [], agents: [] });
    const ran = await run(['git', 'ls-remote', 'https://github.com/a/b.git'], {
      env: { GIT_TERMINAL_PROMPT: '0' },
    });
    assert.equal(ran.exitCode, 128);
    assert.match(ran.output, /403/);
    assert.deepEqual(ran.refused, ['github.com:443']);
  });
});

/** A registry with one package, on an address that no client takes for its own machine's. */
async function packages(t: TestContext): Promise<string> {
  const folder = await temporary(t);
  await mkdir(join(folder, 'package'));
  await writeFile(join(folder, 'package', 'package.json'), '{"name":"shop-money","version":"1.0.0"}');
  await writeFile(join(folder, 'package', 'index.js'), 'module.exports = 100;\n');
  execFileSync('tar', ['-czf', 'shop-money.tgz', 'package'], { cwd: folder });
  const tarball = await readFile(join(folder, 'shop-money.tgz'));
  const server = createServer((asked, answer) => {
    if (asked.url?.endsWith('.tgz')) return answer.end(tarball);
    const dist = { tarball: `http://${asked.headers.host}/shop-money.tgz` };
    const version = { name: 'shop-money', version: '1.0.0', dist };
    answer.end(
      JSON.stringify({
        name: 'shop-money',
        'dist-tags': { latest: '1.0.0' },
        versions: { '1.0.0': version },
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.2', resolve));
  t.after(() => server.close());
  return `127.0.0.2:${(server.address() as AddressInfo).port}`;
}
