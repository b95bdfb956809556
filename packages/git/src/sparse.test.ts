import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Workspace } from '@swarm/core/ports/git';
import { attempt, git, type World, world, write } from '../test/world.ts';
import { coneOf, conePatterns } from './sparse.ts';

const ONE = attempt('t1.1');
const FILES = {
  'README.md': 'top\n',
  'app/main.ts': 'main\n',
  'app/cart/total.ts': 'total\n',
  'app/cart/tax/vat.ts': 'vat\n',
  'app/mail/send.ts': 'send\n',
  'docs/a.md': 'a\n',
  'docs/b.md': 'b\n',
};

async function given(t: TestContext, only: readonly string[] = ['app/cart']) {
  const w = await world(t, FILES);
  const it = await w.workspaces.create({ name: 't1.1', base: w.base, attempt: ONE, only });
  return { w, it };
}

async function saved(w: World, it: Workspace) {
  const ask = { message: 'Work', workspace: it.path, intake: it.intake! };
  const [command = '', ...args] = w.workspaces.saveCommand(ask);
  const env = { PATH: process.env.PATH, HOME: '/nonexistent' };
  const ran = spawnSync(command, args, { env, encoding: 'utf8' });
  const taken = await w.hub.ingest(ONE);
  const changed =
    taken.kind === 'commit'
      ? git(join(w.stateDir, 'hub.git'), 'diff', '--name-status', '--no-renames', w.base, taken.commit).split(
          '\n',
        )
      : [];
  return { exit: ran.status, stderr: ran.stderr, changed, told: w.workspaces.readSave(ran.stdout) };
}

const here = (it: Workspace): string[] =>
  readdirSync(it.path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(it.path.length + 1))
    .filter((path) => !path.startsWith('.git/'))
    .toSorted();

test('only the folders that are asked for are checked out, with the files on the way to them', async (t) => {
  const { it } = await given(t);
  assert.deepEqual(here(it), ['README.md', 'app/cart/tax/vat.ts', 'app/cart/total.ts', 'app/main.ts']);
  assert.equal(git(it.path, 'status', '--porcelain'), '');
  assert.equal(git(it.path, 'ls-files').split('\n').length, Object.keys(FILES).length);
});

test('the patterns are those that git itself writes for the same folders', async (t) => {
  const { repo } = await world(t, FILES);
  const folders = ['app/cart', 'docs', 'a[1]/b', 'docs/inner'];
  git(repo, 'sparse-checkout', 'set', '--cone', '--skip-checks', ...folders);
  const theirs = readFileSync(join(repo, '.git/info/sparse-checkout'), 'utf8');
  const lines = (text: string) => text.split('\n').filter(Boolean).toSorted();
  assert.deepEqual(lines(conePatterns(coneOf(folders))), lines(theirs));
});

test('what was not checked out is in the work as it was', async (t) => {
  const { w, it } = await given(t);
  write(it.path, { 'app/cart/total.ts': 'changed\n', 'app/cart/new.ts': 'new\n' });
  rmSync(join(it.path, 'app/cart/tax/vat.ts'));
  rmSync(join(it.path, 'app/main.ts'));
  const { exit, changed, told, stderr } = await saved(w, it);
  assert.deepEqual(told.leftOut, [], stderr);
  assert.equal(exit, 0);
  assert.deepEqual(changed, [
    'A\tapp/cart/new.ts',
    'D\tapp/cart/tax/vat.ts',
    'M\tapp/cart/total.ts',
    'D\tapp/main.ts',
  ]);
});

test('files that are written where nothing was checked out are taken, over those of the base too', async (t) => {
  const { w, it } = await given(t);
  write(it.path, { 'docs/a.md': 'written anew\n', 'docs/c.md': 'c\n', 'lib/x.ts': 'x\n' });
  const { exit, changed } = await saved(w, it);
  assert.equal(exit, 0);
  assert.deepEqual(changed, ['M\tdocs/a.md', 'A\tdocs/c.md', 'A\tlib/x.ts']);
});

const LOSSES: Readonly<Record<string, (path: string) => void>> = {
  'an index made anew': (path) => {
    rmSync(join(path, '.git/index'));
    git(path, 'config', 'core.sparseCheckout', 'false');
    git(path, 'read-tree', 'HEAD');
  },
  'marks taken off and all committed': (path) => {
    git(path, 'config', 'core.sparseCheckout', 'false');
    git(path, 'update-index', '--no-skip-worktree', 'docs/a.md', 'docs/b.md', 'app/mail/send.ts');
    git(path, 'config', 'user.email', 'a@example.invalid');
    git(path, 'commit', '--quiet', '-a', '-m', 'All of it');
  },
};

for (const [name, lose] of Object.entries(LOSSES)) {
  test(`what was never seen cannot be removed: ${name}`, async (t) => {
    const { w, it } = await given(t);
    write(it.path, { 'app/cart/total.ts': 'changed\n' });
    lose(it.path);
    assert.match(
      git(it.path, 'status', '--porcelain') + git(it.path, 'log', '-1', '--format=%s'),
      / D |All of it/,
    );
    const { exit, changed, told } = await saved(w, it);
    assert.deepEqual(changed, ['M\tapp/cart/total.ts']);
    assert.equal(exit, 3);
    assert.deepEqual(
      told.leftOut,
      ['app/mail/send.ts', 'docs/a.md', 'docs/b.md'].map(
        (path) => `${path}: was not checked out here, so that its removal is not taken`,
      ),
    );
  });
}

test('an agent checks out more of it with git’s own command', async (t) => {
  const { w, it } = await given(t);
  git(it.path, 'sparse-checkout', 'add', 'docs');
  assert(existsSync(join(it.path, 'docs/a.md')));
  write(it.path, { 'docs/a.md': 'changed\n' });
  const { exit, changed } = await saved(w, it);
  assert.equal(exit, 0);
  assert.deepEqual(changed, ['M\tdocs/a.md']);
});
