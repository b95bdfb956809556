import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CommitId } from '@swarm/core/model/ids';
import {
  attempt,
  commit,
  git,
  land,
  landing,
  RUN,
  save,
  type World,
  work,
  world,
  write,
} from '../test/world.ts';

const INDEX = "export { one } from './one.ts';\n";
const MANIFEST = '{\n  "name": "kit",\n  "dependencies": {\n    "a": "^1.0.0"\n  }\n}\n';
const CHANGELOG = '# Changelog\n\n## Unreleased\n\n- One\n';
const FILES = {
  'src/deep/index.ts': INDEX,
  'package.json': MANIFEST,
  'CHANGELOG.md': CHANGELOG,
  '.gitignore': 'node_modules/\n',
};
/** What a task that adds one function does at the end of every shared file. */
const adding = (name: string) => ({
  'src/deep/index.ts': `${INDEX}export { ${name} } from './${name}.ts';\n`,
  'package.json': MANIFEST.replace('"^1.0.0"', `"^1.0.0",\n    "${name}": "^1.0.0"`),
  'CHANGELOG.md': `${CHANGELOG}- Added ${name}\n`,
  '.gitignore': `node_modules/\n${name}/\n`,
});

const build = (w: World, onto: CommitId, from: CommitId) =>
  w.hub.buildCandidate({ onto, work: from, message: () => landing('t2.1'), atSeconds: 1_700_000_000 });

/** Two attempts from the same base, the first landed: what becomes of the second? */
async function second(w: World, first: Record<string, string>, then: Record<string, string>) {
  const one = await work(w, 't1.1', w.base, first);
  const two = await work(w, 't2.1', w.base, then);
  const onto = await land(w, 't1.1', w.base, one);
  return { onto, two, outcome: await build(w, onto, two) };
}

const show = (w: World, what: string) => git(join(w.stateDir, 'hub.git'), 'show', what);

test('two tasks that append to the same barrel, manifest, changelog and ignore file both land at once', async (t) => {
  const w = await world(t, FILES);
  const { onto, outcome } = await second(w, adding('two'), adding('three'));
  assert(outcome.kind === 'clean', JSON.stringify(outcome));
  assert.deepEqual(outcome.resolved, [
    { path: '.gitignore', rule: 'ignore' },
    { path: 'CHANGELOG.md', rule: 'changelog' },
    { path: 'package.json', rule: 'json' },
    { path: 'src/deep/index.ts', rule: 'barrel' },
  ]);
  assert.deepEqual(outcome.paths, Object.keys(FILES).sort());
  assert.equal(show(w, `${outcome.commit}:.gitignore`), 'node_modules/\ntwo/\nthree/');
  assert.equal(show(w, `${outcome.commit}:CHANGELOG.md`), `${CHANGELOG}- Added two\n- Added three`);
  assert.deepEqual(JSON.parse(show(w, `${outcome.commit}:package.json`)).dependencies, {
    a: '^1.0.0',
    two: '^1.0.0',
    three: '^1.0.0',
  });
  assert.equal(
    show(w, `${outcome.commit}:src/deep/index.ts`),
    `${INDEX}export { two } from './two.ts';\nexport { three } from './three.ts';`,
  );
  const done = await w.hub.publish({ parent: onto, commit: outcome.commit, tree: outcome.tree });
  assert.deepEqual(done, { kind: 'published' });
  assert.equal(git(w.repo, 'fsck', '--strict', '--no-dangling'), '');
});

test('what rules make is the same bytes again after a restart', async (t) => {
  const w = await world(t, FILES);
  const { onto, two, outcome } = await second(w, adding('two'), adding('three'));
  const again = { ...w, ...(await w.reopen()) };
  assert.deepEqual(await build(again, onto, two), outcome);
});

test('a real conflict beside one a rule settles stays a conflict, and says what is settled', async (t) => {
  const w = await world(t, { ...FILES, 'a.txt': 'one\n' });
  const { outcome } = await second(
    w,
    { 'a.txt': 'two\n', '.gitignore': 'node_modules/\ntwo/\n' },
    { 'a.txt': 'three\n', '.gitignore': 'node_modules/\nthree/\n' },
  );
  assert.deepEqual(outcome, {
    kind: 'conflict',
    files: ['.gitignore', 'a.txt'],
    detail: [
      'CONFLICT (content): Merge conflict in .gitignore',
      'CONFLICT (content): Merge conflict in a.txt',
      "Settled by rule in the next attempt's files: .gitignore (ignore)",
    ].join('\n'),
  });
});

