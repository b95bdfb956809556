import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptMarkdown, acceptValue } from './accept-file.ts';
import { checkIn, commandOf, criteriaIn } from './criterion-text.ts';

for (const [text, command] of [
  ['`npm test` passes', 'npm test'],
  ['Running `make check` succeeds.', 'make check'],
  ['the command `npm run build` exits with code 0', 'npm run build'],
  ['`cargo build --release`', 'cargo build --release'],
  ['`src/a.ts` exists', 'test -e src/a.ts'],
  ['The file `src/old.ts` is gone.', 'test ! -e src/old.ts'],
  ["`a.md` contains `it's $HOME`", "test -f a.md && grep -Fq -e 'it'\\''s $HOME' -- a.md"],
  ['`a.md` matches `^v[0-9]+$`', "test -f a.md && grep -Eq -e '^v[0-9]+$' -- a.md"],
] as const)
  test(`“${text}” is looked at by \`${command}\``, () => assert.equal(commandOf(checkIn(text)), command));

for (const text of [
  'users can log in',
  '`npm test` works',
  '`npm test` fails',
  '`add` is exported',
  '`add`',
  '`../secret` exists',
  '`/etc/passwd` contains `root`',
  '`src/*.ts` exists',
  'either `a b` passes or `c d` passes',
  '`a\u0007 b` passes',
])
  test(`“${text}” is for people to read`, () => assert.equal(commandOf(checkIn(text)), undefined));

test('a text is the items of its lists, with the lines below each, or else its paragraphs; none twice', () => {
  const texts = (text: string) => criteriaIn(text).map((one) => one.text);
  assert.deepEqual(
    texts('It holds:\n- one\n  and more\n* [ ] two\n3. three\n- one\n  and more\n\nSee above.'),
    ['one and more', 'two', 'three'],
  );
  assert.deepEqual(texts('One\nsentence.\n\nAnother.'), ['One sentence.', 'Another.']);
  assert.deepEqual(texts(''), []);
});

test('a Markdown file is its part about acceptance, and without a list it is refused', () => {
  const text =
    '# Shop\n- no\n## Acceptance criteria\n- `b` exists\n### More\n- `make it` passes\n## Notes\n- no\n';
  assert.deepEqual(
    acceptMarkdown(text).criteria.map((one) => [one.text, one.check.kind]),
    [
      ['`b` exists', 'file'],
      ['`make it` passes', 'command'],
    ],
  );
  assert.deepEqual(acceptMarkdown('- a\n- b').criteria.length, 2);
  assert.equal(acceptMarkdown('just words').problems.length, 1);
});

test('a value is a list of criteria with their checks; what is wrong in it is told by its place', () => {
  const read = acceptValue([
    'It is fast',
    { command: 'make fast' },
    { file: 'old.txt', exists: false, text: 'the old one is gone' },
    { file: 'a.txt', pattern: 'v2', literal: true },
  ]);
  assert.deepEqual(
    read.criteria.map((one) => [one.text, commandOf(one.check)]),
    [
      ['It is fast', undefined],
      ['`make fast` passes', 'make fast'],
      ['the old one is gone', 'test ! -e old.txt'],
      ['`a.txt` contains `v2`', 'test -f a.txt && grep -Fq -e v2 -- a.txt'],
    ],
  );
  const wrong = acceptValue({
    criteria: [{ command: 'a', file: 'b' }, { pattern: 'x' }, {}, 7, { file: '/etc' }],
  });
  assert.deepEqual(
    wrong.problems.map(({ path }) => path),
    ['/0', '/1', '/2', '/3', '/4/file'],
  );
  for (const value of [undefined, null, 'x', 3, {}, { criteria: 1 }, []])
    assert.equal(acceptValue(value).problems.length, 1, JSON.stringify(value));
});
