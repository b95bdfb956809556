import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FailureScanner } from './failure-scanner.ts';
import { FAILURES_MAX, readFailures, toldBy } from './failures.ts';

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
    [
      'node:test, with the file where its list at the end names it',
      '✖ subtracts (1ms)\n✖ 3 problems? no\n\n✖ failing tests:\n\ntest at test/a.test.js:3:1\n✖ subtracts (1ms)\n',
      ['node:test 3 problems? no', 'node:test test/a.test.js subtracts'],
    ],
    [
      'node:test, TAP with subtests and places, and what is to do is none',
      "    not ok 1 - inner\n      ---\n      duration_ms: 5.7\n      location: 'test/a.test.js:4:33'\n      ...\nnot ok 3 - suite\n  ---\n  location: 'test/a.test.js:4:6'\nnot ok 4 - later # TODO\n",
      ['node:test test/a.test.js inner', 'node:test test/a.test.js suite'],
    ],
    [
      'go test -json',
      '{"Time":"x","Action":"fail","Package":"m/p","Test":"TestSum"}\n{"Action":"pass","Package":"m/p","Test":"TestB"}',
      ['go m/p TestSum'],
    ],
    [
      'go test, subtests',
      '--- FAIL: TestSum (0.00s)\n    --- FAIL: TestSum/zero (0.00s)',
      ['go TestSum', 'go TestSum/zero'],
    ],
    [
      'eslint, stylish',
      "/src/a.js\n   1:10  error    'x' is defined but never used  no-unused-vars\n   2:1   warning  Unexpected console  no-console\n\n✖ 2 problems (1 error, 1 warning)\n",
      ["eslint /src/a.js no-unused-vars 'x' is defined but never used"],
    ],
    [
      'eslint, unix',
      "/src/a.js:1:10: 'x' is defined but never used. [Error/no-unused-vars]\n/src/a.js:2:1: Unexpected console. [Warning/no-console]\n\n2 problems",
      ["eslint /src/a.js no-unused-vars 'x' is defined but never used."],
    ],
    [
      'eslint, JSON',
      '[{"filePath":"/src/a.js","messages":[{"ruleId":"no-undef","severity":2,"message":"x"},{"ruleId":"no-console","severity":1,"message":"y"}]}]',
      ['eslint /src/a.js no-undef x'],
    ],
    [
      'mocha',
      '  1) sum\n       adds:\n\n  2 passing (4ms)\n  1 failing\n\n  1) sum\n       adds:\n\n      AssertionError: no\n      + expected - actual\n',
      ['mocha sum adds'],
    ],
    [
      'packages of a workspace, each by its own name',
      'packages/a test: ✖ adds (1ms)\npackages/b test: ✖ adds (1ms)',
      ['node:test packages/a test: adds', 'node:test packages/b test: adds'],
    ],
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

describe('all failures of a gate are told', () => {
  const told = (output: string, root = '') => {
    const scanner = new FailureScanner(root);
    for (const line of output.split('\n')) scanner.line(line);
    return toldBy(scanner, output);
  };
  it('without the place of the workspace, which is another each time', () => {
    const at = (root: string) => told(`not ok 1 - a\n  location: '${root}/test/a.js:1:1'`, root);
    assert.deepEqual(at('/state/gate-l1'), at('/state/gate-l2'));
    assert.deepEqual(at('/state/gate-l1').signatures, ['node:test test/a.js a']);
  });
  it('with a file that does not load beside the tests that fail: hidden behind them, it would pass for known', () => {
    const { signatures } = told('✖ subtracts (1ms)\n✖ test/b.test.js (3ms)');
    assert.deepEqual(signatures, ['node:test subtracts', 'node:test test/b.test.js']);
  });
  it('or it is said that they are not: nothing readable, or more than are kept', () => {
    assert.equal(told('Error: no').isWhole, false);
    assert.equal(told('✖ a').isWhole, true);
    const many = Array.from({ length: 1_001 }, (_, n) => `✖ t${n}`).join('\n');
    assert.equal(told(many).isWhole, false);
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
