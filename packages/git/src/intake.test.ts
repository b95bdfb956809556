import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { CommitId } from '@swarm/core/model/ids';
import type { Workspace } from '@swarm/core/ports/git';
import { bomb } from '../test/bomb.ts';
import { attempt, commit, git, save, tempDir, type World, work, world, write } from '../test/world.ts';
import { Git } from './git.ts';

const ONE = attempt('t1.1');
/** Root reads what is closed to everybody else. */
const IS_ROOT = process.getuid?.() === 0;

/** A workspace with one honest change, pushed: what the worker does to the intake next is the test. */
async function pushed(t: TestContext, files: Record<string, string> = { 'a.txt': 'two\n' }) {
  const w = await world(t);
  const it = await w.workspaces.create({ name: 't1.1', base: w.base, attempt: ONE });
  commit(it.path, files, 'Work');
  git(it.path, 'push', '--quiet', it.intake!, 'HEAD:refs/heads/work');
  return { w, it, intake: it.intake! };
}

async function expectRefused(w: World, why: RegExp): Promise<void> {
  const outcome = await w.hub.ingest(ONE);
  assert(outcome.kind === 'refused', JSON.stringify(outcome));
  assert.match(outcome.why, why);
  assert.deepEqual((await w.hub.observe()).work, []);
  // Made when there is something to take in.
  const quarantine = join(w.stateDir, 'hub.git/quarantine');
  assert.deepEqual(existsSync(quarantine) ? readdirSync(quarantine) : [], []);
}

/** Points the pushed reference at a commit made of a tree git itself would not write. */
function pushTree(it: Workspace, base: CommitId, tree: string, ...parents: string[]): void {
  const by = (parents.length ? parents : [base]).flatMap((parent) => ['-p', parent]);
  const made = git(it.path, 'commit-tree', ...by, '-m', 'Made', tree);
  git(it.path, 'push', '--quiet', '--force', it.intake!, `${made}:refs/heads/work`);
}

function treeOf(it: Workspace, mode: string, type: string, id: string, name: string): string {
  const input = `${mode} ${type} ${id}\t${name}\0`;
  const args = ['mktree', '-z', '--missing'];
  return execFileSync('git', args, { cwd: it.path, input, encoding: 'utf8' }).trim();
}

const blobOf = (it: Workspace, input: string | Buffer) =>
  execFileSync('git', ['hash-object', '-w', '--stdin'], { cwd: it.path, input, encoding: 'utf8' }).trim();

test('taking work twice gives the same answer, after a restart and with the intake gone too', async (t) => {
  const { w, intake } = await pushed(t);
  const first = await w.hub.ingest(ONE);
  assert.equal(first.kind, 'commit');
  assert.deepEqual(await w.hub.ingest(ONE), first);
  rmSync(intake, { recursive: true });
  assert.deepEqual(await (await w.reopen()).hub.ingest(ONE), first);
});

test('an attempt without an intake, or with one nothing was pushed to, has nothing', async (t) => {
  const w = await world(t);
  assert.deepEqual(await w.hub.ingest(ONE), { kind: 'nothing' });
  await w.workspaces.create({ name: 't1.1', base: w.base, attempt: ONE });
  assert.deepEqual(await w.hub.ingest(ONE), { kind: 'nothing' });
});

test('hooks and settings planted in the intake never run here', async (t) => {
  const { w, intake } = await pushed(t);
  const canary = join(w.dir, 'canary');
  mkdirSync(join(intake, 'hooks'));
  for (const hook of [
    'reference-transaction',
    'post-receive',
    'pre-receive',
    'update',
    'post-index-change',
  ]) {
    writeFileSync(join(intake, 'hooks', hook), `#!/bin/sh\ntouch '${canary}'\n`, { mode: 0o755 });
  }
  const evil = [
    'core.fsmonitor',
    'uploadpack.packObjectsHook',
    'core.alternateRefsCommand',
    'core.sshCommand',
    'diff.external',
  ];
  for (const key of evil) git(intake, 'config', key, `touch '${canary}'`);
  git(intake, 'config', 'core.worktree', w.repo);
  assert.equal((await w.hub.ingest(ONE)).kind, 'commit');
  assert.equal(existsSync(canary), false);
  git(intake, '-c', 'core.hooksPath=hooks', 'update-ref', 'refs/heads/z', w.base);
  assert.equal(existsSync(canary), true, 'the canary would have sung');
});

