import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { SwarmError } from '@swarm/core/errors';
import type { CommitId } from '@swarm/core/model/ids';
import { git, LAND, makeRepo, tempDir } from '../test/world.ts';
import { Git, Remote, rehearse, rehearseFolder } from './index.ts';

function given(t: TestContext) {
  const repo = makeRepo(tempDir(t), { 'a.txt': 'one\n' });
  const base = git(repo, 'rev-parse', 'HEAD') as CommitId;
  return { repo, ask: { gitDir: join(repo, '.git'), ref: LAND, base } };
}

const everything = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();

async function refusalOf(work: Promise<unknown>) {
  const error = await work.then(
    () => assert.fail('it was let through'),
    (thrown: unknown) => thrown,
  );
  assert(error instanceof SwarmError, String(error));
  return error.problems[0]!;
}

test('a branch that can be made is let through, and nothing of the rehearsal stays', async (t) => {
  const { repo, ask } = given(t);
  const before = everything(repo);
  await rehearse(ask);
  assert.deepEqual(everything(repo), before);
  assert.equal(git(repo, 'for-each-ref', 'refs/heads/swarm/'), '');
});

for (const kept of ['loose', 'packed'] as const) {
  test(`a ${kept} branch called swarm is in the way, and the fix that is told moves it out`, async (t) => {
    const { repo, ask } = given(t);
    git(repo, 'branch', 'swarm');
    if (kept === 'packed') git(repo, 'pack-refs', '--all');
    const problem = await refusalOf(rehearse(ask));
    assert.equal(problem.code, 'SW0316');
    assert.match(problem.why!, /'refs\/heads\/swarm' exists/);
    assert.equal(spawnSync('sh', ['-c', problem.fix!]).status, 0);
    await rehearse(ask);
  });
}

test('a branch that is locked is told with its lock', async (t) => {
  const { repo, ask } = given(t);
  const lock = join(repo, '.git', `${LAND}.lock`);
  mkdirSync(join(lock, '..'), { recursive: true });
  writeFileSync(lock, '');
  const problem = await refusalOf(rehearse(ask));
  assert.match(problem.fix!, /^rm .*\.lock/);
  rmSync(lock);
  await rehearse(ask);
});

test('the target of a bare repository that a work tree has checked out is refused', async (t) => {
  const { repo, ask } = given(t);
  git(repo, 'clone', '--quiet', '--bare', '.', '../bare.git');
  const gitDir = join(repo, '../bare.git');
  git(gitDir, 'worktree', 'add', '--quiet', '../tree', 'main');
  const problem = await refusalOf(rehearse({ gitDir, ref: 'refs/heads/main', at: ask.base, base: ask.base }));
  assert.match(problem.why!, /checked out in .*tree/);
  assert.equal(spawnSync('sh', ['-c', problem.fix!]).status, 0);
  await rehearse({ gitDir, ref: 'refs/heads/main', at: ask.base, base: ask.base });
});

test('a repository nothing can be written to is refused', async (t) => {
  const { repo, ask } = given(t);
  rmSync(join(repo, '.git/objects'), { recursive: true });
  writeFileSync(join(repo, '.git/objects'), '');
  assert.match((await refusalOf(rehearse(ask))).what, /nothing can be written/);
});

async function remoteOf(t: TestContext) {
  const { repo, ask } = given(t);
  git(repo, 'clone', '--quiet', '--bare', '.', '../there.git');
  git(repo, 'remote', 'add', 'origin', join(repo, '../there.git'));
  const network = { PATH: process.env.PATH ?? '', GIT_ALLOW_PROTOCOL: 'file' };
  const open = () =>
    Remote.open({ git: new Git(), gitDir: ask.gitDir, name: 'origin', purpose: 'push', network });
  return { there: join(repo, '../there.git'), open };
}

test('a remote that takes pushes is let through unchanged, and one that does not is told in its own words', async (t) => {
  const { there, open } = await remoteOf(t);
  const at = git(there, 'rev-parse', 'main') as CommitId;
  const before = everything(there);
  await (await open()).rehearsePush(at);
  assert.deepEqual(everything(there), before);
  git(there, 'worktree', 'add', '--quiet', '../held', 'main');
  const held = await refusalOf(rehearseFolder({ folder: there, branch: 'main', at }));
  assert.match(held.why!, /checked out in .*held, and takes no push/);
  assert.equal(spawnSync('sh', ['-c', held.fix!]).status, 0);
  await rehearseFolder({ folder: there, branch: 'main', at });
  writeFileSync(join(there, 'config'), 'not a configuration\n');
  const problem = await refusalOf((await open()).rehearsePush(at));
  assert.deepEqual([problem.code, /bad config/.test(problem.why!)], ['SW0703', true]);
});
