import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CommitId } from '@swarm/core/model/ids';
import type { Candidate } from '@swarm/core/model/landing';
import { commit, git, LAND, land, landing, RUN, type World, work, world } from '../test/world.ts';
import { Git } from './index.ts';

async function candidate(w: World, name = 't1.1', onto = w.base, text = 'two\n'): Promise<Candidate> {
  const done = await work(w, name, w.base, { [`${name}.txt`]: text });
  const ask = { onto, work: done, message: () => landing(name), atSeconds: 1_700_000_000 };
  const built = await w.hub.buildCandidate(ask);
  assert(built.kind === 'clean');
  return { parent: onto, commit: built.commit, tree: built.tree };
}

test('before anything is published the base is the head', async (t) => {
  const w = await world(t);
  assert.equal(await w.hub.targetHead(), w.base);
});

test('what is published is the head, for a hub opened again too', async (t) => {
  const w = await world(t);
  const landed = await land(w, 't1.1', w.base, await work(w, 't1.1', w.base, { 'a.txt': 'two\n' }));
  assert.equal(await w.hub.targetHead(), landed);
  assert.equal(await (await w.reopen()).hub.targetHead(), landed);
});

test('publishing the same candidate again is published', async (t) => {
  const w = await world(t);
  const it = await candidate(w);
  assert.deepEqual(await w.hub.publish(it), { kind: 'published' });
  assert.deepEqual(await w.hub.publish(it), { kind: 'published' });
  assert.deepEqual(await (await w.reopen()).hub.publish(it), { kind: 'published' });
});

test('a commit somebody else pushed is never overwritten: the target has moved', async (t) => {
  const w = await world(t);
  const first = await land(w, 't1.1', w.base, await work(w, 't1.1', w.base, { 'a.txt': 'two\n' }));
  const mine = await candidate(w, 't2.1', first);
  const theirs = git(w.repo, 'commit-tree', '-p', first, '-m', 'Theirs', `${first}^{tree}`) as CommitId;
  git(w.repo, 'update-ref', LAND, theirs);
  assert.deepEqual(await w.hub.publish(mine), { kind: 'moved', head: theirs });
  assert.equal(git(w.repo, 'rev-parse', LAND), theirs);
  assert.equal(await w.hub.targetHead(), theirs);
  assert.equal(await w.hub.isAncestor(first, theirs), true);
  assert.equal(await w.hub.isAncestor(theirs, first), false);
});

test('a branch of that name made by somebody else before the first landing is not overwritten', async (t) => {
  const w = await world(t);
  const mine = await candidate(w);
  const theirs = commit(w.repo, { 'b.txt': 'theirs\n' });
  git(w.repo, 'branch', `swarm/${RUN}`);
  assert.deepEqual(await w.hub.publish(mine), { kind: 'moved', head: theirs });
});

test('a branch that was published and deleted is gone, and is not made again', async (t) => {
  const w = await world(t);
  const first = await land(w, 't1.1', w.base, await work(w, 't1.1', w.base, { 'a.txt': 'two\n' }));
  const next = await candidate(w, 't2.1', first);
  git(w.repo, 'update-ref', '-d', LAND);
  assert.equal(await w.hub.targetHead(), undefined);
  assert.deepEqual(await w.hub.publish(next), { kind: 'gone' });
  assert.deepEqual(await w.hub.publish(await candidate(w, 't3.1')), { kind: 'gone' });
  assert.equal(await (await w.reopen()).hub.targetHead(), undefined);
});

test('a branch that is checked out is not moved, in whatever work tree', async (t) => {
  const w = await world(t);
  const first = await land(w, 't1.1', w.base, await work(w, 't1.1', w.base, { 'a.txt': 'two\n' }));
  git(w.repo, 'worktree', 'add', '--quiet', join(w.dir, 'linked'), `swarm/${RUN}`);
  const why = `${LAND} is checked out in ${join(w.dir, 'linked')}`;
  assert.deepEqual(await w.hub.publish(await candidate(w, 't2.1', first)), { kind: 'refused', why });
});

