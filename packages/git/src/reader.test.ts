import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SwarmError } from '@swarm/core/errors';
import { work, world } from '../test/world.ts';

const FILES = {
  'README.md': '# Title\n',
  'src/main.ts': 'const answer = 42;\nexport { answer };\n',
  'src/deep/x.ts': 'export const x = 1;\n',
  'logo.bin': 'a\0b',
  'odd é name.txt': 'é\n',
};

test('folders are listed with their kind, and what is not there is empty', async (t) => {
  const { reader, base } = await world(t, FILES);
  assert.deepEqual(await reader.list(base, ''), ['README.md', 'logo.bin', 'odd é name.txt', 'src/']);
  assert.deepEqual(await reader.list(base, './src/'), ['deep/', 'main.ts']);
  assert.deepEqual(await reader.list(base, 'nowhere'), []);
});

test('files are read as text; folders, binaries and missing files are undefined', async (t) => {
  const { reader, base } = await world(t, FILES);
  assert.equal(await reader.read(base, 'odd é name.txt'), 'é\n');
  for (const path of ['src', 'logo.bin', 'nowhere']) assert.equal(await reader.read(base, path), undefined);
});

test('matches are given as path, line and text, within a folder if asked', async (t) => {
  const { reader, base } = await world(t, FILES);
  assert.deepEqual(await reader.grep(base, 'answer = [0-9]+'), ['src/main.ts:1:const answer = 42;']);
  assert.deepEqual(await reader.grep(base, 'export', 'src/deep'), ['src/deep/x.ts:1:export const x = 1;']);
  assert.deepEqual(await reader.grep(base, 'nothing like it'), []);
});

test('a bad expression is an error that says so', async (t) => {
  const { reader, base } = await world(t, FILES);
  await assert.rejects(reader.grep(base, '('), (error) => {
    return error instanceof SwarmError && /parenthes|[Uu]nmatched/.test(error.problems[0]?.why ?? '');
  });
});

test('the log has one line a commit, newest first, at most as many as asked', async (t) => {
  const { reader, base } = await world(t, FILES);
  const lines = await reader.log(base, 5);
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /^[0-9a-f]{7,} \d{4}-\d\d-\d\d Ann: Base$/);
  assert.deepEqual(await reader.log(base, 5, 'nowhere'), []);
});

test('words of a model that look like options or magic are only words', async (t) => {
  const { reader, base } = await world(t, FILES);
  assert.deepEqual(await reader.grep(base, '--open-files-in-pager=touch canary'), []);
  assert.deepEqual(await reader.grep(base, 'x', ':(exclude)src'), []);
  assert.deepEqual(await reader.log(base, 1, '--output=canary'), []);
  assert.equal(await reader.read(base, '--textconv'), undefined);
});

test('a path that does not lie inside the repository is refused', async (t) => {
  const { reader, base } = await world(t, FILES);
  for (const path of ['../x', '/etc/passwd', 'src/../../x', 'a\0b']) {
    const asks = [
      reader.list(base, path),
      reader.read(base, path),
      reader.grep(base, 'x', path),
      reader.log(base, 1, path),
    ];
    for (const ask of await Promise.allSettled(asks)) {
      assert(ask.status === 'rejected' && ask.reason instanceof SwarmError, JSON.stringify(path));
      assert.equal(ask.reason.problems[0]?.code, 'SW0105');
    }
  }
});

test('every path of a tree is listed with its kind and size; nothing that is not there is', async (t) => {
  const { reader, base } = await world(t, FILES);
  const files = await reader.files(base, '');
  assert.deepEqual(files, [
    { path: 'README.md', kind: 'file', bytes: 8 },
    { path: 'logo.bin', kind: 'file', bytes: 3 },
    { path: 'odd é name.txt', kind: 'file', bytes: 3 },
    { path: 'src/deep/x.ts', kind: 'file', bytes: 20 },
    { path: 'src/main.ts', kind: 'file', bytes: 38 },
  ]);
  const inner = await reader.files(base, './src/');
  assert.deepEqual(
    inner?.map(({ path }) => path),
    ['src/deep/x.ts', 'src/main.ts'],
  );
  assert.deepEqual(await reader.files(base, 'nowhere'), []);
});

test('how many of the last commits changed each file is counted', async (t) => {
  const opened = await world(t, FILES);
  const first = await work(opened, 't1.1', opened.base, {
    'src/main.ts': 'one\n',
    'odd é name.txt': 'one\n',
  });
  const head = await work(opened, 't2.1', first, { 'src/main.ts': 'two\n', 'README.md': 'two\n' });
  const changes = await opened.reader.changes(head, 200);
  const counted = ['src/main.ts', 'odd é name.txt', 'README.md', 'logo.bin'].map((path) => changes.get(path));
  assert.deepEqual(counted, [3, 2, 2, 1]);
  assert.deepEqual([...(await opened.reader.changes(head, 1)).keys()].sort(), ['README.md', 'src/main.ts']);
});
