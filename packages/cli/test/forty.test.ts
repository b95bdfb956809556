/** Many tasks of a plan, eight workers, a gate: on an unpacked npm package; forty, and on a clone of this repository, when long. */
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { landsMany, TASKS } from './support/forty.ts';
import { isLong } from './support/long.ts';
import { npmPackage } from './support/npm-package.ts';
import { World } from './support/world.ts';

const COUNT = isLong ? TASKS : 12;
const ROOT = join(import.meta.dirname, '..', '..', '..');

/** The model's sources still parse: a check that needs nothing installed, and fails where a line breaks one. */
const PARSES = `node -e '
const { globSync, readFileSync } = require("node:fs");
const { stripTypeScriptTypes } = require("node:module");
for (const file of globSync("packages/core/src/model/*.ts")) stripTypeScriptTypes(readFileSync(file, "utf8"));
'`;

async function onThisRepository(t: TestContext): Promise<void> {
  const world = await World.make(t);
  await world.gitIn(world.root, 'clone', '--quiet', '--no-hardlinks', ROOT, world.repository);
  const tracked = await world.git('ls-files', 'packages/core/src/*.ts');
  const sources = tracked.split('\n').filter((path) => !path.includes('/rules/'));
  await landsMany(world, sources.slice(0, COUNT), PARSES);
}
if (isLong)
  test(
    'forty tasks land on a clone of this repository, one gated commit each, and nothing of the user’s moves',
    onThisRepository,
  );

test(`${COUNT} tasks land on an npm package whose own tests are the gate, one commit each, and nothing of the user’s moves`, async (t) => {
  const world = await World.with(t, npmPackage(COUNT));
  const files = Array.from({ length: COUNT }, (_, i) => `lib/part-${i + 1}.js`);
  await landsMany(world, files, 'node test.js');
});
