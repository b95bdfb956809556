import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { callTool, refusedTool } from '../../test/call-tool.ts';
import { makeFolder } from '../../test/support.ts';
import { compileGlob, expandBraces } from './globs.ts';

const TREE = {
  'src/a.ts': 'const a = 1;\nconst b = 2;\n',
  'src/deep/b.ts': 'const a = 3;\n',
  'src/-e.ts': 'dash\n',
  'README.md': 'a\n',
  '.git/x.ts': 'const a\n',
  'node_modules/m/x.ts': 'const a\n',
  'src/bin': 'const a\0',
};

test('grep gives path:line:text, without git, dependencies and binaries', async (t) => {
  const folder = makeFolder(t, TREE);
  const { output } = await callTool(folder, 'grep', { pattern: 'const (a|z) =' });
  assert.deepEqual(output.split('\n').sort(), ['src/a.ts:1:const a = 1;', 'src/deep/b.ts:1:const a = 3;']);
  const one = await callTool(folder, 'grep', { pattern: 'const', path: 'src/deep' });
  assert.equal(one.output, 'src/deep/b.ts:1:const a = 3;');
  assert.equal((await callTool(folder, 'grep', { pattern: 'nowhere' })).output, 'no matches');
});

test('neither a pattern nor a path can be an option', async (t) => {
  const folder = makeFolder(t, TREE);
  assert.equal((await callTool(folder, 'grep', { pattern: '--version' })).output, 'no matches');
  assert.equal(
    (await callTool(folder, 'grep', { pattern: 'dash', path: 'src/-e.ts' })).output,
    'src/-e.ts:1:dash',
  );
});

test('grep says what is wrong with an expression', async (t) => {
  assert.match(await refusedTool(makeFolder(t, TREE), 'grep', { pattern: '(' }), /^grep: .*\(/);
});

test('grep shows 200 matches and cuts long lines', async (t) => {
  const folder = makeFolder(t, { 'many.txt': `${'m'.repeat(1000)}\n`.repeat(300) });
  const lines = (await callTool(folder, 'grep', { pattern: 'm' })).output.split('\n');
  assert.equal(lines.length, 201);
  assert.equal(lines.at(-1), '[more than 200 matches; narrow the pattern or the path]');
  assert.ok(lines[0]!.length <= 400);
});

test('glob lists files by pattern, sorted, without git and dependencies', async (t) => {
  const folder = makeFolder(t, TREE);
  const glob = async (pattern: string) => (await callTool(folder, 'glob', { pattern })).output;
  assert.equal(await glob('**/*.ts'), 'src/-e.ts\nsrc/a.ts\nsrc/deep/b.ts');
  assert.equal(await glob('src/{a,deep/b}.ts'), 'src/a.ts\nsrc/deep/b.ts');
  assert.equal(await glob('*.zig'), 'no file matches *.zig');
});

test('glob shows 500 paths and says that there are more', async (t) => {
  const files = Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`f/${i}.txt`, '']));
  const lines = (await callTool(makeFolder(t, files), 'glob', { pattern: 'f/*' })).output.split('\n');
  assert.equal(lines.length, 501);
  assert.equal(lines.at(-1), '[more files match; narrow the pattern]');
});

test('glob neither leaves the workspace nor follows a link out of it', async (t) => {
  const folder = makeFolder(t, TREE);
  symlinkSync('/etc', join(folder, 'etc'));
  for (const pattern of ['../*', '/etc/*', 'a/../../b']) {
    assert.match(await refusedTool(folder, 'glob', { pattern }), /leads out of the workspace/);
  }
  assert.equal((await callTool(folder, 'glob', { pattern: 'etc/*' })).output, 'no file matches etc/*');
});

for (const [pattern, yes, no] of [
  ['*.ts', ['a.ts', '.ts'], ['a/b.ts', 'a.tsx']],
  ['**/*.ts', ['a.ts', 'a/b/c.ts'], ['a.js']],
  ['src/**', ['src/a', 'src/a/b'], ['lib/a']],
  ['a/**/b', ['a/b', 'a/x/y/b'], ['a/b/c']],
  ['a?c*e', ['abce', 'abcdde'], ['ace', 'abcd']],
  ['./a.ts', ['a.ts'], []],
  ['{a,b{1,2}}.ts', ['a.ts', 'b1.ts', 'b2.ts'], ['b.ts']],
  ['[x].{ts}', ['[x].{ts}'], ['x.ts']],
] as const) {
  test(`the pattern ${pattern} matches ${yes.join(' ')}${no.length ? ` and not ${no.join(' ')}` : ''}`, () => {
    for (const path of yes) assert.equal(compileGlob(pattern)(path), true, path);
    for (const path of no) assert.equal(compileGlob(pattern)(path), false, path);
  });
}

test('no pattern makes matching slow', () => {
  const before = process.cpuUsage();
  assert.equal(compileGlob(`${'*a'.repeat(200)}b`)('a'.repeat(4000)), false);
  assert.equal(compileGlob(`${'**/a/'.repeat(150)}b`)('a/'.repeat(1000)), false);
  // CPU spent, in microseconds: what else the machine does is not in it.
  assert.ok(process.cpuUsage(before).user < 20_000_000);
});

test('braces that stand for too many patterns are refused', () => {
  assert.throws(() => expandBraces('{a,b}'.repeat(7)), RangeError);
  assert.equal(expandBraces('{a,b}'.repeat(6)).length, 64);
});
