import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { CommitId } from '@swarm/core/model/ids';
import { commit, git, land, type World, work, world, write } from '../test/world.ts';
import { readCheckout } from './index.ts';

/** A world with one landing that changes a.txt and adds new.txt, not yet on main. */
async function landed(t: TestContext, files?: Record<string, string>) {
  const w = await world(t, files);
  const done = await work(w, 't1.1', w.base, { 'a.txt': 'two\n', 'new.txt': 'new\n' });
  return { w, head: await land(w, 't1.1', w.base, done) };
}

async function expectRefused(w: World, head: CommitId, why: RegExp, fix: RegExp): Promise<void> {
  const main = git(w.repo, 'rev-parse', 'main');
  const outcome = await w.delivery.apply(head);
  assert(outcome.kind === 'refused', JSON.stringify(outcome));
  assert.match(outcome.why, why);
  assert.match(outcome.fix, fix);
  assert.equal(git(w.repo, 'rev-parse', 'main'), main);
}

test('a clean checkout of the target is fast-forwarded, files and all', async (t) => {
  const { w, head } = await landed(t);
  write(w.repo, { 'untracked.txt': 'mine\n' });
  assert.deepEqual(await w.delivery.apply(head), { kind: 'done', from: w.base, to: head });
  assert.equal(git(w.repo, 'rev-parse', 'HEAD'), head);
  assert.equal(readFileSync(join(w.repo, 'a.txt'), 'utf8'), 'two\n');
  assert.equal(git(w.repo, 'status', '--porcelain'), '?? untracked.txt');
  assert.deepEqual(await w.delivery.apply(head), { kind: 'done', from: head, to: head });
});

test('a target that is checked out nowhere is moved by reference alone', async (t) => {
  const { w, head } = await landed(t);
  git(w.repo, 'switch', '--quiet', '-c', 'elsewhere');
  assert.deepEqual(await w.delivery.apply(head), { kind: 'done', from: w.base, to: head });
  assert.equal(git(w.repo, 'rev-parse', 'main'), head);
  assert.equal(readFileSync(join(w.repo, 'a.txt'), 'utf8'), 'one\n');
});

test('a target checked out in a linked work tree is fast-forwarded there', async (t) => {
  const { w, head } = await landed(t);
  git(w.repo, 'switch', '--quiet', '-c', 'elsewhere');
  git(w.repo, 'worktree', 'add', '--quiet', '../linked', 'main');
  assert.equal((await w.delivery.apply(head)).kind, 'done');
  assert.equal(readFileSync(join(w.dir, 'linked/a.txt'), 'utf8'), 'two\n');
  assert.equal(readFileSync(join(w.repo, 'a.txt'), 'utf8'), 'one\n');
});

test('the target of a bare repository is moved by reference', async (t) => {
  const { w } = await landed(t);
  git(w.dir, 'clone', '--quiet', '--bare', w.repo, 'bare.git');
  const repository = join(w.dir, 'bare.git');
  const bare = await w.reopen({ repository, stateDir: join(w.dir, 'state-2') });
  const head = await bare.hub.targetHead();
  assert(head);
  assert.equal((await bare.delivery.apply(head)).kind, 'done');
  assert.equal(git(repository, 'rev-parse', 'main'), head);
});

for (const kind of ['with its git directory elsewhere', 'that is a submodule'] as const) {
  test(`a checkout ${kind} is fast-forwarded where its files are`, async (t) => {
    const w = await world(t);
    const [sep, tree] = [join(w.dir, 'sep.git'), join(w.dir, 'sep')];
    if (kind === 'that is a submodule') {
      git(w.dir, 'clone', '--quiet', '--bare', w.repo, 'sep.git');
      git(w.dir, 'init', '--quiet', '-b', 'main', 'above');
      const add = ['submodule', '--quiet', 'add', '-b', 'main', sep, 'sep'];
      git(join(w.dir, 'above'), '-c', 'protocol.file.allow=always', ...add);
    } else git(w.dir, 'clone', '--quiet', '--separate-git-dir', sep, w.repo, 'sep');
    const repository = kind === 'that is a submodule' ? join(w.dir, 'above/sep') : tree;
    const opened = { ...w, ...(await w.reopen({ repository, stateDir: join(w.dir, 'state-2') })) };
    const done = await work(opened, 't1.1', opened.base, { 'a.txt': 'two\n', 'new.txt': 'new\n' });
    const head = await land(opened, 't1.1', opened.base, done);
    assert.deepEqual(await opened.delivery.apply(head), { kind: 'done', from: w.base, to: head });
    assert.equal(readFileSync(join(repository, 'new.txt'), 'utf8'), 'new\n');
    assert.equal(git(repository, 'status', '--porcelain'), '');
  });
}

