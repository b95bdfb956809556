/** `swarm land` and branches that bring a dependency: what is said, and asked, before any work. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { onTerminal, startOnTerminal } from './support/terminal.ts';
import { World } from './support/world.ts';

const LAND = ['land', 'adds', '--setup', 'true', '--gate', 'true'];
const SAID = /adds brings other dependencies than the target/;

/** A branch `adds` that changes a lockfile, and `plain` that does not. */
async function given(t: Parameters<typeof World.with>[0]): Promise<World> {
  const world = await World.with(t, { 'a.txt': 'a\n', 'app/package-lock.json': '{}\n' });
  for (const [name, file] of [
    ['adds', 'app/package-lock.json'],
    ['plain', 'a.txt'],
  ] as const) {
    await world.git('checkout', '--quiet', '-b', name, 'main');
    await world.commit({ [file]: '{"a":1}\n' }, `Change ${file}`);
  }
  await world.git('checkout', '--quiet', 'main');
  return world;
}

test('a branch that brings other dependencies is told with the way to fetch them, before any work', async (t) => {
  const world = await given(t);
  const adds = await world.swarm(LAND);
  assert.equal(adds.code, 0, adds.stderr);
  assert.match(adds.stderr, SAID);
  assert.match(adds.stderr, /--setup-network work lets it fetch them[\s\S]*run .* opened/);
  for (const words of [
    [...LAND, '--setup-network', 'base'],
    ['land', 'plain', '--setup', 'true', '--gate', 'true'],
  ]) {
    const quiet = await world.swarm(words);
    assert.equal(quiet.code, 0, quiet.stderr);
    assert.doesNotMatch(quiet.stderr, /other dependencies/);
  }
});

test('however many branches there are, the one that brings others is found', async (t) => {
  const world = await given(t);
  const tree = await world.git('rev-parse', 'plain^{tree}');
  const commits = Array.from(
    { length: 60 },
    (_, n) =>
      `commit refs/heads/a${n}\ncommitter owner <owner@shop.test> 1700000000 +0000\ndata <<END\nPlain ${n}\nEND\n` +
      `from refs/heads/main^0\nM 040000 ${tree} ""\n\n`,
  );
  const input = commits.join('');
  execFileSync('git', ['fast-import', '--quiet'], { cwd: world.repository, env: world.environment(), input });
  const many = await world.swarm(['land', 'a*', ...LAND.slice(2), '--time', '1s']);
  assert.match(many.stderr, SAID);
});

test('on a terminal it is asked once, and a yes is pinned for the run', onTerminal, async (t) => {
  const world = await given(t);
  const screen = startOnTerminal(world, LAND);
  await screen.shows(
    /adds brings other dependencies than the target\. May `true` of these branches use the network\?/,
  );
  screen.type('y\n');
  assert.equal(await screen.code, 0, screen.text());
  assert.match(await readFile(join(await world.runFolder(), 'run.json'), 'utf8'), /"setupNetwork": ?"work"/);
});
