import assert from 'node:assert/strict';
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { landing, work, world } from '../test/world.ts';

test('other users can read the hub’s objects, however closed the operator’s new files are', async (t) => {
  const before = process.umask(0o077);
  t.after(() => process.umask(before));
  const w = await world(t);
  const done = await work(w, 't1.1', w.base, { 'a.txt': 'two\n', 'new/c.txt': 'c\n' });
  const built = await w.hub.buildCandidate({
    onto: w.base,
    work: done,
    message: () => landing('t1.1'),
    atSeconds: 1_700_000_000,
  });
  assert.equal(built.kind, 'clean');
  const objects = join(w.stateDir, 'hub.git/objects');
  const closed = readdirSync(objects, { recursive: true, encoding: 'utf8' }).filter((name) => {
    const entry = lstatSync(join(objects, name));
    const needed = entry.isDirectory() ? 0o005 : 0o004;
    return (entry.mode & needed) !== needed;
  });
  assert.deepEqual(closed, []);
  assert.equal(lstatSync(objects).mode & 0o005, 0o005);
});
