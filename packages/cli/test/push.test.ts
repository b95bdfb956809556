/** `--deliver push`: a landing has landed when the remote said so, and whatever a remote can answer has its outcome. */
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { gitDaemon, gitOverHttp } from './support/crossing.ts';
import { assertLandedOnce, landings } from './support/landings.ts';
import { withOrigin } from './support/origin.ts';
import { userState } from './support/untouched.ts';
import { World } from './support/world.ts';

const FILES = { 'README.md': 'shop\n' };
const PUSH = ['--deliver', 'push', '--gate', 'true'];
/** A gate that waits, once this branch's file is there, until the world lets go. */
const untilGo = (world: World, name: string): string[] => [
  ...['--gate', `[ ! -e ${name}.txt ] || until [ -e ${world.root}/go ]; do sleep 0.05; done`],
  ...['--sandbox', 'none'],
];
const add = (name: string) => ({ message: `Add ${name}`, files: { [`${name}.txt`]: `${name}\n` } });

test('swarm run --deliver push puts every landing on the remote’s target, and leaves the user’s own branches alone', async (t) => {
  const world = await World.with(t, FILES);
  const origin = await withOrigin(world);
  const base = await world.git('rev-parse', 'HEAD');
  const before = await userState(world);
  const tasks = ['x', 'y'].map((n) => ({
    title: `Add ${n}`,
    description: `echo ${n} > ${n}.txt`,
    scope: [`${n}.txt`],
  }));

  const run = await world.swarm(await world.plan(tasks, ...PUSH));

  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, /delivered to origin\/main/);
  assert.deepEqual((await origin.subjects(base)).toSorted(), ['Add x', 'Add y']);
  assert.equal(await world.git('rev-parse', await world.branch()), await origin.git('rev-parse', 'main'));
  assert.deepEqual(await userState(world), before);
  assert.equal((await world.swarm(['verify'])).code, 0);
});

test('the work starts from where the remote is, not from the user’s own branch', async (t) => {
  const world = await World.with(t, FILES);
  const origin = await withOrigin(world);
  await origin.push('main', add('theirs'));
  await world.commit({ 'mine.txt': 'mine\n' }, 'Not pushed');
  await origin.push('feature', add('feature'));

  const run = await world.swarm(['land', 'feature', '--from', 'origin', ...PUSH]);

  assert.equal(run.code, 0, run.stderr);
  const files = await origin.git('ls-tree', '--name-only', 'main');
  assert.deepEqual(files.split('\n'), ['README.md', 'feature.txt', 'theirs.txt']);
  assert.equal((await world.swarm(['verify'])).code, 0);
});

test('the upstream of the target is the branch that is pushed to', async (t) => {
  const world = await World.with(t, FILES);
  const origin = await withOrigin(world);
  await origin.push('trunk', add('trunk'));
  await world.git('config', 'branch.main.remote', 'origin');
  await world.git('config', 'branch.main.merge', 'refs/heads/trunk');
  const main = await origin.git('rev-parse', 'main');
  await origin.push('feature', add('feature'));

  const run = await world.swarm(['land', 'feature', '--from', 'origin', ...PUSH]);

  assert.equal(run.code, 0, run.stderr);
  assert.equal(await origin.git('log', '-1', '--format=%s', 'trunk'), 'Add feature');
  assert.equal(await origin.git('rev-parse', 'main'), main);
});

test('a remote that is not there, answers nothing or has no such branch is refused before anything begins', async (t) => {
  const world = await World.with(t, FILES);
  await world.git('branch', 'feature');
  const ask = () => world.swarm(['land', 'feature', ...PUSH]);
  const none = await ask();
  assert.equal(none.code, 78);
  assert.match(none.stderr, /error\[SW0312\]: there is no remote "origin"/);

  await world.git('remote', 'add', 'origin', join(world.root, 'nowhere.git'));
  const silent = await ask();
  assert.equal(silent.code, 78);
  assert.match(silent.stderr, /error\[SW0312\]: the remote origin does not answer\n {2}why .*nowhere\.git/);

  await world.git('remote', 'set-url', 'origin', `ext::sh -c touch% ${world.root}/pwned`);
  const odd = await ask();
  assert.equal(odd.code, 78);
  assert.match(odd.stderr, /is of no kind that is used/);

  await world.gitIn(world.root, 'init', '--quiet', '--bare', 'empty.git');
  await world.git('remote', 'set-url', 'origin', join(world.root, 'empty.git'));
  const empty = await ask();
  assert.equal(empty.code, 78);
  assert.match(empty.stderr, /the remote origin has no branch "main"\n.*\n {2}fix {4}git push origin main/);
  assert.ok(!(await readdir(world.root)).includes('pwned'));
  await assert.rejects(world.runFolder(), 'no run began');
});

