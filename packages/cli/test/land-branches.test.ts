/** `swarm land` and how people make branches: on one another, twice, with awkward names. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World } from './support/world.ts';

const FILES = { 'README.md': 'shop\n', 'list.txt': 'one\n' };

/** `lower`, `upper` upon it and `top` upon that, each of which changes the line before its own. */
async function stack(world: World): Promise<void> {
  const texts = { lower: 'one\ntwo\n', upper: 'one\ntwo!\nthree\n', top: 'one\ntwo!\nthree!\nfour\n' };
  let on = 'main';
  for (const [name, text] of Object.entries(texts)) {
    await world.git('checkout', '--quiet', '-b', name, on);
    await world.commit({ 'list.txt': text, [`${name}.txt`]: `${name}\n` }, `Add ${name}`);
    on = name;
  }
  await world.git('checkout', '--quiet', 'main');
}

/** Subject and changed files of every commit of the target since `base`, oldest first. */
async function landings(world: World, base: string): Promise<readonly string[]> {
  const flags = ['--no-merges', '--topo-order', '--reverse', '--name-only', '--format=%x00%s'];
  const told = await world.git('log', ...flags, `${base}..main`);
  return told
    .split('\0')
    .filter(Boolean)
    .map((one) => one.trim().split(/\n+/).join(' '));
}

const STACK = ['Add lower list.txt lower.txt', 'Add upper list.txt upper.txt', 'Add top list.txt top.txt'];

for (const gate of ['true', 'none']) {
  test(`branches built on one another land in one run, each with its own, in whatever order they are given (gate ${gate})`, async (t) => {
    const world = await World.with(t, FILES);
    const base = await world.git('rev-parse', 'main');
    await stack(world);

    const run = await world.swarm(['land', 'top', 'lower', 'upper', '--gate', gate, '--deliver', 'apply']);

    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stdout, /3 landed/);
    assert.deepEqual(await landings(world, base), STACK);
    assert.equal(await world.git('rev-parse', 'main^{tree}'), await world.git('rev-parse', 'top^{tree}'));
  });
}

test('branches built on one another land over several runs, whatever else has landed in between', async (t) => {
  const world = await World.with(t, FILES);
  const base = await world.git('rev-parse', 'main');
  await stack(world);
  const land = async (name: string): Promise<void> => {
    const run = await world.swarm(['land', name, '--gate', 'true', '--deliver', 'apply']);
    assert.equal(run.code, 0, run.stderr);
  };

  await land('lower');
  await world.commit({ 'README.md': 'shop, and more\n' }, 'Tell more');
  await land('upper');
  await land('top');

  const [lower, ...others] = STACK;
  assert.deepEqual(await landings(world, base), [lower, 'Tell more README.md', ...others]);
});

test('a branch whose lower one is rejected is tried with everything it holds', async (t) => {
  const world = await World.with(t, { ...FILES, 'swarm.toml': '[gate]\npolicy = "strict"\n' });
  await stack(world);
  await world.git('checkout', '--quiet', '-b', 'alone', 'main');
  await world.commit({ 'alone.txt': 'alone\n' }, 'Add alone');
  await world.git('checkout', '--quiet', 'main');
  const gate = 'test ! -e lower.txt || test -e upper.txt';

  const run = await world.swarm(['land', 'upper', 'lower', 'alone', '--gate', gate, '--deliver', 'apply']);

  assert.equal(run.code, 1, run.stderr);
  assert.match(run.stdout, /failed .* lower .*the gate fails/);
  assert.equal(await world.git('show', 'main:list.txt'), 'one\ntwo!\nthree');
  assert.equal(await world.git('show', 'main:alone.txt'), 'alone');
});

test('a branch is landed under its own name, whatever else git would take that for, and what is no branch is told', async (t) => {
  const world = await World.with(t, FILES);
  const names = ['HEAD', '-x', 'heads/list', 'v1', 'gr\u00fc\u00dfe/\u65e5\u672c', `long/${'x'.repeat(200)}`];
  for (const [i, name] of names.entries()) {
    await world.git('checkout', '--quiet', '--detach', 'main');
    await world.commit({ [`f${i}.txt`]: `${i}\n` }, `Add f${i}`);
    await world.git('update-ref', `refs/heads/${name}`, 'HEAD');
  }
  await world.git('checkout', '--quiet', 'main');
  await world.git('tag', 'v1', 'main');
  await world.git('tag', 'v2', 'main');

  const refused = await world.swarm(['land', '--gate', 'none', 'refs/heads/v1', 'v2', '@']);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /"refs\/heads\/v1"\n.*without refs\/heads\/\n.*swarm land v1/);
  assert.match(refused.stderr, /"v2"\n.*it is a tag/);
  assert.match(refused.stderr, /"@"\n.*checked out/);

  const run = await world.swarm(['land', '--gate', 'none', '--deliver', 'apply', '--', ...names]);
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, /6 landed/);
});

