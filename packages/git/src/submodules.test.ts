/** Submodules in workspaces: filled from the user's own repositories of them, and from nowhere else. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { CommitId } from '@swarm/core/model/ids';
import type { Workspace } from '@swarm/core/ports/git';
import { attempt, commit, git, IDENTITY, LAND, makeRepo, RUN, tempDir, write } from '../test/world.ts';
import { type OpenedHub, openHub } from './index.ts';

const ADD = ['-c', 'protocol.file.allow=always', 'submodule', '--quiet'];

/** A user's repository with a submodule within a submodule; the places they came from are gone. */
async function withSubmodules(t: TestContext) {
  const dir = tempDir(t);
  const made = (name: string, files: Record<string, string>): string => {
    git(dir, 'init', '--quiet', '-b', 'main', name);
    commit(join(dir, name), files);
    return join(dir, name);
  };
  const inner = made('inner', { 'in.txt': 'inner\n' });
  const lib = made('lib', { 'lib.txt': 'old\n', '.gitignore': '*.log\n' });
  const old = git(lib, 'rev-parse', 'HEAD');
  git(lib, ...ADD, 'add', inner, 'deep/in');
  commit(lib, { 'lib.txt': 'new\n' });
  const repo = makeRepo(dir, { 'a.txt': 'one\n' });
  git(repo, ...ADD, 'add', lib, 'vendor/my lib');
  git(repo, ...ADD, 'update', '--init', '--recursive');
  commit(repo, {});
  renameSync(lib, `${lib}-gone`);
  rmSync(inner, { recursive: true });
  return { dir, repo, old };
}

const opened = (dir: string, repository: string): Promise<OpenedHub> =>
  openHub({
    stateDir: join(dir, 'state'),
    repository,
    run: RUN,
    target: 'main',
    landOn: LAND,
    identity: IDENTITY,
  });

const ONE = attempt('t1.1');
const made = (w: OpenedHub): Promise<Workspace> =>
  w.workspaces.create({ name: 't1.1', base: w.base, attempt: ONE });

/** What a save says, and whether it took everything. */
function saved(w: OpenedHub, { path, intake }: Workspace): string {
  const ask = { message: 'Work', workspace: path, intake: intake! };
  const [command = '', ...args] = w.workspaces.saveCommand(ask);
  try {
    return `0 ${execFileSync(command, args, { encoding: 'utf8', stdio: 'pipe' })}`;
  } catch (error) {
    const { status, stdout } = error as { status: number; stdout: string };
    return `${status} ${stdout}`;
  }
}

test('the files of submodules are in a workspace, those of submodules in them too, and git sees no change', async (t) => {
  const { dir, repo } = await withSubmodules(t);
  const it = await made(await opened(dir, repo));
  assert.equal(readFileSync(join(it.path, 'vendor/my lib/lib.txt'), 'utf8'), 'new\n');
  assert.equal(readFileSync(join(it.path, 'vendor/my lib/deep/in/in.txt'), 'utf8'), 'inner\n');
  assert.equal(git(it.path, 'status', '--porcelain'), '');
});

test('a pointer that was moved is work, and files of a submodule are none', async (t) => {
  const { dir, repo, old } = await withSubmodules(t);
  const w = await opened(dir, repo);
  const it = await made(w);
  git(it.path, 'update-index', '--cacheinfo', `160000,${old},vendor/my lib`);
  write(it.path, { 'b.txt': 'two\n' });
  assert.equal(saved(w, it), '0 ');
  const taken = await w.hub.ingest(ONE);
  assert(taken.kind === 'commit');
  assert.deepEqual((await w.hub.measure(taken.commit, w.base))?.filesChanged, ['b.txt', 'vendor/my lib']);
  await w.workspaces.remove('t1.1');
  const next = await w.workspaces.create({
    name: 't2.1',
    base: taken.commit as CommitId,
    attempt: attempt('t2.1'),
  });
  assert.equal(readFileSync(join(next.path, 'vendor/my lib/lib.txt'), 'utf8'), 'old\n', 'at the new pointer');
});

test('what is written to a file of a submodule, old or new, is told by the save as not kept', async (t) => {
  const { dir, repo } = await withSubmodules(t);
  const w = await opened(dir, repo);
  for (const [i, name] of ['lib.txt', 'new.txt', 'deep/in/in.txt', 'deep/in/new.txt'].entries()) {
    const one = attempt(`t${i + 1}.1`);
    const it = await w.workspaces.create({ name: one, base: w.base, attempt: one });
    write(it.path, { [`vendor/my lib/${name}`]: 'changed\n', 'b.txt': 'two\n' });
    assert.match(saved(w, it), /^3 swarm-save left-out vendor\/my lib: is a submodule, and changes/, name);
    assert.equal((await w.hub.ingest(one)).kind, 'commit');
  }
});

test('what a submodule’s own rules ignore is not told, and one that is taken out is gone', async (t) => {
  const { dir, repo } = await withSubmodules(t);
  const w = await opened(dir, repo);
  const it = await made(w);
  write(it.path, { 'vendor/my lib/build.log': 'built\n' });
  assert.equal(saved(w, it), '0 ');
  git(it.path, 'rm', '--quiet', '-f', 'vendor/my lib');
  assert.equal(saved(w, it), '0 ');
  const taken = await w.hub.ingest(ONE);
  assert(taken.kind === 'commit');
  assert.deepEqual((await w.hub.measure(taken.commit, w.base))?.filesChanged, [
    '.gitmodules',
    'vendor/my lib',
  ]);
});

test('a submodule that is not here, or not at the commit that is wanted, is an empty folder', async (t) => {
  const { dir, repo } = await withSubmodules(t);
  git(repo, 'update-index', '--cacheinfo', `160000,${'1'.repeat(40)},vendor/my lib`);
  git(repo, 'commit', '--quiet', '-m', 'Move it to where nobody was');
  const it = await made(await opened(dir, repo));
  assert.ok(existsSync(join(it.path, 'vendor/my lib')));
  assert.ok(!existsSync(join(it.path, 'vendor/my lib/lib.txt')));
});

const hostile: Record<string, string> = {
  'a name that climbs': '[submodule "../../../other/.git"]\n\tpath = vendor/my lib\n',
  'a folder of the git directory': '[submodule "vendor/my lib"]\n\tpath = .git/hooks\n',
  'a command for an address':
    '[submodule "x"]\n\tpath = vendor/my lib\n\turl = ext::touch pwned\n\tupdate = !touch pwned\n',
  'nothing git can read': '[submodule "vendor/my lib\n\tpath = vendor/my lib\n',
};
for (const [what, text] of Object.entries(hostile))
  test(`.gitmodules with ${what} fills nothing and runs nothing`, async (t) => {
    const { dir, repo } = await withSubmodules(t);
    git(dir, 'clone', '--quiet', `${join(dir, 'lib')}-gone`, 'other');
    commit(repo, { '.gitmodules': text });
    const it = await made(await opened(dir, repo));
    assert.ok(!existsSync(join(it.path, 'vendor/my lib/lib.txt')));
    assert.ok(!existsSync(join(it.path, '.git/hooks')));
    assert.ok(!existsSync(join(it.path, 'pwned')) && !existsSync(join(dir, 'pwned')));
  });
