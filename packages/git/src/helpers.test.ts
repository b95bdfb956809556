import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CommitId, TreeId } from '@swarm/core/model/ids';
import fc from 'fast-check';
import { plant, twigs } from '../test/twigs.ts';
import { commit, git, IDENTITY, land, tempDir, work, world } from '../test/world.ts';
import { Author } from './author.ts';
import { commitBody } from './commit-body.ts';
import { Diffs } from './diffs.ts';
import { Git, splitNul } from './git.ts';
import { GitHelper } from './git-helper.ts';
import { nameOf, writeLoose } from './loose.ts';
import { Merges } from './merges.ts';
import { Objects } from './objects.ts';

const RUNS = { numRuns: 40, endOnFailure: true };

function bare(t: Parameters<typeof tempDir>[0], ...init: string[]): string {
  const repository = join(tempDir(t), 'r.git');
  git('/', 'init', '--quiet', '--bare', ...init, repository);
  return repository;
}

test('a merge is the same by one process for all and by one for each: tree, conflicts and words', async (t) => {
  const repository = bare(t);
  const merges = new Merges(new Git(), { gitDir: repository });
  let conflicts = 0;
  await fc.assert(
    fc.asyncProperty(twigs, async (some) => {
      const [, ours, theirs] = plant(repository, some);
      const alone = await merges.mergeAlone(ours, theirs);
      assert.deepEqual(await merges.mergeInTurn(ours, theirs), alone);
      if (alone.kind === 'conflict') conflicts++;
    }),
    RUNS,
  );
  assert(conflicts > 0 && conflicts < RUNS.numRuns, `${conflicts} of ${RUNS.numRuns} conflict`);
  await merges.close();
});

test('a submodule that both moved on is a conflict like any other, though git says more of it than of others', async (t) => {
  const w = await world(t);
  const merges = new Merges(new Git(), { gitDir: join(w.repo, '.git') });
  const linked = (to: string): CommitId => {
    git(w.repo, 'checkout', '--quiet', '--detach', 'main');
    git(w.repo, 'update-index', '--add', '--cacheinfo', `160000,${to.repeat(40)},inner`);
    git(w.repo, 'commit', '--quiet', '-m', `At ${to}`);
    return git(w.repo, 'rev-parse', 'HEAD') as CommitId;
  };
  git(w.repo, 'branch', '--quiet', '--force', 'main', linked('1'));
  const [ours, theirs] = [linked('2'), linked('3')];
  const alone = await merges.mergeAlone(ours, theirs);
  assert.equal(alone.kind === 'conflict' && alone.files.join(), 'inner');
  assert.deepEqual(await merges.mergeInTurn(ours, theirs), alone);
  assert.deepEqual(await merges.mergeInTurn(ours, ours), await merges.mergeAlone(ours, ours));
  await merges.close();
});

test('what differs is the same by one process for all and by one for each', async (t) => {
  const repository = bare(t);
  const [runner, place] = [new Git(), { gitDir: repository }];
  const [diffs, objects] = [new Diffs(runner, place), new Objects(runner, place)];
  const flags = ['-r', '-z', '--no-renames', '--no-ext-diff', '--no-textconv'];
  await fc.assert(
    fc.asyncProperty(twigs, async (some) => {
      const [, ours, theirs] = plant(repository, some);
      const [one, two] = [(await objects.commit(ours)).tree, (await objects.commit(theirs)).tree];
      const alone = async (kind: string) =>
        splitNul((await runner.run(place, 'diff-tree', [...flags, kind, one, two])).stdout);
      assert.deepEqual(await diffs.paths(one, two), await alone('--name-only'));
      assert.deepEqual(await diffs.lines(one, two), await alone('--numstat'));
    }),
    RUNS,
  );
  await Promise.all([diffs.close(), objects.close()]);
});

for (const format of ['sha1', 'sha256'] as const) {
  test(`a commit we write has the name and the bytes commit-tree gives it, under ${format}`, async (t) => {
    const repository = bare(t, `--object-format=${format}`);
    const [runner, place] = [new Git(), { gitDir: repository }];
    const tree = execFileSync('git', ['mktree'], {
      cwd: repository,
      input: '',
      encoding: 'utf8',
    }).trim() as TreeId;
    const text = fc.string({ unit: 'grapheme' }).filter((some) => !some.includes('\0'));
    const anyone = fc.constantFrom('Swarm', ' "Zoë" <z>, ', 'a\nb');
    await fc.assert(
      fc.asyncProperty(text, fc.nat(), anyone, async (message, seconds, name) => {
        const identity = { ...IDENTITY, name };
        const date = `@${seconds} +0000`;
        const env = {
          GIT_AUTHOR_NAME: name,
          GIT_AUTHOR_EMAIL: identity.email,
          GIT_AUTHOR_DATE: date,
          GIT_COMMITTER_NAME: name,
          GIT_COMMITTER_EMAIL: identity.email,
          GIT_COMMITTER_DATE: date,
        };
        const byGit = await runner.text(place, 'commit-tree', [tree, '-F', '-'], { stdin: message, env });
        const parent = byGit as CommitId;
        const ofGit = await runner.text(place, 'commit-tree', [tree, '-p', parent, '-F', '-'], {
          stdin: message,
          env,
        });
        const who = await new Author(runner, place, identity).at(seconds);
        const object = {
          type: 'commit',
          body: commitBody({ tree, parents: [parent], who, message }),
        } as const;
        assert.equal(nameOf(object, format), ofGit);
      }),
      { numRuns: 15 },
    );
  });
}

