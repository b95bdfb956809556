import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FAILURES_MAX, readFailures } from './failures.ts';

const signatures = (output: string): string[] => readFailures(output).map((f) => f.signature);

describe('failures are read from what a command printed', () => {
  const outputs: readonly (readonly [tool: string, output: string, expected: readonly string[]])[] = [
    [
      'tsc',
      "src/a.ts(3,7): error TS2322: Type 'string' is not assignable to type 'number'.\nsrc/b.ts:10:2 - error TS2304: Cannot find name 'x'.",
      [
        "tsc src/a.ts TS2322 Type 'string' is not assignable to type 'number'.",
        "tsc src/b.ts TS2304 Cannot find name 'x'.",
      ],
    ],
    ['node:test, TAP', 'ok 1 - adds\nnot ok 2 - subtracts\n  ---', ['node:test subtracts']],
    [
      'node:test, spec',
      '✔ adds (0.4ms)\n✖ subtracts (1.53ms)\n\n✖ failing tests:\n\n✖ subtracts (1.53ms)',
      ['node:test subtracts'],
    ],
    [
      'pytest',
      'FAILED tests/test_a.py::test_one - assert 1 == 2\nERROR tests/test_b.py',
      ['pytest tests/test_a.py::test_one', 'pytest tests/test_b.py'],
    ],
    ['go test', '--- FAIL: TestSum (0.00s)\n    sum_test.go:9: want 3', ['go TestSum']],
    [
      'cargo',
      'error[E0308]: mismatched types\ntest parse::empty ... FAILED',
      ['cargo [E0308] mismatched types', 'cargo parse::empty'],
    ],
    ['jest', '  ● sum › adds', ['jest sum › adds']],
    ['vitest', ' FAIL  src/a.test.ts > adds', ['vitest src/a.test.ts > adds']],
  ];
  for (const [tool, output, expected] of outputs) {
    it(`of ${tool}`, () => assert.deepEqual(signatures(output), expected));
  }

  it('of anything else by its last telling line', () => {
    assert.deepEqual(signatures('checking\nError: port 80 is taken\nbye\n'), [
      'output Error: port 80 is taken',
    ]);
    assert.deepEqual(signatures(''), ['output no output']);
  });
});

describe('a signature', () => {
  it('is the same from run to run: times, addresses and temporary folders are left out', () => {
    const run = (ms: number, folder: string): string =>
      `Error: request took ${ms} ms in /tmp/${folder}/x at 0x7f${ms}abcd`;
    assert.deepEqual(signatures(run(12, 'a')), signatures(run(98, 'b')));
  });
  it('is told once, however often the output repeats it', () => {
    assert.equal(signatures('--- FAIL: TestA (0.1s)\n'.repeat(500)).length, 1);
  });
  it('carries the lines that show it', () => {
    const [failure] = readFailures('ok\n✖ subtracts (1ms)\n  expected 3, got 4\n');
    assert.match(failure!.detail, /expected 3, got 4/);
  });
  it('holds no colours and no control characters', () => {
    assert.deepEqual(signatures('\u001b[31m✖ subtracts\u001b[39m'), ['node:test subtracts']);
  });
});

describe('any output whatever', () => {
  it('gives at least one failure and never more than the most', () => {
    const line = fc.oneof(
      fc.string(),
      fc.constant('✖ a'),
      fc.integer().map((n) => `--- FAIL: T${n}`),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 200 }), (lines) => {
        const found = readFailures(lines.join('\n'));
        assert.ok(found.length >= 1 && found.length <= FAILURES_MAX);
        assert.equal(new Set(found.map((f) => f.signature)).size, found.length);
      }),
    );
  });
});
