import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { GateReading } from '../landing/gate-reading.ts';
import { mayStop } from './commands.ts';
import { FailureScanner, RAW_MAX } from './failure-scanner.ts';
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
    ['TAP', 'ok 1 - adds\nnot ok 2 - subtracts\n  ---', ['tap subtracts']],
    [
      'node:test, spec',
      '✔ adds (0.4ms)\n✖ subtracts (1.53ms)\n\n✖ failing tests:\n\n✖ subtracts (1.53ms)',
      ['node:test subtracts'],
    ],
    [
      'pytest',
      'FAILED tests/test_a.py::test_one - assert 1 == 2\nERROR tests/test_b.py',
      ['pytest tests/test_a.py test_one', 'pytest tests/test_b.py (error)'],
    ],
    ['go test', '--- FAIL: TestSum (0.00s)\n    sum_test.go:9: want 3', ['go TestSum']],
    [
      'cargo',
      'error[E0308]: mismatched types\n --> src/a.rs:1:2\ntest parse::empty ... FAILED',
      ['cargo src/a.rs [E0308] mismatched types', 'cargo parse::empty'],
    ],
    ['jest', '  ● sum › adds', ['jest sum › adds']],
    ['vitest', ' FAIL  src/a.test.ts > adds', ['vitest src/a.test.ts adds']],
    [
      'node:test, with the file where its list at the end names it',
      '✖ subtracts (1ms)\n✖ 3 problems? no\n\n✖ failing tests:\n\ntest at test/a.test.js:3:1\n✖ subtracts (1ms)\n\ntest at test/a.test.js:4:1\n✖ 3 problems? no\n',
      ['node:test test/a.test.js subtracts', 'node:test test/a.test.js 3 problems? no'],
    ],
    [
      'TAP with subtests and places, and what is to do is none',
      "    not ok 1 - inner\n      ---\n      duration_ms: 5.7\n      location: 'test/a.test.js:4:33'\n      ...\nnot ok 3 - suite\n  ---\n  location: 'test/a.test.js:4:6'\nnot ok 4 - later # TODO\n",
      ['tap test/a.test.js inner', 'tap test/a.test.js suite'],
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
    const at = (root: string) => told(`not ok 1 - a\n  location: '${root}/test/a.js:1:1'\n1..1`, root);
    assert.deepEqual(at('/state/gate-l1'), at('/state/gate-l2'));
    assert.deepEqual(at('/state/gate-l1').signatures, ['tap test/a.js a']);
  });
  it('with a file that does not load beside the tests that fail: hidden behind them, it would pass for known', () => {
    const { signatures } = told('✖ subtracts (1ms)\n✖ test/b.test.js (3ms)');
    assert.deepEqual(signatures, ['node:test subtracts', 'node:test test/b.test.js']);
  });
  it('or it is said that they are not: nothing readable, no count, or more than are kept', () => {
    assert.equal(told('Error: no').isWhole, false);
    assert.equal(told('✖ a').isWhole, false);
    const counted = (count: number) =>
      told(`${listed(count)}\nℹ fail ${count}\n✖ failing tests:\n${listed(count)}`);
    assert.equal(counted(1).isWhole, true);
    assert.equal(counted(400).isWhole, true);
    assert.equal(counted(1_001).isWhole, false);
  });
  const listed = (count: number) => Array.from({ length: count }, (_, n) => `✖ t${n}`).join('\n');
});

