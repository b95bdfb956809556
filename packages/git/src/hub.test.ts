import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SwarmError } from '@swarm/core/errors';
import type { RunId } from '@swarm/core/model/ids';
import { commit, git, LAND, land, makeRepo, RUN, tempDir, work, world } from '../test/world.ts';
import { openHub } from './index.ts';

test('work travels from a workspace through the hub to a branch of the user’s repository', async (t) => {
  const w = await world(t);
  const done = await work(w, 't1.1', w.base, { 'a.txt': 'two\n' });
  const landed = await land(w, 't1.1', w.base, done);
  assert.equal(git(w.repo, 'rev-parse', LAND), landed);
  assert.equal(git(w.repo, 'show', `${LAND}:a.txt`), 'two');
  assert.equal(git(w.repo, 'rev-parse', `${LAND}^`), w.base);
  assert.deepEqual(await w.hub.landedSince(w.base, landed), [
    { run: RUN, task: 't1', attempt: 't1.1', commit: landed },
  ]);
});

test('opening again finds the same base, even after the target moved', async (t) => {
  const w = await world(t);
  commit(w.repo, { 'a.txt': 'moved\n' });
  assert.equal((await w.reopen()).base, w.base);
});

test('another run of the same repository has its own references and the newer base', async (t) => {
  const w = await world(t);
  await work(w, 't1.1', w.base, { 'a.txt': 'two\n' });
  const moved = commit(w.repo, { 'a.txt': 'moved\n' });
  const other = await w.reopen({ run: 'r-20261122-abcd' as RunId, landOn: 'refs/heads/swarm/other' });
  assert.equal(other.base, moved);
  assert.deepEqual((await other.hub.observe()).work, []);
  assert.deepEqual((await other.hub.observe()).intakes, []);
});

test('opening removes the locks and half-written files a killed git left in the hub', async (t) => {
  const w = await world(t);
  const left = [
    'HEAD.lock',
    'packed-refs.lock',
    `refs/swarm/${RUN}/target.lock`,
    `refs/swarm/${RUN}/work/t1.1.lock`,
  ];
  const objects = ['objects/pack/tmp_pack_x1', 'objects/ab/tmp_obj_x2', 'objects/tmp_objdir-incoming-x/ab/x'];
  for (const name of [...left, ...objects, 'quarantine/t1.1-x/raw/HEAD']) {
    mkdirSync(join(w.stateDir, 'hub.git', name, '..'), { recursive: true });
    writeFileSync(join(w.stateDir, 'hub.git', name), '');
  }
  const again = await w.reopen();
  await land(again, 't1.1', again.base, await work(again, 't1.1', again.base, { 'a.txt': 'two\n' }));
  for (const name of [...left, ...objects, 'quarantine/t1.1-x']) {
    assert.equal(existsSync(join(w.stateDir, 'hub.git', name)), false, name);
  }
});

test('a hub that was only half made is made anew', async (t) => {
  const dir = tempDir(t);
  const repo = makeRepo(dir, { 'a.txt': 'one\n' });
  mkdirSync(join(dir, 'state/hub.git.making/objects'), { recursive: true });
  const opened = await openHub(plain(dir, repo));
  assert.equal(opened.base, git(repo, 'rev-parse', 'main'));
});

test('configuration found in the hub is replaced, not believed', async (t) => {
  const w = await world(t);
  const config = join(w.stateDir, 'hub.git/config');
  writeFileSync(config, `[core]\n\tbare = true\n[include]\n\tpath = ${w.dir}/evil\n`);
  await w.reopen();
  assert.doesNotMatch(readFileSync(config, 'utf8'), /include/);
});

test('a repository with SHA-256 objects works from end to end', async (t) => {
  const dir = tempDir(t);
  const repo = makeRepo(dir, { 'a.txt': 'one\n' }, '--object-format=sha256');
  const opened = await openHub(plain(dir, repo));
  await land(opened, 't1.1', opened.base, await work(opened, 't1.1', opened.base, { 'a.txt': 'two\n' }));
  assert.equal(git(repo, 'show', `${LAND}:a.txt`), 'two');
});

test('a URL is cloned bare under the state directory and landed on there', async (t) => {
  const dir = tempDir(t);
  const repo = makeRepo(dir, { 'a.txt': 'one\n' });
  const networkEnv = { GIT_ALLOW_PROTOCOL: 'file' };
  const options = { ...plain(dir, `file://${repo}`), networkEnv };
  const opened = await openHub(options);
  await land(opened, 't1.1', opened.base, await work(opened, 't1.1', opened.base, { 'a.txt': 'two\n' }));
  assert.equal(git(opened.originGitDir, 'show', `${LAND}:a.txt`), 'two');
  assert.equal(git(repo, 'branch', '--list', 'swarm/*'), '');
  assert.equal((await openHub(options)).base, opened.base);
});

