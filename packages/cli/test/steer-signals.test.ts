/** However a person, a pipe or a system leaves a run: it saves, says how to go on, and the terminal is as it was. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { assertLandedOnce } from './support/landings.ts';
import { MAIN } from './support/program.ts';
import { onTerminal, saved, startOnTerminal } from './support/terminal.ts';
import { World } from './support/world.ts';

const FILES = { 'README.md': 'shop\n' };
const LAUNCHER = join(import.meta.dirname, '..', 'bin', 'swarm.cjs');

/** Its agent waits until the file `go` is there. */
const waiting = (world: World, name: string) => ({
  title: `Write ${name}`,
  description: `until test -e ${world.root}/go; do sleep 0.05; done; echo ${name} > ${name}.txt`,
  scope: [`${name}.txt`],
});

/** Two tasks, one worker; the first is under way when this resolves. */
async function prepared(t: TestContext): Promise<{ world: World; args: string[]; base: string }> {
  const world = await World.with(t, FILES);
  const tasks = [waiting(world, 'a'), waiting(world, 'b')];
  const args = await world.plan(tasks, '--workers', '1', '--gate', 'true', '--sandbox', 'none');
  return { world, args, base: await world.git('rev-parse', 'main') };
}

/** What was left is taken up and done, each task once. */
async function resumes(world: World, base: string): Promise<void> {
  await world.release();
  const resumed = await world.swarm(['resume']);
  assert.equal(resumed.code, 0, resumed.stderr);
  await assertLandedOnce(world, base, ['Write a', 'Write b']);
}

for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
  test(`${signal} drains like Ctrl-C: what is in flight lands, exit 130, and resume is named`, async (t) => {
    const { world, args, base } = await prepared(t);
    const running = world.start(args);
    await running.line(/t1\.1 started/);
    running.kill(signal);
    await running.line(/stopping: nothing new starts/);
    await world.release();
    const { code, stdout } = await running.ended;
    assert.deepEqual(
      [code, /1 of 2 landed, 1 unfinished[\s\S]*next: swarm resume/.test(stdout)],
      [130, true],
      stdout,
    );
    await resumes(world, base);
  });
}

test('a signal to the whole group reaches the program twice, and drains it all the same', async (t) => {
  const { world, args, base } = await prepared(t);
  const child = spawn(process.execPath, [LAUNCHER, ...args], {
    cwd: world.repository,
    env: world.environment(),
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  let said = '';
  const started = new Promise<void>((resolve) =>
    child.stderr.on('data', (chunk) => {
      said += chunk;
      if (said.includes('t1.1 started')) resolve();
    }),
  );
  await started;
  process.kill(-child.pid!, 'SIGTERM');
  await world.until(() => said.includes('stopping: nothing new starts'));
  await world.release();
  const [code] = await once(child, 'exit');
  assert.deepEqual([code, said.includes('ending what is in flight')], [130, false], said);
  assert.match(said, /t1 landed|landed t1/);
  await resumes(world, base);
});

test('a third Ctrl-C leaves at once, and nothing is lost by it', async (t) => {
  const { world, base } = await prepared(t);
  // Its agent does not end when it is told to: only leaving is left.
  const deaf = {
    title: 'Write a',
    description: `trap '' TERM; test -e ${world.root}/go || sleep 600; echo a > a.txt`,
  };
  const args = await world.plan(
    [deaf, waiting(world, 'b')],
    '--workers',
    '1',
    '--gate',
    'true',
    '--sandbox',
    'none',
  );
  const running = world.start(args);
  await running.line(/t1\.1 started/);
  running.kill('SIGINT');
  await running.line(/stopping: .*again to end it now/);
  await running.insist('SIGINT', running.line(/ending what is in flight; again to leave at once/));
  const { code, signal } = await running.insist('SIGINT', running.ended);
  // One that meets a process which is leaving already ends it by itself: a shell calls both 130.
  assert.equal(signal === 'SIGINT' ? 130 : code, 130);
  await resumes(world, base);
});

test('a reader that goes away does not end a run', async (t) => {
  const { world, args, base } = await prepared(t);
  const child = spawn(process.execPath, ['--conditions=swarm-src', MAIN, ...args, '--json'], {
    cwd: world.repository,
    env: world.environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) if (line.includes('"attempt.started"')) break;
  child.stdout.destroy();
  child.stderr.destroy();
  await world.release();
  const [code] = await once(child, 'exit');
  assert.equal(code, 0, said);
  await assertLandedOnce(world, base, ['Write a', 'Write b']);
});

test('a terminal that is closed drains the run, which saves with nobody to tell', onTerminal, async (t) => {
  const { world, args, base } = await prepared(t);
  const screen = startOnTerminal(world, args);
  await screen.shows(/t1\.1 started/);
  screen.hangUp();
  await screen.code;
  await world.release();
  await saved(world);
  const stopped = (await world.log()).filter((line) => line.event === 'run.stopped');
  assert.equal(stopped.length, 1, 'the run ended without saving');
  await resumes(world, base);
});

test('whatever ends a question, the terminal’s settings are as they were', onTerminal, async (t) => {
  const { world, args } = await prepared(t);
  // The shell asks the terminal about itself before and after.
  const shell = `trap : INT; stty -a > before; "$@"; code=$?; stty -a > after; cmp before after && echo same $code`;
  for (const [keys, code] of [
    ['\u0003', 130],
    ['\u0004', 1],
    ['n\n', 1],
  ] as const) {
    const screen = startOnTerminal(world, [...args, '--approve'], {}, ['sh', '-c', shell, 'sh']);
    await screen.shows(/Start with this plan\?.*:/);
    screen.type(keys);
    await screen.shows(new RegExp(`same ${code}`));
    await screen.code;
  }
});