test('named from a linked work tree, a checkout git does not know is left alone, with a way to name it', async (t) => {
  const w = await world(t);
  git(w.dir, 'clone', '--quiet', '--separate-git-dir', join(w.dir, 'sep.git'), w.repo, 'sep');
  git(join(w.dir, 'sep'), 'worktree', 'add', '--quiet', '../linked', '-b', 'side');
  const places = { repository: join(w.dir, 'linked'), stateDir: join(w.dir, 'state-2') };
  const opened = { ...w, ...(await w.reopen(places)), repo: join(w.dir, 'sep') };
  const head = await land(opened, 't1.1', opened.base, await work(opened, 't1.1', opened.base, { x: 'x\n' }));
  await expectRefused(opened, head, /in a work tree that .*sep\.git does not name/, /swarm apply --repo/);
  assert.equal(git(opened.repo, 'status', '--porcelain'), '');
});

const dirt: Record<string, (repo: string) => void> = {
  'an unstaged change': (repo) => writeFileSync(join(repo, 'b.txt'), 'mine\n'),
  'a staged change': (repo) => {
    writeFileSync(join(repo, 'b.txt'), 'mine\n');
    git(repo, 'add', 'b.txt');
  },
  'a deleted file': (repo) => rmSync(join(repo, 'b.txt')),
};
for (const [what, make] of Object.entries(dirt)) {
  test(`${what} in the checkout refuses, and is byte for byte what it was`, async (t) => {
    const { w, head } = await landed(t);
    make(w.repo);
    const before = snapshot(w);
    await expectRefused(w, head, /1 uncommitted changes: .*b\.txt/, /stash/);
    assert.deepEqual(snapshot(w), before);
  });
}

for (const ignored of [false, true]) {
  test(`${ignored ? 'an ignored' : 'an untracked'} file in the way refuses and is kept`, async (t) => {
    const { w, head } = await landed(t);
    write(w.repo, { 'new.txt': 'mine\n' });
    if (ignored) writeFileSync(join(w.repo, '.git/info/exclude'), 'new.txt\n');
    await expectRefused(w, head, /new\.txt/, /merge --ff-only/);
    assert.equal(readFileSync(join(w.repo, 'new.txt'), 'utf8'), 'mine\n');
    assert.equal(readFileSync(join(w.repo, 'a.txt'), 'utf8'), 'one\n');
  });
}

test('an operation under way in the checkout refuses by its name', async (t) => {
  const { w, head } = await landed(t);
  git(w.repo, 'branch', 'side');
  commit(w.repo, { 'c.txt': '1' });
  git(w.repo, 'reset', '--quiet', '--hard', w.base);
  writeFileSync(join(w.repo, '.git/MERGE_HEAD'), `${w.base}\n`);
  await expectRefused(w, head, /a merge is under way/, /status/);
});

test('a target with commits of its own is never forced: the run’s branch can be landed on it', async (t) => {
  const { w, head } = await landed(t);
  commit(w.repo, { 'b.txt': 'theirs\n' });
  const fix = /^swarm land swarm\/r-\S+ --target main --deliver apply$/;
  await expectRefused(w, head, /cannot be fast-forwarded/, fix);
});

test('where the run’s branch is elsewhere or gone, its commit can be merged', async (t) => {
  const { w, head } = await landed(t);
  commit(w.repo, { 'b.txt': 'theirs\n' });
  const [own] = git(w.repo, 'for-each-ref', '--format=%(refname:short)', 'refs/heads/swarm/').split('\n');
  git(w.repo, 'branch', '-D', own!);
  await expectRefused(w, head, /cannot be fast-forwarded/, /git merge/);
});

