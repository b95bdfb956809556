import assert from 'node:assert/strict';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { CommitId } from '@swarm/core/model/ids';
import { commit, git, RUN, type World, work, world } from '../test/world.ts';
import { type Carrier, carriedRef, hubCarriedRef } from './carried.ts';

const REF = carriedRef(RUN);
const NETWORK = { PATH: process.env.PATH ?? '', HOME: '/nonexistent', GIT_ALLOW_PROTOCOL: 'file' };

/** Carries these files and expects that it was done. */
async function carried(
  carrier: Carrier,
  files: Readonly<Record<string, string>>,
  keep: readonly CommitId[] = [],
) {
  const blobs = await Promise.all(
    Object.entries(files).map(async ([path, text]) => [path, await carrier.blob(Buffer.from(text))] as const),
  );
  return carrier.carry({ files: new Map(blobs), keep, message: 'swarm: carried\n' });
}

async function done(...ask: Parameters<typeof carried>): Promise<CommitId> {
  const outcome = await carried(...ask);
  assert.equal(outcome.kind, 'carried', JSON.stringify(outcome));
  return (outcome as { commit: CommitId }).commit;
}

const at = (repo: string, ref = REF): string => git(repo, 'rev-parse', '--verify', '--quiet', ref);

/** A run that is carried to a bare remote too. */
async function withRemote(t: TestContext): Promise<World & { readonly bare: string }> {
  const opened = await world(t);
  const bare = join(opened.dir, 'origin.git');
  git(opened.dir, 'clone', '--quiet', '--bare', opened.repo, bare);
  git(opened.repo, 'remote', 'add', 'origin', bare);
  await opened.close();
  const push = { remote: 'origin', branch: 'main', network: NETWORK };
  return {
    ...opened,
    ...(await opened.reopen({ push })),
    bare,
    reopen: (more) => opened.reopen({ push, ...more }),
  };
}

/** Somebody else writes the reference: upon what is there, or from nothing. */
function others(repo: string, parent?: string): CommitId {
  const args = [
    'commit-tree',
    git(repo, 'rev-parse', 'main^{tree}'),
    ...(parent ? ['-p', parent] : []),
    '-m',
    'theirs',
  ];
  const made = git(repo, '-c', 'user.name=b', '-c', 'user.email=b@shop.test', ...args);
  git(repo, 'update-ref', REF, made);
  return made as CommitId;
}

test('each commit stands on the one before it, and has the work that is needed as parents, once', async (t) => {
  const opened = await world(t);
  const made = await work(opened, 't1.1', opened.base, { 'new.txt': 'x\n' });
  const first = await done(opened.carrier, { 'run.json': '{}', 'journal/000001.ndjson': 'a\n' }, [
    opened.base,
    made,
  ]);
  const second = await done(opened.carrier, { 'run.json': '{}' }, [opened.base, made]);
  assert.equal(at(opened.repo), second);
  assert.equal(git(opened.repo, 'log', '-1', '--format=%P', first), `${opened.base} ${made}`);
  assert.equal(git(opened.repo, 'log', '-1', '--format=%P', second), first);
  assert.equal(git(opened.repo, 'show', `${first}:journal/000001.ndjson`), 'a');
  git(opened.repo, 'fsck', '--connectivity-only', second);
});

test('work that is gone by then is left out', async (t) => {
  const { carrier, repo, base } = await world(t);
  const made = await done(carrier, { 'run.json': '{}' }, [base, '1'.repeat(40) as CommitId]);
  assert.equal(git(repo, 'log', '-1', '--format=%P', made), base);
});

test('a reference that somebody else moved, put back or made is theirs', async (t) => {
  const { carrier, repo } = await world(t);
  const first = await done(carrier, { 'run.json': '1' });
  await done(carrier, { 'run.json': '2' });
  const theirs = others(repo, at(repo));
  assert.deepEqual(await carried(carrier, { 'run.json': '3' }), { kind: 'elsewhere', head: theirs });
  assert.equal(at(repo), theirs);
  const fresh = others(repo);
  assert.deepEqual(await carried(carrier, { 'run.json': '3' }), { kind: 'elsewhere', head: fresh });
  // What stands behind our own is what a kill leaves: it only moves forward.
  git(repo, 'update-ref', REF, first);
  const again = await done(carrier, { 'run.json': '3' });
  git(repo, 'merge-base', '--is-ancestor', first, again);
});

