import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ErrorCode, SwarmError } from '@swarm/core/errors';
import { Chalk } from 'chalk';
import { exitCodeFor, problemsJson, problemsOf, renderProblems } from './errors.ts';

const plain = new Chalk({ level: 0 });
const of = (...codes: ErrorCode[]) => codes.map((code) => ({ code, what: 'x' }));

test('each kind of problem has its exit code', () => {
  const rows: [ErrorCode, number][] = [
    ['SW0101', 2],
    ['SW0201', 65],
    ['SW0401', 69],
    ['SW0801', 70],
    ['SW0701', 74],
    ['SW0501', 75],
    ['SW0403', 77],
    ['SW0301', 78],
    ['SW0601', 79],
    ['SW0602', 80],
  ];
  for (const [code, exit] of rows) assert.equal(exitCodeFor(of(code)), exit, code);
});

test('several at once: the first of 2, 65, 78, 80, 77, 69 is the exit code', () => {
  const inOrder: ErrorCode[] = ['SW0101', 'SW0201', 'SW0301', 'SW0602', 'SW0403', 'SW0401'];
  const exits = [2, 65, 78, 80, 77, 69];
  for (const [i, exit] of exits.entries()) assert.equal(exitCodeFor(of(...inOrder.slice(i)).reverse()), exit);
});

test('a refusal shows what, where, why and a fix, each problem on its own', () => {
  const problems = [
    { code: 'SW0303', what: 'there is no branch "x"', where: '/shop', why: 'a\nb', fix: '--target main' },
    { code: 'SW0305', what: 'there is no gate' },
  ] as const;
  assert.equal(
    renderProblems(problems, plain),
    [
      'error[SW0303]: there is no branch "x"',
      '  where  /shop',
      '  why    a',
      '         b',
      '  fix    --target main',
      '',
      'error[SW0305]: there is no gate',
    ].join('\n'),
  );
  assert.deepEqual(JSON.parse(problemsJson(problems)).errors[1], {
    code: 'SW0305',
    kind: 'preflight',
    what: 'there is no gate',
  });
});

test('what nobody foresaw is a fault of ours, without a stack', () => {
  const [problem] = problemsOf(new TypeError('x is not a function'));
  assert.equal(problem?.code, 'SW0801');
  assert.doesNotMatch(renderProblems([problem!], plain), /at .*\.ts/);
  assert.equal(exitCodeFor([problem!]), 70);
});

test('a hostile value in a message cannot reach the terminal', () => {
  const { problems } = new SwarmError({ code: 'SW0303', what: 'no branch \u001b[2J' });
  assert.match(renderProblems(problems, plain), /no branch $/m);
});
