import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { SwarmError } from '@swarm/core/errors';
import { git, gitWith, IDENTITY, RUN, tempDir, world } from '../test/world.ts';
import { carriedRef, hubCarriedRef, hubOfferedRef } from './carried.ts';
import { claimCarried } from './carried-claim.ts';
import { seedRun, takeCarried } from './carried-in.ts';

const REF = carriedRef(RUN);
const NETWORK = { PATH: process.env.PATH ?? '', HOME: '/nonexistent', GIT_ALLOW_PROTOCOL: 'file' };
const GOOD: Readonly<Record<string, string>> = {
  'run.json': '{}',
  'lease.json': '{}',
  'journal/000001.ndjson': 'one\n',
  'journal/000002.ndjson': 'two\n',
  'prompts/worker.md': 'work',
  'report.json': '{}',
  'report.md': 'report',
};

/** One row of a tree: mode, kind, name, and the text of a file. */
type Row = readonly [mode: string, kind: string, name: string, text: string];

/** A repository whose reference has these files, and then these rows besides at its top. */
async function offered(t: TestContext, files: Readonly<Record<string, string>>, more: readonly Row[] = []) {
  const dir = tempDir(t);
  const repo = join(dir, 'theirs.git');
  git(dir, 'init', '--quiet', '--bare', repo);
  const blob = (text: string): string => gitWith(repo, text, 'hash-object', '-w', '--stdin');
  const folders = new Map<string, string[]>();
  for (const [path, text] of Object.entries(files)) {
    const [folder, name] = path.includes('/') ? path.split('/') : ['', path];
    folders.set(folder!, [...(folders.get(folder!) ?? []), `100644 blob ${blob(text)}\t${name}\0`]);
  }
  const mktree = (rows: readonly string[]): string =>
    gitWith(repo, rows.join(''), 'mktree', '-z', '--missing');
  const rows = [...folders].flatMap(([folder, inside]) =>
    folder === '' ? inside : [`040000 tree ${mktree(inside)}\t${folder}\0`],
  );
  const extra = more.map(([mode, kind, name, text]) => {
    const id =
      kind === 'commit'
        ? text
        : kind === 'tree'
          ? mktree([`100644 blob ${blob('x')}\t${text}\0`])
          : blob(text);
    return `${mode} ${kind} ${id}\t${name}\0`;
  });
  const tree = mktree([...rows, ...extra]);
  git(repo, 'update-ref', REF, git(repo, 'commit-tree', tree, '-m', 'carried'));
  const stateDir = join(dir, 'state');
  return { repo, hub: join(stateDir, 'hub.git'), stateDir, ask: { stateDir, run: RUN, repository: repo } };
}

async function refusal(ask: Parameters<typeof takeCarried>[0]): Promise<string> {
  const thrown = await takeCarried(ask).then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof SwarmError, 'it was not refused');
  assert.equal(thrown.problems[0]!.code, 'SW0203', JSON.stringify(thrown.problems).slice(0, 900));
  return thrown.problems[0]!.why!;
}

test('a carried run is read whole, and counts for nothing before it is claimed', async (t) => {
  const { ask, hub, repo } = await offered(t, GOOD);
  const carried = await takeCarried(ask);
  assert.deepEqual(
    [...carried.files.keys()].sort(),
    Object.keys(GOOD)
      .filter((path) => !/^report/.test(path))
      .sort(),
  );
  assert.equal(carried.files.get('journal/000002.ndjson')!.toString(), 'two\n');
  assert.equal(git(hub, 'for-each-ref', '--format=%(refname)'), hubOfferedRef(RUN));
  const claim = { ...ask, identity: IDENTITY, lease: Buffer.from('{"mine":1}') };
  assert.deepEqual(await claimCarried(claim, carried), { kind: 'carried', commit: carried.commit });
  assert.equal(git(hub, 'for-each-ref', '--format=%(refname)'), hubCarriedRef(RUN));
  assert.equal(git(repo, 'rev-parse', REF), carried.commit);
});

