import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { bed, eventually, needs, optionsFor, processesWith, runIn, temporary } from '../testing.ts';

const NODE = { host: process.execPath, inside: '/opt/node' };

describe('inside bubblewrap', await needs('bubblewrap'), () => {
  test('no other file of the host is there', async (t) => {
    const { sh, folder } = await bed(t, 'bubblewrap');
    await writeFile(join(folder, 'secret'), 'secret');
    const home = await mkdtemp(join(homedir(), '.swarm-test-'));
    t.after(() => rm(home, { recursive: true }));
    const places = [
      join(folder, 'secret'),
      home,
      '/root',
      '/etc/shadow',
      '/etc/ssl/private',
      '/var',
      '/run/docker.sock',
      '/sys',
    ];
    const { output } = await sh(places.map((place) => `ls -d ${place} 2>/dev/null`).join('; '));
    assert.equal(output, '');
  });

  test('nothing but the workspace, home and temporary folders can be written', async (t) => {
    const { sh, workspace } = await bed(t, 'bubblewrap');
    const places = [
      '/',
      '/usr',
      '/usr/bin',
      '/etc',
      '/dev',
      '/home',
      '/opt',
      '/run',
      '/proc',
      '/workspace',
      '/tmp',
      '/home/agent',
      '/dev/shm',
    ];
    const { output } = await sh(
      `for d in ${places.join(' ')}; do touch "$d/canary" 2>/dev/null && echo $d; done`,
    );
    assert.deepEqual(output.trim().split('\n'), ['/workspace', '/tmp', '/home/agent', '/dev/shm']);
    assert.equal(await readFile(join(workspace, 'canary'), 'utf8'), '');
  });

  test('a link in the workspace leads to nothing of the host', async (t) => {
    const { sh, folder, workspace } = await bed(t, 'bubblewrap');
    await writeFile(join(folder, 'secret'), 'untouched');
    await symlink(join(folder, 'secret'), join(workspace, 'link'));
    const { output } = await sh('cat link; echo changed > link');
    assert.ok(!output.includes('untouched'));
    assert.equal(await readFile(join(folder, 'secret'), 'utf8'), 'untouched');
  });

  test('there is no network: not the host’s loopback, no name, no route', async (t) => {
    const { run } = await bed(t, 'bubblewrap');
    const server = createServer((_, response) => response.end('reached')).listen(0, '127.0.0.1');
    t.after(() => server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const probe = `const get = (u) => fetch(u, { signal: AbortSignal.timeout(2000) }).then((r) => r.text(), () => 'no');
      console.log(await get('http://127.0.0.1:${port}'), await get('http://example.com'), await get('http://1.1.1.1'));`;
    const script = ['/opt/node', '--input-type=module', '-e', probe];
    const closed = await run(script, { readOnly: [NODE] });
    assert.equal(closed.output, 'no no no\n');
    const open = await run(script, { readOnly: [NODE], network: 'setup' });
    assert.match(open.output, /^no /, 'the host is not reached where there is a way out either');
  });

  test('processes of the host cannot be seen or reached', async (t) => {
    const { sh } = await bed(t, 'bubblewrap');
    const { output } = await sh(
      `ls /proc | grep -c '^[0-9]'; kill -0 ${process.pid} 2>/dev/null && echo reached; true`,
    );
    assert.ok(Number(output.trim()) <= 5, output);
  });

  test('no new namespaces and no privileges can be had', async (t) => {
    const { sh } = await bed(t, 'bubblewrap');
    const { output } = await sh(
      "unshare -Ur id 2>/dev/null; mount -t tmpfs x /tmp 2>/dev/null && echo mounted; grep -E 'NoNewPrivs|CapEff' /proc/self/status",
    );
    assert.equal(output, 'CapEff:\t0000000000000000\nNoNewPrivs:\t1\n');
  });

  test('mounts are shown where they were asked for, read-only or not', async (t) => {
    const { sh, folder } = await bed(t, 'bubblewrap');
    for (const name of ['objects', 'intake']) await mkdir(join(folder, name));
    const [objects, intake] = [join(folder, 'objects'), join(folder, 'intake')];
    const mounts = {
      readOnly: [{ host: objects, inside: objects }],
      readWrite: [{ host: intake, inside: '/intake' }],
    };
    const { output } = await sh(
      `touch ${objects}/x 2>/dev/null || echo refused; touch /intake/x && echo written`,
      mounts,
    );
    assert.equal(output, 'refused\nwritten\n');
  });

  test('git commits in the workspace and pushes to a mounted repository', async (t) => {
    const { sh, folder } = await bed(t, 'bubblewrap');
    const intake = join(folder, 'intake.git');
    execFileSync('git', ['init', '-q', '--bare', intake]);
    const script = `git init -q -b w && git config user.name a && git config user.email a@b && echo x > f && git add f &&
      git commit -qm 'a change' && git push -q /intake w && git --git-dir /intake log --format=%s w`;
    const result = await sh(script, { readWrite: [{ host: intake, inside: '/intake' }] });
    assert.equal(result.output, 'a change\n');
  });

  test('a tool that the system installed finds its settings, and no settings that may hold a password are shown', async (t) => {
    const { sh } = await bed(t, 'bubblewrap');
    const settings = ['/etc/maven/m2.conf', '/etc/maven/logging', '/etc/php'].filter((path) =>
      existsSync(path),
    );
    const { output } = await sh(
      `for at in ${settings.join(' ')}; do ls -d $at; done; ls /etc/maven/settings.xml 2>/dev/null`,
    );
    assert.equal(output, settings.map((path) => `${path}\n`).join(''));
  });

  test('PATH keeps its order, loses the folders that are not shown, and ends with the home’s own programs', async (t) => {
    const { sh, folder } = await bed(t, 'bubblewrap');
    const { createSandbox } = await import('../sandbox.ts');
    const hidden = join(folder, 'hidden');
    const tools = join(folder, 'tools');
    const linked = join(folder, 'linked');
    for (const path of [hidden, tools, join(tools, 'bin')]) await mkdir(path);
    await symlink(join(tools, 'bin'), linked);
    const sandbox = createSandbox({
      ...optionsFor(folder),
      provider: 'bubblewrap',
      readOnly: [{ host: tools, inside: '/opt/tools' }],
      path: [hidden, tools, linked, '/usr/bin'],
    });
    const limits = { wallMs: 5_000, outputBytes: 1_000 };
    const spec = {
      name: 'p',
      workspace: join(folder, 'workspaces', 'w1'),
      readOnly: [],
      readWrite: [],
      env: {},
      limits,
    };
    const result = await runIn(sandbox, { ...spec, network: 'none', argv: ['sh', '-c', 'echo $PATH'] });
    assert.equal(result.output, '/opt/tools:/opt/tools/bin:/usr/bin:/home/agent/.local/bin\n');
    assert.equal((await sh('true')).exitCode, 0);
  });

  test('everything dies with the orchestrator, with no reaping', async (t) => {
    const folder = await temporary(t);
    const word = `${folder}-inside`;
    const program = `
      import { createSandbox } from ${JSON.stringify(join(import.meta.dirname, '..', 'sandbox.ts'))};
      import { runIn } from ${JSON.stringify(join(import.meta.dirname, '..', 'testing.ts'))};
      const sandbox = createSandbox(${JSON.stringify({ ...optionsFor(folder), provider: 'bubblewrap' })});
      await runIn(sandbox, { name: 'x', workspace: ${JSON.stringify(folder)}, readOnly: [], readWrite: [], env: {},
        network: 'none', limits: { wallMs: 60000, outputBytes: 1000 },
        argv: ['sh', '-c', 'setsid sleep 61 & touch up; sleep 60; : ${word}'] });`;
    const parent = spawn(process.execPath, ['--conditions=swarm-src', '--input-type=module', '-e', program]);
    t.after(() => parent.kill('SIGKILL'));
    const inside = async () => (await processesWith(word)).filter((pid) => pid !== parent.pid);
    await eventually('the sandbox runs', async () => existsSync(join(folder, 'up')));
    assert.notDeepEqual(await inside(), []);
    parent.kill('SIGKILL');
    await eventually('all of it is dead', async () => (await inside()).length === 0);
  });
});
