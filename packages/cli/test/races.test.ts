/** Other people at the same branch: what they push is kept, what they take away is not put back. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isLong } from './support/long.ts';
import { type Origin, withOrigin } from './support/origin.ts';
import { World } from './support/world.ts';

const FILES = { 'README.md': 'shop\n' };
const OPEN = ['--sandbox', 'none'];
const RACES = isLong ? 50 : 10;
const add = (name: string) => ({ message: `Add ${name}`, files: { [`${name}.txt`]: `${name}\n` } });

/** Puts a commit of somebody else's on main, as long as there are some left: `left` in the world's folder. */
const somebodyPushes = (world: World, origin: Origin): string => `
n=$(cat ${world.root}/left); [ "$n" -gt 0 ] || exit 0
echo $((n - 1)) > ${world.root}/left
unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES
export GIT_DIR=${origin.path} GIT_INDEX_FILE=${world.root}/theirs.index
export GIT_AUTHOR_NAME=ann GIT_AUTHOR_EMAIL=ann@shop.test GIT_COMMITTER_NAME=ann GIT_COMMITTER_EMAIL=ann@shop.test
git read-tree main
git update-index --add --cacheinfo 100644,$(echo "$n" | git hash-object -w --stdin),theirs-$n.txt
git update-ref refs/heads/main $(git commit-tree $(git write-tree) -p main -m "Theirs $n")
`;

async function assertAllKept(world: World, origin: Origin, base: string, pushes: number): Promise<void> {
  const subjects = await origin.subjects(base);
  const theirs = Array.from({ length: pushes }, (_, i) => `Theirs ${i + 1}`);
  assert.deepEqual(
    subjects.filter((s) => s.startsWith('Theirs')).toSorted(),
    theirs.toSorted(),
    'none of theirs is lost',
  );
  assert.deepEqual(
    subjects.filter((s) => s.startsWith('Add')),
    ['Add feature'],
    'ours is there once',
  );
  assert.equal((await world.swarm(['verify'])).code, 0);
}

test(`somebody who wins the race for the branch ${RACES} times in a row, inside the remote itself, loses nothing, and ours lands after`, async (t) => {
  const world = await World.with(t, FILES);
  const origin = await withOrigin(world);
  const base = await world.git('rev-parse', 'HEAD');
  await origin.push('feature', add('feature'));
  await writeFile(join(world.root, 'left'), `${RACES}\n`);
  await origin.hook('pre-receive', somebodyPushes(world, origin));

  const run = await world.swarm([
    'land',
    'feature',
    '--from',
    'origin',
    '--deliver',
    'push',
    '--gate',
    'true',
    ...OPEN,
  ]);

  assert.equal(run.code, 0, run.stderr);
  await assertAllKept(world, origin, base, RACES);
  const dropped = (await world.log()).filter((line) => line.event === 'landing.dropped');
  assert.ok(dropped.length >= RACES, `${dropped.length} tests were for nothing`);
  assert.deepEqual(new Set(dropped.map((line) => line.data.reason)), new Set(['target-moved']));
});

test('what is pushed while the gate runs is built upon: the commit that lands was tested on it', async (t) => {
  const world = await World.with(t, FILES);
  const origin = await withOrigin(world);
  const base = await world.git('rev-parse', 'HEAD');
  await origin.push('feature', add('feature'));
  await writeFile(join(world.root, 'left'), '0\n');
  const script = join(world.root, 'push.sh');
  await writeFile(script, somebodyPushes(world, origin));
  // Not on the base: only what is tested to land is raced.
  const gate = `[ ! -e feature.txt ] || (sh ${script})`;
  await writeFile(join(world.root, 'left'), '3\n');

  const run = await world.swarm([
    'land',
    'feature',
    '--from',
    'origin',
    '--deliver',
    'push',
    '--gate',
    gate,
    ...OPEN,
  ]);

  assert.equal(run.code, 0, run.stderr);
  await assertAllKept(world, origin, base, 3);
  const parents = await origin.git('log', '-1', '--format=%s %P', 'main');
  assert.equal(parents, `Add feature ${await origin.git('rev-parse', 'main~1')}`);
  assert.equal(await origin.git('log', '-1', '--format=%s', 'main~1'), 'Theirs 1');
});

/** Two branches; once the first has landed the second's gate waits until `release`, while somebody `meddles`. */
async function meddled(world: World, origin: Origin, meddle: () => Promise<unknown>) {
  await origin.push('one', add('one'));
  await origin.push('two', add('two'));
  // Each is tested by itself: a batch of both would wait as a whole.
  await world.configure('[gate]\npolicy = "strict"');
  const gate = `[ ! -e two.txt ] || until [ -e ${world.root}/go ]; do sleep 0.05; done`;
  const running = world.start([
    'land',
    'one',
    'two',
    '--from',
    'origin',
    '--deliver',
    'push',
    '--gate',
    gate,
    ...OPEN,
  ]);
  await running.line(/landed t1 /);
  await meddle();
  await world.release();
  return running.ended;
}

test('a landing that somebody takes off the remote again is not put back: the run pauses and names what is gone', async (t) => {
  const world = await World.with(t, FILES);
  const origin = await withOrigin(world);
  const base = await world.git('rev-parse', 'HEAD');

  const run = await meddled(world, origin, () => origin.git('update-ref', 'refs/heads/main', base));

  assert.equal(run.code, 1, run.stderr);
  assert.match(run.stdout, /stopped: the target no longer has the landings of t1/);
  assert.match(run.stderr, /paused \(history-rewritten\)/);
  assert.equal(await origin.git('rev-parse', 'main'), base, 'their history stands');
  const resumed = await world.swarm(['resume']);
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.deepEqual((await origin.subjects(base)).toSorted(), ['Add one', 'Add two']);
});

test('a rewritten history is built upon as it is, without what it dropped', async (t) => {
  const world = await World.with(t, FILES);
  const origin = await withOrigin(world);
  const base = await world.git('rev-parse', 'HEAD');

  const run = await meddled(world, origin, async () => {
    const rewritten = await origin.push('rewritten', { ...add('theirs'), from: base });
    await origin.git('update-ref', 'refs/heads/main', rewritten);
  });

  assert.equal(run.code, 1, run.stderr);
  assert.deepEqual(await origin.subjects(base), ['Add theirs']);
});

test('a deleted target is not made anew: the run pauses and says which branch is gone', async (t) => {
  const world = await World.with(t, FILES);
  const origin = await withOrigin(world);

  const run = await meddled(world, origin, () => origin.git('update-ref', '-d', 'refs/heads/main'));

  assert.equal(run.code, 1, run.stderr);
  assert.match(run.stdout, /stopped: origin\/main is gone/);
  assert.match(run.stderr, /paused \(target-gone\)/);
  const refs = await origin.git('for-each-ref', '--format=%(refname:short)');
  assert.deepEqual(refs.split('\n').toSorted(), ['one', 'two']);
});

test('the journal tells what others pushed, as theirs', async (t) => {
  const world = await World.with(t, FILES);
  const origin = await withOrigin(world);
  let theirs = '';

  const run = await meddled(world, origin, async () => {
    theirs = await origin.push('main', add('theirs'));
  });

  assert.equal(run.code, 0, run.stderr);
  const moved = (await world.log()).filter((line) => line.event === 'target.moved');
  assert.deepEqual(
    moved.map((line) => [line.data.to, line.data.lost]),
    [[theirs, []]],
  );
  assert.equal((await readFile(join(world.root, 'go'), 'utf8')).length, 0);
});
