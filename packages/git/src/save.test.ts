import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Workspace } from '@swarm/core/ports/git';
import { attempt, commit, git, type World, world, write } from '../test/world.ts';

const ONE = attempt('t1.1');

async function given(t: TestContext, files?: Record<string, string>) {
  const w = await world(t, files);
  const it = await w.workspaces.create({ name: 't1.1', base: w.base, attempt: ONE });
  return { w, it };
}

/** Saves as a sandbox would, and takes in what was pushed. */
async function saved(w: World, it: Workspace, more: { sinceMs?: number; as?: readonly string[] } = {}) {
  const { sinceMs, as = [] } = more;
  const paths = { workspace: it.path, intake: it.intake! };
  const ask = { message: 'Work', ...paths, ...(sinceMs !== undefined && { sinceMs }) };
  const [command = '', ...args] = [...as, ...w.workspaces.saveCommand(ask)];
  const env = { PATH: process.env.PATH, HOME: '/nonexistent' };
  const ran = spawnSync(command, args, { env, encoding: 'utf8' });
  const taken = await w.hub.ingest(ONE);
  const files =
    taken.kind === 'commit'
      ? git(join(w.stateDir, 'hub.git'), 'ls-tree', '-r', '--name-only', taken.commit).split('\n')
      : [];
  return { exit: ran.status, stderr: ran.stderr, taken, files, told: w.workspaces.readSave(ran.stdout) };
}

const nothingTold = { leftOut: [], unwrapped: [], ignored: [] };

/** Root reads and writes all: what is closed is tried as somebody else. */
const OTHER = 54_321;
const DROPPED = ['setpriv', `--reuid=${OTHER}`, `--regid=${OTHER}`, '--clear-groups'];

function canDrop(): boolean {
  return process.getuid?.() === 0 && spawnSync(DROPPED[0]!, [...DROPPED.slice(1), 'true']).status === 0;
}

function giveAway(w: World, it: Workspace): void {
  const ran = spawnSync('chown', ['-hR', `${OTHER}:${OTHER}`, it.path, it.intake!]);
  assert.equal(ran.status, 0);
  for (const folder of [w.dir, w.stateDir]) chmodSync(folder, 0o755);
}

test('a folder that became a repository of its own is taken as files, with or without a commit, one in another too', async (t) => {
  const { w, it } = await given(t);
  write(it.path, { 'app/package.json': '{}\n', 'app/inner/q': 'q\n', 'lib/x': 'x\n', 'c.txt': 'c\n' });
  git(join(it.path, 'app/inner'), 'init', '--quiet');
  git(join(it.path, 'app'), 'init', '--quiet');
  git(join(it.path, 'lib'), 'init', '--quiet');
  commit(join(it.path, 'lib'), {}, 'In a repository of its own');
  const { exit, told, files } = await saved(w, it);
  assert.equal(exit, 0);
  assert.deepEqual(told, { ...nothingTold, unwrapped: ['app', 'lib', 'app/inner'] });
  assert.deepEqual(files, ['a.txt', 'app/inner/q', 'app/package.json', 'b.txt', 'c.txt', 'lib/x']);
});

test('a repository that an agent committed as a bare name is taken as files', async (t) => {
  const { w, it } = await given(t);
  mkdirSync(join(it.path, 'lib'));
  git(join(it.path, 'lib'), 'init', '--quiet');
  commit(join(it.path, 'lib'), { x: 'x\n' });
  commit(it.path, {}, 'The agent’s own');
  const { exit, told, files } = await saved(w, it);
  assert.deepEqual([exit, told.unwrapped, files], [0, ['lib'], ['a.txt', 'b.txt', 'lib/x']]);
});

test('a folder of the base that an agent made a repository of keeps its files and gains its new ones', async (t) => {
  const { w, it } = await given(t, { 'app/old': 'old\n' });
  git(join(it.path, 'app'), 'init', '--quiet');
  write(it.path, { 'app/new': 'new\n', 'app/old': 'older\n' });
  const { exit, files } = await saved(w, it);
  assert.deepEqual([exit, files], [0, ['app/new', 'app/old']]);
});

test('a repository of its own in an ignored folder is left alone', async (t) => {
  const { w, it } = await given(t, { '.gitignore': 'node_modules/\n' });
  write(it.path, { 'node_modules/dep/x': 'x\n', 'a.txt': 'two\n' });
  git(join(it.path, 'node_modules/dep'), 'init', '--quiet');
  const { exit, told } = await saved(w, it);
  assert.deepEqual([exit, told], [0, nothingTold]);
  assert.equal(existsSync(join(it.path, 'node_modules/dep/.git')), true);
});