const linked: Record<string, (w: World, intake: string) => void> = {
  'reference is a link': (w, intake) =>
    relink(join(intake, 'refs/heads/work'), join(w.repo, '.git/refs/heads/main')),
  'refs folder is a link': (w, intake) => relink(join(intake, 'refs'), join(w.repo, '.git/refs')),
  'objects folder is a link': (w, intake) => relink(join(intake, 'objects'), join(w.repo, '.git/objects')),
  'pack folder is a link': (w, intake) =>
    relink(join(intake, 'objects/pack'), join(w.repo, '.git/objects/pack')),
  'objects are a pipe': (_, intake) => {
    const folder = readdirSync(join(intake, 'objects')).find((name) => name.length === 2)!;
    execFileSync('mkfifo', [join(intake, 'objects', folder, '0'.repeat(38))]);
  },
  'alternates file is a link': (w, intake) =>
    relink(join(intake, 'objects/info/alternates'), join(w.dir, 'x')),
};
for (const [what, plant] of Object.entries(linked)) {
  test(`an intake whose ${what} is refused`, async (t) => {
    const { w, intake } = await pushed(t);
    plant(w, intake);
    mkdirSync(join(w.stateDir, 'hub.git/quarantine'), { recursive: true });
    await expectRefused(w, /no plain (file|folder)/);
  });
}

test('an intake replaced by a link to another repository is refused', async (t) => {
  const { w, intake } = await pushed(t);
  relink(intake, join(w.repo, '.git'));
  mkdirSync(join(w.stateDir, 'hub.git/quarantine'), { recursive: true });
  await expectRefused(w, /no plain folder/);
});

test('objects of another repository cannot be drawn in through alternates', async (t) => {
  const { w, it, intake } = await pushed(t);
  const secret = join(tempDir(t), 'secret');
  git(w.dir, 'clone', '--quiet', w.repo, secret);
  const stolen = commit(secret, { 'key.txt': 'secret\n' });
  appendFileSync(join(intake, 'objects/info/alternates'), `${secret}/.git/objects\n`);
  writeFileSync(join(intake, 'refs/heads/work'), `${stolen}\n`);
  await expectRefused(w, /borrows objects from somewhere else/);
  writeFileSync(join(intake, 'objects/info/alternates'), `${it.readOnly[0]}\n`);
  await expectRefused(w, /cannot be read/);
});

test('a pushed reference that is no name of a commit is refused', async (t) => {
  const { w, intake } = await pushed(t);
  mkdirSync(join(w.stateDir, 'hub.git/quarantine'), { recursive: true });
  for (const text of ['ref: refs/heads/main', '', 'x'.repeat(5_000), '--upload-pack=touch canary', 'HEAD']) {
    writeFileSync(join(intake, 'refs/heads/work'), `${text}\n`);
    await expectRefused(w, /is no commit/);
  }
});

test('a reference to a tree or a blob, or to nothing at all, is refused', async (t) => {
  const { w, it, intake } = await pushed(t);
  const tree = git(it.path, 'rev-parse', 'HEAD^{tree}');
  const blob = git(it.path, 'rev-parse', 'HEAD:a.txt');
  for (const id of [tree, blob, 'ab'.repeat(20)]) {
    writeFileSync(join(intake, 'refs/heads/work'), `${id}\n`);
    await expectRefused(w, /no commit|cannot be read/);
  }
});

test('work that does not descend from the base it was handed is refused', async (t) => {
  const { w, it } = await pushed(t);
  const orphan = git(it.path, 'commit-tree', '-m', 'Orphan', 'HEAD^{tree}');
  git(it.path, 'push', '--quiet', '--force', it.intake!, `${orphan}:refs/heads/work`);
  await expectRefused(w, /does not descend/);
});

test('work for an attempt that was never handed a workspace is refused', async (t) => {
  const { w, intake } = await pushed(t);
  const other = join(w.stateDir, 'intake', intake.split('/').at(-2)!, 't9.1.git');
  renameSync(intake, other);
  const outcome = await w.hub.ingest(attempt('t9.1'));
  assert.deepEqual(outcome, { kind: 'refused', why: 'no workspace was handed out for it' });
});

test('damaged objects are refused', async (t) => {
  const { w, intake } = await pushed(t);
  for (const folder of readdirSync(join(intake, 'objects')).filter((name) => name.length === 2)) {
    for (const name of readdirSync(join(intake, 'objects', folder))) {
      const path = join(intake, 'objects', folder, name);
      rmSync(path);
      writeFileSync(path, 'garbage');
    }
  }
  await expectRefused(w, /damaged|cannot be read/);
});

