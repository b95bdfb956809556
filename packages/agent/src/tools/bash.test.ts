import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { callTool } from '../../test/call-tool.ts';
import { makeFolder } from '../../test/support.ts';

test('bash gives the exit code and both streams, and a failure is a result', async (t) => {
  const folder = makeFolder(t);
  assert.deepEqual(await callTool(folder, 'bash', { command: 'pwd; echo bad >&2; exit 3' }), {
    ok: false,
    output: `exit code 3\n${folder}\nbad\n`,
  });
  assert.deepEqual(await callTool(folder, 'bash', { command: 'true' }), {
    ok: true,
    output: 'exit code 0\n(no output)',
  });
});

test('a command has no input to wait for', async (t) => {
  assert.equal(
    (await callTool(makeFolder(t), 'bash', { command: 'cat; echo end' })).output,
    'exit code 0\nend\n',
  );
});

test('of long output the first and last 16 KiB are kept, and how much is missing is said', async (t) => {
  const { output } = await callTool(makeFolder(t), 'bash', { command: 'seq 1 100000' });
  assert.match(output, /^exit code 0\n1\n2\n3\n/);
  assert.match(output, /\n\[… 556127 bytes left out …\]\n/);
  assert.match(output, /\n99999\n100000\n$/);
  assert.ok(output.length < 33 * 1024);
});

test('a command that prints without end is killed at 64 MiB', async (t) => {
  const { ok, output } = await callTool(makeFolder(t), 'bash', { command: 'yes' });
  assert.equal(ok, false);
  assert.match(output, /^killed: it printed more than 64 MiB/);
  assert.ok(output.length < 34 * 1024);
});

test('a command that runs too long is killed with everything it started, setsid or not', async (t) => {
  const folder = makeFolder(t);
  const command =
    'sh -c "echo \\$\\$ > plain.pid; exec sleep 1000" & setsid sh -c "echo \\$\\$ > away.pid; exec sleep 1000" & env -i sh -c "echo \\$\\$ > bare.pid; exec sleep 1000" & wait';
  const { output } = await callTool(folder, 'bash', { command, timeoutMs: 700 });
  assert.match(output, /^killed after 700 ms with all it had started; give timeoutMs for longer/);
  for (const name of ['plain.pid', 'away.pid', 'bare.pid']) {
    assert.equal(isRunning(readFileSync(join(folder, name), 'utf8').trim()), false, name);
  }
});

test('what a command leaves running in the background ends with it and never holds the call', async (t) => {
  const folder = makeFolder(t);
  const command = '(setsid sleep 1000 & echo $! > pid); echo done';
  assert.equal((await callTool(folder, 'bash', { command })).output, 'exit code 0\ndone\n');
  assert.equal(isRunning(readFileSync(join(folder, 'pid'), 'utf8').trim()), false);
});

test('commands see neither the token nor the gateway, and no pager waits for them', async (t) => {
  const env = {
    PATH: process.env.PATH ?? '',
    OPENAI_API_KEY: 'k1',
    ANTHROPIC_API_KEY: 'k2',
    SWARM_GATEWAY_URL: 'u',
    SWARM_AGENT_JOB: 'j',
    KEPT: 'yes',
  };
  const { output } = await callTool(makeFolder(t), 'bash', { command: 'env' }, { env });
  assert.doesNotMatch(output, /OPENAI|ANTHROPIC|GATEWAY|AGENT_JOB/);
  assert.match(output, /^KEPT=yes$/m);
  assert.match(output, /^GIT_PAGER=cat$/m);
});

test('a command no program can be given is refused, and the next one runs', async (t) => {
  const folder = makeFolder(t);
  const refused = (command: string) => callTool(folder, 'bash', { command });
  assert.match((await refused('echo a\0b')).output, /command: holds a NUL character/);
  assert.equal((await refused(`: ${'€'.repeat(90_000)}`)).output, 'bash: spawn E2BIG');
  assert.equal((await refused('echo fine')).ok, true);
});

/** Zombies count as gone: whoever reaps them is not ours. */
function isRunning(pid: string): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return false;
  return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}
