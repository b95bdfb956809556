import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SwarmError } from '@swarm/core/errors';
import { commit, git, makeRepo, tempDir, write } from '../test/world.ts';
import { readCheckout, trackedOwn } from './index.ts';

const OPERATOR = { PATH: process.env.PATH ?? '', HOME: '/nonexistent' };

async function facts(path: string, target = 'main', env = OPERATOR) {
  const found = await readCheckout(path, target, env);
  assert(found.isRepository, JSON.stringify(found));
  return found;
}

test('the facts of a plain repository', async (t) => {
  const repo = makeRepo(tempDir(t), { 'a.txt': 'one\n' });
  const { gitVersion, ...rest } = await facts(repo);
  assert.match(gitVersion, /^\d+\.\d+/);
  assert.deepEqual(rest, {
    isRepository: true,
    isBare: false,
    isShallow: false,
    isPartial: false,
    lacking: 0,
    isLinkedWorktree: false,
    isSubmodule: false,
    isEmpty: false,
    topLevel: repo,
    gitDir: join(repo, '.git'),
    commonDir: join(repo, '.git'),
    branch: 'main',
    branches: ['main'],
    targetCommit: git(repo, 'rev-parse', 'main'),
    operation: undefined,
    dirtyTracked: 0,
    untracked: 0,
    tracksOwn: [],
    userName: undefined,
    userEmail: undefined,
  });
});

test('a folder inside a repository has the facts of the repository', async (t) => {
  const repo = makeRepo(tempDir(t), { 'deep/er/a.txt': 'one\n' });
  assert.equal((await facts(join(repo, 'deep/er'))).topLevel, repo);
});

test('a folder without a repository, and one that is not there, are no repository and say why', async (t) => {
  const dir = tempDir(t);
  for (const path of [dir, join(dir, 'none')]) {
    const found = await readCheckout(path, 'main', OPERATOR);
    assert(!found.isRepository);
    assert.match(found.why, /not a git repository|does not exist/);
  }
});

test('an empty repository, a detached HEAD and a missing target are told apart', async (t) => {
  const dir = tempDir(t);
  mkdirSync(join(dir, 'empty'));
  git(join(dir, 'empty'), 'init', '--quiet', '-b', 'main');
  const empty = await facts(join(dir, 'empty'));
  assert.deepEqual([empty.isEmpty, empty.branch, empty.targetCommit], [true, 'main', undefined]);
  const repo = makeRepo(dir, { 'a.txt': 'one\n' });
  git(repo, 'switch', '--quiet', '--detach');
  assert.equal((await facts(repo)).branch, undefined);
  assert.equal((await facts(repo, 'trunk')).targetCommit, undefined);
  assert.equal((await facts(repo, '--output=/tmp/x')).targetCommit, undefined);
  assert.equal((await facts(repo, 'ma*')).targetCommit, undefined);
});