test('a work tree an agent made inside is left out in silence once it is merged, and told while it is not', async (t) => {
  const { w, it } = await given(t);
  git(it.path, 'worktree', 'add', '--quiet', '-b', 'side', '.trees/side');
  commit(join(it.path, '.trees/side'), { 'side.txt': 'side\n' });
  const before = await saved(w, it);
  assert.equal(before.exit, 3);
  assert.match(before.told.leftOut[0]!, /^\.trees\/side: is a work tree of its own/);
  git(it.path, 'merge', '--quiet', 'side');
  const after = await saved(w, it);
  assert.deepEqual([after.exit, after.told], [0, nothingTold]);
  assert.deepEqual(after.files, ['a.txt', 'b.txt', 'side.txt']);
});

test('what git refuses to take is told with its name, and the rest is saved', async (t) => {
  const { w, it } = await given(t);
  write(it.path, { 'sub/.GIT/config': 'x\n', 'c.txt': 'c\n' });
  const { exit, told, files } = await saved(w, it);
  assert.equal(exit, 3);
  assert.match(told.leftOut.join('\n'), /sub\/\.GIT\/config/);
  assert.deepEqual(files, ['a.txt', 'b.txt', 'c.txt']);
});

test('files and folders closed to their owner are opened and saved', {
  skip: !canDrop() && 'only root can become somebody else',
}, async (t) => {
  const { w, it } = await given(t);
  write(it.path, { 'closed.txt': 'c\n', 'shut/in/x.txt': 'x\n' });
  chmodSync(join(it.path, 'closed.txt'), 0);
  chmodSync(join(it.path, 'shut'), 0);
  giveAway(w, it);
  const { exit, stderr, files } = await saved(w, it, { as: DROPPED });
  assert.deepEqual([exit, files], [0, ['a.txt', 'b.txt', 'closed.txt', 'shut/in/x.txt']], stderr);
});

test('a file of somebody else that cannot be read is told', {
  skip: !canDrop() && 'only root can become somebody else',
}, async (t) => {
  const { w, it } = await given(t);
  giveAway(w, it);
  write(it.path, { 'theirs.txt': 'x\n', 'mine.txt': 'x\n' });
  chmodSync(join(it.path, 'theirs.txt'), 0);
  const { exit, told, files } = await saved(w, it, { as: DROPPED });
  assert.equal(exit, 3);
  assert.match(told.leftOut.join('\n'), /theirs\.txt.*Permission denied/);
  assert.deepEqual(files, ['a.txt', 'b.txt', 'mine.txt']);
});

/** A folder on another file system than temporary files; undefined where there is none. */
const elsewhere = ['/dev/shm', '/tmp', '/var/tmp'].find(
  (folder) => existsSync(folder) && statSync(folder).dev !== statSync(tmpdir()).dev,
);

// As in a sandbox, where the intake is a mount of its own.
test('what an agent committed itself comes into an intake on another file system', {
  skip: elsewhere === undefined && 'there is one file system only',
}, async (t) => {
  const { w, it } = await given(t);
  commit(it.path, { 'c.txt': 'c\n' }, 'The agent’s own');
  const aside = mkdtempSync(join(elsewhere!, 'swarm-git-'));
  t.after(() => rmSync(aside, { recursive: true }));
  cpSync(it.intake!, aside, { recursive: true });
  const argv = w.workspaces.saveCommand({ message: 'Work', workspace: it.path, intake: aside });
  const ran = spawnSync(argv[0]!, argv.slice(1), { env: { PATH: process.env.PATH }, encoding: 'utf8' });
  assert.equal(ran.status, 0, ran.stderr);
  cpSync(aside, it.intake!, { recursive: true });
  assert.equal((await w.hub.ingest(ONE)).kind, 'commit');
});

test('marks that hide changes from git hide nothing from a save', async (t) => {
  const { w, it } = await given(t);
  git(it.path, 'update-index', '--assume-unchanged', 'a.txt');
  git(it.path, 'update-index', '--skip-worktree', 'b.txt');
  write(it.path, { 'a.txt': 'two\n', 'b.txt': 'two\n' });
  const { taken } = await saved(w, it);
  assert(taken.kind === 'commit');
  assert.deepEqual((await w.hub.measure(taken.commit, w.base))?.filesChanged, ['a.txt', 'b.txt']);
});

test('what a sparse checkout left off the disk is not removed', async (t) => {
  const { w, it } = await given(t, { 'a/x.txt': 'x\n', 'b/y.txt': 'y\n' });
  git(it.path, 'sparse-checkout', 'set', 'a');
  write(it.path, { 'a/x.txt': 'two\n', 'c/new.txt': 'new\n' });
  const { exit, files } = await saved(w, it);
  assert.deepEqual([exit, files], [0, ['a/x.txt', 'b/y.txt', 'c/new.txt']]);
});

test('a file replaced by one of the same size and time is saved', async (t) => {
  const { w, it } = await given(t);
  const path = join(it.path, 'a.txt');
  utimesSync(path, 1_000, 1_000);
  git(it.path, 'status');
  write(it.path, { '.git/new': 'two\n' });
  utimesSync(join(it.path, '.git/new'), 1_000, 1_000);
  renameSync(join(it.path, '.git/new'), path);
  assert.deepEqual((await saved(w, it)).exit, 0);
  assert.equal((await w.hub.ingest(ONE)).kind, 'commit');
});

