import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  attempt,
  commit,
  git,
  IDENTITY,
  LAND,
  land,
  makeRepo,
  RUN,
  save,
  tempDir,
  work,
  world,
  write,
} from '../test/world.ts';
import { openHub } from './index.ts';
import { unfitNames } from './path-lint.ts';

const name = (text: string, folder = '') => ({ folder: Buffer.from(folder), name: Buffer.from(text) });

const refused: readonly (readonly [string, RegExp])[] = [
  ['a\tb', /control/],
  ['a\u009b2J', /control/],
  ['a\u2028b', /control/],
  ['txt\u202egpj.exe', /turn text round/],
  ['a\u2066b', /turn text round/],
  ['-rf', /option/],
  ['--upload-pack=x', /option/],
  ['CON', /Windows/],
  ['com1.txt', /Windows/],
  ['aux .h', /Windows/],
  ['a:b', /Windows/],
  ['a\\b', /Windows/],
  ['what?', /Windows/],
  ['a ', /Windows/],
  ['a.', /Windows/],
  ['.git', /stand for \.git/],
  ['.GIT. ', /stand for \.git/],
  ['.gi\u200ct', /stand for \.git/],
  ['git~1', /stand for \.git/],
  ['.git::$INDEX_ALLOCATION', /stand for \.git/],
  ['n'.repeat(256), /longer than 255/],
];
for (const [text, why] of refused) {
  test(`no attempt adds ${JSON.stringify(text.slice(0, 40))}`, () => {
    const said = unfitNames([name(text)], [Buffer.from(text)]);
    assert.match(said ?? 'nothing', why);
    assert.doesNotMatch(said!, /[\p{Cc}\p{Cf}]/u, 'what is said can be shown');
  });
}

test('no attempt adds a name that is not UTF-8', () => {
  const bytes = Buffer.from('caf\xe9.txt', 'latin1');
  assert.match(unfitNames([{ folder: Buffer.alloc(0), name: bytes }], [bytes]) ?? '', /not UTF-8/);
});

const fine = [
  '[...slug].tsx',
  'naïve.md',
  '日本語',
  '👩‍💻.png',
  '.github',
  'con-fig',
  'console',
  'a b',
  '.env',
  '@x',
  '~',
  '$x',
];
for (const text of fine) {
  test(`an attempt may add ${text}`, () => {
    assert.equal(unfitNames([name(text)], [Buffer.from(text)]), undefined);
  });
}

test('a dash in front is an option at the top alone, two dashes are one anywhere', () => {
  assert.equal(unfitNames([name('-components', 'src/')], []), undefined);
  assert.match(unfitNames([name('--x', 'src/')], []) ?? '', /"src\/--x" .*option/);
});

for (const [there, added] of [
  ['Readme.md', 'README.md'],
  ['caf\u00e9', 'cafe\u0301'],
  ['STRASSE', 'strasse'],
] as const) {
  test(`${added} is refused beside ${there}, of the base or new itself, and may take its place`, () => {
    const both = [there, added].map((text) => Buffer.from(text));
    assert.match(unfitNames([name(added)], both) ?? '', /is the same as/);
    assert.match(unfitNames([name(there), name(added)], both) ?? '', /is the same as/);
    assert.equal(unfitNames([name(added)], both.slice(1)), undefined);
  });
}

/** A repository that has long had names no attempt could add. */
const ODD = ['caf\xe9.txt', 'tab\there', 'line\nend', 'trail ', 'CON', 'a:b', '-x', 'Twin', 'twin'];

test('whatever the base has may be changed, moved away and removed, and what is added beside it is judged', async (t) => {
  const dir = tempDir(t);
  const repo = makeRepo(dir, { 'a.txt': 'one\n' });
  const raw = (root: string, text: string) =>
    Buffer.concat([Buffer.from(`${root}/`), Buffer.from(text, 'latin1')]);
  for (const text of ODD) writeFileSync(raw(repo, text), 'one\n');
  mkdirSync(raw(repo, 'd\xe9p'));
  writeFileSync(raw(repo, 'd\xe9p/x.txt'), 'one\n');
  commit(repo, {}, 'Long ago');
  const options = { stateDir: join(dir, 'state'), repository: repo, run: RUN };
  const opened = await openHub({ ...options, target: 'main', landOn: LAND, identity: IDENTITY });
  const it = await opened.workspaces.create({ name: 't1.1', base: opened.base, attempt: attempt('t1.1') });
  for (const text of ODD.slice(1)) appendFileSync(raw(it.path, text), 'more\n');
  appendFileSync(raw(it.path, 'd\xe9p/x.txt'), 'more\n');
  writeFileSync(raw(it.path, 'd\xe9p/new.txt'), 'new\n');
  appendFileSync(raw(it.path, 'caf\xe9.txt'), 'more\n');
  rmSync(raw(it.path, 'a:b'));
  renameSync(raw(it.path, '-x'), raw(it.path, 'x'));
  save(opened, it);
  const taken = await opened.hub.ingest(attempt('t1.1'));
  assert(taken.kind === 'commit', JSON.stringify(taken));
  const head = await land(opened, 't1.1', opened.base, taken.commit);
  assert.equal(git(repo, 'show', `${head}:CON`), 'one\nmore');
  const listed = execFileSync('git', ['ls-tree', '-r', '-z', '--name-only', head], { cwd: repo }).toString(
    'latin1',
  );
  assert.ok(
    listed.includes('caf\xe9.txt\0') && listed.includes('d\xe9p/new.txt\0') && !listed.includes('a:b'),
  );

  const next = await opened.workspaces.create({ name: 't2.1', base: head, attempt: attempt('t2.1') });
  writeFileSync(raw(next.path, 'neu\xe9.txt'), 'x\n');
  save(opened, next);
  const outcome = await opened.hub.ingest(attempt('t2.1'));
  assert(outcome.kind === 'refused' && /is not UTF-8/.test(outcome.why), JSON.stringify(outcome));
});

test('a name that differs from one of the base in case alone is refused, and a plain rename to it lands', async (t) => {
  const w = await world(t, { 'src/Button.tsx': 'one\n', 'Lib/x': 'x\n' });
  for (const [id, files] of [
    ['t1.1', { 'src/button.tsx': 'two\n' }],
    ['t2.1', { 'lib/y': 'y\n' }],
  ] as const) {
    await assert.rejects(work(w, id, w.base, files), /is the same as/);
  }
  const it = await w.workspaces.create({ name: 't3.1', base: w.base, attempt: attempt('t3.1') });
  git(it.path, 'mv', 'src/Button.tsx', 'src/button.tsx');
  write(it.path, { 'src/button.tsx': 'two\n' });
  save(w, it);
  assert.equal((await w.hub.ingest(attempt('t3.1'))).kind, 'commit');
  assert.equal(readFileSync(join(it.path, 'src/button.tsx'), 'utf8'), 'two\n');
});