test('bare repositories, linked work trees and submodules are named', async (t) => {
  const dir = tempDir(t);
  const repo = makeRepo(dir, { 'a.txt': 'one\n' });
  git(dir, 'clone', '--quiet', '--bare', repo, 'bare.git');
  const bare = await facts(join(dir, 'bare.git'));
  assert.deepEqual([bare.isBare, bare.topLevel, bare.dirtyTracked], [true, undefined, 0]);
  git(repo, 'worktree', 'add', '--quiet', '../linked');
  const linked = await facts(join(dir, 'linked'));
  assert.deepEqual([linked.isLinkedWorktree, linked.commonDir], [true, join(repo, '.git')]);
  git(repo, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', join(dir, 'bare.git'), 'sub');
  assert.equal((await facts(join(repo, 'sub'))).isSubmodule, true);
});

test('shallow and partial clones are named', async (t) => {
  const dir = tempDir(t);
  const repo = makeRepo(dir, { 'a.txt': 'one\n' });
  git(repo, 'config', 'uploadpack.allowFilter', 'true');
  git(dir, 'clone', '--quiet', '--no-local', '--depth=1', `file://${repo}`, 'shallow');
  git(dir, 'clone', '--quiet', '--no-local', '--filter=blob:none', `file://${repo}`, 'partial');
  assert.equal((await facts(join(dir, 'shallow'))).isShallow, true);
  assert.equal((await facts(join(dir, 'partial'))).isPartial, true);
});

test('staged, unstaged and untracked files are counted', async (t) => {
  const repo = makeRepo(tempDir(t), { 'a.txt': '1', 'b.txt': '1', 'c.txt': '1' });
  write(repo, { 'a.txt': '2', 'b.txt': '2', 'new.txt': 'x', 'dir/new.txt': 'x' });
  git(repo, 'add', 'a.txt');
  const found = await facts(repo);
  assert.deepEqual([found.dirtyTracked, found.untracked], [2, 2]);
});

test('an operation under way is named', async (t) => {
  const repo = makeRepo(tempDir(t), { 'a.txt': 'one\n' });
  git(repo, 'switch', '--quiet', '-c', 'side');
  commit(repo, { 'a.txt': 'two\n' });
  git(repo, 'switch', '--quiet', 'main');
  commit(repo, { 'a.txt': 'three\n' });
  assert.throws(() => git(repo, 'merge', 'side'));
  assert.equal((await facts(repo)).operation, 'merge');
  git(repo, 'merge', '--abort');
  assert.throws(() => git(repo, 'rebase', 'side'));
  assert.equal((await facts(repo)).operation, 'rebase');
});

test('a tracked hub is seen', async (t) => {
  const repo = makeRepo(tempDir(t), { 'a.txt': 'one\n', 'docs/hub.git/HEAD': '' });
  assert.deepEqual((await facts(repo)).tracksOwn, []);
  write(repo, { '.swarm/state/hub.git/HEAD': 'ref: refs/heads/main\n' });
  git(repo, 'add', '.swarm');
  assert.deepEqual((await facts(repo)).tracksOwn, ['.swarm/state/hub.git']);
});

test('tracked run files are seen, in the index or on the target', async (t) => {
  const repo = makeRepo(tempDir(t), { 'a.txt': 'one\n' });
  write(repo, { '.swarm/runs/x/journal.ndjson': '{}' });
  assert.deepEqual((await facts(repo)).tracksOwn, []);
  git(repo, 'add', '.swarm/runs');
  assert.deepEqual((await facts(repo)).tracksOwn, ['.swarm/runs']);
  git(repo, 'commit', '--quiet', '-m', 'x');
  git(repo, 'rm', '--quiet', '-r', '--cached', '.swarm');
  assert.deepEqual((await facts(repo)).tracksOwn, ['.swarm/runs']);
});

test('the index alone tells of tracked run files, in a linked work tree and under another case too', async (t) => {
  const dir = tempDir(t);
  const repo = makeRepo(dir, { 'a.txt': 'one\n' });
  const env = { PATH: process.env.PATH ?? '' };
  assert.deepEqual(await trackedOwn(repo, env), []);
  write(repo, { '.swarm/runs/x/run.json': '{}', '.Swarm/runs/x/run.json': '{}' });
  git(repo, 'add', '-f', '.Swarm');
  assert.deepEqual(await trackedOwn(repo, env), ['.Swarm/runs']);
  git(repo, 'add', '-f', '.swarm');
  git(repo, 'commit', '--quiet', '-m', 'x');
  git(repo, 'worktree', 'add', '--quiet', join(dir, 'linked'));
  assert.deepEqual(await trackedOwn(join(dir, 'linked'), env), ['.Swarm/runs', '.swarm/runs']);
});

test('name and e-mail come from the operator’s own configuration', async (t) => {
  const dir = tempDir(t);
  const repo = makeRepo(dir, { 'a.txt': 'one\n' });
  writeFileSync(join(dir, '.gitconfig'), '[user]\n\tname = Ann\n\temail = ann@example.invalid\n');
  const found = await facts(repo, 'main', { ...OPERATOR, HOME: dir });
  assert.deepEqual([found.userName, found.userEmail], ['Ann', 'ann@example.invalid']);
});

test('no git on the path is SW0306', async (t) => {
  const repo = makeRepo(tempDir(t), { 'a.txt': 'one\n' });
  await assert.rejects(
    readCheckout(repo, 'main', { PATH: '/nonexistent', HOME: '/nonexistent' }),
    (error) => {
      return error instanceof SwarmError && error.problems[0]?.code === 'SW0306';
    },
  );
});

test('looking writes nothing: not even a refreshed index', async (t) => {
  const repo = makeRepo(tempDir(t), { 'a.txt': 'one\n' });
  utimesSync(join(repo, 'a.txt'), 1, 1);
  const before = everything(repo);
  await facts(repo);
  assert.deepEqual(everything(repo), before);
  git(repo, 'status');
  assert.notDeepEqual(everything(repo), before, 'a plain status would have');
});

function everything(repo: string): string[] {
  const names = readdirSync(repo, { recursive: true, encoding: 'utf8' }).sort();
  return names.map((name) => {
    const stat = statSync(join(repo, name));
    return stat.isFile() ? `${name} ${stat.mtimeMs} ${readFileSync(join(repo, name), 'base64')}` : name;
  });
}