describe('a name is what the runner calls the failure, whole', () => {
  const told = (output: string, command = '') => {
    const scanner = new FailureScanner('', command);
    for (const line of output.split('\n')) scanner.line(line);
    return toldBy(scanner, output);
  };
  it('pytest: blanks, dashes and brackets belong to an id, and ` - ` begins the message', () => {
    const ids = [
      'test_eval[2 * 2]',
      'test_eval[p - q]',
      'test_eval[x] - y]',
      'test_eval[caf\\xe9]',
      'test_b',
    ];
    const output = ids
      .flatMap((id) => [`____ ${id} ____`, `FAILED test_m.py::${id} - assert '1 - 1' == [0] - 1`])
      .join('\n');
    const { signatures, isWhole } = told(`${output}\n5 failed, 1 passed in 0.21s`);
    assert.deepEqual(
      signatures,
      ids.map((id) => `pytest test_m.py ${id}`),
    );
    assert.ok(isWhole);
  });
  it('jest: what a passing test prints is no failure', () => {
    const noise = ['Console', 'Deprecation Warning', 'Validation Warning'].map(
      (title) => `  ● ${title}\n\n    said`,
    );
    const output = `PASS ./ok.test.js\n${noise.join('\n')}\nFAIL ./a.test.js\n  ● known\n\nTest Suites: 1 failed, 1 passed, 2 total\nTests:       1 failed, 2 passed, 3 total`;
    assert.deepEqual(told(output).signatures, ['jest a.test.js known']);
    assert.ok(told(output).isWhole);
  });
  it('a line that begins with `error:` is no name', () => {
    for (const line of [
      'error: Test failed',
      'error: script "test" exited with code 1',
      'error: Values differ.',
    ]) {
      const { signatures, isWhole } = told(line);
      assert.deepEqual([signatures, isWhole], [[`output ${line}`], false]);
    }
  });
  it('two long names that begin alike stay two', () => {
    const long = 'x'.repeat(400);
    const { signatures } = told(`FAIL ./a.test.js\n  ● ${long} 1\n  ● ${long} 2`);
    assert.equal(new Set(signatures).size, 2);
    assert.ok(signatures.every((name) => name.length <= 300));
  });
  it('names that hold a duration stay two, and one that holds an address is never the whole', () => {
    const of = (a: string, b: string) =>
      told(`FAIL ./a.test.js\n  ● ${a}\n  ● ${b}\nTest Suites: 1 failed, 1 total\nTests: 2 failed, 2 total`);
    assert.equal(of('waits 5 s', 'waits 10 s').signatures.length, 2);
    assert.ok(of('waits 5 s', 'waits 10 s').isWhole);
    assert.equal(of('Shop at 0x7f0012ab', 'b').isWhole, false);
  });
  it('messages alike in one file are as many failures', () => {
    const line = (n: number) => `src/a.ts(${n},1): error TS2304: Cannot find name 'x'.`;
    assert.equal(told([1, 5, 9].map(line).join('\n')).signatures.length, 3);
  });
  it('fewer names than the runner counted are not the whole', () => {
    const output = 'FAIL ./a.test.js\n  ● one\nTest Suites: 1 failed, 1 total\nTests: 2 failed, 2 total';
    assert.deepEqual(told(output).doubts, ['unread']);
  });
});

describe('a command that ends with its first failure', () => {
  const tests = [
    'node --test',
    'npm test',
    'cd shop && npm ci && npm test',
    'tsc -p . && node --test',
    'pytest -q',
    'mocha --bail=0',
  ];
  const stops = [
    'node --test && eslint .',
    'npm run lint && npm test && npm run e2e',
    'set -e; pytest; mypy .',
    'pytest -x',
    'python -m unittest -f',
    'vitest run --bail 1',
    'go test -failfast ./...',
    './check.sh',
    'gradle test',
    'mvn verify',
    'run-s lint test',
  ];
  for (const command of tests)
    it(`is not ${command}, where tests failed`, () => assert.equal(mayStop(command, true), false));
  for (const command of stops) it(`is ${command}`, () => assert.equal(mayStop(command, true), true));
  it('is a linter before the tests, where the linter failed', () => {
    assert.equal(mayStop('eslint . && node --test', false), true);
    assert.equal(mayStop('eslint .', false), false);
  });
  it('is read where npm echoes it, too', () => {
    const scanner = new FailureScanner('', 'npm test');
    const lines = [
      '> shop@1.0.0 test',
      '> jest && eslint .',
      'FAIL ./a.test.js',
      '  ● one',
      'Test Suites: 1 failed, 1 total',
      'Tests: 1 failed, 1 total',
    ];
    for (const line of lines) scanner.line(line);
    assert.deepEqual([...scanner.end().doubts], ['stopped']);
  });
});

describe('hostile output costs little and tells nothing', () => {
  const told = (lines: Iterable<string>) => {
    const reading = new GateReading('/workspace');
    for (const line of lines) reading.line(line);
    return reading.told('');
  };
  function* repeated(count: number, line: (n: number) => string) {
    for (let n = 0; n < count; n++) yield line(n);
  }
  it('a million failures', () => {
    const { isWhole, signatures } = told(repeated(1_000_000, (n) => `not ok ${n} - t${n}`));
    assert.equal(isWhole, false);
    assert.ok(signatures.length <= RAW_MAX);
  });
  it('as many packages as lines', () => {
    const { isWhole, signatures } = told(repeated(20_000, (n) => `p${n} test: not ok 1 - a`));
    assert.equal(isWhole, false);
    assert.ok(signatures.length <= RAW_MAX);
  });
  it('lines without an end', () => {
    const parts = [
      ' ',
      '(',
      '● ',
      '1) ',
      ' - ',
      'a > ',
      '<testsuite ',
      '{"Action":',
      '[{"filePath":',
      '=',
      '│',
      ' » ',
    ];
    for (const part of parts) assert.equal(told([part.repeat(100_000), '  1 failing']).isWhole, false);
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