test('no program the repository configures is run to reach the remote', async (t) => {
  const world = await World.with(t, FILES);
  const origin = await withOrigin(world);
  await origin.push('feature', add('feature'));
  const canary = join(world.root, 'canary');
  const touch = `sh -c 'touch ${canary}; exit 1'`;
  for (const key of [
    'core.sshCommand',
    'credential.helper',
    'remote.origin.receivepack',
    'remote.origin.uploadpack',
  ])
    await world.git('config', key, key === 'credential.helper' ? `!${touch}` : touch);
  await world.write({ '.git/hooks/pre-push': `#!/bin/sh\ntouch ${canary}\n` });

  const run = await world.swarm(['land', 'feature', '--from', 'origin', ...PUSH]);

  assert.equal(run.code, 0, run.stderr);
  assert.ok(!(await readdir(world.root)).includes('canary'));
});

test('a remote that declines pauses the run with its own words and the fix; resumed, everything lands once', async (t) => {
  const world = await World.with(t, FILES);
  const origin = await withOrigin(world);
  const base = await world.git('rev-parse', 'HEAD');
  await origin.push('feature', add('feature'));
  await origin.hook('pre-receive', 'printf "main is protected: \\033[31mopen a pull request\\n" >&2; exit 1');

  const declined = await world.swarm(['land', 'feature', '--from', 'origin', ...PUSH]);

  assert.equal(declined.code, 1, declined.stderr);
  assert.match(
    declined.stdout,
    /stopped: .*main is protected: .*open a pull request.*pre-receive hook declined.*--deliver branch/,
  );
  assert.ok(!declined.stdout.includes('\u001b'), 'no colours of somebody else’s');
  assert.match(declined.stderr, /paused \(target-refuses\)/);
  assert.equal(await origin.git('rev-parse', 'main'), base);
  await origin.hook('pre-receive', 'exit 0');
  const resumed = await world.swarm(['resume']);
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.deepEqual(await origin.subjects(base), ['Add feature']);
  assert.equal((await world.swarm(['verify'])).code, 0);
});

test('a push that arrived though its answer was lost has landed, once: the remote is asked', async (t) => {
  const world = await World.with(t, FILES);
  const daemon = await gitDaemon(t, world);
  const origin = await withOrigin(world, daemon.url);
  const base = await world.git('rev-parse', 'HEAD');
  await origin.push('one', add('one'));
  await origin.push('two', add('two'));
  // One test at a time: what is tested beside another is tested again on the new target, push or no push.
  await world.configure('[gate]\nparallel = 1');
  daemon.mode.cut = true;

  const run = await world.swarm(['land', 'one', 'two', '--from', 'origin', ...PUSH]);

  assert.equal(run.code, 0, run.stderr);
  assert.equal(daemon.mode.cut, false, 'one answer was lost');
  assert.deepEqual(await origin.subjects(base), ['Add one', 'Add two']);
  const dropped = (await world.log()).filter((line) => line.event === 'landing.dropped');
  assert.deepEqual(dropped, []);
  assert.equal((await world.swarm(['verify'])).code, 0);
});

test('killed at the instant the remote took a push, the run finds it there when resumed, and lands it once', async (t) => {
  const world = await World.with(t, FILES);
  const origin = await withOrigin(world);
  const base = await world.git('rev-parse', 'HEAD');
  await origin.push('one', add('one'));
  await origin.push('two', add('two'));
  await origin.hook('post-receive', `kill -9 $(cat ${world.root}/pid); rm ${world.root}/pid`);
  const running = world.start(['land', 'one', 'two', '--from', 'origin', ...PUSH]);
  await writeFile(join(world.root, 'pid'), String(running.pid));
  assert.equal((await running.ended).signal, 'SIGKILL');

  const resumed = await world.swarm(['resume']);

  assert.equal(resumed.code, 0, resumed.stderr);
  assert.match(resumed.stderr, /t1 was found on the target/);
  assert.deepEqual(await origin.subjects(base), ['Add one', 'Add two']);
  assert.equal((await world.swarm(['verify'])).code, 0);
});

