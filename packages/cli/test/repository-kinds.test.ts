/**
 * Repositories as people have them: a run and a landing in each end as docs/repositories.md says, and nothing of the
 * user's moves. Each is made by git itself, on the spot. What needs a tool that is not here is skipped, with why.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isLong } from './support/long.ts';
import { World } from './support/world.ts';

const FILES = { 'a.txt': 'one\n', 'src/b.txt': 'b\n' };
const TASK = [
  { title: 'Add x', description: 'echo x > x.txt; echo two >> a.txt', verify: 'grep -qx two a.txt' },
];
const DOCS = readFileSync(join(import.meta.dirname, '../../../docs/repositories.md'), 'utf8');

/** Rows of the table in the docs that have a test. */
const told = new Set<string>();
interface About {
  readonly skip?: string | false;
  /** One like it runs with every suite. */
  readonly isLong?: boolean;
}

/** A fact about one kind of repository. @param kind the first column of its row in the docs. */
function kind(name: string, fact: string, more: About, body: (t: TestContext) => Promise<void>): void {
  told.add(name);
  if (more.isLong && !isLong) return;
  test(`${name}: ${fact}`, { skip: more.skip ?? false }, body);
}

const works = (command: string, ...args: string[]): boolean => {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
const NO_LFS = works('git', 'lfs', 'version') ? false : 'git-lfs is not installed (apt-get install git-lfs)';
const [major, minor] = /(\d+)\.(\d+)/.exec(execFileSync('git', ['version'], { encoding: 'utf8' }))!.slice(1);
const NO_REFTABLE =
  Number(major) > 2 || Number(minor) >= 45 ? false : 'this git makes none: --ref-format came with 2.45';
const NO_ROOT = process.getuid?.() === 0 ? false : 'only root can give a repository to another user';

/** A clone of the world's repository, which has three commits and can be cloned in part. */
async function cloned(t: TestContext, ...options: string[]): Promise<{ world: World; copy: string }> {
  const world = await World.with(t, { ...FILES, 'a.txt': 'zero\n' });
  await world.git('config', 'uploadpack.allowFilter', 'true');
  await world.git('config', 'uploadpack.allowAnySHA1InWant', 'true');
  await world.git('config', 'receive.denyCurrentBranch', 'ignore');
  await world.commit({ 'a.txt': 'half\n', 'src/c.txt': 'c\n' }, 'Second');
  await world.git('branch', 'early');
  await world.commit(FILES, 'Third');
  const copy = join(world.root, 'copy');
  await world.gitIn(world.root, 'clone', '--quiet', ...options, `file://${world.repository}`, copy);
  return { world, copy };
}

/** A branch of one commit, made there, and the checkout as it was. */
async function withFeature(world: World, copy: string): Promise<void> {
  const git = (...args: string[]) => world.gitIn(copy, ...args);
  const tree = await git('rev-parse', 'HEAD^{tree}');
  const index = { GIT_INDEX_FILE: join(world.root, 'feature.index') };
  await world.gitWith(index, copy, 'read-tree', tree);
  const blob = await git('hash-object', '-w', '-t', 'blob', join(world.root, 'agent.mjs'));
  await world.gitWith(index, copy, 'update-index', '--add', '--cacheinfo', `100644,${blob},feature.txt`);
  const made = await world.gitWith(index, copy, 'write-tree');
  await git('branch', 'feature', await git('commit-tree', made, '-p', 'HEAD', '-m', 'Add feature'));
}

/** All of the user's, but the branches runs land on and what git keeps for itself. */
async function stateOf(world: World, copy: string): Promise<unknown> {
  const git = (...args: string[]) => world.gitIn(copy, ...args).catch(() => 'none');
  const refs = (await git('for-each-ref', '--format=%(refname) %(objectname)')).split('\n');
  const fileOf = async (name: string) =>
    readFileSync(join(copy, await git('rev-parse', '--path-format=relative', '--git-path', name)), 'utf8');
  const index = await fileOf('index').catch(() => 'none');
  const lacking = await git('rev-list', '--objects', '--missing=print', '--remotes');
  return {
    head: await git('rev-parse', '--symbolic-full-name', 'HEAD'),
    commit: await git('rev-parse', 'HEAD'),
    refs: refs.filter((row) => !row.startsWith('refs/heads/swarm/')),
    index: createHash('sha256').update(index).digest('hex'),
    status: await git('status', '--porcelain=v1', '--untracked-files=all'),
    config: await git('config', '--local', '--list'),
    shallow: await fileOf('shallow').catch(() => 'none'),
    lacking: lacking.split('\n').filter((row) => row.startsWith('?')),
  };
}

interface How {
  readonly more?: readonly string[];
  readonly gate?: string;
}

/** A task and a branch land, the doctor finds the repository well, and nothing of the user's has moved. */
async function lands(world: World, copy: string, { more = [], gate = 'grep -qx one a.txt' }: How = {}) {
  const before = await stateOf(world, copy);
  const isBare = more.includes('--repo');
  const where = { cwd: isBare ? world.root : copy };
  const run = await world.swarm(await world.plan(TASK, '--gate', gate, ...more), where);
  assert.equal(run.code, 0, run.stderr + run.stdout);
  assert.match(run.stdout, /^1 of 1 landed/);
  const land = await world.swarm(['land', 'feature', '--gate', gate, ...more], where);
  assert.equal(land.code, 0, land.stderr + land.stdout);
  const verify = await world.swarm(['verify', ...(isBare ? ['--repo', copy] : [])], where);
  assert.equal(verify.code, 0, verify.stdout);
  if (isLong) {
    const doctor = await world.swarm(['doctor', ...(isBare ? ['--repo', copy] : [])], where);
    assert.match(doctor.stdout, /^repository +ok /m);
  }
  assert.deepEqual(await stateOf(world, copy), before, 'nothing of the user’s has moved');
  assert.deepEqual([await world.workspaces(), world.strays()], [[], []]);
  return run;
}

/** One error with a fix, before anything is written; init aside, which asks nothing of the history. */
async function refused(world: World, cwd: string, code: string, fix: RegExp, more: readonly string[] = []) {
  const before = await stateOf(world, cwd);
  for (const args of [
    await world.plan(TASK, '--gate', 'true', ...more),
    ['land', 'feature', '--gate', 'true', ...more],
  ]) {
    const run = await world.swarm(args, { cwd });
    assert.deepEqual([run.code, run.stdout], [78, ''], run.stderr);
    assert.deepEqual(run.stderr.match(/^error\[SW\d+\]/gm), [`error[${code}]`], run.stderr);
    assert.match(run.stderr, fix);
  }
  const doctor = await world.swarm(['doctor', ...more], { cwd });
  assert.match(doctor.stdout, /^repository +FAILED/m);
  const resume = await world.swarm(['resume'], { cwd });
  assert.match(resume.stderr, /^error\[SW0104\]: there is no run here yet/);
  assert.deepEqual(await stateOf(world, cwd), before, 'nothing of the user’s has moved');
}

// ───────────── clones of a part ─────────────

kind('shallow clone', 'tasks and branches land, and its history ends where it did', {}, async (t) => {
  const { world, copy } = await cloned(t, '--depth=1');
  await withFeature(world, copy);
  const run = await lands(world, copy, { gate: 'git fsck && [ "$(git log --oneline | wc -l)" -le 2 ]' });
  assert.match(run.stderr, /note: the repository is a shallow clone: .*git fetch --unshallow/);
});

kind(
  'shallow clone',
  'a branch from below its end is refused by name, and lands after the fix',
  { isLong: true },
  async (t) => {
    const { world, copy } = await cloned(t, '--depth=1');
    await world.gitIn(copy, 'fetch', '--quiet', '--depth=1', 'origin', 'early:early');
    await world.gitIn(copy, 'branch', 'other', 'early');
    const land = ['land', 'early', '--gate', 'true'];
    const first = await world.swarm(land, { cwd: copy });
    assert.equal(first.code, 1, first.stderr);
    assert.match(
      first.stdout,
      /early .*no commit in common with the target, as far as this clone.* fetch --unshallow/,
    );
    await world.gitIn(copy, 'fetch', '--quiet', '--unshallow');
    await world.gitIn(copy, 'switch', '--quiet', 'early');
    await world.gitIn(copy, 'commit', '--quiet', '--allow-empty', '-m', 'Late');
    await world.gitIn(copy, 'switch', '--quiet', 'main');
    const second = await world.swarm(['land', 'early', '--gate', 'git fsck'], { cwd: copy });
    assert.equal(second.code, 0, second.stderr + second.stdout);
  },
);

kind(
  'shallow clone',
  'what lands is pushed, and the remote keeps its whole history',
  { isLong: true },
  async (t) => {
    const { world, copy } = await cloned(t, '--depth=1');
    const args = await world.plan(TASK, '--gate', 'true', '--deliver', 'push');
    const run = await world.swarm(args, { cwd: copy });
    assert.equal(run.code, 0, run.stderr);
    const subjects = await world.git('log', '--format=%s', 'main');
    assert.equal(subjects, 'Add x\nThird\nSecond\nFirst');
    await world.git('fsck');
  },
);

for (const [name, filter] of [
  ['partial clone without contents (`blob:none`)', 'blob:none'],
  ['partial clone without folders (`tree:0`)', 'tree:0'],
] as const) {
  kind(
    name,
    'tasks and branches land while its remote cannot be reached',
    { isLong: filter === 'tree:0' },
    async (t) => {
      const { world, copy } = await cloned(t, `--filter=${filter}`);
      await withFeature(world, copy);
      renameSync(world.repository, `${world.repository}-away`);
      const run = await lands(world, copy, { gate: 'git fsck --full' });
      assert.match(run.stderr, /note: the repository is a partial clone: .* nothing is fetched/);
    },
  );

  kind(name, 'nothing is fetched into it while its remote can be reached', { isLong: true }, async (t) => {
    const { world, copy } = await cloned(t, `--filter=${filter}`);
    await withFeature(world, copy);
    await lands(world, copy);
    const early = await world.swarm(['land', 'origin/early', '--gate', 'true'], { cwd: copy });
    assert.deepEqual([early.code, early.stdout], [78, ''], early.stderr);
    assert.match(early.stderr, /^error\[SW0311\]: .* partial clone/m);
    assert.match(early.stderr, /^ {2}fix .*-c gc\.auto=0 fetch --refetch --no-filter$/m);
  });

  kind(name, 'killed and resumed it lands, and is pushed', { isLong: true }, async (t) => {
    const { world, copy } = await cloned(t, `--filter=${filter}`);
    const slow = [{ ...TASK[0]!, description: `${TASK[0]!.description}; sleep 1` }];
    const running = world.start(await world.plan(slow, '--gate', 'true', '--deliver', 'push'), { cwd: copy });
    await running.line(/t1\.1 started/);
    running.kill('SIGKILL');
    await running.ended;
    const resumed = await world.swarm(['resume'], { cwd: copy });
    assert.equal(resumed.code, 0, resumed.stderr);
    assert.equal(await world.git('log', '--format=%s', 'main'), 'Add x\nThird\nSecond\nFirst');
  });
}

kind(
  'partial clone that lacks files of the target',
  'it is refused, and lands after the fix',
  { isLong: true },
  async (t) => {
    const { world, copy } = await cloned(t, '--filter=blob:none', '--sparse');
    await world.gitIn(copy, 'branch', '--no-track', 'feature', 'origin/early');
    const fix = /^ {2}fix .*-c gc\.auto=0 fetch --refetch --no-filter$/m;
    await refused(world, copy, 'SW0311', fix);
    await world.gitIn(copy, '-c', 'gc.auto=0', 'fetch', '--quiet', '--refetch', '--no-filter');
    await world.gitIn(copy, 'branch', '--quiet', '-D', 'feature');
    await withFeature(world, copy);
    await lands(world, copy);
  },
);

// ───────────── what lies in them ─────────────

kind(
  'submodules',
  'those that are here are filled without a network, and a pointer that moves lands',
  {},
  async (t) => {
    const world = await World.with(t, FILES);
    const lib = join(world.root, 'lib');
    await world.gitIn(world.root, 'init', '--quiet', '--initial-branch=main', lib);
    for (const n of [1, 2]) await world.gitIn(lib, 'commit', '--quiet', '--allow-empty', '-m', `${n}`);
    const first = await world.gitIn(lib, 'rev-parse', 'HEAD~1');
    await world.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', lib, 'vendor/lib');
    await world.write({ 'vendor/lib/lib.txt': 'lib\n' });
    await world.gitIn(join(world.repository, 'vendor/lib'), 'add', '--all');
    await world.gitIn(join(world.repository, 'vendor/lib'), 'commit', '--quiet', '-m', '3');
    await world.git('commit', '--quiet', '--all', '-m', 'Use lib');
    await rm(lib, { recursive: true });
    await withFeature(world, world.repository);
    const gate = 'grep -qx lib vendor/lib/lib.txt && [ -z "$(git status --porcelain)" ]';
    await lands(world, world.repository, { gate });
    const moved = [
      { title: 'Go back', description: `git update-index --cacheinfo 160000,${first},vendor/lib` },
    ];
    const back = await world.swarm(await world.plan(moved, '--gate', '[ -d vendor/lib ]'));
    assert.equal(back.code, 0, back.stderr);
    const branch = back.stdout.match(/swarm\/r-\S+/)![0];
    assert.equal(await world.git('rev-parse', `${branch}:vendor/lib`), first);
  },
);

kind(
  'submodules',
  'one that is not here is an empty folder, and said with what to type',
  { isLong: true },
  async (t) => {
    const world = await World.with(t, FILES);
    await world.git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},vendor/lib`);
    const url = `ext::touch ${world.root}/pwned`;
    const text = `[submodule "lib"]\n\tpath = vendor/lib\n\turl = ${url}\n`;
    await world.write({ '.gitmodules': text });
    await world.git('add', '.gitmodules');
    await world.git('commit', '--quiet', '-m', 'Use lib');
    await withFeature(world, world.repository);
    const run = await lands(world, world.repository, { gate: '[ -z "$(ls -A vendor/lib)" ]' });
    assert.match(
      run.stderr,
      /note: a submodule is not here .*git submodule update --init --recursive vendor\/lib/,
    );
  },
);

kind(
  'git-lfs',
  'files are pointers in workspaces, and content where a pointer belongs is refused by name',
  { skip: NO_LFS, isLong: true },
  async (t) => {
    const world = await World.with(t, FILES);
    await world.git('lfs', 'install', '--local');
    await world.git('lfs', 'track', '*.bin');
    await world.commit({ 'big.bin': 'x'.repeat(5_000) }, 'Add big.bin');
    await withFeature(world, world.repository);
    const run = await lands(world, world.repository, { gate: 'head -n 1 big.bin | grep -q git-lfs' });
    assert.match(run.stderr, /note: files that git-lfs keeps are pointers in every workspace/);
    assert.equal(readFileSync(join(world.repository, 'big.bin'), 'utf8').length, 5_000);
    const raw = [{ title: 'Add new.bin', description: 'head -c 20000 /dev/zero > new.bin' }];
    const wrong = await world.swarm(await world.plan(raw, '--gate', 'true'));
    assert.equal(wrong.code, 1, wrong.stderr);
    assert.match(
      wrong.stdout,
      /"new\.bin" is kept by git-lfs, and its content stands where a pointer belongs/,
    );
  },
);

kind(
  'line ends by `core.autocrlf` or `.gitattributes`',
  'workspaces have them as git stores them, and the checkout stays clean',
  {},
  async (t) => {
    const { world, copy } = await cloned(t, '--config', 'core.autocrlf=true');
    assert.match(readFileSync(join(copy, 'a.txt'), 'utf8'), /one\r\n/);
    writeFileSync(join(copy, '.gitattributes'), '*.bat eol=crlf\n');
    await world.gitIn(copy, 'add', '--all');
    await world.gitIn(copy, 'commit', '--quiet', '-m', 'Say which');
    await withFeature(world, copy);
    await lands(world, copy);
    const bat = [{ title: 'Add bat', description: "printf 'dir\\r\\n' > x.bat" }];
    const run = await world.swarm(await world.plan(bat, '--gate', 'true', '--deliver', 'apply'), {
      cwd: copy,
    });
    assert.equal(run.code, 0, run.stderr);
    assert.equal(await world.gitIn(copy, 'status', '--porcelain'), '');
    assert.equal(await world.gitIn(copy, 'cat-file', 'blob', 'HEAD:x.bat'), 'dir');
  },
);

kind(
  'names that differ in case alone',
  'they are said, land on, and no second such pair is taken',
  { isLong: true },
  async (t) => {
    const world = await World.with(t, { ...FILES, 'A.txt': 'A\n' });
    await withFeature(world, world.repository);
    const run = await lands(world, world.repository);
    assert.match(run.stderr, /note: "A\.txt" and "a\.txt" are one on disks/);
    const pair = [{ title: 'Add two', description: 'echo 1 > Readme; echo 2 > README' }];
    const wrong = await world.swarm(await world.plan(pair, '--gate', 'true'));
    assert.equal(wrong.code, 1, wrong.stderr);
    assert.match(wrong.stdout, /"README" is the same as "Readme" on disks/);
  },
);

kind('SHA-256 objects', 'tasks and branches land', {}, async (t) => {
  const world = await World.with(t, FILES);
  await rm(join(world.repository, '.git'), { recursive: true });
  await world.git('init', '--quiet', '--initial-branch=main', '--object-format=sha256');
  await world.commit({}, 'First');
  await withFeature(world, world.repository);
  await lands(world, world.repository);
});

// ───────────── where they lie ─────────────

kind('bare repository', 'with --repo tasks and branches land', {}, async (t) => {
  const { world, copy } = await cloned(t, '--bare');
  await withFeature(world, copy);
  await lands(world, copy, { more: ['--repo', copy] });
  const init = await world.swarm(['init', '--yes', '--repo', copy], { cwd: world.root });
  assert.equal(init.code, 78, init.stderr);
  assert.match(init.stderr, /^error\[SW0301\]: .* is a bare repository/);
});

kind(
  'linked work tree',
  'tasks and branches land, for the branch that is checked out there',
  {},
  async (t) => {
    const world = await World.with(t, FILES);
    const copy = join(world.root, 'side');
    await world.git('worktree', 'add', '--quiet', '-b', 'side', copy);
    await withFeature(world, copy);
    const run = await lands(world, copy);
    assert.match(run.stderr, /opened on side at/);
  },
);

for (const how of ['--shared', '--reference'])
  kind(
    'borrowed objects (`--shared`, `--reference`)',
    `a clone with ${how} lands`,
    { isLong: how === '--reference' },
    async (t) => {
      const world = await World.with(t, FILES);
      const copy = join(world.root, 'copy');
      const from =
        how === '--shared' ? [how, world.repository] : [how, world.repository, `file://${world.repository}`];
      await world.gitIn(world.root, 'clone', '--quiet', ...from, copy);
      assert.ok(existsSync(join(copy, '.git/objects/info/alternates')));
      await withFeature(world, copy);
      await lands(world, copy);
    },
  );

