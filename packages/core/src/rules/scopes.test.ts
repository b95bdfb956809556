import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isFileName, isGlob, patternsMeet, patternsOf } from './glob.ts';
import { foldScope, overlaps, ScopeIndex } from './scopes.ts';

const ROWS: readonly [string, string, boolean][] = [
  ['src/a.ts', 'src/a.ts', true],
  ['src/a.ts', 'src/b.ts', false],
  ['src/a.ts', 'SRC/A.ts', true],
  ['caf\u00e9.md', 'cafe\u0301.md', true],
  ['src', 'src/deep/a.ts', true],
  ['src/', 'src/deep/a.ts', true],
  ['src', 'src2/a.ts', false],
  ['src/*.ts', 'src/a.ts', true],
  ['src/*.ts', 'src/deep/a.ts', false],
  ['src/**/*.ts', 'src/a.ts', true],
  ['src/**/*.ts', 'src/x/y/a.ts', true],
  ['src/**/*.ts', 'src/x/y/a.js', false],
  ['src/**/*.md', 'src/v1.2', true],
  ['src/**/*.md', 'src/next.js/', true],
  ['src/**.ts', 'src/x/a.ts', true],
  ['**/a.ts', 'a.ts', true],
  ['**', 'anything/at/all', true],
  ['src/?.ts', 'src/a.ts', true],
  ['src/?.ts', 'src/ab.ts', false],
  ['src/{a,b}.ts', 'src/b.ts', true],
  ['src/{a,b}.ts', 'src/c.ts', false],
  ['{src,lib/x}/a.ts', 'lib/x/a.ts', true],
  ['{a,{b,c}}/x', 'c/x', true],
  ['app/[id]/page.tsx', 'app/[id]/page.tsx', true],
  ['app/[id]/page.tsx', 'app/i/page.tsx', true],
  ['app/[id]/page.tsx', 'app/users/page.tsx', false],
  ['app/[id', 'app/[id', true],
  ['a{b', 'a{b', true],
  ['a*c', 'ab*', true],
  ['a*c', 'b*', false],
  ['*a', 'a*', true],
  ['src/*/x', 'src/y/*', true],
  ['src/*', 'src/deep', true],
  ['src/*/', 'src/deep/a/b', true],
  ['packages/*/src/**', 'packages/core/src/a/b.ts', true],
  ['packages/*/src/**', 'packages/core/test/a.ts', false],
];

describe('two scopes', () => {
  for (const [a, b, expected] of ROWS) {
    it(`${a} and ${b} ${expected ? 'overlap' : 'do not overlap'}`, () => {
      assert.equal(overlaps([a], [b]), expected);
      assert.equal(overlaps([b], [a]), expected);
    });
  }
  it('do not overlap when one of them is unknown', () => {
    assert.equal(overlaps([], ['**']), false);
    assert.equal(overlaps(['**'], []), false);
  });
  it('overlap whenever some path fits both', () => {
    fc.assert(
      fc.property(entries, entries, path, (a, b, p) => {
        if (fits(a, p) && fits(b, p)) assert.ok(overlaps(a, b), `${a} and ${b} both cover ${p}`);
      }),
      { numRuns: 3_000 },
    );
  });
  // Followed without bounds these would take longer than anybody waits: the deadline only guards against that.
  it('are compared in bounded time however they are written', { timeout: 60_000 }, () => {
    const hostile = Array.from({ length: 200 }, (_, i) => `${'*a'.repeat(30)}${'{a,b}'.repeat(12)}${i}*`);
    overlaps(
      hostile,
      hostile.map((entry) => `${entry}b`),
    );
    overlaps(['*a'.repeat(60)], ['a*'.repeat(60)]);
    overlaps(['**/'.repeat(40)], [`${'**/'.repeat(40)}x`]);
  });
});