const OTHERS: readonly (readonly [what: string, row: Row, why: RegExp])[] = [
  [
    'a file of another name',
    ['100644', 'blob', 'hooks.sh', 'x'],
    /it has "hooks.sh", which no run of ours writes/,
  ],
  ['a program', ['100755', 'blob', 'lease.md', 'x'], /"lease.md"/],
  ['a link', ['120000', 'blob', 'run.md', '/etc/passwd'], /"run.md"/],
  ['another repository', ['160000', 'commit', 'sub', '1'.repeat(40)], /"sub"/],
  ['a file in a folder that is none of ours', ['040000', 'tree', 'attempts', 'x'], /"attempts\/x"/],
  ['a name with a line break', ['100644', 'blob', 'a\nb', 'x'], /"a\\nb"/],
  [
    'a word on who works on it that has no end',
    ['100644', 'blob', 'lease.json', 'x'.repeat(65 * 1024)],
    /"lease.json" has 66560 bytes/,
  ],
];

for (const [what, row, why] of OTHERS)
  test(`a reference with ${what} is refused whole`, async (t) => {
    const { 'lease.json': _, ...others } = GOOD;
    const { ask, hub } = await offered(t, others, [row]);
    assert.match(await refusal(ask), why);
    assert.equal(git(hub, 'for-each-ref'), '', 'nothing of it stays');
  });

/** The same with a link or a program in the place of a file of ours. */
for (const [mode, name] of [
  ['120000', 'run.json'],
  ['100755', 'run.json'],
] as const)
  test(`a run.json of mode ${mode} is none`, async (t) => {
    const { 'run.json': _, ...others } = GOOD;
    const { ask } = await offered(t, others, [[mode, 'blob', name, '/etc/passwd']]);
    assert.match(await refusal(ask), /it has "run.json", which no run of ours writes/);
  });

test('a path that leads out is refused, by git or by us, and nothing of it stays', async (t) => {
  const { ask, hub } = await offered(t, GOOD, [['040000', 'tree', '..', 'run.json']]);
  await assert.rejects(takeCarried(ask), SwarmError);
  assert.equal(git(hub, 'for-each-ref'), '');
});

test('a journal with a piece missing is refused, and one without a beginning, and a run without its description', async (t) => {
  const without = (...gone: string[]) =>
    offered(t, Object.fromEntries(Object.entries(GOOD).filter(([path]) => !gone.includes(path))));
  const third = { ...GOOD, 'journal/000004.ndjson': 'four\n' };
  assert.match(await refusal((await offered(t, third)).ask), /piece 3 of its journal is missing/);
  assert.match(await refusal((await without('journal/000001.ndjson')).ask), /piece 1 of/);
  const none = await without('journal/000001.ndjson', 'journal/000002.ndjson');
  assert.match(await refusal(none.ask), /piece 1 of/);
  assert.match(await refusal((await without('run.json')).ask), /it has no run\.json/);
});

test('more files than a run has are refused before one of them is read', async (t) => {
  const pieces = Array.from({ length: 20_001 }, (_, n) => [
    `journal/${String(n + 1).padStart(6, '0')}.ndjson`,
    '\n',
  ]);
  const dir = await offered(t, GOOD);
  const blob = gitWith(dir.repo, '\n', 'hash-object', '-w', '--stdin');
  const rows = pieces.map(([path]) => `100644 blob ${blob}\t${path!.slice('journal/'.length)}\0`).join('');
  const journal = gitWith(dir.repo, rows, 'mktree', '-z');
  const top = `100644 blob ${blob}\trun.json\0` + `040000 tree ${journal}\tjournal\0`;
  git(
    dir.repo,
    'update-ref',
    REF,
    git(dir.repo, 'commit-tree', gitWith(dir.repo, top, 'mktree', '-z'), '-m', 'x'),
  );
  assert.match(await refusal(dir.ask), /it has 20002 files/);
});