test('work whose objects are not all there is refused', async (t) => {
  const { w, it } = await pushed(t);
  const tree = treeOf(it, '100644', 'blob', 'ab'.repeat(20), 'lost.txt');
  const made = git(it.path, 'commit-tree', '-p', w.base, '-m', 'Lost', tree);
  for (const id of [made, tree]) copyLoose(it, id);
  writeFileSync(join(it.intake!, 'refs/heads/work'), `${made}\n`);
  await expectRefused(w, /cannot be read|refuses/);
});

const evilNames = [
  '.git',
  '.GIT',
  'git~1',
  '.g\u200cit',
  '..',
  '.',
  '.git ',
  '.git.',
  'new\nline',
  'a\\.git',
  'x/../y',
];
test('a tree with a name in it that no tree may have is refused', async (t) => {
  const { w, it } = await pushed(t);
  const inner = git(it.path, 'rev-parse', 'HEAD^{tree}');
  for (const name of evilNames) {
    const entry = `${name === '.git' ? '40000' : '100644'} ${name}\0`;
    const id = name === '.git' ? inner : blobOf(it, 'x');
    const bytes = Buffer.concat([Buffer.from(entry), Buffer.from(id, 'hex')]);
    const args = ['hash-object', '-t', 'tree', '-w', '--literally', '--stdin'];
    const tree = execFileSync('git', args, { cwd: it.path, input: bytes, encoding: 'utf8' }).trim();
    pushTree(it, w.base, tree);
    await expectRefused(w, /refuses|name|hides/);
  }
  pushTree(it, w.base, inner);
  assert.equal((await w.hub.ingest(ONE)).kind, 'commit', 'it was the name');
});

test('a hostile tree in the middle of the history is refused, though the last commit has it no more', async (t) => {
  const { w, it } = await pushed(t);
  const clean = git(it.path, 'rev-parse', 'HEAD^{tree}');
  const bytes = Buffer.concat([Buffer.from('40000 .git\0'), Buffer.from(clean, 'hex')]);
  const args = ['hash-object', '-t', 'tree', '-w', '--literally', '--stdin'];
  const evil = execFileSync('git', args, { cwd: it.path, input: bytes, encoding: 'utf8' }).trim();
  const middle = git(it.path, 'commit-tree', '-p', w.base, '-m', 'Middle', evil);
  pushTree(it, w.base, clean, middle);
  await expectRefused(w, /hasDotgit/);
});

test('a repository inside the repository is refused by name', async (t) => {
  const { w, it } = await pushed(t);
  git(it.path, 'init', '--quiet', 'inner');
  commit(join(it.path, 'inner'), { 'x.txt': 'x\n' });
  git(it.path, 'add', 'inner');
  pushTree(it, w.base, git(it.path, 'write-tree'));
  await expectRefused(w, /"inner" is a repository inside the repository/);
});

async function limited(t: TestContext, limits: object, files: Record<string, string>) {
  const w = await world(t, undefined, { limits });
  const it = await w.workspaces.create({ name: 't1.1', base: w.base, attempt: ONE });
  write(it.path, files);
  save(w, it);
  return w;
}

const manyFiles = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`f${i}.txt`, `${i}\n`]));
const bombs = [
  [
    'a file that unpacks to too much',
    { objectBytes: 1e6 },
    { 'zeros.bin': '\0'.repeat(2e6) },
    /larger than 1000000/,
  ],
  [
    'files that unpack to too much together',
    { unpackedBytes: 1e6 },
    { 'zeros.bin': '\0'.repeat(2e6) },
    /unpacks to/,
  ],
  ['too many objects', { objects: 10 }, manyFiles, /more than 10 objects/],
  ['too many changed paths', { paths: 10 }, manyFiles, /more than 10/],
  ['too many files on disk', { files: 10 }, manyFiles, /more files/],
  ['too many bytes on disk', { packedBytes: 300 }, manyFiles, /larger than an attempt may push/],
  ['folders too deep', { depth: 5 }, { 'a/b/c/d/e/f.txt': 'x' }, /more than 5 folders deep/],
] as const;
for (const [what, limits, files, why] of bombs) {
  test(`${what}: refused, and nothing of it reaches the hub`, async (t) => {
    const w = await limited(t, limits, files);
    const before = packsIn(w);
    await expectRefused(w, why);
    assert.deepEqual(packsIn(w), before);
  });
}