describe('scopes in use', () => {
  it('are found by the scope that wants them, in the order they were added', () => {
    const index = new ScopeIndex();
    index.add('t1', foldScope(['src/a.ts', 'docs/']));
    index.add('t2', foldScope(['src/**/*.ts']));
    index.add('t3', foldScope(['lib/b.ts']));
    assert.deepEqual(index.blockers(foldScope(['src/A.ts'])), ['t1', 't2']);
    assert.deepEqual(index.blockers(foldScope(['**/b.ts'])), ['t1', 't2', 't3']);
    assert.deepEqual(index.first(foldScope(['docs/x/y.md'])), { id: 't1', entry: 'docs' });
    assert.equal(index.first(foldScope(['lib/c.ts'])), undefined);
  });
  it('are forgotten when they are removed, and replaced when added again', () => {
    const index = new ScopeIndex();
    index.add('t1', foldScope(['src/a.ts']));
    index.add('t1', foldScope(['src/b.ts']));
    assert.deepEqual(index.blockers(foldScope(['src/a.ts'])), []);
    index.remove('t1');
    index.remove('t1');
    assert.deepEqual(index.blockers(foldScope(['**'])), []);
    assert.equal(index.size, 0);
  });
  it('give the same answer as comparing every two entries', () => {
    fc.assert(
      fc.property(
        fc.array(entries, { maxLength: 8 }),
        fc.array(fc.nat(7)),
        entries,
        (all, removed, asked) => {
          const index = new ScopeIndex();
          all.forEach((scope, i) => void index.add(`${i}`, foldScope(scope)));
          for (const i of removed) index.remove(`${i}`);
          const expected = all
            .map((scope, i) => ({ scope, id: `${i}` }))
            .filter(({ scope, id }) => !removed.includes(Number(id)) && naive(scope, asked))
            .map(({ id }) => id);
          assert.deepEqual(index.blockers(foldScope(asked)), expected);
          assert.equal(index.first(foldScope(asked)) !== undefined, expected.length > 0);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

const name = fc.constantFrom(
  'a',
  'b',
  'ab',
  'A',
  'a.ts',
  '*.ts',
  '*',
  '?',
  'a*',
  '*b',
  '{a,b}',
  '[ab]',
  '**',
  '{a,b/a}',
  'a{',
  '?*',
);
const entry = fc
  .tuple(fc.array(name, { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([names, isFolder]) => names.join('/') + (isFolder ? '/' : ''));
const entries = fc.array(entry, { maxLength: 3 });
const path = fc
  .array(fc.constantFrom('a', 'b', 'ab', 'ba', '[ab]', 'a{', 'a.ts'), { minLength: 1, maxLength: 5 })
  .map((names) => names.join('/'));

function naive(a: readonly string[], b: readonly string[]): boolean {
  return a.some((x) => b.some((y) => meets(x.toLowerCase(), y.toLowerCase())));
}
/** `a.ts/` says that it is a folder: beside it a plain `a.ts` is a file, as it is beside a glob. */
const isPlain = (e: string): boolean => !isGlob(e) && !(e.endsWith('/') && isFileName(e.slice(0, -1)));
function meets(a: string, b: string): boolean {
  const [x, y] = [a.replace(/\/?$/, '/'), b.replace(/\/?$/, '/')];
  if (isPlain(a) && isPlain(b)) return x.startsWith(y) || y.startsWith(x);
  return patternsOf(a).some((p) => patternsOf(b).some((q) => patternsMeet(p, q)));
}

/** Whether an entry covers a path, said in another way than the product does: as a regular expression. */
function fits(scope: readonly string[], p: string): boolean {
  return scope.some((e) => new RegExp(`^${expression(e)}$`, 'i').test(p));
}
function expression(e: string): string {
  const isFolder = e.endsWith('/');
  const body = (isFolder ? e.slice(0, -1) : e)
    .split('/')
    .map((part) =>
      part
        .replaceAll('.', '\\.')
        .replaceAll('**', '\u0001')
        .replaceAll('{a,b/a}', '(?:a|b\u0002a)')
        .replaceAll('{a,b}', '(?:a|b)')
        .replaceAll('[ab]', '(?:a|b|\\[ab\\])')
        .replaceAll(/(?<!\()\?(?!:)/g, '[^/]')
        .replaceAll('*', '[^/]*')
        .replaceAll('{', '\\{')
        .replaceAll('\u0002', '/'),
    )
    .join('/')
    .replaceAll('\u0001/', '(?:.*/)?')
    .replaceAll('\u0001', '.*');
  const isFile = (/[*?[]/.test(e.split('/').at(-1)!) || e.endsWith('.ts')) && !isFolder;
  return isFile ? body : `${body}(?:/.*)?`;
}
