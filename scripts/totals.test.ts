import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addUp, countTask, logOf, readTotals, totalsLine } from './totals.ts';

const log = (pass: number, fail: number, skipped = 0): string =>
  `✔ a fact (1ms)\nℹ tests ${pass + fail}\nℹ pass ${pass}\nℹ fail ${fail}\nℹ cancelled 0\nℹ skipped ${skipped}\nℹ todo 0\n`;
const ran = (taskId: string, exitCode: number) => ({ taskId, execution: { exitCode } });

test('the totals of every runner in a log are added up, spec or tap', () => {
  const tap = '# pass 2\n# fail 1\n# cancelled 1\n# skipped 3\n# todo 0\n';
  assert.deepEqual(readTotals(`${log(4, 0)}${tap}`), { passed: 6, failed: 2, skipped: 3 });
});

test('of what turbo prints each task has its own lines, coloured or not', () => {
  const output =
    '@swarm/git:test: ℹ pass 1\n\u001b[35m@swarm/git:typecheck: \u001b[0mℹ pass 2\n//:test:ground: ℹ pass 3\n';
  assert.equal(logOf(output, ran('@swarm/git#test', 0)), 'ℹ pass 1');
  assert.equal(logOf(output, ran('@swarm/git#typecheck', 0)), 'ℹ pass 2');
  assert.equal(logOf(output, ran('//#test:ground', 0)), 'ℹ pass 3');
});

test('what failed is told again at the end, where and why', () => {
  const told = '\ntest at src/a.test.ts:2:1\n✖ a fact (1ms)\n  Error: x\n';
  const counted = countTask(
    ran('@swarm/git#test', 1),
    `✖ a fact (1ms)\n${log(1, 1)}\n✖ failing tests:\n${told}`,
  );
  assert.equal(counted.failing, told.trim());
  assert.equal(countTask(ran('@swarm/git#test', 0), log(1, 0)).failing, undefined);
});

test('what a test prints about passing is no total', () => {
  assert.equal(readTotals('the gate said: ℹ pass 7\nℹ pass seven\n'), undefined);
});

test('a check that is no test counts as one', () => {
  assert.equal(countTask(ran('@swarm/core#typecheck', 0), '').passed, 1);
  assert.equal(countTask(ran('//#lint', 1), '').failed, 1);
});

for (const [what, task, text] of [
  ['gave no totals', ran('@swarm/git#test', 0), 'segmentation fault'],
  ['ran no test', ran('@swarm/git#test', 0), log(0, 0)],
  ['failed though no test did', ran('@swarm/git#test', 7), log(9, 0)],
  ['never started', { taskId: '@swarm/git#test' }, ''],
] as const) {
  test(`a runner that ${what} is a failure`, () => {
    const counted = countTask(task, text);
    assert.equal(counted.failed, 1);
    assert.ok(counted.why);
  });
}

test('the last line is plain, and names what was skipped only when something was', () => {
  const counted = [countTask(ran('a#test', 0), log(3, 0)), countTask(ran('b#test', 1), log(2, 1))];
  assert.equal(totalsLine(addUp(counted)), '5 passed, 1 failed');
  assert.equal(totalsLine({ passed: 1, failed: 0, skipped: 2 }), '1 passed, 0 failed, 2 skipped');
});