for (const [where, checkOut] of Object.entries({
  'in the repository itself': (repo: string) => git(repo, 'switch', '--quiet', `swarm/${RUN}`),
  'in a linked work tree': (repo: string) =>
    git(repo, 'worktree', 'add', '--quiet', '../linked', `swarm/${RUN}`),
})) {
  test(`a branch checked out ${where} between two landings is not moved by the second`, async (t) => {
    const w = await world(t);
    const first = await land(w, 't1.1', w.base, await work(w, 't1.1', w.base, { 'a.txt': 'two\n' }));
    const second = await land(w, 't2.1', first, await work(w, 't2.1', first, { 'b.txt': 'two\n' }));
    const third = await candidate(w, 't3.1', second);
    assert.equal(await w.hub.targetHead(), second);
    checkOut(w.repo);
    assert.equal((await w.hub.publish(third)).kind, 'refused');
    assert.equal(git(w.repo, 'rev-parse', LAND), second);
  });
}

test('a branch that is checked out without a commit is not made', async (t) => {
  const w = await world(t);
  const mine = await candidate(w);
  git(w.repo, 'switch', '--quiet', '--orphan', `swarm/${RUN}`);
  const outcome = await w.hub.publish(mine);
  assert(outcome.kind === 'refused');
  assert.match(outcome.why, /is checked out in/);
});

test('a symbolic branch is not written through', async (t) => {
  const w = await world(t);
  git(w.repo, 'branch', 'other');
  git(w.repo, 'symbolic-ref', LAND, 'refs/heads/other');
  const why = `${LAND} only points to refs/heads/other`;
  assert.deepEqual(await w.hub.publish(await candidate(w)), { kind: 'refused', why });
});

test('a lock or a branch in the way is a refusal with git’s own words, and the lock stays', async (t) => {
  const w = await world(t);
  git(w.repo, 'branch', 'swarm');
  const outcome = await w.hub.publish(await candidate(w));
  assert(outcome.kind === 'refused');
  assert.match(outcome.why, /refs\/heads\/swarm/);
  git(w.repo, 'branch', '-D', 'swarm');
  const first = await land(w, 't2.1', w.base, await work(w, 't2.1', w.base, { 'a.txt': 'two\n' }));
  const lock = join(w.repo, '.git', `${LAND}.lock`);
  writeFileSync(lock, '');
  const locked = await w.hub.publish(await candidate(w, 't3.1', first));
  assert(locked.kind === 'refused');
  assert.match(locked.why, /\.lock/);
  assert.equal(existsSync(lock), true);
});

/** Real git, with somebody else's push falling into the last moment before ours. */
class Raced extends Git {
  rival: () => void = () => {};
  override start(...ask: Parameters<Git['start']>) {
    const child = super.start(...ask);
    const [place, subcommand] = ask;
    if (subcommand === 'update-ref' && 'gitDir' in place && place.gitDir.endsWith('/user/.git')) {
      child.stdin.write = after(() => this.rival(), child.stdin.write.bind(child.stdin));
    }
    return child;
  }
}

const after = <A extends unknown[], R>(first: () => void, then: (...args: A) => R) =>
  ((...args: A) => {
    first();
    return then(...args);
  }) as never;

test('a push between our last look and our move wins, and is told as moved', async (t) => {
  const raced = new Raced();
  const w = await world(t, undefined, { git: raced });
  const first = await land(w, 't1.1', w.base, await work(w, 't1.1', w.base, { 'a.txt': 'two\n' }));
  const mine = await candidate(w, 't2.1', first);
  const theirs = git(w.repo, 'commit-tree', '-p', first, '-m', 'Theirs', `${first}^{tree}`) as CommitId;
  raced.rival = () => git(w.repo, 'update-ref', LAND, theirs);
  assert.deepEqual(await w.hub.publish(mine), { kind: 'moved', head: theirs });
  assert.equal(git(w.repo, 'rev-parse', LAND), theirs);
});

test('of two hubs publishing at once exactly one wins', async (t) => {
  const w = await world(t);
  const other = { ...w, ...(await w.reopen()) };
  const both = [await candidate(w, 't1.1'), await candidate(other, 't2.1')] as const;
  const outcomes = await Promise.all([w.hub.publish(both[0]), other.hub.publish(both[1])]);
  assert.deepEqual(outcomes.map((outcome) => outcome.kind).sort(), ['moved', 'published']);
});

test('a large landing arrives as one pack, a small one as loose objects', async (t) => {
  const w = await world(t);
  const many = Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`f/${i}.txt`, `${i}\n`]));
  const packs = () => readdirSync(join(w.repo, '.git/objects/pack')).filter((name) => name.endsWith('.pack'));
  const first = await land(w, 't1.1', w.base, await work(w, 't1.1', w.base, { 'a.txt': 'two\n' }));
  assert.equal(packs().length, 0);
  await land(w, 't2.1', first, await work(w, 't2.1', first, many));
  assert.equal(packs().length, 1);
  git(w.repo, 'fsck', '--full', '--strict');
});

