/** Work that a save left in the clone. The clone was the agent's: nothing in it is believed, as in an intake. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { deflateSync } from 'node:zlib';
import type { Workspace } from '@swarm/core/ports/git';
import { attempt, commit, git, save, tempDir, type World, world, write } from '../test/world.ts';

const ONE = attempt('t1.1');

/** A clone in which an agent only wrote, saved; its objects are files of the clone. */
async function saved(
  t: TestContext,
  limits: object = {},
  files: Record<string, string> = { 'a.txt': 'two\n' },
) {
  const w = await world(t, undefined, { limits });
  const it = await w.workspaces.create({ name: 't1.1', base: w.base, attempt: ONE });
  write(it.path, files);
  save(w, it);
  return { w, it, objects: join(it.path, '.git/objects') };
}

async function expectRefused(w: World, why: RegExp): Promise<void> {
  const outcome = await w.hub.ingest(ONE);
  assert(outcome.kind === 'refused', JSON.stringify(outcome));
  assert.match(outcome.why, why);
  assert.deepEqual((await w.hub.observe()).work, []);
}

const looseIn = (objects: string): string[] =>
  readdirSync(objects)
    .filter((name) => name.length === 2)
    .flatMap((folder) => readdirSync(join(objects, folder)).map((name) => join(objects, folder, name)));

function replace(path: string, bytes: Buffer): void {
  rmSync(path, { force: true });
  writeFileSync(path, bytes);
}

function relink(path: string, to: string): void {
  rmSync(path, { recursive: true, force: true });
  symlinkSync(to, path);
}

test('the work of a clone is in the hub, whole, when the clone is gone', async (t) => {
  const { w, it } = await saved(t, {}, { 'a.txt': 'two\n', 'deep/er/new.txt': 'new\n', 'empty.txt': '' });
  const taken = await w.hub.ingest(ONE);
  assert(taken.kind === 'commit');
  await w.workspaces.remove('t1.1');
  const hub = join(w.stateDir, 'hub.git');
  git(hub, 'fsck', '--strict', '--connectivity-only', taken.commit);
  assert.equal(git(hub, 'show', `${taken.commit}:deep/er/new.txt`), 'new');
  assert.deepEqual((await w.hub.measure(taken.commit, w.base))?.filesChanged, [
    'a.txt',
    'deep/er/new.txt',
    'empty.txt',
  ]);
  assert.equal(it.head, w.base);
});

test('of a clone that holds all of its base once more, only what the work adds is taken', async (t) => {
  const base = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`d${n % 3}/f${n}.txt`, `${n}\n`]));
  const w = await world(t, base);
  const it = await w.workspaces.create({ name: 't1.1', base: w.base, attempt: ONE });
  write(it.path, { 'd1/new.txt': 'new\n' });
  save(w, it);
  cpSync(join(w.repo, '.git/objects'), join(it.path, '.git/objects'), { recursive: true });
  rmSync(join(it.path, '.git/objects/pack'), { recursive: true });
  const packs = join(w.stateDir, 'hub.git/objects/pack');
  const before = new Set(readdirSync(packs));
  assert.equal((await w.hub.ingest(ONE)).kind, 'commit');
  const [made = ''] = readdirSync(packs).filter((name) => name.endsWith('.idx') && !before.has(name));
  const listed = git(packs, 'verify-pack', '-v', made).match(/^[0-9a-f]{40} (?:commit|tree|blob)/gm);
  assert.deepEqual(listed?.map((line) => line.split(' ')[1]).sort(), ['blob', 'commit', 'tree', 'tree']);
});

test('files of every size up to what is read here come through, and what is larger too', async (t) => {
  const sizes = [1, 15, 16, 2_047, 2_048, 100_000, 5_000_000];
  const files = Object.fromEntries(sizes.map((size) => [`f${size}`, 'x'.repeat(size)]));
  const { w } = await saved(t, {}, files);
  const taken = await w.hub.ingest(ONE);
  assert(taken.kind === 'commit');
  const listed = git(join(w.stateDir, 'hub.git'), 'ls-tree', '-l', taken.commit);
  for (const size of sizes) assert.match(listed, new RegExp(` ${size}\tf${size}$`, 'm'));
});

const links: Record<string, (w: World, it: Workspace) => void> = {
  'the clone': (w, it) => relink(it.path, w.repo),
  'its repository': (w, it) => relink(join(it.path, '.git'), join(w.repo, '.git')),
  'its folder of objects': (w, it) => relink(join(it.path, '.git/objects'), join(w.repo, '.git/objects')),
};
for (const [what, plant] of Object.entries(links)) {
  test(`objects of another repository are not drawn in where ${what} became a link to it`, async (t) => {
    const { w, it } = await saved(t);
    const stolen = commit(w.repo, { 'key.txt': 'key\n' });
    writeFileSync(join(it.intake!, 'refs/heads/work'), `${stolen}\n`);
    plant(w, it);
    await expectRefused(w, /cannot be read/);
  });
}

