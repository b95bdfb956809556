import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { TestCounter } from './test-counts.ts';

const counted = (output: string) => {
  const counter = new TestCounter();
  for (const line of output.split('\n')) counter.line(line);
  return counter.counts;
};

describe('tests are counted from what a runner prints', () => {
  const rows: readonly (readonly [
    tool: string,
    output: string,
    run: number,
    failed: number,
    skipped: number,
  ])[] = [
    [
      'node:test, spec',
      'ℹ tests 7\nℹ suites 1\nℹ pass 2\nℹ fail 3\nℹ cancelled 0\nℹ skipped 1\nℹ todo 1\nℹ duration_ms 12',
      ...([5, 3, 2] as const),
    ],
    [
      'node:test, TAP, whose lines are not counted twice',
      'ok 1 - a\nnot ok 2 - b\n1..2\n# tests 2\n# pass 1\n# fail 1\n# cancelled 0\n# skipped 0\n# todo 0',
      ...([2, 1, 0] as const),
    ],
    ['jest', 'Tests:       1 failed, 2 skipped, 1 todo, 5 passed, 9 total', 6, 1, 3],
    ['vitest', '\u001b[2m      Tests \u001b[22m 1 failed | 5 passed | 2 skipped (8)', 6, 1, 2],
    [
      'pytest',
      '=== 1 failed, 5 passed, 2 skipped, 1 xfailed, 1 deselected, 2 warnings in 0.12s ===',
      6,
      1,
      4,
    ],
    ['pytest -q', '3 passed, 1 error in 1.20s', 4, 1, 0],
    ['pytest without tests', '======= no tests ran in 0.01s =======', 0, 0, 0],
    [
      'go test -v',
      '=== RUN   TestA\n--- PASS: TestA (0.00s)\n=== RUN   TestB\n    a_test.go:3: x\n--- FAIL: TestB (0.00s)\n=== RUN   TestC\n--- SKIP: TestC (0.00s)\nFAIL',
      ...([2, 1, 1] as const),
    ],
    [
      'go test -json',
      '{"Action":"pass","Package":"p","Test":"A"}\n{"Action":"skip","Package":"p","Test":"B"}\n{"Action":"pass","Package":"p"}',
      ...([1, 0, 1] as const),
    ],
    [
      'cargo, every crate added',
      'test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.1s\ntest result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out',
      ...([7, 1, 3] as const),
    ],
    ['mocha', '  5 passing (10ms)\n  1 pending\n  2 failing', 7, 2, 1],
    ['bun', ' 4 pass\n 1 skip\n 1 fail', 5, 1, 1],
    ['any TAP', '1..4\nok 1 - a\nok 2 # SKIP no\nnot ok 3 - c\nnot ok 4 - d # TODO', 2, 1, 2],
    ['several packages', 'packages/a test: ℹ pass 2\npackages/b test: ℹ pass 3', 5, 0, 0],
  ];
  for (const [tool, output, run, failed, skipped] of rows) {
    it(tool, () => assert.deepEqual(counted(output), { run, failed, skipped }));
  }
  it('and not from what is no count: builds, linters, go without -v', () => {
    assert.equal(counted('compiled 40 files\n3 problems'), undefined);
    assert.equal(counted('--- FAIL: TestA (0.00s)\nok  \tp\t0.1s\nFAIL'), undefined);
  });
});

it('any output whatever gives figures that are whole and not negative, or none', () => {
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom('ℹ pass 1', '--- SKIP: A', '=== RUN   A', 'ok 1', ' 9 failing'),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 100 }), (lines) => {
      const counts = counted(lines.join('\n'));
      for (const figure of Object.values(counts ?? {})) assert.ok(Number.isInteger(figure) && figure >= 0);
    }),
  );
});