const objectAt = (gitDir: string, name: string) => join(gitDir, 'objects', name.slice(0, 2), name.slice(2));

test('a small landing gives the repository the hub’s own files by link, and the work’s among them', async (t) => {
  const w = await world(t);
  const first = await land(w, 't1.1', w.base, await work(w, 't1.1', w.base, { 'a.txt': 'two\n' }));
  const head = await land(w, 't2.1', first, await work(w, 't2.1', w.base, { 'new.txt': 'new\n' }));
  const names = [head, `${head}^{tree}`, `${head}:new.txt`];
  for (const name of git(w.repo, 'rev-parse', ...names).split('\n')) {
    const [here, there] = [join(w.stateDir, 'hub.git'), join(w.repo, '.git')].map((dir) =>
      objectAt(dir, name),
    );
    assert.equal(statSync(here!).ino, statSync(there!).ino, name);
  }
  git(w.repo, 'fsck', '--full', '--strict');
});

test('what lies in a pack of the hub is written into the repository', async (t) => {
  const w = await world(t);
  const done = await work(w, 't1.1', w.base, { 'a.txt': 'two\n' });
  const hubDir = join(w.stateDir, 'hub.git');
  const ask = { onto: w.base, work: done, message: () => landing('t1.1'), atSeconds: 1_700_000_000 };
  const built = await w.hub.buildCandidate(ask);
  assert(built.kind === 'clean');
  git(hubDir, 'update-ref', 'refs/heads/kept', built.commit);
  git(hubDir, 'repack', '-q', '-a', '-d');
  assert.equal(existsSync(objectAt(hubDir, built.commit)), false);
  const told = await w.hub.publish({ parent: w.base, commit: built.commit, tree: built.tree });
  assert.equal(told.kind, 'published');
  git(w.repo, 'fsck', '--full', '--strict');
  assert.equal(statSync(objectAt(join(w.repo, '.git'), built.commit)).nlink, 1);
});

const MEMORY = '/dev/shm';
const isElsewhere = existsSync(MEMORY) && statSync(MEMORY).dev !== statSync(tmpdir()).dev;

test('where the repository lies on another disk than the hub it gets copies', {
  skip: !isElsewhere && `${MEMORY} is no other disk here`,
}, async (t) => {
  const stateDir = mkdtempSync(join(MEMORY, 'swarm-'));
  t.after(() => rmSync(stateDir, { recursive: true, force: true }));
  const w = await world(t, undefined, { stateDir });
  await land(w, 't1.1', w.base, await work(w, 't1.1', w.base, { 'a.txt': 'two\n' }));
  git(w.repo, 'fsck', '--full', '--strict');
  assert.equal(git(w.repo, 'show', `${LAND}:a.txt`), 'two');
});

test('landing goes on when the branch is packed between two landings', async (t) => {
  const w = await world(t);
  const first = await land(w, 't1.1', w.base, await work(w, 't1.1', w.base, { 'a.txt': 'two\n' }));
  git(w.repo, 'pack-refs', '--all');
  assert.equal(existsSync(join(w.repo, '.git', LAND)), false);
  assert.equal(await w.hub.targetHead(), first);
  const next = await land(w, 't2.1', first, await work(w, 't2.1', first, { 'b.txt': 'two\n' }));
  assert.equal(git(w.repo, 'rev-parse', LAND), next);
});

test('a branch made symbolic between two landings is not written through', async (t) => {
  const w = await world(t);
  const first = await land(w, 't1.1', w.base, await work(w, 't1.1', w.base, { 'a.txt': 'two\n' }));
  const next = await candidate(w, 't2.1', first);
  git(w.repo, 'branch', 'other', first);
  git(w.repo, 'symbolic-ref', LAND, 'refs/heads/other');
  assert.equal((await w.hub.publish(next)).kind, 'refused');
  assert.equal(git(w.repo, 'rev-parse', 'other'), first);
});

test('a repository shared by a group gets files its group may write, as git makes them', async (t) => {
  const w = await world(t);
  git(w.repo, 'config', 'core.sharedRepository', '0660');
  const opened = await w.reopen();
  await land(opened, 't1.1', w.base, await work(opened, 't1.1', w.base, { 'shared.txt': 'two\n' }));
  const name = git(w.repo, 'rev-parse', `${LAND}:shared.txt`);
  const folder = join(w.repo, '.git/objects', name.slice(0, 2));
  assert.equal(statSync(folder).mode & 0o070, 0o070);
  assert.equal(statSync(join(folder, name.slice(2))).mode & 0o777, 0o440);
});

