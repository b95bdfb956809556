import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { World } from '../testing.ts';

const LAUNCHER = join(import.meta.dirname, '..', '..', 'bin', 'swarm.cjs');

let world: World;
before(async () => {
  world = await World.make();
  await world.tellRun();
});
after(() => world.remove());

test('the launcher passes on arguments, output and exit code', async () => {
  const child = launch('task');
  let said = '';
  child.stderr!.on('data', (chunk) => (said += chunk));
  const [code] = await once(child, 'close');
  assert.equal(code, 2);
  assert.match(said, /unknown command 'task'[\s\S]*did you mean tasks\?/);
});

test('a program ended by a signal is seen by whoever started the launcher as just that', async (t) => {
  const child = await following(t);
  child.kill('SIGTERM');
  const [code, signal] = await once(child, 'exit', soon());
  assert.deepEqual([code, signal], [null, 'SIGTERM']);
});

test('without a terminal Ctrl-C’s signal goes through too', async (t) => {
  const child = await following(t);
  child.kill('SIGINT');
  const [code, signal] = await once(child, 'exit', soon());
  assert.deepEqual([code, signal], [null, 'SIGINT']);
});

test('a launcher killed with -9 takes the program with it', async (t) => {
  const child = await following(t);
  const program = programOf(child);
  t.after(() => isAlive(program) && process.kill(program, 'SIGKILL'));
  child.kill('SIGKILL');
  await once(child, 'exit', soon());
  const deadline = performance.now() + 2_000;
  while (isAlive(program) && performance.now() < deadline) await pause(5);
  assert.ok(!isAlive(program), 'the program goes on without its launcher');
});

function launch(...args: readonly string[]): ChildProcess {
  const env = world.environment();
  // A session of its own has no terminal, whatever the tests were started from.
  const how = { cwd: world.repository, env, stdio: 'pipe', detached: true } as const;
  return spawn(process.execPath, [LAUNCHER, ...args], how);
}

/** `swarm logs -f`, once it has printed: a program that never ends by itself. */
async function following(t: TestContext): Promise<ChildProcess> {
  const child = launch('logs', '-f');
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout!, 'data');
  return child;
}

/** Waiting longer than this is the failure. */
const soon = () => ({ signal: AbortSignal.timeout(5_000) });

/** The one child of the launcher. */
function programOf({ pid }: ChildProcess): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  assert.equal(children.length, 1);
  return Number(children[0]);
}

/** Ended and not yet reaped counts as ended. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
