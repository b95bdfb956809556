/** Forty tasks of a plan, eight workers, a gate: on a clone of this repository and on an unpacked npm package. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertLandedOnce } from './support/landings.ts';
import { npmPackage } from './support/npm-package.ts';
import { userState } from './support/untouched.ts';
import { type PlanTask, World } from './support/world.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const TASKS = 40;

/** Every source still parses: a check that needs nothing installed, and fails where a line breaks one. */
const PARSES = `node -e '
const { globSync, readFileSync } = require("node:fs");
const { stripTypeScriptTypes } = require("node:module");
for (const file of globSync("packages/core/src/**/*.ts")) stripTypeScriptTypes(readFileSync(file, "utf8"));
'`;

/** Adds a line to one file, and checks that it is there. */
const marking = (path: string, i: number): PlanTask => ({
  title: `Mark ${path}`,
  description: `printf '\\n// mark ${i}\\n' >> '${path}'`,
  scope: [path],
  verify: `tail -n 1 '${path}' | grep -qx '// mark ${i}'`,
});

async function landsForty(world: World, files: readonly string[], gate: string): Promise<void> {
  assert.equal(files.length, TASKS);
  const base = await world.git('rev-parse', 'HEAD');
  const before = await userState(world);
  const args = await world.plan(files.map(marking), '--workers', '8', '--gate', gate);

  const run = await world.swarm(args);

  assert.equal(run.code, 0, run.stderr.slice(-4000) + run.stdout);
  const landed = await assertLandedOnce(
    world,
    base,
    files.map((path) => `Mark ${path}`),
  );
  assert.ok(
    landed.every((l) => l.attempt.endsWith('.1')),
    'at the first try, for no two touch the same file',
  );
  const changed = await world.git('diff', '--name-only', base, await world.branch());
  assert.deepEqual(changed.split('\n').toSorted(), [...files].toSorted());
  const verify = await world.swarm(['verify']);
  assert.equal(verify.code, 0, verify.stdout);
  assert.match(verify.stdout, /every promise was kept \(.* 40 commits, 40 landings, 40 tasks\)/);
  assert.deepEqual(await userState(world), before);
  assert.deepEqual(await world.workspaces(), []);
  assert.deepEqual(world.strays(), []);
}

test('forty tasks land on a clone of this repository, one gated commit each, and nothing of the user’s moves', async (t) => {
  const world = await World.make(t);
  await world.gitIn(world.root, 'clone', '--quiet', '--no-hardlinks', ROOT, world.repository);
  const tracked = await world.git('ls-files', 'packages/core/src/*.ts');
  const sources = tracked.split('\n').filter((path) => !path.includes('/rules/'));
  await landsForty(world, sources.slice(0, TASKS), PARSES);
});

test('forty tasks land on an npm package whose own tests are the gate', async (t) => {
  const world = await World.with(t, npmPackage(TASKS));
  const files = Array.from({ length: TASKS }, (_, i) => `lib/part-${i + 1}.js`);
  await landsForty(world, files, 'node test.js');
});