test('objects we write are read by git, and a file of git’s is never written again', async (t) => {
  const repository = bare(t);
  const objects = join(repository, 'objects');
  const body = Buffer.from('large\n'.repeat(50_000));
  const [small = '', large = ''] = await writeLoose(objects, 'sha1', [
    { type: 'blob', body: Buffer.from('small\n') },
    { type: 'blob', body },
  ]);
  assert.equal(git(repository, 'cat-file', 'blob', small), 'small');
  assert.equal(git(repository, 'cat-file', '-s', large), String(body.length));
  const path = join(objects, small.slice(0, 2), small.slice(2));
  const before = readFileSync(path);
  await writeLoose(objects, 'sha1', [{ type: 'blob', body: Buffer.from('small\n') }]);
  assert.deepEqual(readFileSync(path), before);
  assert.deepEqual(
    readdirSync(join(objects, small.slice(0, 2))),
    [small.slice(2)],
    'nothing temporary is left',
  );
  git(repository, 'fsck', '--full', '--strict');
});

/** A git that keeps the answers of `merge-tree --stdin` back until its input ends. */
function holdingBack(dir: string): Git {
  const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  const script = `#!/bin/sh
case "$*" in
*merge-tree*--stdin*) echo in turn >> "${dir}/calls"; "${real}" "$@" > "${dir}/held"; cat "${dir}/held" ;;
*merge-tree*) echo alone >> "${dir}/calls"; exec "${real}" "$@" ;;
*) exec "${real}" "$@" ;;
esac
`;
  writeFileSync(join(dir, 'git'), script);
  chmodSync(join(dir, 'git'), 0o755);
  return new Git({ PATH: `${dir}:/usr/local/bin:/usr/bin:/bin` });
}

test('where answers are held back until the end, each merge has a process of its own', async (t) => {
  const dir = tempDir(t);
  const w = await world(t, undefined, { git: holdingBack(dir) });
  const first = await land(w, 't1.1', w.base, await work(w, 't1.1', w.base, { 'a.txt': 'two\n' }));
  assert.equal(await w.hub.targetHead(), first);
  assert.deepEqual(readFileSync(join(dir, 'calls'), 'utf8').split('\n'), ['in turn', 'alone', '']);
});

test('git as it is here answers each merge at once', async (t) => {
  const repository = bare(t);
  const merges = new Merges(new Git(), { gitDir: repository });
  const any = git(repository, 'commit-tree', '-m', 'Any', git(repository, 'mktree')) as CommitId;
  assert.equal(await merges.answersAtOnce(any), true);
  await merges.close();
});

/** A git that keeps what it was started with. */
class Noted extends Git {
  readonly started: { readonly pid: number; readonly argv: readonly string[] }[] = [];
  override start(...ask: Parameters<Git['start']>) {
    const child = super.start(...ask);
    this.started.push({ pid: child.pid!, argv: child.spawnargs });
    return child;
  }
}

test('what stays is bound as what runs once: all is synced, no folder renames followed, no attributes read', async (t) => {
  const runner = new Noted();
  const w = await world(t, undefined, { git: runner });
  await land(w, 't1.1', w.base, await work(w, 't1.1', w.base, { 'a.txt': 'two\n' }));
  const kinds = new Set(runner.started.map(({ argv }) => argv.find((arg) => /^[a-z]+-[a-z]+$/.test(arg))));
  assert.deepEqual([...kinds].sort(), ['cat-file', 'diff-tree', 'merge-tree', 'update-ref']);
  for (const { argv } of runner.started) {
    for (const pin of ['core.fsync=all', 'merge.directoryRenames=false', 'core.attributesFile=/dev/null'])
      assert.equal(argv[argv.indexOf(pin) - 1], '-c', `${argv} lacks ${pin}`);
  }
});