test('a tree whose list has no end is refused', async (t) => {
  const { ask, repo } = await offered(t, GOOD);
  const blob = gitWith(repo, 'x', 'hash-object', '-w', '--stdin');
  const wide = (id: string, kind: string, mode: string): string =>
    gitWith(
      repo,
      Array.from({ length: 100 }, (_, n) => `${mode} ${kind} ${id}\t${'x'.repeat(90)}${n}\0`).join(''),
      'mktree',
      '-z',
    );
  let tree = wide(blob, 'blob', '100644');
  // A hundred million files out of five small trees.
  for (let depth = 0; depth < 3; depth++) tree = wide(tree, 'tree', '040000');
  git(repo, 'update-ref', REF, git(repo, 'commit-tree', tree, '-m', 'x'));
  assert.match(await refusal(ask), /its list of files has no end/);
});

test('a reference that is not there is told as such, here and at a remote', async (t) => {
  const { ask, repo } = await offered(t, GOOD);
  git(repo, 'update-ref', '-d', REF);
  git(repo, 'remote', 'add', 'origin', repo);
  for (const from of [undefined, { remote: 'origin', network: NETWORK }])
    await assert.rejects(takeCarried({ ...ask, ...(from && { from }) }), (error: SwarmError) => {
      assert.equal(error.problems[0]!.code, 'SW0104');
      return true;
    });
});

test('whoever was written to meanwhile does not claim it, and its hub stays as it was', async (t) => {
  const { ask, repo, hub } = await offered(t, GOOD);
  git(repo, 'remote', 'add', 'origin', repo);
  const source = { ...ask, from: { remote: 'origin', network: NETWORK } };
  const claim = { ...source, identity: IDENTITY, lease: Buffer.from('{"mine":1}') };
  const carried = await takeCarried(source);
  const more = git(repo, 'commit-tree', `${carried.commit}^{tree}`, '-p', carried.commit, '-m', 'more');
  git(repo, 'update-ref', REF, more);
  assert.deepEqual(await claimCarried(claim, carried), { kind: 'elsewhere', head: more });
  assert.equal(git(hub, 'for-each-ref', '--format=%(refname)'), hubOfferedRef(RUN));
  const again = await takeCarried(source);
  const claimed = await claimCarried(claim, again);
  assert.equal(claimed.kind, 'carried');
  assert.equal(git(repo, 'show', `${REF}:lease.json`), '{"mine":1}');
  assert.equal(git(repo, 'show', `${REF}:journal/000002.ndjson`), 'two');
  assert.equal(git(repo, 'rev-parse', `${REF}^`), more);
  assert.equal(git(hub, 'rev-parse', hubCarriedRef(RUN)), git(repo, 'rev-parse', REF));
});

test('a remote that is gone by then does not keep anybody from going on', async (t) => {
  const { ask, repo, hub } = await offered(t, GOOD);
  git(repo, 'remote', 'add', 'origin', repo);
  const source = { ...ask, from: { remote: 'origin', network: NETWORK } };
  const carried = await takeCarried(source);
  git(repo, 'remote', 'set-url', 'origin', '/nowhere/at/all');
  const claim = { ...source, identity: IDENTITY, lease: Buffer.from('{}') };
  assert.equal((await claimCarried(claim, carried)).kind, 'silent');
  assert.equal(git(hub, 'rev-parse', hubCarriedRef(RUN)), carried.commit);
});

test('the hub is given the base and the work that came along, and what did not is named', async (t) => {
  const opened = await world(t);
  const { stateDir, base } = opened;
  const lost = '2'.repeat(40);
  const works = [
    { attempt: 't1.1', commit: base },
    { attempt: 't2.1', commit: lost },
  ] as unknown as Parameters<typeof seedRun>[2];
  assert.deepEqual(await seedRun({ stateDir, run: RUN }, base, works), ['t2.1']);
  assert.equal(git(join(stateDir, 'hub.git'), 'rev-parse', `refs/swarm/${RUN}/work/t1.1`), base);
  await assert.rejects(seedRun({ stateDir, run: RUN }, lost as typeof base, []), (error: SwarmError) => {
    assert.equal(error.problems[0]!.code, 'SW0203');
    return true;
  });
});
