import assert from 'node:assert/strict';
import { test } from 'node:test';
import { choosePlaces, treeOf } from './map-places.ts';

const TREE = treeOf(['README.md', 'src/a.ts', 'src/b.ts', 'src/deep/c.ts', 'src/[id].tsx', 'lib/x y.js']);
const globs = (...asked: string[]) => choosePlaces({ globs: asked }, TREE);
const list = (...lines: string[]) => choosePlaces({ globs: [], listed: { file: 'places.txt', lines } }, TREE);
const told = ({ problems }: ReturnType<typeof globs>) =>
  problems.map(({ what, fix }) => `${what} | ${fix}`).join('\n');

test('a glob means files, with a slash at its end folders; each place once, in order', () => {
  assert.deepEqual(globs('src/*.ts').places, ['src/a.ts', 'src/b.ts']);
  assert.deepEqual(globs('src/**/*.ts', 'src/a.ts').places, ['src/a.ts', 'src/b.ts', 'src/deep/c.ts']);
  assert.deepEqual(globs('*/').places, ['lib', 'src']);
  assert.deepEqual(globs('./src/{a,b}.ts').places, ['src/a.ts', 'src/b.ts']);
});

test('a list names files and folders as they are: nothing in it is a pattern', () => {
  assert.deepEqual(list('src/[id].tsx', './src/deep/', 'lib/x y.js').places, [
    'src/[id].tsx',
    'src/deep',
    'lib/x y.js',
  ]);
  assert.match(told(list('src/*.ts')), /the target has no "src\/\*\.ts"/);
});

test('what matches nothing, is not there, or lies outside is refused by name, all at once, with a fix', () => {
  assert.match(told(globs('nope/*')), /nothing of the target matches "nope\/\*" \| git ls-files ':\(glob\)/);
  assert.match(told(globs('../x/*.ts')), /nothing of the target matches/);
  assert.match(told(list('src/aa.ts')), /the target has no "src\/aa\.ts" \| src\/a\.ts {3}# is there/);
  const wrong = list('../other/a.ts', '/etc/passwd', 'src/.git/config', 'src/a.ts');
  assert.equal(wrong.problems.length, 3);
  assert.match(told(wrong), /"\.\.\/other\/a\.ts" cannot be a place: it contains `\.\.`/);
  assert.match(told(wrong), /"\/etc\/passwd" cannot be a place: it is an absolute path/);
  assert.match(told(list()), /places\.txt names no place/);
});

test('names that no scope may have are refused by name, and their control characters shown as escapes', () => {
  const tree = treeOf(['src/ok.ts', '-rf', 'a\u001b[31m.ts', 'back\\slash.ts', 'e\u0301.ts', ' blank.ts']);
  const found = choosePlaces({ globs: ['*'] }, tree);
  assert.equal(found.problems.length, 5);
  assert.ok(!told(found).includes('\u001b'));
  assert.match(told(found), /"-rf" cannot be a place: it starts with `-`/);
  assert.match(told(found), /begins or ends with a blank/);
  assert.match(told(found), /not composed Unicode/);
});

test('more places than a run has tasks are refused with how many there are', () => {
  const many = choosePlaces({ globs: ['**'] }, TREE, 3);
  assert.match(told(many), /6 places are more than one run takes/);
});
