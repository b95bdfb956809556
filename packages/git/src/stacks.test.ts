import assert from 'node:assert/strict';
import { test } from 'node:test';
import { People } from '../test/stack.ts';
import { git } from '../test/world.ts';

const FILES = { 'list.txt': 'one\n', 'other.txt': 'other\n' };
const TWO = 'one\ntwo\n';
const THREE = 'one\ntwo, changed\nthree\n';

/** `upper` changes the very lines that `lower` brought. */
async function stack(t: Parameters<typeof People.with>[0]): Promise<People> {
  const people = await People.with(t, FILES);
  people.branch('lower', 'main', { 'list.txt': TWO, 'lower.txt': 'lower\n' });
  people.branch('upper', 'lower', { 'list.txt': THREE, 'upper.txt': 'upper\n' });
  await people.nextRun();
  return people;
}

test('a branch lands upon one that landed in an earlier run, though it changes the lines that one brought', async (t) => {
  const people = await stack(t);
  await people.land('lower');
  people.push({ 'other.txt': 'other, changed\n' });
  await people.nextRun();

  await people.land('upper');

  assert.equal(people.read('list.txt'), THREE.trimEnd());
  assert.equal(people.read('other.txt'), 'other, changed');
  assert.equal(git(people.repo, 'diff', '--name-only', 'main~1', 'main'), 'list.txt\nupper.txt');
});

test('what is put on the head is the same bytes whichever run builds it, and whatever that run built before', async (t) => {
  const people = await stack(t);
  await people.land('lower');
  await people.nextRun();
  const first = await people.build('upper');
  people.branch('third', 'main~1', { 'third.txt': 'third\n' });
  await people.build('third');
  const again = await people.build('upper');
  assert(first.kind === 'clean' && again.kind === 'clean');
  assert.deepEqual([again.tree, again.paths], [first.tree, first.paths]);
});

test('a branch that was built on an older state of one that landed brings what it has of its own', async (t) => {
  const people = await stack(t);
  people.branch('lower', 'lower', { 'lower.txt': 'lower, more\n' });
  for (const isAnotherRun of [false, true]) {
    if (isAnotherRun) await people.nextRun();
    else await people.land('lower');
    const built = await people.build('upper');
    assert(built.kind === 'clean', JSON.stringify(built));
    assert.deepEqual(built.paths, ['list.txt', 'upper.txt']);
    assert.equal(people.read('lower.txt', built.commit), 'lower, more');
  }
});

test('of a branch that landed whole nothing is left to land, whatever has become of its lines', async (t) => {
  const people = await stack(t);
  await people.land('lower');
  people.push({ 'list.txt': 'one\ntwo, as others want it\n' });
  await people.nextRun();
  assert.equal((await people.build('lower')).kind, 'empty');
});

test('a branch that merged the landed one brings only its own, with and without the target merged too', async (t) => {
  const people = await stack(t);
  people.push({ 'other.txt': 'other, changed\n' });
  people.branch('joined', 'main', { 'joined.txt': 'joined\n' });
  const merge = (...from: string[]) => {
    git(people.repo, 'checkout', '--quiet', 'joined');
    for (const one of from) git(people.repo, 'merge', '--quiet', '--no-edit', '-X', 'ours', one);
    git(people.repo, 'checkout', '--quiet', '--detach');
  };
  merge('lower');
  await people.land('lower');
  people.branch('joined', 'joined', { 'list.txt': THREE });
  await people.nextRun();
  const built = await people.build('joined');
  assert(built.kind === 'clean', JSON.stringify(built));
  assert.deepEqual(built.paths, ['joined.txt', 'list.txt']);

  people.push({ 'more.txt': 'more\n' });
  merge('main~1');
  const updated = await people.build('joined');
  assert(updated.kind === 'clean', JSON.stringify(updated));
  assert.deepEqual(updated.paths, ['joined.txt', 'list.txt']);
});

test('a branch that was rebased onto the target after the lower one landed brings only its own', async (t) => {
  const people = await stack(t);
  await people.land('lower');
  git(people.repo, 'rebase', '--quiet', '--onto', 'main', 'lower', 'upper');
  await people.nextRun();
  const built = await people.build('upper');
  assert(built.kind === 'clean', JSON.stringify(built));
  assert.deepEqual(built.paths, ['list.txt', 'upper.txt']);
});

const WAYS_BACK = {
  'by an undo': async (people: People, landed: Awaited<ReturnType<People['land']>>) => {
    await people.undo(landed);
  },
  'by git revert': async (people: People, landed: Awaited<ReturnType<People['land']>>) => {
    people.onMain('revert', '--no-edit', landed.commit);
  },
  'by hand, with nothing said': async (people: People, landed: Awaited<ReturnType<People['land']>>) => {
    people.onMain('rm', '--quiet', 'lower.txt');
    people.push({ 'list.txt': 'one\n' }, `Clean up ${landed.task}`);
  },
};

