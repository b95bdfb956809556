/** `swarm land`: branches other people made, through the same intake, queue and gate, with nobody to mend them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLong } from './support/long.ts';
import { type Origin, withOrigin } from './support/origin.ts';
import { userState } from './support/untouched.ts';
import { World } from './support/world.ts';

const FILES = { 'README.md': 'shop\n', 'value.txt': 'base\n' };
const GATE = 'if ls bad-* 2>/dev/null; then echo "a bad file is there"; exit 1; fi';
/** Of six branches each. */
const GROUPS = isLong ? 5 : 2;
const [ALL, LANDED, FAILED] = [6 * GROUPS, 4 * GROUPS + 1, 2 * GROUPS - 1];
const range = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i + 1);

/** In each group four that are good, one that merges with none of another group, one that breaks the gate. */
async function manyBranches(origin: Origin): Promise<readonly string[]> {
  const names: string[] = [];
  const push = async (name: string, message: string, files: Record<string, string>): Promise<void> => {
    names.push(name);
    await origin.push(name, { message, files });
  };
  for (const i of range(GROUPS)) {
    for (const j of range(4))
      await push(`good/${i}-${j}`, `Add good ${i}-${j}`, { [`good-${i}-${j}.txt`]: 'good\n' });
    await push(`clash/${i}`, `Set the value to ${i}`, { 'value.txt': `${i}\n` });
    await push(`bad/${i}`, `Break the gate ${i}`, { [`bad-${i}.txt`]: 'bad\n' });
  }
  return names;
}

/** Of every task's commit, oldest first; a batch's merge only joins them. */
async function subjectsOn(world: World, base: string, branch: string): Promise<readonly string[]> {
  const flags = ['--no-merges', '--topo-order', '--reverse', '--format=%s'];
  return (await world.git('log', ...flags, `${base}..${branch}`)).split('\n');
}

/** What must be true of them all, whatever happened on the way. */
async function assertAllThatCan(world: World, base: string, branch: string, stdout: string): Promise<void> {
  const good = range(GROUPS).flatMap((i) => range(4).map((j) => `Add good ${i}-${j}`));
  const subjects = await subjectsOn(world, base, branch);
  const values = subjects.filter((subject) => subject.startsWith('Set the value to '));
  assert.equal(values.length, 1, 'one of those that clash');
  assert.deepEqual(subjects.toSorted(), [...good, ...values].toSorted());
  assert.match(stdout, new RegExp(`^${LANDED} of ${ALL} landed, ${FAILED} failed; `));
  for (const i of range(GROUPS)) {
    assert.match(stdout, new RegExp(`failed .* bad/${i} .*the gate fails .*a bad file is there`));
    if (values[0] === `Set the value to ${i}`) continue;
    assert.match(stdout, new RegExp(`failed .* clash/${i} .*does not merge .*value\\.txt`));
  }
  assert.equal((await world.swarm(['verify'])).code, 0);
  assert.deepEqual([await world.workspaces(), world.strays()], [[], []]);
}

test(`of ${ALL} branches the ${LANDED} that merge and pass land, ${FAILED} are named with their reasons, and the exit code is 1`, async (t) => {
  const world = await World.with(t, FILES);
  const origin = await withOrigin(world);
  const base = await world.git('rev-parse', 'HEAD');
  const names = await manyBranches(origin);
  const before = await userState(world);

  const run = await world.swarm(['land', ...names, '--from', 'origin', '--gate', GATE]);

  assert.equal(run.code, 1, run.stderr);
  const branch = await world.branch();
  await assertAllThatCan(world, base, branch, run.stdout);
  assert.deepEqual(await userState(world), before, 'nothing of the user’s has moved');
  assert.equal(await origin.git('rev-parse', 'main'), base, 'nor anything of the remote’s');
  const named = [
    '--fixed-strings',
    `--grep=Swarm-Branch: good/${GROUPS}-4@`,
    '--format=%(trailers:key=Swarm-Branch,valueonly)',
  ];
  const trailer = await world.git('log', ...named, branch);
  assert.equal(trailer.trim(), `good/${GROUPS}-4@${await origin.git('rev-parse', `good/${GROUPS}-4`)}`);
  assert.equal((await subjectsOn(world, base, branch))[0], 'Add good 1-1', 'in the order given');
});

test(`killed half way and resumed it lands the same ${LANDED}, each once, also where each is pushed`, async (t) => {
  const world = await World.with(t, FILES);
  const origin = await withOrigin(world);
  const base = await world.git('rev-parse', 'HEAD');
  const names = await manyBranches(origin);
  const args = ['land', ...names, '--from', 'origin', '--deliver', 'push', '--gate', GATE];
  const running = world.start(args);
  await running.line(isLong ? /landed .*\bt14 / : /landed .*\bt4 /);
  running.kill('SIGKILL');
  assert.equal((await running.ended).signal, 'SIGKILL');

  const resumed = await world.swarm(['resume']);

  assert.equal(resumed.code, 1, resumed.stderr);
  const branch = await world.branch();
  await assertAllThatCan(world, base, branch, resumed.stdout);
  assert.equal(await origin.git('rev-parse', 'main'), await world.git('rev-parse', branch));
});

