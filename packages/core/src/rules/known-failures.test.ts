import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Event } from '../events.ts';
import type { LandingId } from '../model/ids.ts';
import type { GateResult } from '../model/landing.ts';
import {
  acceptedTask,
  check,
  commit,
  handedIn,
  landedTask,
  openedRun,
  startedLanding,
  stateOf,
} from '../testing.ts';
import { gateAt, isNoWorse, isToldRed, judged, knownFailures } from './known-failures.ts';

const gate = (more: Partial<GateResult>): GateResult => ({
  outcome: 'failed',
  gate: 'g',
  durationMs: 1,
  signatures: ['a', 'b'],
  output: '',
  flaky: false,
  remembered: false,
  isTold: true,
  ...more,
});
const untold = ({ isTold: _, ...rest }: GateResult): GateResult => rest;
const tests = (run: number, failed: number) => ({ run, failed, skipped: 0 });

describe('a gate that fails where the target was red before', () => {
  const before = gate({ tests: tests(6, 2) });
  const rows: readonly (readonly [title: string, now: GateResult, isNoWorse: boolean])[] = [
    ['with the same failures is no worse', gate({ tests: tests(6, 2) }), true],
    ['with fewer is no worse', gate({ signatures: ['b'], tests: tests(6, 1) }), true],
    ['with a new one is worse', gate({ signatures: ['b', 'c'], tests: tests(6, 2) }), false],
    ['with more failures of the same names is worse', gate({ tests: tests(6, 3) }), false],
    ['and whose failures cannot all be told is worse', untold(gate({ tests: tests(6, 2) })), false],
    ['and names none at all is worse', gate({ signatures: [], tests: tests(6, 2) }), false],
    [
      'with fewer that pass is worse: what did not run is not known to be no worse',
      gate({ tests: tests(5, 2) }),
      false,
    ],
    ['with one taken away that failed is no worse', gate({ signatures: ['b'], tests: tests(5, 1) }), true],
    ['and ran no test is worse', gate({ tests: tests(0, 0) }), false],
    ['and no longer counts its tests is worse', gate({}), false],
    ['by running out of time is worse', gate({ outcome: 'timeout', tests: tests(6, 2) }), false],
    ['by being killed is worse', gate({ outcome: 'killed', tests: tests(6, 2) }), false],
  ];
  for (const [title, now, expected] of rows) {
    it(title, () => {
      assert.equal(isNoWorse(now, before), expected);
      assert.equal(judged(now, before).outcome, expected ? 'no-worse' : now.outcome);
    });
  }
  it('is judged anew where the target was mended meanwhile', () => {
    const mended = gate({ outcome: 'no-worse', signatures: ['b'], tests: tests(6, 1) });
    assert.equal(judged(gate({ outcome: 'no-worse', tests: tests(6, 2) }), mended).outcome, 'failed');
  });
  it('is judged by names alone where nothing was counted before', () => {
    assert.ok(isNoWorse(gate({}), gate({})));
  });
});

describe('what is known to fail', () => {
  it('shrinks to what the last landing still showed, and is empty after a pass', () => {
    assert.deepEqual([...knownFailures(gate({ outcome: 'no-worse', signatures: ['b'] }))], ['b']);
    assert.deepEqual([...knownFailures(gate({ outcome: 'passed', signatures: [] }))], []);
  });
  it('is nothing where the failures of the base cannot be told apart', () => {
    assert.equal(isToldRed(untold(gate({}))), false);
    assert.deepEqual([...knownFailures(untold(gate({})))], []);
  });
});

describe('a landing that is no worse', () => {
  const base = (result: GateResult): Event => ({ type: 'base.checked', base: commit('base'), gate: result });
  const begun = (base: Event, result: GateResult): readonly Event[] => [
    openedRun(),
    base,
    acceptedTask('t1'),
    ...handedIn('t1.1'),
    startedLanding('l1', ['t1.1']),
    { type: 'gate.ended', landing: 'l1' as LandingId, result },
  ];
  const land = { type: 'land', landing: 'l1' as LandingId } as const;
  const noWorse = gate({ outcome: 'no-worse', signatures: ['b'] });

  it('lands where all it fails with was known', () => {
    check({ given: begun(base(gate({})), noWorse), when: land, gives: ['landing.landed l1'] });
  });
  it('is refused where the target was green, whoever calls it no worse', () => {
    const green = base(gate({ outcome: 'passed', signatures: [] }));
    check({ given: begun(green, noWorse), when: land, gives: 'ungated' });
  });
  it('leaves only what it still fails with known for the next', () => {
    const s = stateOf([...begun(base(gate({})), noWorse), landed]);
    assert.deepEqual([...knownFailures(s.headGate)], ['b']);
  });
  it('leaves what was known of the commit before it as it was, for what was built on that', () => {
    const s = stateOf([...begun(base(gate({})), noWorse), landed]);
    assert.deepEqual(gateAt(s, commit('base'))?.signatures, ['a', 'b']);
    assert.deepEqual(gateAt(s, s.head!)?.signatures, ['b']);
  });
  it('taken back leaves known again what the base had', () => {
    const undone = { type: 'landing.undone', task: 't1', commit: commit('revert'), by: 'operator' } as Event;
    const s = stateOf([...begun(base(gate({})), noWorse), landed, undone]);
    assert.deepEqual([...knownFailures(s.headGate)], ['a', 'b']);
  });
  it('somebody else’s commit leaves failures known, and their tests uncounted', () => {
    const counted = base(gate({ tests: tests(6, 2) }));
    const moved: Event = { type: 'target.moved', from: commit('base'), to: commit('human'), lost: [] };
    const { headGate } = stateOf([openedRun(), counted, moved]);
    assert.deepEqual([headGate?.signatures, headGate?.tests], [['a', 'b'], undefined]);
  });

  const landed = landedTask('t1', 'l1').findLast((e) => e.type === 'landing.landed')!;
});
