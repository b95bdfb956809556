import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { clock, makeFolder } from '../../test/support.ts';
import { createToolbox } from './index.ts';

/** One toolbox over several calls, as an agent has it. */
function toolbox(t: TestContext) {
  const folder = makeFolder(t);
  const box = createToolbox({ workspace: folder, env: { PATH: process.env.PATH ?? '' }, clock });
  t.after(() => box.close());
  const call = (name: string, args: object, signal = new AbortController().signal, room?: number) =>
    box.run({ id: 'c', name, argumentsJson: JSON.stringify(args) }, signal, room);
  const start = (command: string) => call('bash', { command, background: true });
  return { folder, box, call, start };
}
/** Long enough for any machine; a call comes back as soon as there is something. */
const WAIT = { waitMs: 20_000 };

test('a command in the background goes on, and what it says is given once', async (t) => {
  const { folder, call, start } = toolbox(t);
  const started = await start('mkfifo go; echo one; cat go; echo two; exit 3');
  assert.equal(started.output, 'started bg1 in the background; bash_output {"id": "bg1"} gives what it says');
  const first = await call('bash_output', { id: 'bg1', ...WAIT });
  assert.deepEqual([first.ok, first.output, first.isWaiting], [true, 'bg1 is running\none\n', true]);
  assert.equal(
    (await call('bash_output', { id: 'bg1', waitMs: 0 })).output,
    'bg1 is running\n(no new output)',
  );
  await call('bash', { command: 'echo went > go' });
  const said: string[] = [];
  let last = '';
  // It may come in as many pieces as there are lines.
  for (let i = 0; i < 4 && !last.startsWith('bg1 has ended'); i++) {
    last = (await call('bash_output', { id: 'bg1', ...WAIT })).output;
    said.push(last.slice(last.indexOf('\n') + 1));
  }
  assert.match(last, /^bg1 has ended: exit code 3\n/);
  assert.equal(said.join('').replaceAll('(no new output)', ''), 'went\ntwo\n');
  assert.equal(existsSync(join(folder, 'go')), true);
});

test('two commands run at the same time, each under its own name', async (t) => {
  const { call, start } = toolbox(t);
  await start('echo a; sleep 1000');
  await start('echo b; sleep 1000');
  assert.equal((await call('bash_output', { id: 'bg2', ...WAIT })).output, 'bg2 is running\nb\n');
  assert.equal((await call('bash_output', { id: 'bg1', ...WAIT })).output, 'bg1 is running\na\n');
});

test('a command that is stopped ends with all it started, and says so', async (t) => {
  const { folder, call, start } = toolbox(t);
  await start('setsid sh -c "echo \\$\\$ > away.pid; echo up; exec sleep 1000" & wait');
  await call('bash_output', { id: 'bg1', ...WAIT });
  assert.equal(
    (await call('bash_output', { id: 'bg1', stop: true })).output,
    'bg1 has ended: stopped by you\n(no new output)',
  );
  assert.equal(isRunning(join(folder, 'away.pid')), false);
});

test('when the agent is over, what runs in the background is over too', async (t) => {
  const { folder, box, call, start } = toolbox(t);
  await start('echo $$ > pid; echo up; exec sleep 1000');
  await call('bash_output', { id: 'bg1', ...WAIT });
  assert.equal(isRunning(join(folder, 'pid')), true);
  box.close();
  await call('bash_output', { id: 'bg1', ...WAIT });
  assert.equal(isRunning(join(folder, 'pid')), false);
});

test('a command in the foreground does not end what runs behind it', async (t) => {
  const { call, start } = toolbox(t);
  await start('echo up; sleep 1000');
  await call('bash', { command: 'true' });
  assert.match((await call('bash_output', { id: 'bg1', ...WAIT })).output, /^bg1 is running/);
});

test('at most eight run at the same time, and ending one makes room', async (t) => {
  const { call, start } = toolbox(t);
  for (let i = 0; i < 8; i++) assert.equal((await start('sleep 1000')).ok, true);
  assert.match((await start('true')).output, /^bash: 8 commands run in the background already; end one/);
  await call('bash_output', { id: 'bg1', stop: true });
  assert.match((await start('true')).output, /^started bg9/);
});

test('a name that is none is answered with those there are', async (t) => {
  const { call, start } = toolbox(t);
  assert.match(
    (await call('bash_output', { id: 'bg1' })).output,
    /no background command bg1; none was started/,
  );
  await start('true');
  assert.match(
    (await call('bash_output', { id: 'x' })).output,
    /no background command x; there are: bg1\. They/,
  );
});

test('long output of a background command is cut to its room', async (t) => {
  const { call, start } = toolbox(t);
  await start('seq 1 100000');
  let output = '';
  for (let i = 0; i < 1_000 && !output.startsWith('bg1 has ended'); i++)
    ({ output } = await call('bash_output', { id: 'bg1', ...WAIT }, undefined, 2_000));
  assert.match(output, /^bg1 has ended: exit code 0/);
  assert.ok(output.length <= 2_000, `${output.length}`);
});

test('a shell that cannot be started is said', async (t) => {
  const folder = makeFolder(t);
  const box = createToolbox({ workspace: join(folder, 'gone'), env: {}, clock });
  const call = (name: string, args: object) =>
    box.run({ id: 'c', name, argumentsJson: JSON.stringify(args) }, new AbortController().signal);
  await call('bash', { command: 'true', background: true });
  const { output } = await call('bash_output', { id: 'bg1', ...WAIT });
  assert.match(output, /^bg1 has ended: could not be started: .*ENOENT/);
});

/** Zombies count as gone. */
function isRunning(pidFile: string): boolean {
  const stat = `/proc/${readFileSync(pidFile, 'utf8').trim()}/stat`;
  return existsSync(stat) && !/^\d+ \(.*\) Z/.test(readFileSync(stat, 'utf8'));
}
