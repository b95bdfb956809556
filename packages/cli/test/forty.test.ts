/** Forty tasks of a plan, eight workers, a gate: on a clone of this repository and on an unpacked npm package. */
import { join } from 'node:path';
import { test } from 'node:test';
import { landsForty, TASKS } from './support/forty.ts';
import { npmPackage } from './support/npm-package.ts';
import { World } from './support/world.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

/** The model's sources still parse: a check that needs nothing installed, and fails where a line breaks one. */
const PARSES = `node -e '
const { globSync, readFileSync } = require("node:fs");
const { stripTypeScriptTypes } = require("node:module");
for (const file of globSync("packages/core/src/model/*.ts")) stripTypeScriptTypes(readFileSync(file, "utf8"));
'`;

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