test('the reference log of a repository that keeps one says who landed, and when', async (t) => {
  const w = await world(t);
  const before = Math.floor(Date.now() / 1_000);
  await land(w, 't1.1', w.base, await work(w, 't1.1', w.base, { 'a.txt': 'two\n' }));
  const [, who = '', at = '', what] = /^\S+ \S+ (.*) (\d+) \+0000\t(.*)$/m.exec(
    readFileSync(join(w.repo, '.git/logs', LAND), 'utf8'),
  )!;
  assert.deepEqual([who, what], ['Swarm <swarm@example.invalid>', 'swarm: landing']);
  assert(Number(at) >= before - 1 && Number(at) <= Date.now() / 1_000);
});

test('a hub that is behind when it is opened follows at its first look', async (t) => {
  const w = await world(t);
  const ref = ['rev-parse', `refs/swarm/${RUN}/target`] as const;
  const first = await land(w, 't1.1', w.base, await work(w, 't1.1', w.base, { 'a.txt': 'two\n' }));
  const second = await land(w, 't2.1', first, await work(w, 't2.1', first, { 'b.txt': 'two\n' }));
  await w.close();
  git(join(w.stateDir, 'hub.git'), 'update-ref', ref[1], first);
  const again = await w.reopen();
  assert.equal(await again.hub.targetHead(), second);
  assert.equal(git(join(w.stateDir, 'hub.git'), ...ref), second);
});

test('a large file lands whole, and what comes after it too', async (t) => {
  const w = await world(t);
  const large = `${'x'.repeat(99)}\n`.repeat(60_000);
  const first = await land(w, 't1.1', w.base, await work(w, 't1.1', w.base, { 'large.txt': large }));
  assert.equal(git(w.repo, 'cat-file', '-s', `${first}:large.txt`), String(large.length));
  const second = await land(w, 't2.1', first, await work(w, 't2.1', first, { 'b.txt': 'two\n' }));
  git(w.repo, 'fsck', '--full', '--strict', second);
});

test('the hub has what was published once it is closed', async (t) => {
  const w = await world(t);
  const first = await land(w, 't1.1', w.base, await work(w, 't1.1', w.base, { 'a.txt': 'two\n' }));
  const hubDir = join(w.stateDir, 'hub.git');
  assert.equal(git(hubDir, 'rev-parse', `refs/swarm/${RUN}/target`), first);
  const second = await land(w, 't2.1', first, await work(w, 't2.1', first, { 'b.txt': 'two\n' }));
  await w.close();
  assert.equal(git(hubDir, 'rev-parse', `refs/swarm/${RUN}/target`), second);
});

test('a dirty checkout is byte for byte what it was: index, HEAD, files, configuration', async (t) => {
  const w = await world(t);
  writeFileSync(join(w.repo, 'a.txt'), 'unsaved\n');
  git(w.repo, 'add', 'a.txt');
  writeFileSync(join(w.repo, 'b.txt'), 'more unsaved\n');
  const files = ['.git/index', '.git/HEAD', '.git/config', 'a.txt', 'b.txt'];
  const bytes = () => files.map((name) => readFileSync(join(w.repo, name), 'base64'));
  const before = bytes();
  await land(w, 't1.1', w.base, await work(w, 't1.1', w.base, { 'a.txt': 'two\n' }));
  assert.deepEqual(bytes(), before);
  assert.equal(existsSync(join(w.repo, '.git/FETCH_HEAD')), false);
});

test('the target of a bare repository is moved directly when landings go there', async (t) => {
  const w = await world(t);
  git(w.dir, 'clone', '--quiet', '--bare', w.repo, 'bare.git');
  const repository = join(w.dir, 'bare.git');
  const opened = await w.reopen({ repository, landOn: 'refs/heads/main', stateDir: join(w.dir, 'state-2') });
  const done = await work(opened, 't1.1', opened.base, { 'a.txt': 'two\n' });
  const outcome = await opened.hub.buildCandidate({
    onto: opened.base,
    work: done,
    atSeconds: 1,
    message: () => landing('t1.1'),
  });
  assert(outcome.kind === 'clean');
  const published = await opened.hub.publish({
    parent: opened.base,
    commit: outcome.commit,
    tree: outcome.tree,
  });
  assert.equal(published.kind, 'published');
  assert.equal(git(repository, 'rev-parse', 'main'), outcome.commit);
});