test('names that cannot be landed are refused at once, with what was meant, before anything begins', async (t) => {
  const world = await World.with(t, FILES);
  await world.git('branch', 'feature/login');
  const odd = ['--upload-pack=touch pwned', 'feature/logn', 'main', 'x@{u}', 'nothing/*'];

  const run = await world.swarm(['land', '--gate', 'true', '--', ...odd]);

  assert.deepEqual([run.code, run.stdout], [2, '']);
  assert.match(run.stderr, /there is no branch "--upload-pack=touch pwned"/);
  assert.match(run.stderr, /there is no branch "feature\/logn"\n {2}why {4}did you mean feature\/login\?/);
  assert.match(run.stderr, /"main" is the target itself/);
  assert.match(run.stderr, /there is no branch "x@\{u\}"/);
  assert.match(run.stderr, /no branch is called like "nothing\/\*"/);
  await assert.rejects(world.runFolder(), 'no run began');
});

test('a branch the target has already is unneeded, and one named twice is landed once', async (t) => {
  const world = await World.with(t, FILES);
  await world.git('branch', 'old');
  await world.commit({ 'later.txt': 'later\n' }, 'Later');
  await world.git('checkout', '--quiet', '-b', 'new');
  await world.commit({ 'new.txt': 'new\n' }, 'Add new');
  await world.git('branch', 'same');
  await world.git('checkout', '--quiet', 'main');

  const run = await world.swarm(['land', 'old', 'new', 'n*', 'same', '--gate', 'true']);

  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, /^1 of 2 landed, 1 unneeded; /);
  assert.match(run.stderr, /note: new was named twice and is landed once/);
  assert.match(run.stderr, /note: same is the same commit as new and is landed once/);
});

test('the same change on two branches lands once, and the second is unneeded', async (t) => {
  const world = await World.with(t, FILES);
  for (const name of ['first', 'second']) {
    await world.git('checkout', '--quiet', '-b', name, 'main');
    await world.commit({ 'new.txt': 'new\n' }, `Add new, as ${name} has it`);
  }
  await world.git('checkout', '--quiet', 'main');

  const run = await world.swarm(['land', 'first', 'second', '--gate', 'true']);

  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, /^1 of 2 landed, 1 unneeded; /);
});

test('a branch that shares no history, or holds what no attempt may push, fails alone and by name', async (t) => {
  const world = await World.with(t, FILES);
  await world.git('checkout', '--quiet', '--orphan', 'stranger');
  await world.commit({ 'README.md': 'another project\n' }, 'Another beginning');
  await world.git('checkout', '--quiet', '-b', 'nested', 'main');
  await world.git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},inner`);
  await world.git('commit', '--quiet', '-m', 'Nest a repository');
  await world.git('checkout', '--quiet', '-b', 'good', 'main');
  await world.commit({ 'good.txt': 'good\n' }, 'Add good');
  await world.git('checkout', '--quiet', 'main');

  const run = await world.swarm(['land', 'stranger', 'nested', 'good', '--gate', 'true']);

  assert.equal(run.code, 1, run.stderr);
  assert.match(run.stdout, /^1 of 3 landed, 2 failed; /);
  assert.match(run.stdout, /failed .* stranger .*no commit in common with the target/);
  assert.match(run.stdout, /failed .* nested .*"inner" is a repository inside the repository/);
});

test('a branch of several commits lands as one: its first subject, with all of them below', async (t) => {
  const world = await World.with(t, FILES);
  await world.git('checkout', '--quiet', '-b', 'several');
  await world.commit({ 'a.txt': 'a\n' }, 'Add a shelf');
  await world.commit({ 'b.txt': 'b\n' }, 'Fix the shelf\n\nSwarm-Task: t99');
  await world.git('checkout', '--quiet', 'main');

  const run = await world.swarm(['land', 'several', '--gate', 'true', '--deliver', 'apply']);

  assert.equal(run.code, 0, run.stderr);
  const message = await world.git('log', '-1', '--format=%B', 'main');
  assert.match(message, /^Add a shelf\n\n\* Add a shelf\n\* Fix the shelf\n\nSwarm-Run: /);
  assert.equal(await world.git('rev-list', '--count', 'main'), '2');
});

test('what was landed is the branch as it was when it was asked for, though it moved meanwhile', async (t) => {
  const world = await World.with(t, FILES);
  const origin = await withOrigin(world);
  const asked = await origin.push('moving', { message: 'Add this', files: { 'this.txt': 'this\n' } });
  // The base is gated once before anything lands: by then the branch is gone.
  await origin.push('other', { message: 'Wait', files: { 'wait.txt': 'wait\n' } });
  const running = world.start(['land', 'moving', '--from', 'origin', '--gate', 'true']);
  await running.line(/run r-\S+ opened/);
  await origin.git('update-ref', 'refs/heads/moving', 'refs/heads/other');

  const run = await running.ended;

  assert.equal(run.code, 0, run.stderr);
  const trailer = await world.git(
    'log',
    '-1',
    '--format=%(trailers:key=Swarm-Branch,valueonly)',
    await world.branch(),
  );
  assert.equal(trailer.trim(), `moving@${asked}`);
  assert.equal(await world.git('show', `${await world.branch()}:this.txt`), 'this');
});

test('a base that fails the gate is told as such, no branch is blamed, and the exit code is 80', async (t) => {
  const world = await World.with(t, { ...FILES, 'bad-0.txt': 'bad\n' });
  await world.git('branch', 'good');
  await world.git('checkout', '--quiet', 'good');
  await world.commit({ 'good.txt': 'good\n' }, 'Add good');
  await world.git('checkout', '--quiet', 'main');

  const run = await world.swarm(['land', 'good', '--gate', GATE]);

  assert.equal(run.code, 80, run.stderr);
  assert.match(run.stderr, /error\[SW0602\]: the gate fails on the base/);
});