/** A git that counts the objects asked for. */
class Counting extends Git {
  asked = 0;
  override start(...ask: Parameters<Git['start']>) {
    const child = super.start(...ask);
    const write = child.stdin.write.bind(child.stdin) as (chunk: string) => boolean;
    child.stdin.write = ((chunk: string) => {
      this.asked += chunk.split('contents ').length - 1;
      return write(chunk);
    }) as typeof child.stdin.write;
    return child;
  }
}

test('a tree that names itself ten million times over is refused after a few thousand looks', async (t) => {
  const runner = new Counting();
  const w = await world(t, undefined, { git: runner });
  const it = await w.workspaces.create({ name: 't1.1', base: w.base, attempt: ONE });
  pushTree(it, w.base, bomb(it.path));
  await expectRefused(w, /changes more than 20000 (paths|folders)/);
  assert(runner.asked > 0 && runner.asked < 5_000, `${runner.asked} objects asked for`);
});

test('a lying index or commit graph in the intake changes nothing', async (t) => {
  const { w, intake } = await pushed(t);
  git(intake, 'repack', '-q', '-a', '-d', '-l');
  mkdirSync(join(intake, 'objects/info/commit-graphs'), { recursive: true });
  writeFileSync(join(intake, 'objects/info/commit-graph'), 'CGPH lies');
  writeFileSync(join(intake, 'objects/pack/multi-pack-index'), 'MIDX lies');
  assert.equal((await w.hub.ingest(ONE)).kind, 'commit');
});

test('work pushed again after it was taken replaces what was held', async (t) => {
  const { w, it } = await pushed(t);
  await w.hub.ingest(ONE);
  write(it.path, { 'a.txt': 'three\n' });
  save(w, it);
  const again = await w.hub.ingest(ONE);
  assert(again.kind === 'commit');
  assert.equal(git(join(w.stateDir, 'hub.git'), 'show', `${again.commit}:a.txt`), 'three');
});

test('work that goes on from an earlier attempt is taken on its own', async (t) => {
  const w = await world(t);
  const from = await work(w, 't1.1', w.base, { 'a.txt': 'two\n' });
  const it = await w.workspaces.create({ name: 't1.2', base: w.base, from, attempt: attempt('t1.2') });
  write(it.path, { 'b.txt': 'two\n' });
  save(w, it);
  const outcome = await w.hub.ingest(attempt('t1.2'));
  assert(outcome.kind === 'commit');
  assert.deepEqual((await w.hub.measure(outcome.commit, w.base))?.filesChanged, ['a.txt', 'b.txt']);
});

function relink(path: string, to: string): void {
  rmSync(path, { recursive: true, force: true });
  symlinkSync(to, path);
}

function copyLoose(it: Workspace, id: string): void {
  const at = join(id.slice(0, 2), id.slice(2));
  mkdirSync(join(it.intake!, 'objects', id.slice(0, 2)), { recursive: true });
  execFileSync('cp', [join(it.path, '.git/objects', at), join(it.intake!, 'objects', at)]);
}

const packsIn = (w: World) => readdirSync(join(w.stateDir, 'hub.git/objects/pack')).sort();

/** To root no folder is closed, unless it has given up what opens them: this very test, once more, by such a root. */
const WITHOUT = ['setpriv', '--bounding-set=-dac_override,-dac_read_search'];
const canGiveUp = (): boolean => spawnSync(WITHOUT[0]!, [...WITHOUT.slice(1), 'true']).status === 0;

function againWithout(): void {
  const { NODE_TEST_CONTEXT: _, ...own } = process.env;
  const env = { ...own, SWARM_TEST_CLOSED: '1' };
  const only = ['--test', '--test-reporter=tap', '--test-name-pattern=folders were closed'];
  const [program, ...args] = [
    ...WITHOUT,
    process.execPath,
    ...process.execArgv,
    ...only,
    import.meta.filename,
  ];
  const ran = spawnSync(program!, args, { env, encoding: 'utf8' });
  assert.match(ran.stdout, /^# pass 1$[\s\S]*^# fail 0$/m, ran.stdout + ran.stderr);
}

test('an intake whose folders were closed is refused, and no fault of ours', {
  skip: IS_ROOT && !canGiveUp() && 'to root no folder is closed',
}, async (t) => {
  if (IS_ROOT && process.env.SWARM_TEST_CLOSED === undefined) return againWithout();
  const { w, it } = await pushed(t);
  const folder = join(it.intake!, 'objects/pack');
  chmodSync(folder, 0o000);
  try {
    await expectRefused(w, /the intake cannot be read: EACCES/);
  } finally {
    chmodSync(folder, 0o700);
  }
});
