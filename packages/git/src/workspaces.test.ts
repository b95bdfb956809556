import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SwarmError } from '@swarm/core/errors';
import { attempt, commit, git, land, save, type World, work, world, write } from '../test/world.ts';

test('a workspace is a clean clone at the base, on a branch of the attempt’s name, with the intake as origin', async (t) => {
  const w = await world(t);
  const it = await w.workspaces.create({ name: 't1.1', base: w.base, attempt: attempt('t1.1') });
  assert.equal(git(it.path, 'rev-parse', 'HEAD'), w.base);
  assert.equal(it.head, w.base);
  assert.equal(git(it.path, 'branch', '--show-current'), 'swarm/t1.1');
  assert.equal(git(it.path, 'status', '--porcelain'), '');
  assert.equal(git(it.path, 'remote', 'get-url', 'origin'), it.intake);
  assert.equal(git(it.path, 'config', 'user.name'), 'Swarm');
  assert.equal(readFileSync(join(it.path, 'a.txt'), 'utf8'), 'one\n');
  assert.deepEqual(it.readOnly, [join(w.stateDir, 'loans', w.base)]);
  assert.deepEqual(it.conflicts, []);
});

test('a workspace for a gate has no intake and no remote', async (t) => {
  const w = await world(t);
  const it = await w.workspaces.create({ name: 'gate-l7', base: w.base });
  assert.equal(it.intake, undefined);
  assert.equal(git(it.path, 'remote'), '');
});

test('a leftover of the same name is replaced, whatever it held', async (t) => {
  const w = await world(t);
  const left = join(w.stateDir, 'workspaces/t1.1');
  write(left, { '.git': 'gitdir: /etc', 'junk.txt': 'x' });
  const it = await w.workspaces.create({ name: 't1.1', base: w.base, attempt: attempt('t1.1') });
  assert.equal(existsSync(join(left, 'junk.txt')), false);
  assert.equal(git(it.path, 'status', '--porcelain'), '');
});

test('what is no name of a workspace never becomes a path', async (t) => {
  const w = await world(t);
  for (const name of ['../x', 't1', 'gate-../x', 'a/b', '-x', 'gate-l7.lock', 'T1.1', '', 't1.1\n']) {
    await assert.rejects(w.workspaces.create({ name, base: w.base }), SwarmError, JSON.stringify(name));
    await assert.rejects(w.workspaces.remove(name), SwarmError, JSON.stringify(name));
  }
});

test('removing takes the folder away, and may be asked for twice', async (t) => {
  const w = await world(t);
  const it = await w.workspaces.create({ name: 'checks-3', base: w.base });
  await w.workspaces.remove('checks-3');
  await w.workspaces.remove('checks-3');
  assert.equal(existsSync(it.path), false);
});

test('what lies beside a workspace under its name and a dot is seen as it and goes with it, nothing else', async (t) => {
  const w = await world(t);
  const folder = join(w.stateDir, 'workspaces');
  for (const name of ['t1.1.private-x', 't1.10.private-y', 'gate-l7.private-z', '.directory']) {
    mkdirSync(join(folder, name, 'tmp'), { recursive: true });
  }
  assert.deepEqual((await w.hub.observe()).workspaces, ['gate-l7', 't1.1', 't1.10']);
  await w.workspaces.remove('t1.1');
  await w.workspaces.remove('gate-l7');
  assert.deepEqual(readdirSync(folder).sort(), ['.directory', 't1.10.private-y']);
});

test('eight workspaces of a large repository can be made at once', async (t) => {
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`d${i % 20}/${i}.txt`, `${i}\n`]));
  const w = await world(t, many);
  const names = Array.from({ length: 8 }, (_, i) => `t${i + 1}.1`);
  const made = await Promise.all(
    names.map((name) => w.workspaces.create({ name, base: w.base, attempt: attempt(name) })),
  );
  for (const it of made) assert.equal(git(it.path, 'status', '--porcelain'), '');
  await Promise.all(
    made.map(async (it) => {
      write(it.path, { [`new/${it.name}.txt`]: it.name });
      save(w, it);
    }),
  );
  const taken = await Promise.all(names.map((name) => w.hub.ingest(attempt(name))));
  assert.deepEqual(new Set(taken.map((outcome) => outcome.kind)), new Set(['commit']));
});

