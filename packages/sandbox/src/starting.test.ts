/** A signal for our whole group, as a terminal's Ctrl-C is, that meets a process before it has a session of its own. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { isPortable } from './platform/here.ts';

const WATCH = `{ wallMs: 60_000, outputBytes: 1_000, marks: ['TEST_MARK=nobody'], bounds: {}, folders: [], inMemory: [], canEscape: false }`;
const TIMES = 150;

/** Starts commands one after another, and tells how each ended; a Ctrl-C it has heard itself is nothing to it. */
const PROGRAM = `
  import { runProcess } from ${JSON.stringify(join(import.meta.dirname, 'process.ts'))};
  process.on('SIGINT', () => {});
  console.log('ready');
  const launch = { file: '/bin/sh', argv: ['-c', 'echo said'], cwd: '/', env: {} };
  for (let time = 0; time < ${TIMES}; time += 1) {
    const { end, code, output } = await runProcess(launch, ${WATCH});
    console.log([end, code, output.trim()].join(' '));
  }`;

test('a Ctrl-C that meets a command before it has a session of its own starts it again', {
  skip: isPortable && 'only Linux tells whether a process ended before its program began',
}, async (t) => {
  const args = ['--conditions=swarm-src', '--input-type=module', '-e', PROGRAM];
  const group = spawn(process.execPath, args, { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => group.kill('SIGKILL'));
  let told = '';
  let signals = 0;
  const begun = performance.now();
  /** How long one command takes on this machine, in ms. */
  const each = (): number => (performance.now() - begun) / Math.max(1, told.split('\n').length - 1);
  const press = (): void => {
    if (group.exitCode !== null || group.signalCode !== null) return;
    process.kill(-group.pid!, 'SIGINT');
    signals += 1;
    // A flood would meet every start of the ten: nobody presses faster than a process is born.
    setTimeout(press, each() * (1 + 2 * Math.random()));
  };
  for await (const chunk of group.stdout) {
    if (told === '') press();
    told += chunk;
  }
  const ends = told.trim().split('\n').slice(1);
  assert.deepEqual(new Set(ends), new Set(['exited 0 said']));
  assert.equal(ends.length, TIMES);
  assert.ok(signals > TIMES / 8, `${signals} signals`);
});