const refusals = [
  ['no repository', 'SW0301', (dir: string) => dir],
  ['a missing target branch', 'SW0303', (dir: string) => renamedMain(makeRepo(dir, { a: '1' }))],
  [
    'a partial clone without the files of the target',
    'SW0311',
    (dir: string) => cloneOf(dir, makeRepo(dir, { a: '1' }), '--filter=blob:none', '--bare'),
  ],
] as const;
for (const [what, code, make] of refusals) {
  test(`${what} is refused with ${code} and a fix`, async (t) => {
    const dir = tempDir(t);
    const options = plain(dir, make(dir));
    await assert.rejects(openHub(options), (error) => {
      assert(error instanceof SwarmError);
      assert.equal(error.problems[0]?.code, code);
      return Boolean(error.problems[0]?.fix);
    });
  });
}

test('what is no name of a branch is refused with SW0105', async (t) => {
  const dir = tempDir(t);
  const options = plain(dir, makeRepo(dir, { a: '1' }));
  for (const name of ['a b', 'x\ny', 'a:b', '', 'a*']) {
    await assert.rejects(openHub({ ...options, target: name }), /SW0105/, JSON.stringify(name));
    await assert.rejects(
      openHub({ ...options, landOn: `refs/heads/${name}` }),
      /SW0105/,
      JSON.stringify(name),
    );
  }
});

test('after cleanRun the hub holds nothing of the run', async (t) => {
  const w = await world(t);
  await work(w, 't1.1', w.base, { 'a.txt': 'two\n' });
  await w.cleanRun();
  assert.equal(git(join(w.stateDir, 'hub.git'), 'for-each-ref'), '');
  assert.deepEqual((await w.hub.observe()).intakes, []);
});

test('tidy keeps what it is told to keep and drops the rest', async (t) => {
  const w = await world(t);
  const kept = await work(w, 't1.1', w.base, { 'a.txt': 'two\n' });
  await work(w, 't2.1', w.base, { 'b.txt': 'two\n' });
  await w.hub.tidy(new Set(['t1.1' as never]));
  const seen = await w.hub.observe();
  assert.deepEqual(seen.work, [{ attempt: 't1.1', commit: kept }]);
  assert.deepEqual(seen.intakes, ['t1.1']);
  assert.deepEqual(seen.workspaces, ['t1.1', 't2.1']);
  assert.equal(seen.target, w.base);
});

test('tidy lets go of the base of a gate’s workspace once that is gone, not before', async (t) => {
  const w = await world(t);
  const held = () => git(join(w.stateDir, 'hub.git'), 'for-each-ref', `refs/swarm/${RUN}/handed`);
  await w.workspaces.create({ name: 'gate-l1', base: w.base });
  await w.hub.tidy(new Set());
  assert.match(held(), /gate-l1/);
  await w.workspaces.remove('gate-l1');
  await w.hub.tidy(new Set());
  assert.equal(held(), '');
});

test('the hub passes a full fsck after landings', async (t) => {
  const w = await world(t);
  const first = await land(w, 't1.1', w.base, await work(w, 't1.1', w.base, { 'a.txt': 'two\n' }));
  await land(w, 't2.1', first, await work(w, 't2.1', w.base, { 'b.txt': 'two\n' }));
  for (const repo of [join(w.stateDir, 'hub.git'), w.repo]) {
    execFileSync('git', ['fsck', '--full', '--strict', '--no-dangling'], { cwd: repo, stdio: 'pipe' });
  }
});

function plain(dir: string, repository: string) {
  const identity = { name: 'Swarm', email: 'swarm@example.invalid' };
  return { stateDir: join(dir, 'state'), repository, run: RUN, target: 'main', landOn: LAND, identity };
}

function renamedMain(repo: string): string {
  git(repo, 'branch', '-m', 'main', 'trunk');
  return repo;
}

function cloneOf(dir: string, repo: string, ...options: string[]): string {
  git(repo, 'config', 'uploadpack.allowFilter', 'true');
  git(dir, 'clone', '--quiet', '--no-local', ...options, `file://${repo}`, 'copy');
  return join(dir, 'copy');
}
