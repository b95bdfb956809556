/** Where the program works, and what it makes of what somebody else put there. */
import assert from 'node:assert/strict';
import { chmod, chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { World } from './support/world.ts';

const FILES = { 'README.md': 'shop\n' };
const ADD = [{ title: 'Add a', description: 'echo a > a.txt' }];

const waiting = (world: World) => ({
  title: 'Wait',
  description: `until test -e ${world.root}/go; do sleep 0.05; done; echo a > a.txt`,
});

async function started(t: TestContext, env: Record<string, string> = {}) {
  const world = await World.with(t, FILES);
  const args = await world.plan([waiting(world)], '--gate', 'true', '--sandbox', 'none');
  const running = world.start(args, { env });
  await running.line(/t1\.1 started/);
  return { world, running };
}

test('a folder that is not there is no repository, whatever is around it', async (t) => {
  const world = await World.with(t, FILES);
  const args = await world.plan(ADD, '--gate', 'true', '--repo', './does/not/exist');
  for (const typed of [
    args,
    ['land', 'x', '--repo', './does/not/exist'],
    ['status', '--repo', './does/not/exist'],
  ]) {
    const { code, stderr } = await world.swarm(typed);
    assert.equal(code, 78, stderr);
    assert.match(stderr, /SW0301.*\/does\/not\/exist/);
  }
  assert.deepEqual(await readdir(join(world.repository)), ['.git', 'README.md']);
});

test('a run whose records are removed while it works ends with exit 74, and says that they are gone', async (t) => {
  const { world, running } = await started(t);
  await rm(world.runs, { recursive: true });
  await world.release();
  const { code, stderr } = await running.ended;
  assert.equal(code, 74, stderr);
  assert.match(stderr, /SW0701.*the file was removed/);
});

test('a repository that is moved while a run works in it is refused to a second orchestrator', async (t) => {
  const { world, running } = await started(t);
  const moved = join(world.root, 'moved');
  await rename(world.repository, moved);
  const second = await world.swarm(['resume'], { cwd: moved });
  assert.equal(second.code, 75, second.stderr);
  assert.match(second.stderr, /SW0501/);
  running.kill('SIGKILL');
  await running.ended;
  const third = await world.swarm(['status'], { cwd: moved });
  assert.match(third.stdout, /no process works on it/);
});

test('another process with the number of a killed run is not taken for it', async (t) => {
  const { world, running } = await started(t);
  const { code, stdout } = await world.swarm(['status']);
  assert.deepEqual([code, stdout.includes(`process ${running.pid}`)], [0, true], stdout);
  running.kill('SIGKILL');
  await running.ended;
  const state = join(world.root, 'state', 'swarm');
  const key = (await readdir(state)).find((name) => name.startsWith('shop-'))!;
  const file = join(state, key, 'lock.json');
  const told = JSON.parse(await readFile(file, 'utf8'));
  // This test's own process is there, and began at another time.
  await writeFile(file, JSON.stringify({ ...told, pid: process.pid }));
  const after = await world.swarm(['status']);
  assert.match(after.stdout, /no process works on it: swarm resume/);
  assert.doesNotMatch(after.stdout, new RegExp(`\\b${process.pid}\\b`));
});

test('a folder for the control socket that others can open, or made first, is passed over', async (t) => {
  const world = await World.with(t, FILES);
  const squatted = join(world.root, 'tmp', `swarm-${process.getuid?.() ?? 0}`);
  await mkdir(squatted);
  await chmod(squatted, 0o777);
  if (process.getuid?.() === 0) await chown(squatted, 65_534, 65_534);
  const { code, stderr } = await world.swarm(await world.plan(ADD, '--gate', 'true'));
  assert.equal(code, 0, stderr);
  assert.deepEqual(await readdir(squatted), []);
});

test('a key with a line break is refused by the name of its variable, and nothing of it is shown', async (t) => {
  const world = await World.with(t, FILES);
  const env = {
    OPENAI_API_KEY: 'sk-first\nsecond-half',
    OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
    SWARM_MODEL: 'm',
  };
  for (const args of [['run', 'Do it', '--gate', 'true'], ['doctor'], ['doctor', '--json']]) {
    const { code, stdout, stderr } = await world.swarm(args, { env });
    assert.equal(code, 77, stderr);
    assert.match(stdout + stderr, /OPENAI_API_KEY/);
    assert.doesNotMatch(stdout + stderr, /sk-first|second-half/);
  }
});
