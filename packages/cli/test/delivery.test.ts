/** Where the work goes, and what of the user's stays as it is. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { landings } from './support/landings.ts';
import { userState } from './support/untouched.ts';
import { World } from './support/world.ts';

const FILES = { 'README.md': 'shop\n' };
const ADD = [{ title: 'Add x', description: 'echo x > x.txt', verify: 'test -f x.txt' }];

test('a dirty checkout is allowed, said, not seen by workers, and not touched', async (t) => {
  const world = await World.with(t, FILES);
  await world.write({ 'README.md': 'edited\n', 'new.txt': 'untracked\n', 'staged.txt': 'staged\n' });
  await world.git('add', 'staged.txt');
  const before = await userState(world);
  const tasks = [{ title: 'Copy', description: 'cp README.md copy.txt; test ! -e staged.txt' }];

  const run = await world.swarm(await world.plan(tasks, '--gate', 'true'));

  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stderr, /note: the checkout has 3 uncommitted changes/);
  assert.deepEqual(await userState(world), before);
  assert.equal(await readFile(join(world.repository, 'README.md'), 'utf8'), 'edited\n');
  assert.equal(await world.git('show', `${await world.branch()}:copy.txt`), 'shop');
});

test('--deliver apply fast-forwards a clean checkout at the end', async (t) => {
  const world = await World.with(t, FILES);

  const run = await world.swarm(await world.plan(ADD, '--gate', 'true', '--deliver', 'apply'));

  assert.equal(run.code, 0, run.stderr);
  assert.equal(await world.git('rev-parse', 'main'), await world.git('rev-parse', await world.branch()));
  assert.equal(await readFile(join(world.repository, 'x.txt'), 'utf8'), 'x\n');
  assert.equal(await world.git('status', '--porcelain'), '');
});

test('--deliver apply leaves a dirty checkout alone, says so, and exits 1; swarm apply does it later', async (t) => {
  const world = await World.with(t, FILES);
  await world.write({ 'README.md': 'edited\n' });
  const before = await userState(world);

  const run = await world.swarm(await world.plan(ADD, '--gate', 'true', '--deliver', 'apply'));

  assert.equal(run.code, 1, run.stderr);
  assert.match(run.stdout, /1 landed/);
  assert.match(run.stdout, /not delivered to main: .*uncommitted/);
  assert.deepEqual(await userState(world), before);
  await world.git('checkout', '--quiet', '--', 'README.md');
  const apply = await world.swarm(['apply']);
  assert.equal(apply.code, 0, apply.stderr);
  assert.equal(await readFile(join(world.repository, 'x.txt'), 'utf8'), 'x\n');
});

test('--deliver apply on a bare repository moves its target with every landing', async (t) => {
  const world = await World.with(t, FILES);
  const base = await world.git('rev-parse', 'HEAD');
  const bare = join(world.root, 'shop.git');
  await world.gitIn(world.root, 'clone', '--quiet', '--bare', world.repository, bare);

  const run = await world.swarm(
    await world.plan(ADD, '--repo', bare, '--gate', 'true', '--deliver', 'apply'),
    { cwd: world.root },
  );

  assert.equal(run.code, 0, run.stderr);
  const main = await world.gitIn(bare, 'log', '--format=%s%n%(trailers:key=Swarm-Task)', `${base}..main`);
  assert.match(main, /^Add x\nSwarm-Task: t1/);
  assert.equal(await world.gitIn(bare, 'for-each-ref', '--format=%(refname)'), 'refs/heads/main');
  assert.equal((await world.swarm(['verify', '--repo', bare])).code, 0);
  assert.deepEqual(
    await landings(world, base, 'main'),
    [],
    'the repository it was cloned from is not touched',
  );
});
