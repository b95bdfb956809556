import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '../events.ts';
import type { Handoff } from '../model/handoff.ts';
import { acceptedTask, handedIn, landedTask, openedRun, stateOf } from '../testing.ts';
import { changes } from './changes.ts';
import { changesPart } from './changes-markdown.ts';
import { report } from './report.ts';

/** The task landed, and its handoff was of these files. */
function landed(n: number, files: readonly string[], over: Partial<Handoff> = {}): readonly Event[] {
  return landedTask(`t${n}`, `l${n}`).map((event) =>
    event.type === 'attempt.ended' && event.handoff?.change
      ? {
          ...event,
          handoff: { ...event.handoff, change: { ...event.handoff.change, filesChanged: files }, ...over },
        }
      : event,
  );
}

const GIVEN: readonly Event[] = [
  openedRun({ gate: 'sh check.sh' }),
  acceptedTask('t1', { scope: ['a'] }),
  acceptedTask('t2', { scope: ['b'] }),
  acceptedTask('t3', { scope: ['check.sh'], acceptance: 'it checks more' }),
  acceptedTask('t4', { scope: ['c'], verify: 'make c' }),
  ...landed(1, ['a']),
  ...landed(2, ['b', 'b2', 'b3'], {
    tests: { files: ['b.test.js'], says: 'nothing', by: 'sh check.sh', detail: 'it ended with 0' },
  }),
  ...landed(4, ['c']),
  ...landed(3, ['check.sh']),
];

test('what nothing verified stands first, then what touches the gate, then what reaches further', () => {
  const ranked = changes(stateOf(GIVEN));
  assert.deepEqual(
    ranked.map(({ task, verified }) => [task, verified]),
    [
      ['t4', 'unverified'],
      ['t3', 'verified'],
      ['t2', 'verified'],
      ['t1', 'verified'],
    ],
  );
  assert.deepEqual(ranked[1]!.touches, [{ path: 'check.sh', why: 'the gate runs it' }]);
  assert.deepEqual([ranked[2]!.outside, ranked[2]!.tests?.says], [2, 'nothing']);
  assert.equal(ranked[1]!.reason, 'the plan: it checks more');
});

test('each is told with its reason, its evidence, its cost and how to undo it', () => {
  const text = changesPart(report(stateOf(GIVEN))).join('\n');
  assert.match(text, /1\. \*\*t4\*\*[\s\S]*was not seen to pass on the head/);
  assert.match(text, /\*\*touches the gate, or what is protected\*\*: `check\.sh` \(the gate runs it\)/);
  assert.match(text, /its tests \*\*prove nothing\*\*: it ended with 0/);
  assert.match(text, /1 attempt, [\d,]+ tokens, .*; undo: `swarm undo t2`/);
});

test('what did not land is no change', () => {
  assert.deepEqual(changes(stateOf([openedRun(), acceptedTask('t1'), ...handedIn('t1.1')])), []);
});