test('one that names work of the run is nothing that the run wrote there', async (t) => {
  const opened = await world(t);
  await done(opened.carrier, { 'run.json': '1' });
  const made = await work(opened, 't1.1', opened.base, { 'new.txt': 'x\n' });
  git(opened.repo, 'fetch', '--quiet', join(opened.stateDir, 'hub.git'), made);
  git(opened.repo, 'update-ref', REF, made);
  assert.deepEqual(await carried(opened.carrier, { 'run.json': '2' }), { kind: 'elsewhere', head: made });
});

test('one that is there before a run that never wrote it is theirs', async (t) => {
  const { carrier, repo } = await world(t);
  const theirs = others(repo);
  assert.deepEqual(await carried(carrier, { 'run.json': '{}' }), { kind: 'elsewhere', head: theirs });
});

test('killed between the hub’s reference and the repository’s, it goes on from the hub’s', async (t) => {
  const { carrier, repo, hub: _, reopen, stateDir } = await world(t);
  const hub = join(stateDir, 'hub.git');
  const first = await done(carrier, { 'run.json': '1' });
  const second = await done(carrier, { 'run.json': '2' });
  git(repo, 'update-ref', REF, first);
  const after = await reopen();
  const third = await done(after.carrier, { 'run.json': '3' });
  assert.equal(git(repo, 'log', '-1', '--format=%P', third), second);
  assert.equal(at(hub, hubCarriedRef(RUN)), third);
  // And before its very first one.
  git(repo, 'update-ref', '-d', REF);
  const last = await done((await reopen()).carrier, { 'run.json': '4' });
  assert.equal(at(repo), last);
});

test('killed before its push, the remote is brought up to date by the next one', async (t) => {
  const { carrier, bare, reopen } = await withRemote(t);
  const first = await done(carrier, { 'run.json': '1' });
  await done(carrier, { 'run.json': '2' });
  git(bare, 'update-ref', REF, first);
  const third = await done((await reopen()).carrier, { 'run.json': '3' });
  assert.equal(at(bare), third);
  git(bare, 'fsck', '--connectivity-only', third);
});

test('a remote’s reference that another machine moved is theirs, though here it is ours', async (t) => {
  const { carrier, bare, reopen } = await withRemote(t);
  await done(carrier, { 'run.json': '1' });
  const theirs = others(bare, at(bare));
  assert.deepEqual(await carried(carrier, { 'run.json': '2' }), { kind: 'elsewhere', head: theirs });
  assert.deepEqual(await carried((await reopen()).carrier, { 'run.json': '3' }), {
    kind: 'elsewhere',
    head: theirs,
  });
  assert.equal(at(bare), theirs);
});

test('a remote that is silent is told as such, and has all of it once it answers', async (t) => {
  const { carrier, bare, repo } = await withRemote(t);
  await done(carrier, { 'run.json': '1' });
  await rename(bare, `${bare}.away`);
  const outcome = await carried(carrier, { 'run.json': '2' });
  assert.equal(outcome.kind, 'silent');
  const here = at(repo);
  await rename(`${bare}.away`, bare);
  const third = await done(carrier, { 'run.json': '3' });
  assert.equal(at(bare), third);
  assert.equal(git(bare, 'log', '-1', '--format=%P', third), here, 'what was written meanwhile came along');
});

test('the user’s branches, index and work tree are none of its business', async (t) => {
  const { carrier, repo } = await world(t);
  const before = [git(repo, 'for-each-ref', 'refs/heads'), git(repo, 'status', '--porcelain')];
  await done(carrier, { 'run.json': '1' });
  commit(repo, { 'c.txt': 'c\n' });
  await done(carrier, { 'run.json': '2' });
  git(repo, 'reset', '--quiet', '--hard', 'HEAD^');
  assert.deepEqual([git(repo, 'for-each-ref', 'refs/heads'), git(repo, 'status', '--porcelain')], before);
});