kind('path with blanks, quotes and umlauts', 'tasks and branches land', {}, async (t) => {
  const { world, copy } = await cloned(t);
  const odd = join(world.root, `my "odd" $HOME räpo's *`);
  renameSync(copy, odd);
  await withFeature(world, odd);
  await lands(world, odd);
  assert.equal((await world.swarm(['init', '--yes'], { cwd: odd })).code, 0);
  assert.ok(existsSync(join(odd, 'swarm.toml')));
});

for (const [what, name] of [
  ['a line break', 'my\nshop'],
  ['a blank at its end', 'shop '],
] as const)
  kind(
    'path with a line break, or a blank at its end',
    `${what} is refused with how to rename it`,
    { isLong: true },
    async (t) => {
      const { world, copy } = await cloned(t);
      const odd = join(world.root, name);
      renameSync(copy, odd);
      await withFeature(world, odd);
      await refused(world, odd, 'SW0301', /^ {2}fix {4}mv '/m);
    },
  );

kind('other owner', 'it is refused until git trusts it, and then lands', { skip: NO_ROOT }, async (t) => {
  const { world, copy } = await cloned(t);
  await withFeature(world, copy);
  execFileSync('chown', ['-R', '65534:65534', copy]);
  const run = await world.swarm(await world.plan(TASK, '--gate', 'true'), { cwd: copy });
  assert.deepEqual([run.code, run.stdout], [78, ''], run.stderr);
  assert.deepEqual(run.stderr.match(/^error\[SW\d+\]/gm), ['error[SW0301]'], run.stderr);
  const fix = /^ {2}fix {4}(git config --global --add safe\.directory .*)$/m.exec(run.stderr)![1]!;
  execFileSync('sh', ['-c', fix], { env: world.environment() });
  await lands(world, copy);
});

kind(
  'references by `reftable`',
  'tasks and branches land',
  { skip: NO_REFTABLE, isLong: true },
  async (t) => {
    const world = await World.with(t, FILES);
    await rm(join(world.repository, '.git'), { recursive: true });
    await world.git('init', '--quiet', '--initial-branch=main', '--ref-format=reftable');
    await world.commit({}, 'First');
    await withFeature(world, world.repository);
    await lands(world, world.repository);
  },
);

// ───────────── what is checked out ─────────────

kind(
  'sparse checkout',
  'workspaces are whole, and it stays sparse when what landed is applied',
  {},
  async (t) => {
    const { world, copy } = await cloned(t);
    await world.gitIn(copy, 'sparse-checkout', 'set', '--cone', 'none');
    assert.ok(!existsSync(join(copy, 'src')));
    await withFeature(world, copy);
    await lands(world, copy, { gate: '[ -f src/b.txt ]' });
    const edit = [{ title: 'Edit b', description: 'echo two >> src/b.txt; echo x > x.txt' }];
    const run = await world.swarm(await world.plan(edit, '--gate', 'true', '--deliver', 'apply'), {
      cwd: copy,
    });
    assert.equal(run.code, 0, run.stderr);
    assert.deepEqual([existsSync(join(copy, 'src')), existsSync(join(copy, 'x.txt'))], [false, true]);
    assert.equal(await world.gitIn(copy, 'status', '--porcelain'), '');
  },
);

kind(
  'detached HEAD',
  'it is refused until the target is named, and then lands',
  { isLong: true },
  async (t) => {
    const { world, copy } = await cloned(t);
    await world.gitIn(copy, 'checkout', '--quiet', '--detach');
    await withFeature(world, copy);
    await refused(world, copy, 'SW0303', /^ {2}fix {4}--target main$/m);
    const run = await world.swarm(await world.plan(TASK, '--gate', 'true', '--target', 'main'), {
      cwd: copy,
    });
    assert.equal(run.code, 0, run.stderr);
  },
);

kind(
  'branch without a commit',
  'a new repository is refused with how to make its first commit',
  {},
  async (t) => {
    const world = await World.make(t);
    await world.gitIn(world.root, 'init', '--quiet', '--initial-branch=main', world.repository);
    const run = await world.swarm(await world.plan(TASK, '--gate', 'true'));
    assert.deepEqual([run.code, run.stderr.match(/^error\[SW\d+\]/gm)], [78, ['error[SW0302]']], run.stderr);
    assert.match(run.stderr, /^ {2}fix .* commit --allow-empty/m);
  },
);

kind(
  'branch without a commit',
  'beside branches that have some it is refused with one of them',
  { isLong: true },
  async (t) => {
    const { world, copy } = await cloned(t);
    await withFeature(world, copy);
    await world.gitIn(copy, 'checkout', '--quiet', '--orphan', 'fresh');
    await refused(world, copy, 'SW0303', /^ {2}fix {4}--target main$/m);
  },
);

test('every row of docs/repositories.md has a test, and every kind tested has its row', () => {
  const rows = DOCS.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| kind '));
  assert.deepEqual(rows.map((row) => row.split(' | ')[0]!.slice(2)).sort(), [...told].sort());
});
