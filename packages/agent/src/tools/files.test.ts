import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { callTool, refusedTool } from '../../test/call-tool.ts';
import { makeFolder } from '../../test/support.ts';

test('read gives each line behind its number, under a line that names the range', async (t) => {
  const folder = makeFolder(t, { 'a.txt': '\tone\n  two\nthree\n' });
  const read = async (args: object) => (await callTool(folder, 'read', { path: 'a.txt', ...args })).output;
  assert.equal(await read({}), 'a.txt: lines 1-3 of 3\n1\t\tone\n2\t  two\n3\tthree');
  assert.equal(
    await read({ offset: 2, limit: 1 }),
    'a.txt: lines 2-2 of 3\n2\t  two\n[1 more line: read again with offset 3]',
  );
  assert.equal(
    await refusedTool(folder, 'read', { path: 'a.txt', offset: 4 }),
    'read: a.txt has only 3 lines',
  );
});

test('read stops at 2,000 lines, at 64 KiB, and inside a single long line', async (t) => {
  const folder = makeFolder(t, {
    'lines.txt': 'x\n'.repeat(2500),
    'wide.txt': `${'y'.repeat(999)}\n`.repeat(100),
    'one.txt': 'z'.repeat(100_000),
  });
  const read = async (path: string) => (await callTool(folder, 'read', { path })).output;
  assert.match(
    await read('lines.txt'),
    /^lines.txt: lines 1-2000 of 2500\n[\s\S]*\[500 more lines: read again with offset 2001\]$/,
  );
  assert.match(await read('wide.txt'), /^wide.txt: lines 1-65 of 100\n/);
  assert.match(await read('one.txt'), /^one.txt: line 1 of 1, its first 65536 of 100000 characters\n/);
});

test('read refuses what is no text file, by what it is', async (t) => {
  const folder = makeFolder(t, { bin: 'a\0b', 'd/x': '', huge: '' });
  writeFileSync(join(folder, 'latin'), Buffer.from([0x63, 0xe9]));
  truncateSync(join(folder, 'huge'), 17 * 1024 * 1024);
  execFileSync('mkfifo', [join(folder, 'fifo')]);
  const refused = (path: string) => refusedTool(folder, 'read', { path });
  assert.equal(await refused('none.txt'), 'read: none.txt: there is no such file');
  assert.match(await refused('bin'), /^bin is a binary file of 3 bytes/);
  assert.match(await refused('latin'), /^latin is not UTF-8 text/);
  assert.match(await refused('d'), /^read: d is a folder/);
  assert.match(await refused('fifo'), /^read: fifo is not a regular file/);
  assert.match(await refused('huge'), /^read: huge has 17825792 bytes, too many/);
});

test('write replaces a file, makes its folders, and keeps its mode', async (t) => {
  const folder = makeFolder(t, { 'run.sh': 'old and longer' });
  chmodSync(join(folder, 'run.sh'), 0o755);
  assert.equal(
    (await callTool(folder, 'write', { path: 'run.sh', content: 'new\n' })).output,
    'wrote run.sh: 1 lines, 4 bytes',
  );
  assert.equal(readFileSync(join(folder, 'run.sh'), 'utf8'), 'new\n');
  assert.equal(statSync(join(folder, 'run.sh')).mode & 0o777, 0o755);
  await callTool(folder, 'write', { path: 'a/b/c.txt', content: 'deep' });
  assert.equal(readFileSync(join(folder, 'a/b/c.txt'), 'utf8'), 'deep');
});

test('write never waits on a FIFO', async (t) => {
  const folder = makeFolder(t);
  execFileSync('mkfifo', [join(folder, 'fifo')]);
  assert.equal(
    await refusedTool(folder, 'write', { path: 'fifo', content: 'x' }),
    'write: fifo: it is not a regular file',
  );
});

test('edit replaces exactly one passage, whatever characters it holds', async (t) => {
  const folder = makeFolder(t, { 'a.ts': 'one\ntwo $1\nthree\n' });
  const { output } = await callTool(folder, 'edit', { path: 'a.ts', oldText: 'two $1', newText: '$& $$ 2' });
  assert.equal(output, 'edited a.ts\n@@ line 2 @@\n-two $1\n+$& $$ 2');
  assert.equal(readFileSync(join(folder, 'a.ts'), 'utf8'), 'one\n$& $$ 2\nthree\n');
});