test('a change made twice needs nothing more: picked by hand, in part, empty, or taken back by the branch itself', async (t) => {
  const world = await World.with(t, FILES);
  const branch = async (name: string, ...commits: readonly Record<string, string>[]): Promise<void> => {
    await world.git('checkout', '--quiet', '-b', name, 'main');
    for (const files of commits) {
      if (Object.keys(files).length > 0) await world.commit(files, `Work on ${name}`);
      else await world.git('commit', '--quiet', '--allow-empty', '-m', 'Nothing');
    }
    await world.git('checkout', '--quiet', 'main');
  };
  await branch('picked', { 'picked.txt': 'picked\n' });
  await branch('partly', { 'one.txt': 'one\n' }, { 'two.txt': 'two\n' });
  await branch('empty', {});
  await branch('undone', { 'list.txt': 'one\ntwo\n' }, { 'list.txt': 'one\n' });
  await world.git('cherry-pick', 'picked', 'partly~1');

  const all = ['picked', 'partly', 'empty', 'undone'];
  const run = await world.swarm(['land', ...all, '--gate', 'true', '--deliver', 'apply']);

  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, /1 landed, 3 unneeded/);
  assert.equal(await world.git('diff', '--name-only', 'main~1', 'main'), 'two.txt');
});

test('a submodule that a branch moves on is moved on, and a checkout in which it was never filled takes nothing away', async (t) => {
  const world = await World.with(t, FILES);
  const link = (commit: string) =>
    world.git('update-index', '--add', '--cacheinfo', `160000,${commit},inner`);
  await link('1'.repeat(40));
  await world.git('commit', '--quiet', '-m', 'Add a submodule');
  for (const [name, commit] of [
    ['moved', '2'],
    ['other', '3'],
  ] as const) {
    await world.git('checkout', '--quiet', '-b', name, 'main');
    await link(commit.repeat(40));
    await world.git('commit', '--quiet', '-m', `Move it: ${name}`);
    await world.git('checkout', '--quiet', 'main');
  }
  await world.git('checkout', '--quiet', '-b', 'file', 'main');
  await world.commit({ 'file.txt': 'file\n' }, 'Add a file');
  await world.git('checkout', '--quiet', 'main');

  const run = await world.swarm(['land', 'moved', 'other', 'file', '--gate', 'true', '--deliver', 'branch']);

  assert.equal(run.code, 1, run.stderr);
  assert.match(run.stdout, /2 landed, 1 failed/);
  assert.match(run.stdout, /failed .* other .*does not merge .*inner/);
  const branch = await world.branch();
  assert.match(await world.git('ls-tree', branch, 'inner'), new RegExp('2'.repeat(40)));
  assert.equal(await world.git('show', `${branch}:file.txt`), 'file');
});

test('names that some disks take for one are refused beside each other, and files that need a filter are said', async (t) => {
  const world = await World.with(t, { ...FILES, '.gitattributes': '*.png filter=lfs -text\n' });
  for (const [name, file] of [
    ['upper', 'Notes.md'],
    ['lower', 'notes.md'],
  ] as const) {
    await world.git('checkout', '--quiet', '-b', name, 'main');
    await world.commit({ [file]: 'notes\n' }, `Add ${file}`);
    await world.git('checkout', '--quiet', 'main');
  }

  const run = await world.swarm(['land', 'upper', 'lower', '--gate', 'none']);

  assert.equal(run.code, 1, run.stderr);
  assert.match(run.stdout, /1 landed, 1 failed/);
  assert.match(run.stdout, /failed .* lower .*"notes\.md" is the same as "Notes\.md"/);
  assert.match(run.stderr, /note: files that git-lfs keeps are pointers in every workspace/);
});
