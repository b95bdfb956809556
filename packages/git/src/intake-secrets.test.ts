import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { SecretFinder } from '@swarm/core/ports/git';
import { attempt, git, save, tempDir, world, write } from '../test/world.ts';
import { Git } from './git.ts';
import { secretIn } from './intake-secrets.ts';

const CANARY = 'tok-c4nary-5f1e';
const ONE = attempt('t1.1');

/** Finds the canary, wherever the pieces of one object part. */
const FINDER: SecretFinder = {
  begin: () => {
    let seen = '';
    return (piece) => {
      seen += Buffer.from(piece).toString('latin1');
      return seen.includes(CANARY) ? 'THE_TOKEN' : undefined;
    };
  },
};

/** What becomes of work that `change` makes, with somebody who looks and without. */
async function takenIn(t: TestContext, secrets: SecretFinder | undefined, change: (path: string) => void) {
  const w = await world(t, undefined, { secrets });
  const it = await w.workspaces.create({ name: 't1.1', base: w.base, attempt: ONE });
  write(it.path, { 'a.txt': 'two\n' });
  change(it.path);
  save(w, it);
  return { outcome: await w.hub.ingest(ONE), w };
}

const PLACES: [string, RegExp, (path: string) => void][] = [
  [
    'a file',
    /^the value of THE_TOKEN stands in "deep\/x y\.txt", line 1$/,
    (path) => write(path, { 'deep/x y.txt': `a=${CANARY}` }),
  ],
  [
    'a file that a later commit removes',
    /an earlier state of its commits$/,
    (path) => {
      write(path, { 'gone.txt': CANARY });
      git(path, 'add', '-A');
      git(path, 'commit', '-qm', 'One');
      git(path, 'rm', '-q', 'gone.txt');
    },
  ],
  ['a message', /a message/, (path) => git(path, 'commit', '-q', '--allow-empty', '-m', `Use ${CANARY}`)],
  ['the name of a file', /a name/, (path) => write(path, { [CANARY]: 'x' })],
  [
    'a large file, beyond its first pieces',
    /"large", line 1500001$/,
    (path) =>
      writeFileSync(
        join(path, 'large'),
        Buffer.concat([Buffer.alloc(3_000_000, 'x\n'), Buffer.from(CANARY)]),
      ),
  ],
];
for (const [what, why, change] of PLACES) {
  test(`work with a known secret in ${what} is not taken, and nothing of it is in the hub`, async (t) => {
    const { outcome, w } = await takenIn(t, FINDER, change);
    assert.equal(outcome.kind, 'secret', JSON.stringify(outcome));
    assert.match(outcome.kind === 'secret' ? outcome.why : '', why);
    assert.ok(!JSON.stringify(outcome).includes(CANARY));
    const args = ['--git-dir', join(w.stateDir, 'hub.git'), 'cat-file', '--batch-all-objects', '--batch'];
    assert.ok(!execFileSync('git', args, { maxBuffer: 1e9 }).includes(CANARY));
    assert.equal(
      (await takenIn(t, undefined, change)).outcome.kind,
      'commit',
      'where nobody looks it is taken',
    );
  });
}

test('objects that cannot all be looked through are refused', async (t) => {
  const place = { gitDir: join(tempDir(t), 'none.git') };
  await assert.rejects(secretIn(new Git(), place, FINDER, 10_000), /not all of its objects/);
});