test('a line both sides changed stays a conflict in a file that has a rule', async (t) => {
  const w = await world(t, FILES);
  const edit = (name: string) => ({ 'src/deep/index.ts': INDEX.replace('one }', `one, ${name} }`) });
  const { outcome } = await second(w, edit('two'), edit('three'));
  assert.equal(outcome.kind, 'conflict');
});

test('a file both sides added is settled by key or line, if its rule knows how', async (t) => {
  const w = await world(t);
  const { outcome } = await second(
    w,
    { 'src/.gitignore': 'out/\n*.log\n', CHANGES: 'one\n' },
    { 'src/.gitignore': 'out/\n*.tmp\n' },
  );
  assert(outcome.kind === 'clean');
  assert.equal(show(w, `${outcome.commit}:src/.gitignore`), 'out/\n*.log\n*.tmp');
});

test('a file one side deleted, or gave another mode, is no matter for rules', async (t) => {
  const w = await world(t, FILES);
  const two = await work(w, 't2.1', w.base, adding('three'));
  git(w.repo, 'rm', '--quiet', '.gitignore');
  git(w.repo, 'update-index', '--chmod=+x', 'CHANGELOG.md');
  chmodSync(join(w.repo, 'CHANGELOG.md'), 0o755);
  const { 'CHANGELOG.md': changelog } = adding('two');
  const onto = commit(w.repo, { 'CHANGELOG.md': changelog }, 'Remove');
  git(w.repo, 'branch', `swarm/${RUN}`);
  assert.equal(await w.hub.targetHead(), onto);
  const outcome = await build(w, onto, two);
  assert(outcome.kind === 'conflict');
  assert.deepEqual(outcome.files, ['.gitignore', 'CHANGELOG.md']);
  assert.doesNotMatch(outcome.detail, /Settled/);
});

const LIST = { 'list.txt': 'one\n', 'list.gen': 'one\n' };
const says = (attributes: Record<string, string>) => {
  const add = (word: string) => ({ 'list.txt': `one\n${word}\n` });
  return async (t: Parameters<typeof world>[0]) => {
    const w = await world(t, { ...LIST, ...attributes });
    return { w, ...(await second(w, add('two'), add('three'))) };
  };
};

for (const [what, attributes] of Object.entries({
  'at the top': { '.gitattributes': '# joined\nlist.txt merge=union\n' },
  'by a pattern': { '.gitattributes': '"*.t[x]t" text merge=union\n' },
  'by a macro of the base': { '.gitattributes': '[attr]both merge=union\n*.txt both\n' },
})) {
  test(`merge=union, said ${what}, joins what both sides add`, async (t) => {
    const { w, outcome } = await says(attributes)(t);
    assert(outcome.kind === 'clean', JSON.stringify(outcome));
    assert.equal(show(w, `${outcome.commit}:list.txt`), 'one\ntwo\nthree');
  });
}

for (const [what, line] of Object.entries({
  'a driver of the repository’s own': 'list.txt merge=ours',
  'the last word': 'list.txt merge=union\nlist.txt merge',
  'a line for other files': 'list.md merge=union',
})) {
  test(`${what} joins nothing: lines both sides add at one place conflict`, async (t) => {
    const { outcome } = await says({ '.gitattributes': `${line}\n` })(t);
    assert.equal(outcome.kind, 'conflict');
  });
}

test('what a folder says of merges is about that folder, and wins over the top', async (t) => {
  const w = await world(t, {
    '.gitattributes': '*.txt -merge\n',
    'a [b]/.gitattributes': '*.txt merge=union\n/deep/x.md merge=union\n',
    'a [b]/c/list.txt': 'one\n',
    'a [b]/deep/x.md': 'one\n',
    'other/deep/x.md': 'one\n',
  });
  const add = (word: string) => ({
    'a [b]/c/list.txt': `one\n${word}\n`,
    'a [b]/deep/x.md': `one\n${word}\n`,
    'other/deep/x.md': `one\n${word}\n`,
  });
  const { outcome } = await second(w, add('two'), add('three'));
  assert(outcome.kind === 'conflict');
  assert.deepEqual(outcome.files, ['other/deep/x.md']);
});

