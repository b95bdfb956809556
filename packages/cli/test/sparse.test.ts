/** A task that sees a part of the tree: what it is shown, and that everything else is as it was, and tested. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { World } from './support/world.ts';

const FILES = {
  'README.md': 'shop\n',
  'app/main.ts': 'main\n',
  'app/cart/total.ts': 'total\n',
  'docs/a.md': 'a\n',
  'docs/b.md': 'b\n',
};
const WHOLE = 'test -f docs/a.md && test -f docs/b.md && test -f app/cart/total.ts';
/** Without the list itself: the shell may make it before `find` looks or after. */
const LIST = "find . -type f -not -path './.git/*' -not -name 'seen.txt' | LC_ALL=C sort";

async function worked(t: TestContext, sparse: 'on' | 'off', setup: string) {
  const world = await World.with(t, FILES);
  await world.configure(`[workers]\nsparse = "${sparse}"\n`);
  const task = {
    title: 'List what is here',
    description: `${LIST} > app/cart/seen.txt; cat "$PROMPT" > app/cart/told.txt`,
    scope: ['app/cart/seen.txt', 'app/cart/told.txt'],
    verify: WHOLE,
  };
  const words = await world.plan([task], '--gate', WHOLE);
  const run = await world.swarm(words.with(words.indexOf('--setup') + 1, setup));
  assert.equal(run.code, 0, run.stderr);
  await world.git('checkout', '--quiet', await world.branch());
  const read = (path: string) => readFile(join(world.repository, path), 'utf8');
  return {
    seen: (await read('app/cart/seen.txt')).trim().split('\n'),
    told: await read('app/cart/told.txt'),
    read,
  };
}

test('with `sparse` a task sees the folders of its scope, gate and verify see every file, and nothing is lost', async (t) => {
  const { seen, told, read } = await worked(t, 'on', 'none');
  assert.deepEqual(seen, ['./README.md', './app/cart/total.ts', './app/main.ts']);
  assert.match(told, /Only these folders are checked out, and the files at the top: .*app\/cart/);
  for (const [path, text] of Object.entries(FILES)) assert.equal(await read(path), text);
});

test('where there is a setup every task sees all of the tree', async (t) => {
  const { seen, told } = await worked(t, 'on', 'true');
  assert(seen.includes('./docs/a.md'), seen.join(' '));
  assert.doesNotMatch(told, /Only these folders/);
});