test('a workspace handed over to another user, or copied, is clean for every command of git', async (t) => {
  const w = await world(t);
  const it = await w.workspaces.create({ name: 't1.1', base: w.base, attempt: attempt('t1.1') });
  // As a handover does: other inodes and ctimes, and where we may, another owner.
  for (const name of ['a.txt', 'b.txt']) {
    execFileSync('cp', ['-p', join(it.path, name), join(it.path, '.git', name)]);
    renameSync(join(it.path, '.git', name), join(it.path, name));
    if (process.getuid?.() === 0) chownSync(join(it.path, name), 54_321, 54_321);
  }
  assert.equal(git(it.path, 'diff-files', '--name-only'), '');
  assert.equal(git(it.path, 'diff-index', '--name-only', 'HEAD'), '');
  const patch = '--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-one\n+two\n';
  const apply = (...how: string[]) =>
    execFileSync('git', ['apply', ...how], { cwd: it.path, input: patch, stdio: 'pipe' });
  apply('--index');
  assert.equal(git(it.path, 'diff', '--cached', '--name-only'), 'a.txt');
  apply('--index', '-R');
  apply('--3way');
});

test('an edit of the same size in the same second is seen in a workspace', async (t) => {
  const w = await world(t);
  const it = await w.workspaces.create({ name: 't1.1', base: w.base, attempt: attempt('t1.1') });
  for (const text of ['two\n', 'six\n', 'ten\n']) {
    write(it.path, { 'a.txt': text });
    assert.equal(git(it.path, 'diff-files', '--name-only'), 'a.txt');
    git(it.path, 'commit', '--quiet', '-a', '-m', 'Edit');
    assert.equal(git(it.path, 'show', 'HEAD:a.txt'), text.trimEnd());
  }
});

test('content filters, submodules and hooks of the repository do nothing in a workspace', async (t) => {
  const w = await world(t, {
    '.gitattributes': '*.txt filter=evil\n',
    '.gitmodules': '[submodule "s"]\n\tpath = s\n\turl = ext::touch%20canary\n',
    'a.txt': 'one\n',
  });
  const it = await w.workspaces.create({ name: 'gate-l1', base: w.base });
  assert.equal(readFileSync(join(it.path, 'a.txt'), 'utf8'), 'one\n');
  assert.equal(existsSync(join(it.path, '.git/hooks')), false);
  assert.equal(existsSync(join(it.path, '.git/modules')), false);
});

async function retried(t: Parameters<typeof world>[0], theirs: Record<string, string>) {
  const w = await world(t, { 'a.txt': 'one\n', 'b.txt': 'one\n' });
  const from = await work(w, 't1.1', w.base, { 'a.txt': 'mine\n' });
  const base = await land(w, 't2.1', w.base, await work(w, 't2.1', w.base, theirs));
  const ask = { name: 't1.2', base, from, attempt: attempt('t1.2') };
  return { w, from, base, it: await w.workspaces.create(ask) };
}

test('a retry holds the last work merged onto the present base', async (t) => {
  const { w, from, base, it } = await retried(t, { 'b.txt': 'theirs\n' });
  assert.deepEqual(it.conflicts, []);
  assert.equal(git(it.path, 'rev-parse', 'HEAD'), it.head);
  assert.deepEqual(git(it.path, 'log', '-1', '--format=%P').split(' '), [base, from]);
  assert.equal(readFileSync(join(it.path, 'a.txt'), 'utf8'), 'mine\n');
  assert.equal(readFileSync(join(it.path, 'b.txt'), 'utf8'), 'theirs\n');
  save(w, it);
  assert.deepEqual(await w.hub.ingest(attempt('t1.2')), { kind: 'commit', commit: it.head });
  assert.deepEqual((await w.hub.measure(it.head, base))?.filesChanged, ['a.txt']);
});

test('a retry whose last work holds the base already goes on from it', async (t) => {
  const w = await world(t);
  const from = await work(w, 't1.1', w.base, { 'a.txt': 'mine\n' });
  const it = await w.workspaces.create({ name: 't1.2', base: w.base, from, attempt: attempt('t1.2') });
  assert.equal(it.head, from);
  assert.equal(readFileSync(join(it.path, 'a.txt'), 'utf8'), 'mine\n');
});

test('a retry that conflicts has the markers in its files, and a plain commit concludes the merge', async (t) => {
  const { w, from, base, it } = await retried(t, { 'a.txt': 'theirs\n', 'b.txt': 'theirs\n' });
  assert.deepEqual(it.conflicts, ['a.txt']);
  assert.equal(it.head, base);
  assert.match(readFileSync(join(it.path, 'a.txt'), 'utf8'), /^<<<<<<< .*\ntheirs\n=======\nmine\n>>>>>>> /);
  write(it.path, { 'a.txt': 'both\n' });
  save(w, it);
  const outcome = await w.hub.ingest(attempt('t1.2'));
  assert(outcome.kind === 'commit');
  const parents = git(join(w.stateDir, 'hub.git'), 'log', '-1', '--format=%P', outcome.commit);
  assert.deepEqual(parents.split(' '), [base, from]);
  assert.equal((await w.hub.measure(outcome.commit, base))?.base, base);
});