for (const said of ['-merge', 'merge=binary', 'binary']) {
  test(`${said} keeps a file for people: no join by lines, and none by rule`, async (t) => {
    const w = await world(t, {
      '.gitattributes': `data.json ${said}\n.gitignore ${said}\n`,
      'data.json': '1\n2\n3\n4\n5\n6\n7\n8\n9\n',
      '.gitignore': 'a\n',
    });
    const { outcome } = await second(
      w,
      { 'data.json': 'one\n2\n3\n4\n5\n6\n7\n8\n9\n', '.gitignore': 'a\nb\n' },
      { 'data.json': '1\n2\n3\n4\n5\n6\n7\n8\nnine\n', '.gitignore': 'a\nc\n' },
    );
    assert(outcome.kind === 'conflict');
    assert.deepEqual(outcome.files, ['.gitignore', 'data.json']);
    assert.equal(
      outcome.detail,
      'CONFLICT (content): Merge conflict in .gitignore\nCONFLICT (content): Merge conflict in data.json',
    );
  });
}

test('a branch cannot say how it is merged', async (t) => {
  const w = await world(t, LIST);
  const union = { '.gitattributes': '* merge=union\n' };
  const { outcome } = await second(w, { 'list.txt': 'one\ntwo\n' }, { ...union, 'list.txt': 'one\nthree\n' });
  assert(outcome.kind === 'conflict');
  assert.deepEqual(outcome.files, ['list.txt']);
});

const POETRY = Array.from({ length: 9 }, (_, i) => `[[package]]\nname = "p${i}"\nversion = "1"\n`).join('\n');

test('a lockfile both sides changed is never joined as lines, though git could', async (t) => {
  const w = await world(t, { 'kit/poetry.lock': POETRY });
  const bump = (name: string) => ({
    'kit/poetry.lock': POETRY.replace(`"${name}"\nversion = "1"`, `"${name}"\nversion = "2"`),
  });
  const { outcome } = await second(w, bump('p0'), bump('p8'));
  assert(outcome.kind === 'conflict');
  assert.deepEqual(outcome.files, ['kit/poetry.lock']);
});

test('a lockfile that cannot be joined comes to the next attempt as the target has it', async (t) => {
  const { it } = await retried(
    t,
    {},
    { 'poetry.lock': POETRY.replaceAll('"1"', '"2"') },
    { 'poetry.lock': POETRY.replaceAll('"1"', '"3"') },
  );
  assert.deepEqual(it.conflicts, ['poetry.lock']);
  assert.equal(readFileSync(join(it.path, 'poetry.lock'), 'utf8'), POETRY.replaceAll('"1"', '"2"'));
});

const npm = (wants: Record<string, string>, nodes: Record<string, object>) => ({
  'web/package.json': `${JSON.stringify({ name: 'kit', dependencies: wants }, null, 2)}\n`,
  'web/package-lock.json': `${JSON.stringify({ name: 'kit', lockfileVersion: 3, packages: { '': { name: 'kit', dependencies: wants }, ...nodes } }, null, 2)}\n`,
});
const ms = (version: string) => ({ 'node_modules/ms': { version, resolved: `ms-${version}.tgz` } });
const DEBUG = { 'node_modules/debug': { version: '4.3.4', dependencies: { ms: '2.1.2' } } };