test('a renamed folder, merge=union and a lockfile mean the same to one process for all and to one for each', async (t) => {
  const files = {
    '.gitattributes': '* merge=union\n',
    'list.txt': 'one\n',
    'uv.lock': '1\n2\n3\n',
    'd/x.txt': 'x\n',
    'd/y.txt': 'y\n',
  };
  const w = await world(t, files);
  const merges = new Merges(new Git(), { gitDir: join(w.stateDir, 'hub.git') });
  const both = async (onto: CommitId, from: CommitId) => {
    const alone = await merges.mergeAlone(onto, from);
    assert.deepEqual(await merges.mergeInTurn(onto, from), alone);
    return alone;
  };
  const added = await work(w, 't1.1', w.base, { 'list.txt': 'one\nours\n', 'uv.lock': 'I\n2\n3\n' });
  const other = await work(w, 't2.1', w.base, { 'list.txt': 'one\ntheirs\n', 'uv.lock': '1\n2\nIII\n' });
  const union = await both(added, other);
  assert.deepEqual(union.kind === 'conflict' && union.files, ['uv.lock']);
  git(w.repo, 'mv', 'd', 'e');
  const moved = commit(w.repo, {}, 'Move');
  git(join(w.stateDir, 'hub.git'), 'fetch', '--quiet', w.repo, moved);
  const merged = await both(moved, await work(w, 't3.1', w.base, { 'd/new.txt': 'new\n' }));
  assert(merged.kind === 'tree');
  const names = git(join(w.stateDir, 'hub.git'), 'ls-tree', '-r', '--name-only', merged.tree);
  assert.deepEqual(names.split('\n'), [
    '.gitattributes',
    'd/new.txt',
    'e/x.txt',
    'e/y.txt',
    'list.txt',
    'uv.lock',
  ]);
  await merges.close();
});

test('a process that was killed is replaced, and the question put again', async (t) => {
  const repository = bare(t);
  const runner = new Noted();
  const { started } = runner;
  const objects = new Objects(runner, { gitDir: repository });
  const name = git(repository, 'hash-object', '-w', '-t', 'blob', '/dev/null');
  const empty = { type: 'blob', body: Buffer.alloc(0) };
  assert.deepEqual(await objects.contents([name]), [empty]);
  assert.deepEqual(await Promise.all([objects.contents([]), objects.contentsUpTo([], 0)]), [[], []]);
  process.kill(started[0]!.pid, 'SIGKILL');
  assert.deepEqual(await objects.contents([name]), [empty]);
  await assert.rejects(objects.contents([name, 'ab'.repeat(20)]), /SW0702.*is not in the hub/);
  assert.equal(started.length, 2);
  await objects.close();
  assert.throws(() => process.kill(started[1]!.pid, 0), 'closed means gone');
});

test('a question that git answers by dying is SW0702 with git’s own words', async (t) => {
  const repository = bare(t);
  const helper = new GitHelper(new Git(), {
    place: { gitDir: repository },
    subcommand: 'update-ref',
    args: ['--stdin'],
  });
  await assert.rejects(
    helper.ask('nonsense\n', () => undefined),
    (error: { problems?: { code: string; why: string }[] }) =>
      error.problems?.[0]?.code === 'SW0702' && /nonsense/.test(error.problems[0].why),
  );
});

test('a question that is not answered in time is an error, and the next goes to a new process', async (t) => {
  const repository = bare(t);
  const command = {
    place: { gitDir: repository },
    subcommand: 'cat-file',
    args: ['--batch-command'],
  } as const;
  const helper = new GitHelper(new Git(), command);
  await assert.rejects(
    helper.ask('', () => undefined, 50),
    /ran out of time/,
  );
  const firstByte = (bytes: Buffer) => (bytes.length > 0 ? { value: 1, length: bytes.length } : undefined);
  assert.equal(await helper.ask(`info ${'ab'.repeat(20)}\n`, firstByte), 1);
  await helper.close();
});

test('killed with SIGKILL, we leave no git process behind', {
  skip: !existsSync('/proc') && 'processes are found by /proc, which is not here',
}, async (t) => {
  const w = await world(t);
  const lander = join(import.meta.dirname, '../test/lander.ts');
  const child = spawn(process.execPath, ['--conditions=swarm-src', lander, w.stateDir, w.repo, '1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  let mine: string[] = [];
  for await (const chunk of child.stdout) {
    if (!String(chunk).includes('landed 1')) continue;
    mine = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && parentOf(pid) === child.pid);
    child.kill('SIGKILL');
  }
  await ended;
  assert(mine.length >= 4, `${mine.length} processes stayed while it ran`);
  const until = performance.now() + 10_000;
  while (mine.some((pid) => existsSync(`/proc/${pid}/cwd`)) && performance.now() < until)
    await once(spawn('true'), 'exit');
  assert.deepEqual(
    mine.filter((pid) => existsSync(`/proc/${pid}/cwd`)),
    [],
  );
});

function parentOf(pid: string): number | undefined {
  const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'latin1') : '';
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}