test('a remote that is gone for a while pauses the run with what was tried; nothing is called landed meanwhile', async (t) => {
  const world = await World.with(t, FILES);
  const daemon = await gitDaemon(t, world);
  const origin = await withOrigin(world, daemon.url);
  const base = await world.git('rev-parse', 'HEAD');
  await origin.push('one', add('one'));
  const running = world.start([
    'land',
    'one',
    '--from',
    'origin',
    '--deliver',
    'push',
    ...untilGo(world, 'one'),
  ]);
  await running.line(/t1\.1 delivered/);
  daemon.mode.refuse = true;
  await world.release();

  const run = await running.ended;

  assert.equal(run.code, 1, run.stderr);
  assert.match(run.stdout, /stopped: .*the remote origin does not answer/);
  assert.match(run.stdout, /0 landed/);
  assert.match(run.stderr, /paused \(target-refuses\)/);
  daemon.mode.refuse = false;
  const resumed = await world.swarm(['resume']);
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.deepEqual(await origin.subjects(base), ['Add one']);
});

test('a key that expires in the middle is told as such, and what had landed stays landed', async (t) => {
  const world = await World.with(t, FILES);
  await world.configure('[gate]\npolicy = "strict"\n');
  const http = await gitOverHttp(t, world);
  const origin = await withOrigin(world, http.url);
  await origin.git('config', 'http.receivepack', 'true');
  const base = await world.git('rev-parse', 'HEAD');
  await origin.push('one', add('one'));
  await origin.push('two', add('two'));
  const running = world.start([
    'land',
    'one',
    'two',
    '--from',
    'origin',
    '--deliver',
    'push',
    ...untilGo(world, 'two'),
  ]);
  await running.line(/landed t1 /);
  http.mode.isExpired = true;
  await world.release();

  const run = await running.ended;

  assert.equal(run.code, 1, run.stderr);
  assert.match(
    run.stdout,
    /stopped: origin did not take the landing: .*(could not read Username|Authentication failed)/,
  );
  assert.match(run.stdout, /landed {2}t1/);
  http.mode.isExpired = false;
  assert.equal((await world.swarm(['resume'])).code, 0);
  assert.deepEqual(await origin.subjects(base), ['Add one', 'Add two']);
});

test('what waits while the remote is busy goes together: twelve branches take far fewer than twelve pushes', async (t) => {
  const world = await World.with(t, FILES);
  const origin = await withOrigin(world);
  const base = await world.git('rev-parse', 'HEAD');
  const names = Array.from({ length: 12 }, (_, i) => `n${i + 1}`);
  for (const name of names) await origin.push(name, add(name));
  const gate = `! ls n*.txt || until [ -e ${world.root}/go ]; do sleep 0.05; done`;
  const args = [
    'land',
    ...names,
    '--from',
    'origin',
    '--deliver',
    'push',
    '--gate',
    gate,
    '--sandbox',
    'none',
  ];
  const running = world.start(args);
  await running.line(/t12\.1 delivered/);
  await world.release();

  const run = await running.ended;

  assert.equal(run.code, 0, run.stderr);
  assert.equal((await origin.subjects(base)).length, 12);
  const pushes = (await world.log()).filter((line) => line.event === 'push.ended');
  assert.ok(pushes.length <= 6, `${pushes.length} pushes`);
  assert.ok(pushes.every((line) => line.data.outcome === 'published'));
  assert.equal((await world.swarm(['verify'])).code, 0);
});

test('an address’s key is in no file of the run and on no screen', async (t) => {
  const world = await World.with(t, FILES);
  const http = await gitOverHttp(t, world);
  const origin = await withOrigin(world, http.url.replace('http://', 'http://me:tops3cret@'));
  await origin.git('config', 'http.receivepack', 'true');
  await origin.push('one', add('one'));
  http.mode.isExpired = true;

  const args = ['land', 'one', '--from', 'origin', ...PUSH];
  const refused = await world.swarm(args);

  assert.equal(refused.code, 78, 'a push is rehearsed before anything begins');
  assert.ok(!`${refused.stdout}${refused.stderr}`.includes('tops3cret'));
  http.mode.isExpired = false;
  const run = await world.swarm(args);
  assert.equal(run.code, 0, run.stderr);
  assert.ok(!`${run.stdout}${run.stderr}`.includes('tops3cret'));
  const folder = await world.runFolder();
  for (const file of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    assert.ok(!(await readFile(join(file.parentPath, file.name), 'utf8')).includes('tops3cret'), file.name);
  }
});