const oddities: Record<string, (w: World, objects: string) => void> = {
  'a folder of objects is a link': (w, objects) => {
    const [first] = looseIn(objects);
    relink(join(first!, '..'), join(w.repo, '.git/objects', readdirSync(join(w.repo, '.git/objects'))[0]!));
  },
  'an object is a link': (w, objects) => {
    const [first] = looseIn(objects);
    relink(first!, join(w.repo, '.git/HEAD'));
  },
  'an object is a pipe': (_, objects) => {
    const [first] = looseIn(objects);
    rmSync(first!, { force: true });
    execFileSync('mkfifo', [first!]);
  },
  'the list of lenders is a link': (w, objects) =>
    relink(join(objects, 'info/alternates'), join(w.repo, '.git/HEAD')),
};
for (const [what, plant] of Object.entries(oddities)) {
  test(`a clone in which ${what} is refused`, async (t) => {
    const { w, objects } = await saved(t);
    plant(w, objects);
    await expectRefused(w, /no plain (file|folder)/);
  });
}

test('a clone that names another lender after its save is refused', async (t) => {
  const { w, objects } = await saved(t);
  const secret = join(tempDir(t), 'secret');
  git(w.dir, 'clone', '--quiet', w.repo, secret);
  appendFileSync(join(objects, 'info/alternates'), `${secret}/.git/objects\n`);
  await expectRefused(w, /borrows objects from somewhere else/);
});

const damage: Record<string, (bytes: Buffer) => Buffer> = {
  'that are no objects': () => Buffer.from('garbage'),
  'with the bytes of another': () => deflateSync(Buffer.from('blob 3\0two')),
  'that say another size than they have': () => deflateSync(Buffer.from('blob 9\0two')),
  'that end too early': (bytes) => bytes.subarray(0, bytes.length / 2),
};
for (const [what, spoil] of Object.entries(damage)) {
  test(`objects ${what} are refused`, async (t) => {
    const { w, objects } = await saved(t);
    for (const path of looseIn(objects)) replace(path, spoil(deflateSync(Buffer.from('blob 4\0two\n'))));
    await expectRefused(w, /damaged|cannot be read|refuses|no commit/);
  });
}

test('a file that unpacks to a thousand times its size is refused by its size', async (t) => {
  const { w } = await saved(t, { objectBytes: 1_000_000 }, { zeros: '\0'.repeat(2_000_000) });
  await expectRefused(w, /larger than 1000000/);
});

test('work whose objects are not all in the clone is refused', async (t) => {
  const { w, it, objects } = await saved(t);
  const tree = git(it.path, 'rev-parse', 'HEAD^{tree}');
  rmSync(join(objects, tree.slice(0, 2), tree.slice(2)));
  await expectRefused(w, /cannot be read|refuses/);
});

test('a hostile tree in a clone is refused', async (t) => {
  const { w, it } = await saved(t);
  const clean = git(it.path, 'rev-parse', 'HEAD^{tree}');
  const bytes = Buffer.concat([Buffer.from('40000 .git\0'), Buffer.from(clean, 'hex')]);
  const args = ['hash-object', '-t', 'tree', '-w', '--literally', '--stdin'];
  const evil = execFileSync('git', args, { cwd: it.path, input: bytes, encoding: 'utf8' }).trim();
  const made = git(it.path, 'commit-tree', '-p', w.base, '-m', 'Made', evil);
  writeFileSync(join(it.intake!, 'refs/heads/work'), `${made}\n`);
  await expectRefused(w, /hasDotgit/);
});

test('an agent that lends its clone the objects of a folder of its own still hands all of them in', async (t) => {
  const w = await world(t);
  const it = await w.workspaces.create({ name: 't1.1', base: w.base, attempt: ONE });
  const aside = join(it.path, '.git/aside');
  mkdirSync(join(aside, 'pack'), { recursive: true });
  appendFileSync(join(it.path, '.git/objects/info/alternates'), `${aside}\n`);
  write(it.path, { 'a.txt': 'two\n' });
  execFileSync('git', ['hash-object', '-w', 'a.txt'], {
    cwd: it.path,
    env: { ...process.env, GIT_OBJECT_DIRECTORY: aside },
  });
  save(w, it);
  assert.equal((await w.hub.ingest(ONE)).kind, 'commit');
});

test('a clone whose objects cannot be read by their owner is read all the same', {
  skip: process.getuid?.() !== 0 && 'only root reads what is closed',
}, async (t) => {
  const { w, objects } = await saved(t);
  for (const path of looseIn(objects)) chmodSync(path, 0);
  assert.equal((await w.hub.ingest(ONE)).kind, 'commit');
});
