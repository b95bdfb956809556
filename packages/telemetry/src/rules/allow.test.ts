import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rules } from '@secretlint/secretlint-rule-preset-recommend';
import { allowedBy, allowProblem } from './allow.ts';
import { isLeftOut, RULE_NAMES, ruleName } from './names.ts';

test('every rule of the preset has its name here, but for the one that a comment in a text would obey', () => {
  const names = rules.map(({ meta }) => ruleName(meta.id));
  assert.deepEqual(names.filter((name) => !isLeftOut(name)).sort(), [...RULE_NAMES].sort());
  assert.deepEqual(names.filter(isLeftOut), ['filter-comments']);
});

/** entry, path, rule: whether it is allowed. */
const TABLE: readonly [string, string, string, boolean][] = [
  ['test/fixtures/**', 'test/fixtures/a/key.pem', 'privatekey', true],
  ['test/fixtures/**', 'test/fixtures.ts', 'privatekey', false],
  ['test/fixtures', 'test/fixtures/key.pem', 'aws', true],
  ['test/fixtures', 'x/test/fixtures/key.pem', 'aws', false],
  ['**/*.pem', 'key.pem', 'privatekey', true],
  ['**/*.pem', 'a/b/key.pem', 'privatekey', true],
  ['**/*.pem', 'a/key.pem.ts', 'privatekey', false],
  ['*.pem', 'a/key.pem', 'privatekey', false],
  ['docs/?.md', 'docs/a.md', 'aws', true],
  ['docs/?.md', 'docs/ab.md', 'aws', false],
  ['a+b(c).md', 'a+b(c).md', 'aws', true],
  ['a.md', 'aXmd', 'aws', false],
  ['rule:basicauth', 'any/where.md', 'basicauth', true],
  ['rule:basicauth', 'any/where.md', 'github', false],
  ['rule:basicauth docs/**', 'docs/a.md', 'basicauth', true],
  ['rule:basicauth docs/**', 'src/a.md', 'basicauth', false],
  ['src/*', '*', 'aws', false],
];
for (const [entry, path, rule, isAllowed] of TABLE)
  test(`\`${entry}\` ${isAllowed ? 'allows' : 'does not allow'} ${rule} in ${path}`, () => {
    assert.equal(allowProblem(entry), undefined);
    assert.equal(allowedBy([entry]).hit(rule, path), isAllowed);
  });

test('only an entry without a rule keeps every rule from a path', () => {
  assert.equal(allowedBy(['rule:aws docs/**']).path('docs/a.md'), false);
  assert.equal(allowedBy(['docs/**']).path('docs/a.md'), true);
});

test('an entry that would allow nothing, or more than it says, is refused', () => {
  for (const entry of ['rule:no-such', '/etc/x', '../x', 'a//b', '{a,b}', '[ab]', '', 'rule:', 'a/./b'])
    assert.equal(typeof allowProblem(entry), 'string', entry);
});
