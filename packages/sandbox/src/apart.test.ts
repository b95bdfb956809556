import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { runApart } from './apart.ts';

test('a program that stands apart tells its output and how it ended', async () => {
  const ran = await runApart('sh', ['-c', 'echo out; echo err >&2; exit 3'], { wallMs: 10_000 });
  assert.deepEqual(ran, { code: 3, signal: null, stdout: 'out\n', stderr: 'err\n' });
  await assert.rejects(runApart('no-such-program', [], { wallMs: 10_000 }), /ENOENT/);
});

test('it is ended at its time, with what it started', async () => {
  // What it started holds its output, and keeps it open until it is gone too.
  const ran = await runApart('sh', ['-c', 'sleep 600 & wait'], { wallMs: 300 });
  assert.equal(ran.signal, 'SIGKILL');
});

test('a Ctrl-C at the terminal, which every process of the group hears, does not end it', async () => {
  const from = JSON.stringify(new URL('./apart.ts', import.meta.url).href);
  const program = `
    import { runApart } from ${from};
    process.on('SIGINT', () => {});
    const ran = runApart('sh', ['-c', 'echo begun >&2; sleep 1; echo whole'], { wallMs: 60_000 });
    console.log('ready');
    console.log(JSON.stringify(await ran));
  `;
  const child = spawn(process.execPath, ['--conditions=swarm-src', '--input-type=module', '-e', program], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    if (said === '')
      for (const ms of [0, 100, 400]) setTimeout(() => process.kill(-child.pid!, 'SIGINT'), ms);
    said += piece;
  });
  await once(child, 'close');
  assert.equal(JSON.parse(said.split('\n')[1]!).stdout, 'whole\n');
});