test('a push says which landing it stands on: the remote’s history is one line, each commit tested on the one below', async (t) => {
  const world = await World.with(t, FILES);
  const origin = await withOrigin(world);
  const base = await world.git('rev-parse', 'HEAD');
  for (const name of ['one', 'two', 'three']) await origin.push(name, add(name));

  const run = await world.swarm(['land', 'one', 'two', 'three', '--from', 'origin', ...PUSH]);

  assert.equal(run.code, 0, run.stderr);
  await world.git('fetch', '--quiet', 'origin');
  const line = await landings(world, base, 'origin/main');
  const below = [base, ...line.map((l) => l.commit)];
  assert.deepEqual(
    line.map((l) => l.parents[0]),
    below.slice(0, -1),
  );
  // The merge of a batch carries the tree of its last member.
  assert.equal(line.at(-1)?.tree, await origin.git('rev-parse', 'main^{tree}'));
  await assertLandedOnce(world, base, ['Add one', 'Add two', 'Add three']);
});

test('an undo is pushed as a landing is; a remote that refuses it is told, and nothing is called undone', async (t) => {
  const world = await World.with(t, FILES);
  const origin = await withOrigin(world);
  const tasks = ['x', 'y'].map((n) => ({
    title: `Add ${n}`,
    description: `echo ${n} > ${n}.txt`,
    scope: [`${n}.txt`],
  }));
  const run = await world.swarm(await world.plan(tasks, ...PUSH, '--workers', '1'));
  assert.equal(run.code, 0, run.stderr);
  const head = await origin.git('rev-parse', 'main');
  await origin.hook('pre-receive', 'echo "main is protected"; exit 1');

  const declined = await world.swarm(['undo', 't1']);

  assert.equal(declined.code, 1, declined.stderr);
  assert.match(declined.stderr, /SW0631.*t1 was not undone, and nothing was moved[\s\S]*main is protected/);
  assert.equal(await origin.git('rev-parse', 'main'), head);
  await world.git('remote', 'set-url', 'origin', `${origin.path}.gone`);
  const silent = await world.swarm(['undo', 't1']);
  assert.equal(silent.code, 1, silent.stderr);
  assert.match(silent.stderr, /SW0631.*t1 was not undone.*the remote origin does not answer/);
  await world.git('remote', 'set-url', 'origin', origin.path);
  await origin.hook('pre-receive', 'exit 0');
  await origin.push('main', add('theirs'));
  const theirs = await origin.git('rev-parse', 'main');

  const undone = await world.swarm(['undo', 't1']);

  assert.equal(undone.code, 0, undone.stderr);
  assert.equal(await origin.git('rev-parse', 'main^'), theirs, 'on top of what somebody pushed meanwhile');
  const files = await origin.git('ls-tree', '--name-only', 'main');
  assert.deepEqual(files.split('\n'), ['README.md', 'theirs.txt', 'y.txt']);
  assert.match(undone.stdout, /^t1 is undone: origin\/main is now at [0-9a-f]{10}$/m);
  assert.doesNotMatch(undone.stdout, /^next:/m);
  assert.equal((await world.swarm(['verify'])).code, 0);
});

test('a live run whose remote refuses an undo says so, and goes on', async (t) => {
  const world = await World.with(t, FILES);
  const origin = await withOrigin(world);
  await origin.push('one', add('one'));
  await origin.push('two', add('two'));
  // Each is tested by itself: a batch of both would wait as a whole.
  await world.configure('[gate]\npolicy = "strict"');
  const args = ['land', 'one', 'two', '--from', 'origin', '--deliver', 'push', ...untilGo(world, 'two')];
  const running = world.start(args);
  await running.line(/landed t1 /);
  await running.line(/t2\.1 delivered/);
  await origin.hook('pre-receive', 'echo "closed for today"; exit 1');

  const refused = await world.swarm(['undo', 't1']);

  assert.equal(refused.code, 1, refused.stderr);
  assert.match(refused.stderr, /SW0631.*closed for today/);
  await origin.hook('pre-receive', 'exit 0');
  const undone = await world.swarm(['undo', 't1']);
  assert.equal(undone.code, 0, undone.stderr);
  await world.release();
  assert.equal((await running.ended).code, 0);
  assert.deepEqual((await origin.git('ls-tree', '--name-only', 'main')).split('\n'), [
    'README.md',
    'two.txt',
  ]);
  assert.equal((await world.swarm(['verify'])).code, 0);
});