test('conflicts an agent left standing are saved as they are, for the gate to judge', async (t) => {
  const { w, it } = await retried(t, { 'a.txt': 'theirs\n' });
  save(w, it);
  const outcome = await w.hub.ingest(attempt('t1.2'));
  assert(outcome.kind === 'commit');
  assert.match(git(join(w.stateDir, 'hub.git'), 'show', `${outcome.commit}:a.txt`), /<<<<<<<[\s\S]*>>>>>>>/);
});

test('a retry merges as the base says: merge=union joins, -merge leaves the file as the target has it', async (t) => {
  const attributes = 'a.txt merge=union\nb.txt -merge\n';
  const w = await world(t, { 'a.txt': 'one\n', 'b.txt': '1\n2\n3\n', '.gitattributes': attributes });
  const from = await work(w, 't1.1', w.base, { 'a.txt': 'one\nmine\n', 'b.txt': 'I\n2\n3\n' });
  const landed = await work(w, 't2.1', w.base, { 'a.txt': 'one\ntheirs\n', 'b.txt': '1\n2\nIII\n' });
  const base = await land(w, 't2.1', w.base, landed);
  const it = await w.workspaces.create({ name: 't1.2', base, from, attempt: attempt('t1.2') });
  assert.deepEqual(it.conflicts, ['b.txt']);
  assert.equal(readFileSync(join(it.path, 'a.txt'), 'utf8'), 'one\ntheirs\nmine\n');
  assert.equal(readFileSync(join(it.path, 'b.txt'), 'utf8'), '1\n2\nIII\n');
});

test('a base or last work the hub does not hold is SW0702, and no folder is made', async (t) => {
  const w = await world(t);
  const from = 'ab'.repeat(20) as typeof w.base;
  await assert.rejects(
    w.workspaces.create({ name: 't1.1', base: w.base, from, attempt: attempt('t1.1') }),
    /SW0702/,
  );
  assert.equal(existsSync(join(w.stateDir, 'workspaces/t1.1')), false);
});

test('saving commits what is left over, respects .gitignore, and pushes the agent’s own commits too', async (t) => {
  const w = await world(t, { '.gitignore': 'node_modules/\n', 'a.txt': 'one\n' });
  const it = await w.workspaces.create({ name: 't1.1', base: w.base, attempt: attempt('t1.1') });
  commit(it.path, { 'own.txt': 'own\n' }, 'The agent’s own');
  write(it.path, { 'left.txt': 'left\n', 'node_modules/x/index.js': 'x' });
  save(w, it, 'Left over: "$(touch canary)" `touch canary`');
  const outcome = await w.hub.ingest(attempt('t1.1'));
  assert(outcome.kind === 'commit');
  assert.deepEqual((await w.hub.measure(outcome.commit, w.base))?.filesChanged, ['left.txt', 'own.txt']);
  const subjects = git(join(w.stateDir, 'hub.git'), 'log', '--format=%s', `${w.base}..${outcome.commit}`);
  assert.equal(subjects, 'Left over: "$(touch canary)" `touch canary`\nThe agent’s own');
  assert.equal(existsSync(join(it.path, 'canary')), false);
});

test('saving with nothing done succeeds, and there is nothing to take', async (t) => {
  const w = await world(t);
  const it = await w.workspaces.create({ name: 't1.1', base: w.base, attempt: attempt('t1.1') });
  save(w, it);
  assert.deepEqual(await w.hub.ingest(attempt('t1.1')), { kind: 'nothing' });
});

test('saving works after the agent was killed in the middle of a git command', async (t) => {
  const w = await world(t);
  const it = await w.workspaces.create({ name: 't1.1', base: w.base, attempt: attempt('t1.1') });
  write(it.path, { 'a.txt': 'two\n' });
  for (const lock of ['index.lock', 'HEAD.lock', 'refs/heads/swarm/t1.1.lock']) {
    writeFileSync(join(it.path, '.git', lock), '');
  }
  save(w, it);
  assert.equal((await w.hub.ingest(attempt('t1.1'))).kind, 'commit');
});

test('saving works on a detached HEAD and in the middle of a rebase', async (t) => {
  const w = await world(t);
  const it = await w.workspaces.create({ name: 't1.1', base: w.base, attempt: attempt('t1.1') });
  commit(it.path, { 'a.txt': 'two\n' });
  git(it.path, 'switch', '--quiet', '-c', 'other', w.base);
  commit(it.path, { 'a.txt': 'three\n' });
  assert.throws(() => git(it.path, 'rebase', 'swarm/t1.1'));
  save(w, it);
  assert.equal((await w.hub.ingest(attempt('t1.1'))).kind, 'commit');
});