test('a target that is gone, or a head that is not there, refuses', async (t) => {
  const { w, head } = await landed(t);
  await expectRefused(w, 'ab'.repeat(20) as CommitId, /is not in the repository/, /fsck/);
  git(w.repo, 'switch', '--quiet', '-c', 'elsewhere');
  git(w.repo, 'branch', '-D', 'main');
  const outcome = await w.delivery.apply(head);
  assert(outcome.kind === 'refused');
  assert.match(outcome.fix, /^git branch main/);
});

test('a lock in the user’s repository refuses and stays', async (t) => {
  const { w, head } = await landed(t);
  const lock = join(w.repo, '.git/index.lock');
  writeFileSync(lock, '');
  await expectRefused(w, head, /index\.lock/, /merge --ff-only/);
  assert.equal(existsSync(lock), true);
});

test('files that pass through a content filter are left to the user', async (t) => {
  const { w, head } = await landed(t, { 'a.txt': 'one\n', '.gitattributes': '*.txt filter=crypt\n' });
  await expectRefused(w, head, /a\.txt passes through the filter crypt/, /merge --ff-only/);
});

/** Every program a repository's own configuration can name, each a canary. */
function plantCanaries(w: World): string {
  const canary = join(w.dir, 'canary');
  const script = join(w.dir, 'evil.sh');
  writeFileSync(script, `#!/bin/sh\necho "$0 $@" >> '${canary}'\ncat\n`, { mode: 0o755 });
  const keys = [
    ...['core.fsmonitor', 'core.sshCommand', 'core.gitProxy', 'core.pager', 'core.editor', 'core.askPass'],
    ...['core.alternateRefsCommand', 'diff.external', 'gpg.program', 'credential.helper', 'sequence.editor'],
    ...['filter.evil.clean', 'filter.evil.smudge', 'filter.evil.process', 'filter.a=b.clean'],
    ...['merge.evil.driver', 'diff.evil.textconv', 'diff.evil.command', 'uploadpack.packObjectsHook'],
  ];
  for (const key of keys) git(w.repo, 'config', key, script);
  git(w.repo, 'config', 'core.hooksPath', join(w.dir, 'hooks'));
  const hooks = [
    'pre-commit',
    'post-merge',
    'post-checkout',
    'reference-transaction',
    'post-index-change',
    'pre-merge-commit',
  ];
  for (const hook of [...hooks, 'pre-auto-gc', 'post-rewrite', 'fsmonitor-watchman']) {
    write(join(w.dir, 'hooks'), { [hook]: `#!/bin/sh\necho ${hook} >> '${canary}'\n` });
    execMode(join(w.dir, 'hooks', hook));
  }
  return canary;
}

test('no program the user’s repository names ever runs: not by landing, applying or looking', async (t) => {
  const attributes = '*.dat filter=evil diff=evil merge=evil\n*.bin filter=a=b\n';
  const files = {
    'a.txt': 'one\n',
    'b.txt': 'one\n',
    'x.dat': 'x\n',
    'y.bin': 'y\n',
    '.gitattributes': attributes,
  };
  const w = await world(t, files);
  const canary = plantCanaries(w);
  const opened = { ...w, ...(await w.reopen()) };
  const done = await work(opened, 't1.1', opened.base, { 'a.txt': 'two\n' });
  const head = await land(opened, 't1.1', opened.base, done);
  touch(join(w.repo, 'x.dat'));
  touch(join(w.repo, 'y.bin'));
  const facts = await readCheckout(w.repo, 'main', OPERATOR);
  const applied = await opened.delivery.apply(head);
  assert.equal(existsSync(canary) ? readFileSync(canary, 'utf8') : '', '');
  assert.deepEqual([facts.isRepository, applied.kind], [true, 'done']);
  try {
    git(w.repo, 'status');
  } catch {}
  assert.notEqual(readFileSync(canary, 'utf8'), '', 'the canary would have sung');
});

const OPERATOR = { PATH: process.env.PATH ?? '', HOME: '/nonexistent' };

function snapshot(w: World): string[] {
  const names = ['.git/index', '.git/HEAD', '.git/config', 'a.txt', 'b.txt'];
  return names.map((name) =>
    existsSync(join(w.repo, name)) ? readFileSync(join(w.repo, name), 'base64') : 'none',
  );
}

const execMode = (path: string) => chmodSync(path, 0o755);
const touch = (path: string) => utimesSync(path, 1, 1);
