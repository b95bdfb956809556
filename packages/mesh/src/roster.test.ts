import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Roster } from './roster.ts';
import type { Beat } from './shapes.ts';

const beat = (n: number, over: Partial<Beat> = {}): Beat => ({
  protocol: 1,
  version: '1',
  session: 's',
  n,
  slots: 2,
  capabilities: [],
  run: 'r',
  epoch: 1,
  held: [],
  clock: 1_000,
  load: 0,
  cpus: 1,
  ...over,
});

function given() {
  let now = 0;
  const roster = new Roster(() => now, 1_000);
  const at = (ms: number): void => {
    now = ms;
  };
  return { roster, at };
}

test('a beat that was overtaken says nothing', () => {
  const { roster } = given();
  roster.hear('a', beat(2, { slots: 4 }), 0, true);
  assert.equal(roster.hear('a', beat(1, { slots: 1 }), 0, true), undefined);
  assert.equal(roster.observed().present[0]!.slots, 4);
});

test('a host lapses once, after its lease, and is there again when it is heard of', () => {
  const { roster, at } = given();
  roster.hear('a', beat(1), 0, true);
  at(1_000);
  assert.deepEqual(roster.lapse(), []);
  at(1_001);
  assert.equal(roster.lapse().length, 1);
  assert.deepEqual([roster.lapse().length, roster.isGone('a'), roster.isPresent('a')], [0, true, false]);
  roster.hear('a', beat(2), 0, true);
  assert.deepEqual([roster.isGone('a'), roster.isPresent('a')], [false, true]);
});

test('a host that beats for somebody else is silent for this run', () => {
  const { roster, at } = given();
  roster.hear('a', beat(1), 0, true);
  at(900);
  roster.hear('a', beat(2, { run: 'other' }), 0, false);
  at(1_001);
  assert.equal(roster.lapse().length, 1);
});

test('one that leaves takes nothing more; its clock is told as it is', () => {
  const { roster } = given();
  roster.hear('a', beat(1, { leaving: 'told to', clock: 61_000 }), 1_000, true);
  assert.equal(roster.observed().present[0]!.slots, 0);
  const [line] = roster.lines();
  assert.deepEqual([line!.state, line!.skewMs], ['leaving', 60_000]);
});

test('of two workers of one name the later one counts, and the other is known as replaced', () => {
  const { roster } = given();
  roster.hear('a', beat(7, { session: 'first', slots: 1 }), 0, true);
  roster.hear('a', beat(1, { session: 'second', slots: 3 }), 0, true);
  assert.equal(roster.hear('a', beat(8, { session: 'first', slots: 1 }), 0, true), undefined);
  assert.equal(roster.observed().present[0]!.slots, 3);
  assert.deepEqual(
    ['first', 'second'].map((session) => roster.isReplaced('a', session)),
    [true, false],
  );
});
