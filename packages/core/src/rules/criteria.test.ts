import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '../events.ts';
import type { CheckEnd } from '../model/acceptance.ts';
import type { TaskId } from '../model/ids.ts';
import { acceptedTask, apply, commit, landedTask, openedRun, openedStateOf } from '../testing.ts';
import { unproven } from '../views/verified.ts';
import { wanted } from '../wanted.ts';
import { criteriaToJudge, criteriaToTry, failedCriteria, standings, verdictFrom } from './criteria.ts';

const FILE = { text: '`b.txt` exists', check: { kind: 'file', path: 'b.txt', isThere: true } } as const;
const WORDS = { text: 'people like it', check: { kind: 'text' } } as const;
const HELD = openedRun({ acceptance: { criteria: [FILE, WORDS] } });
const LANDED: readonly Event[] = [
  acceptedTask('t1', { acceptance: '- `make x` passes\n- it is nice' }),
  ...landedTask('t1', 'l1'),
];
const T1 = 't1' as TaskId;
const texts = (some: readonly { readonly text: string }[]) => some.map(({ text }) => text);
const atItsEnd = (events: readonly Event[]) => wanted(openedStateOf(events), 1e9);

const tried = (...ends: readonly (readonly [string, CheckEnd, TaskId?])[]): Event => ({
  type: 'criteria.tried',
  commit: commit('base'),
  results: ends.map(([criterion, end, task]) => ({ criterion, end, detail: '', ...(task && { task }) })),
});
const judged = (
  criterion: string,
  verdict: 'verified' | 'failed',
  on = commit('landed t1.1'),
  task?: TaskId,
): Event => ({
  type: 'acceptance.judged',
  criterion,
  verdict,
  evidence: { kind: 'command', by: 'test', commit: on, detail: '' },
  ...(task && { task }),
});

for (const [base, head, verdict] of [
  ['fails', 'holds', 'verified'],
  ['holds', 'holds', 'tells-nothing'],
  ['cannot', 'holds', 'unverified'],
  [undefined, 'holds', 'unverified'],
  ['fails', 'fails', 'failed'],
  ['holds', 'fails', 'failed'],
  ['fails', 'cannot', 'unverified'],
] as const)
  test(`a check that ${base ?? 'nobody tried'} on the base and ${head} on the head: ${verdict}`, () =>
    assert.equal(verdictFrom(base, head), verdict));

test('a run that was not asked to is held against nothing, and closes as it did', () => {
  const state = openedStateOf([openedRun(), ...LANDED]);
  assert.deepEqual([standings(state), criteriaToTry(state, true), criteriaToJudge(state)], [[], [], []]);
  assert.deepEqual([wanted(state, 1e9).criteria, wanted(state, 1e9).close], [undefined, 'done']);
});

test('its own are tried on the base at once, those of tasks when it would close; what no machine can check never', () => {
  const state = openedStateOf([HELD, ...LANDED]);
  assert.deepEqual(texts(criteriaToTry(state, false)), [FILE.text]);
  assert.deepEqual(texts(criteriaToTry(state, true)), [FILE.text, '`make x` passes']);
  assert.equal(wanted(openedStateOf([HELD, acceptedTask('t1')]), 0).criteria, 'base');
});

test('it closes when each was looked at on its head, and a later head is looked at anew', () => {
  const all = [HELD, ...LANDED, tried([FILE.text, 'fails'], ['`make x` passes', 'fails', T1])];
  assert.deepEqual([atItsEnd(all).criteria, atItsEnd(all).close], ['end', undefined]);
  const seen = [...all, judged(FILE.text, 'verified'), judged('`make x` passes', 'verified', undefined, T1)];
  assert.deepEqual([atItsEnd(seen).criteria, atItsEnd(seen).close], [undefined, 'done']);
  const moved: Event = { type: 'target.moved', from: commit('landed t1.1'), to: commit('others'), lost: [] };
  assert.equal(atItsEnd([...seen, moved]).criteria, 'end');
  const [own] = standings(openedStateOf([...seen, moved]));
  assert.deepEqual([own?.verdict, own?.why], ['unverified', 'it was looked at on an earlier commit only']);
});

test('what a task is no longer held to does not fail it, and what it is held to does', () => {
  const failed = [HELD, ...LANDED, judged('`make x` passes', 'failed', undefined, T1)];
  assert.deepEqual(failedCriteria(openedStateOf(failed)).length, 1);
  const other = [HELD, ...LANDED, judged('`make y` passes', 'failed', undefined, T1)];
  assert.deepEqual(failedCriteria(openedStateOf(other)), []);
});

test('under --strict a text of a task is covered by what verified the task, one of the run by nothing', () => {
  const events = [HELD, ...LANDED, tried([FILE.text, 'fails'], ['`make x` passes', 'fails', T1])];
  const seen = [
    ...events,
    judged(FILE.text, 'verified'),
    judged('`make x` passes', 'verified', undefined, T1),
  ];
  assert.deepEqual(unproven(openedStateOf(seen)), [WORDS.text]);
});

test('there is an end to it when there are more criteria than are kept', () => {
  const state = openedStateOf([HELD, ...LANDED]);
  for (let i = 0; i < 1_000; i++) {
    state.triedCriteria.set(`run\n${i}`, { commit: commit('base'), end: 'fails', detail: '' });
    state.acceptance.set(`run\n${i}`, { criterion: `${i}`, verdict: 'unverified', at: 0 });
  }
  assert.deepEqual([criteriaToTry(state, true), criteriaToJudge(state)], [[], []]);
});

test('the core verifies nothing by a check that was not seen to fail on the base', () => {
  const state = openedStateOf([HELD, ...LANDED, tried([FILE.text, 'holds'])]);
  const { type: _, ...said } = judged(FILE.text, 'verified') as Extract<Event, { type: 'acceptance.judged' }>;
  assert.throws(() => apply(state, { type: 'judgeAcceptance', ...said }), /not seen to fail on the base/);
  assert.throws(
    () => apply(state, { type: 'recordCriteria', commit: commit('other'), results: [] }),
    /is not the base/,
  );
  assert.deepEqual(
    apply(state, {
      type: 'recordCriteria',
      commit: commit('base'),
      results: [{ criterion: FILE.text, end: 'fails', detail: '' }],
    }),
    [],
    'the first word on the base counts',
  );
});