test('hooks and settings an agent left in its clone neither run nor stop the save', async (t) => {
  const w = await world(t);
  const it = await w.workspaces.create({ name: 't1.1', base: w.base, attempt: attempt('t1.1') });
  mkdirSync(join(it.path, '.git/hooks'));
  for (const hook of ['pre-commit', 'commit-msg', 'post-commit', 'pre-push', 'reference-transaction']) {
    writeFileSync(join(it.path, '.git/hooks', hook), `#!/bin/sh\ntouch '${w.dir}/canary'\nexit 1\n`, {
      mode: 0o755,
    });
  }
  for (const key of ['core.fsmonitor', 'gpg.program', 'core.editor'])
    git(it.path, 'config', key, `touch ${w.dir}/canary`);
  git(it.path, 'config', 'commit.gpgSign', 'true');
  write(it.path, { 'a.txt': 'two\n' });
  save(w, it);
  assert.equal((await w.hub.ingest(attempt('t1.1'))).kind, 'commit');
  assert.equal(existsSync(join(w.dir, 'canary')), false);
});

/** As in a sandbox that shows the hub's objects and nothing else of it. */
async function withoutHub(w: World, run: () => void): Promise<void> {
  const hidden = ['HEAD', 'refs', 'config'].map((name) => join(w.stateDir, 'hub.git', name));
  for (const path of hidden) renameSync(path, `${path}.hidden`);
  run();
  for (const path of hidden) renameSync(`${path}.hidden`, path);
}

const MANY = Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`f${i}.txt`, `${i}\n`]));

test('what an agent committed itself comes into the intake without the history, and without what it dropped', async (t) => {
  const w = await world(t, MANY);
  const it = await w.workspaces.create({ name: 't1.1', base: w.base, attempt: attempt('t1.1') });
  write(it.path, { 'dropped.txt': 'dropped\n' });
  git(it.path, 'add', '-A');
  write(it.path, { 'dropped.txt': 'kept\n' });
  commit(it.path, {}, 'The agent’s own');
  write(it.path, { 'a.txt': 'two\n' });
  await withoutHub(w, () => save(w, it));
  const counted = git(it.intake!, 'count-objects', '-v');
  assert.match(counted, /^count: 0$/m);
  // Two commits, two trees, two files.
  assert.match(counted, /^in-pack: 6$/m);
  const taken = await w.hub.ingest(attempt('t1.1'));
  assert(taken.kind === 'commit');
  assert.deepEqual((await w.hub.measure(taken.commit, w.base))?.filesChanged, ['a.txt', 'dropped.txt']);
});

test('what an agent only wrote is committed in its clone, and taken from there', async (t) => {
  const w = await world(t, MANY);
  const it = await w.workspaces.create({ name: 't1.1', base: w.base, attempt: attempt('t1.1') });
  write(it.path, { 'a.txt': 'two\n' });
  await withoutHub(w, () => save(w, it));
  assert.match(git(it.path, 'count-objects', '-v'), /^count: 3$/m);
  assert.match(git(it.intake!, 'count-objects', '-v'), /^count: 0$[\s\S]*^in-pack: 0$/m);
  assert.equal((await w.hub.ingest(attempt('t1.1'))).kind, 'commit');
});

test('a workspace is gone from the observed ones once removed', async (t) => {
  const w = await world(t);
  await w.workspaces.create({ name: 'gate-l1', base: w.base });
  assert.deepEqual((await w.hub.observe()).workspaces, ['gate-l1']);
  await w.workspaces.remove('gate-l1');
  assert.deepEqual((await w.hub.observe()).workspaces, []);
  rmSync(join(w.stateDir, 'workspaces'), { recursive: true });
  assert.deepEqual((await w.hub.observe()).workspaces, []);
});

test('a workspace or intake that cannot be removed is no fault: whoever cleans up is asked, and asked again', async (t) => {
  const asked: string[] = [];
  let again = 0;
  const cleanUp = {
    discard: async (path: string) => void asked.push(path),
    again: async () => {
      again += 1;
    },
  };
  const w = await world(t, undefined, { cleanUp });
  const it = await w.workspaces.create({ name: 't1.1', base: w.base, attempt: attempt('t1.1') });
  asked.length = 0;
  await w.workspaces.remove('t1.1');
  await w.hub.tidy(new Set());
  assert.deepEqual(asked, [it.path, it.intake]);
  assert.equal(again, 1);
});
