import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { State } from '@swarm/core/state';
import { acceptedTask, failedTask, landedTask, openedRun, stateOf } from '@swarm/core/testing';
import { keepTitle, showsProgress, titleText } from './title.ts';

const EVENTS = [
  openedRun(),
  acceptedTask('t1', { title: '\u001b]0;owned\u0007' }),
  acceptedTask('t2'),
  acceptedTask('t3'),
  ...landedTask('t1', 'l1'),
  failedTask('t2', 'blocked'),
];

function kept(env: Record<string, string>, state: State | undefined, isTTY = true) {
  const told: string[] = [];
  const write = (text: string): boolean => told.push(text) > 0;
  const restore = keepTitle({ stderr: { isTTY, write } as never, env, state: () => state });
  return { told, restore };
}

test('the title says what needs somebody, then how far the run is, and nothing of a task’s own words', () => {
  assert.equal(titleText(stateOf(EVENTS)), 'swarm: 1 needs you, 1 of 3 landed, 1 failed');
  assert.equal(titleText(stateOf([openedRun()])), 'swarm: planning');
});

test('the terminal’s own title is kept and put back, once', () => {
  const { told, restore } = kept({ TERM: 'xterm' }, stateOf(EVENTS));
  restore();
  restore();
  assert.deepEqual(told, [
    '\u001b[22;0t',
    '\u001b]0;swarm: 1 needs you, 1 of 3 landed, 1 failed\u0007',
    '\u001b]0;\u0007\u001b[23;0t',
  ]);
});

test('progress is told where the terminal is known to show it, and taken away at the end', () => {
  const { told, restore } = kept({ TERM: 'xterm', WT_SESSION: 'x' }, stateOf(EVENTS));
  restore();
  assert.match(told[1]!, /\u001b\]9;4;1;33\u0007$/);
  assert.match(told[2]!, /^\u001b\]9;4;0;\u0007/);
});

for (const [env, isShown] of [
  [{}, false],
  [{ WT_SESSION: 'x' }, true],
  [{ WT_SESSION: 'x', TMUX: '/tmp/x' }, false],
  [{ VTE_VERSION: '7900' }, true],
  [{ VTE_VERSION: '7802' }, false],
  [{ TERM_PROGRAM: 'ghostty' }, true],
  [{ TERM_PROGRAM: 'iTerm.app' }, false],
] as [Record<string, string>, boolean][])
  test(`progress is ${isShown ? '' : 'not '}told to a terminal with ${JSON.stringify(env)}`, () =>
    assert.equal(showsProgress(env), isShown));

for (const [what, env, isTTY] of [
  ['no terminal', { TERM: 'xterm' }, false],
  ['a terminal that knows no titles', { TERM: 'linux' }, true],
] as [string, Record<string, string>, boolean][])
  test(`nothing is written to ${what}`, () => {
    const { told, restore } = kept(env, stateOf(EVENTS), isTTY);
    restore();
    assert.deepEqual(told, []);
  });