async function withSubmodule(t: TestContext) {
  const w = await world(t, { 'a.txt': 'one\n' });
  git(w.repo, 'clone', '--quiet', '--bare', '.', '../lib.git');
  git(w.repo, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', '../lib.git', 'sub');
  git(w.repo, 'commit', '--quiet', '-m', 'Submodule');
  rmSync(join(w.repo, '.git/modules'), { recursive: true });
  const opened = await w.reopen({ run: 'r-20261121-aaaa' as never });
  const it = await opened.workspaces.create({ name: 't1.1', base: opened.base, attempt: ONE });
  return { w: { ...w, ...opened }, it };
}

test('a submodule’s folder that was tidied away is no removal, and one taken out of .gitmodules is', async (t) => {
  const { w, it } = await withSubmodule(t);
  rmSync(join(it.path, 'sub'), { recursive: true });
  write(it.path, { 'b.txt': 'b\n' });
  assert.deepEqual((await saved(w, it)).files, ['.gitmodules', 'a.txt', 'b.txt', 'sub']);
  const again = await w.workspaces.create({ name: 't1.2', base: w.base, attempt: attempt('t1.2') });
  git(again.path, 'rm', '--quiet', 'sub');
  git(again.path, 'commit', '--quiet', '-m', 'Out');
  assert.equal(git(again.path, 'ls-tree', '--name-only', 'HEAD'), '.gitmodules\na.txt');
});

test('a submodule stays as long as .gitmodules names it, though its folder is empty or an agent committed that it is gone', async (t) => {
  const { w, it } = await withSubmodule(t);
  const all = ['.gitmodules', 'a.txt', 'b.txt', 'sub'];
  assert.deepEqual(readdirSync(join(it.path, 'sub')), []);
  commit(it.path, { 'b.txt': 'b\n' });
  assert.deepEqual((await saved(w, it)).files, all);
  rmSync(join(it.path, 'sub'), { recursive: true });
  commit(it.path, {}, 'The agent’s own');
  assert.equal(git(it.path, 'ls-tree', '--name-only', 'HEAD', 'sub'), '');
  const { exit, files, told } = await saved(w, it);
  assert.deepEqual([exit, files, told], [0, all, nothingTold]);
});

for (const [how, commits] of [
  ['and did not commit', false],
  ['and committed', true],
] as const) {
  test(`a submodule that an agent took out with git rm ${how} is gone`, async (t) => {
    const { w, it } = await withSubmodule(t);
    git(it.path, 'rm', '--quiet', 'sub');
    if (commits) git(it.path, 'commit', '--quiet', '-m', 'Out');
    const { exit, files } = await saved(w, it);
    assert.deepEqual([exit, files.filter((path) => path !== '.gitmodules')], [0, ['a.txt']]);
  });
}

test('files put into a submodule’s folder cannot be kept, and are told', async (t) => {
  const { w, it } = await withSubmodule(t);
  write(it.path, { 'sub/new.txt': 'x\n', 'b.txt': 'b\n' });
  const { exit, told } = await saved(w, it);
  assert.equal(exit, 3);
  assert.match(told.leftOut[0]!, /^sub: is a submodule/);
});

test('ignored files written since the agent began are named, those of before and of node_modules are not', async (t) => {
  const { w, it } = await given(t, { '.gitignore': 'build/\ndist/\nnode_modules/\n*.log\n' });
  write(it.path, { 'dist/old.js': 'old\n', 'dist/deep/new.js': 'new\n', 'build/deploy.sh': '#!/bin/sh\n' });
  write(it.path, { 'run.log': 'log\n', 'node_modules/x/index.js': 'x\n' });
  utimesSync(join(it.path, 'dist/old.js'), 1_000, 1_000);
  const { exit, taken, told } = await saved(w, it, { sinceMs: 2_000_000 });
  assert.deepEqual([exit, taken.kind], [0, 'nothing']);
  assert.deepEqual([...told.ignored].sort(), ['build/deploy.sh', 'dist/deep/new.js', 'run.log']);
  assert.deepEqual((await saved(w, it)).told.ignored, []);
});

test('a link where git would write is not followed out, and a file that only looks like ours is a file', async (t) => {
  const { w, it } = await given(t);
  symlinkSync('/etc/passwd', join(it.path, 'link'));
  write(it.path, { 'swarm-save left-out x': 'x\n' });
  const { exit, told, files } = await saved(w, it);
  assert.deepEqual([exit, told.leftOut], [0, []]);
  assert.deepEqual(files, ['a.txt', 'b.txt', 'link', 'swarm-save left-out x']);
  assert.equal(readFileSync(join(it.path, 'b.txt'), 'utf8'), 'one\n');
});