test('a lockfile in which a new package finds another version than it needs is given back', async (t) => {
  const w = await world(t, npm({ ms: '2.1.2' }, ms('2.1.2')));
  const { outcome } = await second(
    w,
    npm({ ms: '2.1.3' }, ms('2.1.3')),
    npm({ debug: '4.3.4', ms: '2.1.2' }, { ...DEBUG, ...ms('2.1.2') }),
  );
  assert(outcome.kind === 'conflict');
  assert.deepEqual(outcome.files, ['web/package-lock.json', 'web/package.json']);
  assert.match(outcome.detail, /Settled by rule in the next attempt's files: web\/package\.json \(json\)$/);
});

test('a lockfile that says all its manifest asks for is joined with it', async (t) => {
  const w = await world(t, npm({ ms: '2.1.2' }, ms('2.1.2')));
  const other = { 'node_modules/ab': { version: '1.0.0' } };
  const { outcome } = await second(
    w,
    npm({ ms: '2.1.3' }, ms('2.1.3')),
    npm({ ab: '1.0.0', ms: '2.1.2' }, { ...other, ...ms('2.1.2') }),
  );
  assert(outcome.kind === 'clean', JSON.stringify(outcome));
  const all = npm({ ab: '1.0.0', ms: '2.1.3' }, { ...other, ...ms('2.1.3') });
  for (const [path, text] of Object.entries(all))
    assert.equal(`${show(w, `${outcome.commit}:${path}`)}\n`, text);
});

test('what is not UTF-8 is no text, and stays a conflict', async (t) => {
  const w = await world(t);
  const latin = (word: string): CommitId => {
    git(w.repo, 'switch', '--quiet', '-C', word, 'main');
    writeFileSync(join(w.repo, 'words.txt'), Buffer.from(`caf\u00e9\n${word}\n`, 'latin1'));
    return commit(w.repo, {}, word);
  };
  git(w.repo, 'commit', '--quiet', '--allow-empty', '-m', 'Words');
  const [onto, from] = [latin('one'), latin('two')];
  git(join(w.stateDir, 'hub.git'), 'fetch', '--quiet', w.repo, 'one', 'two');
  const outcome = await build(w, onto, from);
  assert(outcome.kind === 'conflict');
  assert.deepEqual(outcome.files, ['words.txt']);
});

test('neighbours whose names are not UTF-8 keep their bytes', async (t) => {
  const w = await world(t, FILES);
  const name = Buffer.concat([Buffer.from(`${w.repo}/src/caf`), Buffer.from([0xe9])]);
  writeFileSync(name, 'x\n');
  const base = commit(w.repo, {}, 'Old name');
  git(w.repo, 'branch', `swarm/${RUN}`);
  assert.equal(await w.hub.targetHead(), base);
  const [one, two] = [
    await work(w, 't1.1', base, adding('two')),
    await work(w, 't2.1', base, adding('three')),
  ];
  const outcome = await build(w, await land(w, 't1.1', base, one), two);
  assert(outcome.kind === 'clean');
  const names = git(join(w.stateDir, 'hub.git'), 'ls-tree', '--name-only', outcome.commit, 'src/');
  assert.equal(names, '"src/caf\\351"\nsrc/deep');
});

async function retried(
  t: Parameters<typeof world>[0],
  more: Record<string, string> = {},
  landed: Record<string, string> = {},
  own: Record<string, string> = {},
) {
  const w = await world(t, { ...FILES, 'a.txt': 'one\n', 'poetry.lock': POETRY });
  const mine = more['a.txt'] === undefined ? own : { ...own, 'a.txt': 'mine\n' };
  const from = await work(w, 't1.1', w.base, { ...adding('three'), ...mine });
  const base = await land(
    w,
    't2.1',
    w.base,
    await work(w, 't2.1', w.base, { ...adding('two'), ...more, ...landed }),
  );
  const ask = { name: 't1.2', base, from, attempt: attempt('t1.2') };
  return { w, from, base, it: await w.workspaces.create(ask) };
}

test('a retry finds settled what rules can settle, and only real conflicts in its files', async (t) => {
  const { w, it } = await retried(t, { 'a.txt': 'theirs\n' });
  assert.deepEqual(it.conflicts, ['a.txt']);
  assert.equal(readFileSync(join(it.path, '.gitignore'), 'utf8'), 'node_modules/\ntwo/\nthree/\n');
  assert.match(readFileSync(join(it.path, 'a.txt'), 'utf8'), /^<<<<<<< /);
  assert.equal(git(it.path, 'diff', '--name-only', '--diff-filter=U'), 'a.txt');
  write(it.path, { 'a.txt': 'both\n' });
  save(w, it);
  const taken = await w.hub.ingest(attempt('t1.2'));
  assert(taken.kind === 'commit');
  assert.equal(show(w, `${taken.commit}:CHANGELOG.md`), `${CHANGELOG}- Added two\n- Added three`);
});

test('a retry whose conflicts are all settled by rule starts clean on a merge commit', async (t) => {
  const { w, from, base, it } = await retried(t);
  assert.deepEqual(it.conflicts, []);
  assert.deepEqual(git(it.path, 'log', '-1', '--format=%P').split(' '), [base, from]);
  assert.equal(git(it.path, 'rev-parse', 'HEAD'), it.head);
  assert.equal(git(it.path, 'status', '--porcelain'), '');
  save(w, it);
  assert.deepEqual(await w.hub.ingest(attempt('t1.2')), { kind: 'commit', commit: it.head });
});