test('edit says why a passage is not the one: absent, nearly there, ambiguous, unchanged', async (t) => {
  const text = 'aa aa aa\n    if (x) {\n        y();\n';
  const folder = makeFolder(t, { 'a.ts': text });
  const refused = (oldText: string, newText = 'new') =>
    refusedTool(folder, 'edit', { path: 'a.ts', oldText, newText });
  assert.match(await refused('zz'), /^edit: oldText does not occur in a.ts; read the file/);
  assert.match(await refused('if (x) {\n  z();'), /its first line is at line 2, but what follows differs/);
  assert.equal(
    await refused('aa'),
    'edit: oldText occurs 3 times in a.ts; give more context, or replaceAll to change each',
  );
  assert.match(await refused('y();', 'y();'), /are the same; nothing to do/);
  assert.equal(readFileSync(join(folder, 'a.ts'), 'utf8'), text);
});

test('edit keeps the line endings and the byte order mark of a Windows file', async (t) => {
  const folder = makeFolder(t, { 'w.txt': '\ufeffone\r\ntwo\r\nthree\r\n' });
  await callTool(folder, 'edit', { path: 'w.txt', oldText: 'one\ntwo', newText: '1\n2' });
  assert.equal(readFileSync(join(folder, 'w.txt'), 'utf8'), '\ufeff1\r\n2\r\nthree\r\n');
});

test('no file tool leaves the workspace: not by path, not by any symbolic link', async (t) => {
  const outside = makeFolder(t, { 'secret.txt': 'canary', 'd/keep.txt': 'canary' });
  const folder = makeFolder(t, { 'in.txt': 'inside' });
  symlinkSync(join(outside, 'secret.txt'), join(folder, 'file-link'));
  symlinkSync(join(outside, 'd'), join(folder, 'dir-link'));
  symlinkSync(join(outside, 'new.txt'), join(folder, 'dangling'));
  const paths = [
    '../x',
    'a/../../x',
    '/etc/passwd',
    join(outside, 'secret.txt'),
    `${folder}-sibling/x`,
    'file-link',
    'dir-link/keep.txt',
    'dir-link/made/deep.txt',
    'dangling',
  ];
  for (const path of paths) {
    for (const [tool, args] of [
      ['read', {}],
      ['write', { content: 'x' }],
      ['edit', { oldText: 'canary', newText: 'x' }],
      ['grep', { pattern: 'canary' }],
    ] as const) {
      const output = await refusedTool(folder, tool, { path, ...args });
      assert.match(output, /refused, (it leads|a symbolic link|it is a symbolic link)/, `${tool} ${path}`);
    }
  }
  const rest = execFileSync('sh', ['-c', 'find . -type f | sort | xargs cat'], {
    cwd: outside,
    encoding: 'utf8',
  });
  assert.equal(rest, 'canarycanary');
});

test('a link inside the workspace and an absolute path into it are followed', async (t) => {
  const folder = makeFolder(t, { 'real/in.txt': 'inside' });
  symlinkSync('real', join(folder, 'link'));
  for (const path of ['link/in.txt', join(folder, 'real/in.txt')]) {
    assert.match((await callTool(folder, 'read', { path })).output, /inside$/);
  }
});

test("git's own files are not written by hand, however the path is spelled", async (t) => {
  const folder = makeFolder(t, { '.git/config': 'mine' });
  symlinkSync('.git', join(folder, 'g'));
  for (const path of ['.git/config', '.GIT/hooks/x', 'g/config', 'sub/.git/config']) {
    assert.match(
      await refusedTool(folder, 'write', { path, content: 'x' }),
      /git's own files are not written/,
    );
  }
  assert.equal(readFileSync(join(folder, '.git/config'), 'utf8'), 'mine');
});

test('a path with a NUL is refused', async (t) => {
  assert.equal(await refusedTool(makeFolder(t), 'read', { path: 'a\0b' }), 'path: not a usable path');
});
