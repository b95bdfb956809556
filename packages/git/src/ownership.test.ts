import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { git, IDENTITY, LAND, land, makeRepo, RUN, tempDir, work } from '../test/world.ts';
import { openHub, readCheckout } from './index.ts';

/** Only root can give a repository away. */
const skip = process.getuid?.() === 0 ? false : 'needs root';

/** A repository of somebody else's, and an operator whose git configuration says this. */
function given(t: TestContext, safe: (repo: string) => string | undefined) {
  const dir = tempDir(t);
  const repo = makeRepo(dir, { 'a.txt': 'one\n' });
  assert.equal(spawnSync('chown', ['-hR', '54321:54321', repo]).status, 0);
  const directory = safe(repo);
  if (directory !== undefined) writeFileSync(join(dir, '.gitconfig'), `[safe]\n\tdirectory = ${directory}\n`);
  const operator = { PATH: process.env.PATH ?? '', HOME: dir };
  const options = { stateDir: join(dir, 'state'), repository: repo, run: RUN, target: 'main', landOn: LAND };
  return { dir, repo, operator, options: { ...options, identity: IDENTITY, operator } };
}

for (const [what, safe] of [
  ['by name', (repo: string) => repo],
  ['with all others', () => '*'],
] as const) {
  test(`a repository of another user that the operator trusts ${what} is worked on as any`, {
    skip,
  }, async (t) => {
    const { repo, operator, options } = given(t, safe);
    assert.equal((await readCheckout(repo, 'main', operator)).isRepository, true);
    const opened = await openHub(options);
    const done = await work(opened, 't1.1', opened.base, { 'a.txt': 'two\n' });
    const head = await land(opened, 't1.1', opened.base, done);
    assert.equal((await opened.delivery.apply(head)).kind, 'done');
    assert.equal(git(repo, '-c', `safe.directory=${repo}`, 'show', 'main:a.txt'), 'two');
    await opened.close();
  });
}

test('a repository of another user nobody trusts is refused, and the fix that is told works when it is typed', {
  skip,
}, async (t) => {
  const { repo, operator, options } = given(t, () => undefined);
  const facts = await readCheckout(repo, 'main', operator);
  assert(!facts.isRepository);
  assert.match(facts.what, /belongs to another user/);
  await assert.rejects(openHub(options), /SW0301.*belongs to another user/s);
  const env = { ...operator, PATH: process.env.PATH };
  assert.equal(spawnSync('sh', ['-c', facts.fix], { env }).status, 0);
  assert.equal((await readCheckout(repo, 'main', operator)).isRepository, true);
  await (await openHub(options)).close();
});

test('nobody is told to make a repository where there is one', async (t) => {
  const repo = makeRepo(tempDir(t), { 'a.txt': 'one\n' });
  writeFileSync(join(repo, '.git/config'), 'not a configuration\n');
  const operator = { PATH: process.env.PATH ?? '', HOME: '/nonexistent' };
  const facts = await readCheckout(repo, 'main', operator);
  assert(!facts.isRepository);
  assert.match(facts.what, /cannot be read/);
  assert.doesNotMatch(facts.fix, /git init/);
  const empty = await readCheckout(tempDir(t), 'main', operator);
  assert(!empty.isRepository && /git init/.test(empty.fix));
});
