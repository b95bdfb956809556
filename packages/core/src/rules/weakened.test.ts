import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ChangedText, isTestPath, weakening } from './weakened.ts';

const counts = (run: number, skipped = 0) => ({ run, failed: 0, skipped });
const change = (path: string, before: string | undefined, after: string | undefined): ChangedText => ({
  path,
  before,
  after,
});
const T = 'test/a.test.js';

describe('tests that can be counted on both sides', () => {
  const ask = (now: ReturnType<typeof counts>, changes: readonly ChangedText[] = [], scope: string[] = []) =>
    weakening({ before: counts(10, 1), now, changes, scope });

  it('may be more, and may be the same', () => {
    assert.equal(ask(counts(10, 1)), undefined);
    assert.equal(ask(counts(12)), undefined);
  });
  it('may not be fewer; both figures are told', () => {
    assert.equal(ask(counts(9, 1)), 'fewer tests run: 10 ran and 1 were skipped before, 9 and 1 with it');
  });
  it('may not be skipped more, even where more run', () => {
    assert.match(ask(counts(11, 2))!, /^more tests are skipped/);
  });
  it('may be fewer where the scope names every test file that is gone', () => {
    const gone = [change(T, 'x', undefined)];
    assert.equal(ask(counts(9), gone, [T]), undefined);
    assert.match(ask(counts(9), gone, ['test/**'])!, /fewer/, 'a glob names no file');
    assert.match(ask(counts(9), [...gone, change('test/b.test.js', 'x', undefined)], [T])!, /fewer/);
    assert.match(ask(counts(9, 2), gone, [T])!, /skipped/, 'and never skipped');
  });
  it('may not stop being counted', () => {
    const why = weakening({ before: counts(10), now: undefined, changes: [], scope: [T] });
    assert.match(why!, /10 tests ran before, and its gate names no count/);
  });
});

describe('tests that cannot be counted are judged by the change', () => {
  const ask = (changes: readonly ChangedText[], scope: readonly string[] = []) =>
    weakening({ before: undefined, now: undefined, changes, scope });

  it('a deleted test file is held, unless the scope names it', () => {
    assert.match(ask([change(T, 'x', undefined)])!, /deletes test files .*test\/a\.test\.js/);
    assert.equal(ask([change(T, 'x', undefined)], [T]), undefined);
  });
  const marks: readonly (readonly [path: string, text: string])[] = [
    ['a.test.ts', "test.skip('x', () => {})"],
    ['a.test.ts', "it.only('x', () => {})"],
    ['a.test.ts', "xit('x', () => {})"],
    ['a.test.ts', "fdescribe('x', () => {})"],
    ['a.test.ts', "test('x', { skip: true }, () => {})"],
    ['a.test.ts', "test('x', (t) => t.skip())"],
    ['test_a.py', '@pytest.mark.skip(reason="x")\ndef test_a(): pass'],
    ['test_a.py', '@unittest.skipIf(True, "x")\ndef test_a(): pass'],
    ['test_a.py', 'def test_a():\n    pytest.skip("x")'],
    ['a_test.go', 'func TestA(t *testing.T) { t.Skip("x") }'],
    ['tests/a.rs', '#[test]\n#[ignore]\nfn a() {}'],
    ['src/test/ATest.java', '@Disabled @Test void a() {}'],
  ];
  for (const [path, text] of marks) {
    it(`a mark added in ${path} is held: ${text.split('\n')[0]}`, () => {
      assert.ok(isTestPath(path));
      assert.match(ask([change(path, '', text)], [path])!, /marks that skip tests/);
      assert.equal(ask([change(path, text, text)]), undefined, 'one that was there is not');
      assert.equal(ask([change(path, text, '')]), undefined, 'nor one that goes');
    });
  }
  it('a mark that only moved to another file is none', () => {
    assert.equal(
      ask([change(T, 'it.skip(1)', ''), change('test/b.test.js', undefined, 'it.skip(1)')]),
      undefined,
    );
  });
  it('ordinary changes of tests are nobody’s business', () => {
    assert.equal(ask([change(T, "test('a')", "test('a'); test('b skips nothing')")]), undefined);
  });
});

describe('a test file', () => {
  const yes = [
    'test/x.js',
    'src/a.test.ts',
    'a_test.go',
    'pkg/test_b.py',
    '__tests__/c.js',
    'src/FooTest.java',
  ];
  const no = ['src/latest.ts', 'contest/a.ts', 'src/testing.ts', 'README.md', 'src/attest.py'];
  for (const path of yes) it(`is ${path}`, () => assert.ok(isTestPath(path)));
  for (const path of no) it(`is not ${path}`, () => assert.ok(!isTestPath(path)));
});
