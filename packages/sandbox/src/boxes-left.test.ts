/** What a killed orchestrator left in a sandbox that is not made of its own processes, and how the next finds it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { probeSandbox } from './probe.ts';
import { namePrefix } from './providers/engine.ts';
import { createSandbox } from './sandbox.ts';
import {
  bed,
  docker,
  eventually,
  KINDS,
  optionsFor,
  processesWith,
  sandboxOfKind,
  temporary,
} from './testing.ts';
import { boxChoice } from './testing-box.ts';

for (const kind of KINDS.filter((name) => name === 'docker' || name === 'command')) {
  test(`what runs under ${kind} when its orchestrator is killed is ended by the next of the same state`, async (t) => {
    const folder = await temporary(t);
    const workspace = join(folder, 'w1');
    await mkdir(workspace);
    const word = `${folder}-left`;
    const testing = JSON.stringify(join(import.meta.dirname, 'testing.ts'));
    const program = `
      import { optionsFor, runIn, sandboxOfKind } from ${testing};
      await runIn(sandboxOfKind('${kind}', optionsFor(${JSON.stringify(folder)})), { name: 'x',
        workspace: ${JSON.stringify(workspace)}, readOnly: [], readWrite: [], env: {}, network: 'none',
        limits: { wallMs: 60000, outputBytes: 1000 }, argv: ['sh', '-c', 'touch began; sleep 60; : ${word}-inside'] });`;
    const args = ['--conditions=swarm-src', '--input-type=module', '-e', program];
    const parent = spawn(process.execPath, args, { stdio: 'ignore' });
    const inside = async () => (await processesWith(`${word}-inside`)).filter((pid) => pid !== parent.pid);
    await eventually('it runs', async () => existsSync(join(workspace, 'began')));
    parent.kill('SIGKILL');
    await eventually('the orchestrator is dead', async () => parent.signalCode === 'SIGKILL');
    await sandboxOfKind(kind, optionsFor(await temporary(t))).reap();
    assert.notDeepEqual(await inside(), [], 'another state leaves it alone');
    assert.ok((await sandboxOfKind(kind, optionsFor(folder)).reap()) > 0);
    await eventually('it has ended', async () => (await inside()).length === 0);
    assert.equal(await sandboxOfKind(kind, optionsFor(folder)).reap(), 0);
  });
}

test('a container that is stopped while it is made leaves nothing', {
  skip: !docker && 'no engine is named',
}, async (t) => {
  const { run, folder } = await bed(t, 'docker');
  for (let ms = 100; ms < 340; ms += 12) {
    const { end } = await run(['sleep', '60'], { signal: AbortSignal.timeout(ms) });
    assert.equal(end, 'aborted');
  }
  await eventually('nothing of it runs', async () => (await processesWith(namePrefix(folder))).length === 0);
});

describe('a sandbox of the operator’s own', () => {
  test('is tried after what a killed try left is taken away; what another has there is left alone', async (t) => {
    const folder = await temporary(t);
    const { exec, ...choice } = boxChoice(join(folder, 'boxes'));
    const began = join(folder, 'began');
    const hanging = { ...choice, exec: ['sh', '-c', `touch '${began}'; exec sleep 600`] };
    const program = `
      import { probeSandbox } from ${JSON.stringify(join(import.meta.dirname, 'probe.ts'))};
      await probeSandbox('command', { command: ${JSON.stringify(hanging)} });`;
    const args = ['--conditions=swarm-src', '--input-type=module', '-e', program];
    const other = spawn(process.execPath, args, { stdio: 'ignore' });
    t.after(() => other.kill('SIGKILL'));
    await eventually('it tries', async () => existsSync(began));
    const probe = () => probeSandbox('command', { command: { ...choice, exec } });
    assert.deepEqual(await probe(), { kind: 'works' });
    assert.equal((await readdir(choice.records)).length, 1, 'its box is noted while it lives');
    other.kill('SIGKILL');
    await eventually('it is dead', async () => other.signalCode === 'SIGKILL');
    assert.deepEqual(await probe(), { kind: 'works' });
    assert.deepEqual(await readdir(choice.records), []);
    assert.deepEqual(await processesWith(`${folder}/boxes/swarm-`), []);
  });

  const failing = async (t: Parameters<typeof temporary>[0], more: (folder: string) => object) => {
    const folder = await temporary(t);
    const workspace = join(folder, 'w1');
    await mkdir(workspace);
    const boxes = join(folder, 'boxes');
    const command = { ...boxChoice(boxes), ...more(boxes) };
    const sandbox = createSandbox({ ...optionsFor(folder), provider: 'command', command });
    const room = await sandbox.open({ workspace, readOnly: [], readWrite: [] });
    const limits = { wallMs: 20_000, outputBytes: 10_000 };
    const ran = await room.run({ name: 'x', argv: ['sh', '-c', 'exit 3'], env: {}, network: 'none', limits });
    return { ran, records: await readdir(command.records), reap: () => sandbox.reap() };
  };

  test('that cannot make a box says why, and what it began is taken away', async (t) => {
    const { ran, records } = await failing(t, () => ({ create: ['sh', '-c', 'echo no room >&2; exit 4'] }));
    assert.equal(ran.end, 'cannot-run');
    assert.match(ran.output, /cannot run sh: create \(sh\) ended with 4: no room/);
    assert.deepEqual(records, []);
  });

  test('whose way in is broken is told from a command that fails', async (t) => {
    assert.deepEqual((await failing(t, () => ({}))).ran.exitCode, 3);
    const { ran } = await failing(t, () => ({ exec: ['sh', '-c', 'echo refused >&2; exit 255'] }));
    assert.equal(ran.end, 'cannot-run');
    assert.match(ran.output, /its box does not answer any more \(exited\): refused/);
  });

  test('that was noted by an earlier version is taken away as it was noted', async (t) => {
    const folder = await temporary(t);
    const command = boxChoice(join(folder, 'boxes'));
    await mkdir(command.records);
    await writeFile(join(command.records, 'swarm-1'), JSON.stringify(['touch', join(folder, 'gone')]));
    await writeFile(join(command.records, 'swarm-2'), '["cut o');
    const sandbox = createSandbox({ ...optionsFor(folder), provider: 'command', command });
    assert.equal(await sandbox.reap(), 2);
    assert.deepEqual([existsSync(join(folder, 'gone')), await readdir(command.records)], [true, []]);
  });

  test('that makes and takes away its box out of reach of a Ctrl-C at our terminal', async (t) => {
    const apart = [
      'sh',
      '-c',
      '[ "$(ps -o sid= -p $$ | tr -d " ")" = $$ ] || { echo in our session >&2; exit 9; }',
    ];
    const exec = ['sh', '-c', 'exec "$@"', 'sh'];
    const { ran, records } = await failing(t, () => ({ create: apart, exec, destroy: apart }));
    assert.deepEqual([ran.end, ran.exitCode, records], ['exited', 3, []], ran.output);
  });

  test('that does not take its box away is said to, and it is tried again', async (t) => {
    const busy = join(await temporary(t), 'busy');
    await writeFile(busy, '');
    const script = `[ -e '${busy}' ] && echo busy >&2 && exit 1; exec sh "$1/destroy" "$1" "$2"`;
    const destroyed = (folder: string) => ['sh', '-c', script, 'sh', folder, '{id}'];
    const { ran, records, reap } = await failing(t, (folder) => ({ destroy: destroyed(folder) }));
    assert.equal(ran.end, 'cannot-run');
    assert.match(ran.output, /the box swarm-\w+ is not taken away/);
    assert.equal(records.length, 1);
    await rm(busy);
    assert.deepEqual([await reap(), await reap()], [1, 0]);
  });
});