for (const [way, takeBack] of Object.entries(WAYS_BACK)) {
  test(`what was taken back ${way} comes again with a branch that was built on it, and is not lost`, async (t) => {
    const people = await stack(t);
    const landed = await people.land('lower');
    await takeBack(people, landed);
    assert.deepEqual([people.read('list.txt'), people.read('lower.txt')], ['one', undefined]);
    await people.nextRun();

    await people.land('upper');

    assert.equal(people.read('list.txt'), THREE.trimEnd());
    assert.deepEqual([people.read('lower.txt'), people.read('upper.txt')], ['lower', 'upper']);
  });
}

test('what was taken back and brought again is held, and what is taken back under a third branch comes with that', async (t) => {
  const people = await stack(t);
  const lower = await people.land('lower');
  people.onMain('revert', '--no-edit', lower.commit);
  people.onMain('revert', '--no-edit', 'HEAD');
  people.branch('third', 'upper', { 'third.txt': 'third\n' });
  await people.nextRun();
  const built = await people.build('upper');
  assert(built.kind === 'clean', JSON.stringify(built));
  assert.deepEqual(built.paths, ['list.txt', 'upper.txt']);

  const upper = await people.land('upper');
  for (const landed of [upper, lower]) people.onMain('revert', '--no-edit', landed.commit);
  await people.nextRun();
  await people.land('third');
  const files = ['lower.txt', 'upper.txt', 'third.txt'].map((path) => people.read(path));
  assert.deepEqual(files, ['lower', 'upper', 'third']);
});

test('a landing that says it is of a branch, and brought nothing that is there, is not believed', async (t) => {
  const people = await stack(t);
  const work = git(people.repo, 'rev-parse', 'lower');
  people.push({ 'list.txt': 'one\nsomething\n' }, `Something\n\nSwarm-Branch: lower@${work}\n`);
  people.push({ 'list.txt': 'one\n' });
  await people.nextRun();
  const built = await people.build('upper');
  assert(built.kind === 'clean', JSON.stringify(built));
  assert.deepEqual(built.paths, ['list.txt', 'lower.txt', 'upper.txt']);
});

/** Numbers of a seed, the same on every machine. */
function random(seed: number): (below: number) => number {
  let at = seed;
  return (below) => {
    at = (Math.imul(at, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((at / 2 ** 32) * below);
  };
}

/** Branches upon the target or upon one another, each of which changes one line of a file that all of them change. */
async function forest(t: Parameters<typeof People.with>[0], seed: number, count: number) {
  const draw = random(seed);
  const lines = Array.from({ length: count * 4 }, (_, i) => `line ${i}`);
  const people = await People.with(t, { 'shared.txt': `${lines.join('\n')}\n` });
  const names: string[] = [];
  for (let i = 0; i < count; i++) {
    const on = i > 0 && draw(4) > 0 ? names[draw(i)]! : 'main';
    const text = git(people.repo, 'show', `${on}:shared.txt`).split('\n');
    // One upon another sometimes changes what that one changed, and the line after it.
    const below = names.indexOf(on);
    const line = below >= 0 && draw(2) === 0 ? below * 4 + draw(2) : i * 4;
    text[line] = `${text[line]} by ${i}`;
    const name = `b${i}`;
    people.branch(name, on, { 'shared.txt': `${text.join('\n')}\n`, [`${name}.txt`]: `${name}\n` });
    names.push(name);
  }
  return { people, names, draw };
}

/** What merging a branch by hand gives; undefined where that conflicts. */
function byHand(people: People, from: string, name: string): string | undefined {
  git(people.repo, 'checkout', '--quiet', '--detach', from);
  try {
    git(people.repo, 'merge', '--quiet', '--no-edit', name);
    return git(people.repo, 'rev-parse', 'HEAD');
  } catch {
    git(people.repo, 'merge', '--abort');
    return undefined;
  }
}

for (const seed of [1, 2]) {
  test(`branches built on one another, landed over several runs, give what merging them by hand gives (${seed})`, async (t) => {
    const { people, names, draw } = await forest(t, seed, 5);
    let merged = people.head as string;
    for (const name of names) {
      if (draw(2) === 0) await people.nextRun();
      const wanted = byHand(people, merged, name);
      const built = await people.build(name);
      assert.equal(built.kind, wanted === undefined ? 'conflict' : 'clean', name);
      if (built.kind !== 'clean' || wanted === undefined) continue;
      await people.publish(built);
      merged = wanted;
      const [ours, theirs] = ['main', merged].map((at) => git(people.repo, 'rev-parse', `${at}^{tree}`));
      assert.equal(ours, theirs, name);
    }
  });
}
