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
