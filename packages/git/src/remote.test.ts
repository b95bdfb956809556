import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { SwarmError } from '@swarm/core/errors';
import type { CommitId } from '@swarm/core/model/ids';
import { commit, git, makeRepo, tempDir } from '../test/world.ts';
import { Git } from './git.ts';
import { PRE_PUSH, Remote, upstreamOf } from './remote.ts';

const NETWORK = { PATH: process.env.PATH ?? '', HOME: '/nonexistent', GIT_ALLOW_PROTOCOL: 'file:http' };
const asker = new Git();

/** A user's repository with three commits on main, and a bare remote that has the first two. */
async function pair(t: TestContext) {
  const dir = tempDir(t);
  const repo = makeRepo(dir, { 'a.txt': 'one\n' });
  const first = git(repo, 'rev-parse', 'HEAD') as CommitId;
  const parent = commit(repo, { 'a.txt': 'two\n' });
  const next = commit(repo, { 'a.txt': 'three\n' });
  const bare = join(dir, 'origin.git');
  git(dir, 'clone', '--quiet', '--bare', repo, bare);
  git(bare, 'update-ref', 'refs/heads/main', parent);
  git(repo, 'remote', 'add', 'origin', bare);
  const hooks = join(dir, 'hooks');
  await mkdir(hooks);
  await writeFile(join(hooks, 'pre-push'), PRE_PUSH);
  await chmod(join(hooks, 'pre-push'), 0o700);
  const remote = await open(repo);
  const from = join(repo, '.git');
  const push = () => remote.push({ from, branch: 'main', parent, commit: next, hooks });
  return { dir, repo, bare, remote, push, first, parent, next };
}

const open = (repo: string, name = 'origin') =>
  Remote.open({ git: asker, gitDir: join(repo, '.git'), name, purpose: 'push', network: NETWORK });

test('a push moves the branch from the commit it was built on, and twice is once', async (t) => {
  const { push, bare, next } = await pair(t);
  assert.deepEqual(await push(), { kind: 'taken' });
  assert.deepEqual(await push(), { kind: 'taken' });
  assert.equal(git(bare, 'rev-parse', 'main'), next);
});

test('a branch that somebody put back is left there, though it could be moved forward', async (t) => {
  const { push, bare, first } = await pair(t);
  git(bare, 'update-ref', 'refs/heads/main', first);
  assert.deepEqual(await push(), { kind: 'elsewhere', head: first });
  assert.equal(git(bare, 'rev-parse', 'main'), first);
});

test('a branch that somebody deleted is not made anew', async (t) => {
  const { push, bare } = await pair(t);
  git(bare, 'update-ref', '-d', 'refs/heads/main');
  assert.deepEqual(await push(), { kind: 'elsewhere', head: undefined });
  assert.equal(git(bare, 'for-each-ref'), '');
});

test('a remote’s refusal is told in its own words, on one line, without its colours', async (t) => {
  const { push, bare } = await pair(t);
  const hook = join(bare, 'hooks', 'pre-receive');
  await writeFile(hook, '#!/bin/sh\nprintf "\\033[31mno pushes\\non Fridays\\n" >&2; exit 1\n');
  await chmod(hook, 0o755);
  const outcome = await push();
  assert.equal(outcome.kind, 'unclear');
  assert.equal(
    outcome.kind === 'unclear' && outcome.why,
    '[31mno pushes; on Fridays; [remote rejected] (pre-receive hook declined)',
  );
});

test('the upstream is the branch’s own, else origin’s of the same name', async (t) => {
  const { repo } = await pair(t);
  const upstream = () => upstreamOf(asker, join(repo, '.git'), 'main');
  assert.deepEqual(await upstream(), { remote: 'origin', branch: 'main' });
  git(repo, 'config', 'branch.main.remote', 'fork');
  git(repo, 'config', 'branch.main.merge', 'refs/heads/trunk');
  assert.deepEqual(await upstream(), { remote: 'fork', branch: 'trunk' });
  git(repo, 'config', 'branch.main.remote', '.');
  assert.deepEqual(await upstream(), { remote: 'origin', branch: 'main' });
});

const ODD = [
  'ext::sh -c id',
  'fd::17',
  '--upload-pack=id',
  '-oProxyCommand=id',
  'ssh://-oProxyCommand=id/x',
  'git@-oProxyCommand=id:x',
  'foo://host/x',
  'https://host/x\nurl = ext::id',
];
test('an address of a kind git would run a program for is refused before git sees it', async (t) => {
  const { repo } = await pair(t);
  for (const url of ODD) {
    git(repo, 'config', 'remote.odd.url', url);
    // What looks like an option is the path of a file that is not there.
    const code = url.startsWith('-') ? 'SW0703' : 'SW0312';
    const asked = open(repo, 'odd').then((remote) => remote.branches());
    await assert.rejects(asked, (e) => e instanceof SwarmError && e.problems[0]!.code === code, url);
  }
});

test('a relative address is relative to the repository, and one for pushing comes first', async (t) => {
  const { repo, parent } = await pair(t);
  git(repo, 'config', 'remote.near.url', '../nowhere.git');
  git(repo, 'config', 'remote.near.pushurl', '../origin.git');
  assert.equal(await (await open(repo, 'near')).head('main'), parent);
});

test('a key in an address is in no message', async (t) => {
  const { repo } = await pair(t);
  git(repo, 'config', 'remote.far.url', 'http://me:tops3cret@127.0.0.1:1/x.git');
  const remote = await open(repo, 'far');
  await assert.rejects(remote.branches(), (error) => {
    assert.ok(error instanceof SwarmError);
    assert.equal(error.problems[0]!.code, 'SW0703');
    return !JSON.stringify(error.problems).includes('tops3cret');
  });
});

test('only the branch of exactly that name is taken for it', async (t) => {
  const { bare, remote, first, parent } = await pair(t);
  git(bare, 'update-ref', 'refs/heads/old/refs/heads/main', first);
  assert.equal(await remote.head('main'), parent);
  git(bare, 'update-ref', '-d', 'refs/heads/main');
  assert.equal(await remote.head('main'), undefined);
});
