import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { HANDOFF_LIST_MAX, HANDOFF_TEXT_MAX } from '../../model/handoff.ts';
import { TASK_STATES } from '../../model/task.ts';
import { handedIn } from './handing-in.ts';
import { transition } from './transitions.ts';
import { callBody, registerBody, workerMessage } from './wire.ts';

test('a capability may be said as a text or as a name with its version', () => {
  const said = { name: 'w', capabilities: ['process', { name: 'enrich', version: 'v2.1.0' }], version: 'v3' };
  assert.deepEqual(registerBody.parse(said), {
    name: 'w',
    capabilities: ['process', 'enrich@2.1.0'],
    version: '3',
  });
});

test('whatever is said is read as what it is or refused, and never thrown', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const read = workerMessage.safeParse(value);
      assert.ok(read.success || read.error.issues.length > 0);
    }),
  );
});

test('keys of prototypes are dropped, and names that are such keys refused', () => {
  const text =
    '{"type":"register","name":"w","__proto__":{"isAdmin":true},"constructor":{"prototype":{"x":1}}}';
  const read = workerMessage.parse(JSON.parse(text));
  assert.deepEqual(Object.keys(read).sort(), ['capabilities', 'name', 'type']);
  assert.equal(({} as { isAdmin?: boolean }).isAdmin, undefined);
  assert.ok(!workerMessage.safeParse({ type: 'register', name: '__proto__' }).success);
  assert.ok(!callBody.safeParse({ to: '__proto__', method: 'm', payload: '' }).success);
});

// ───────────── what is handed in ─────────────

test('a plain sentence is a summary; an object is a handoff with its patch; anything else is no handoff', () => {
  assert.deepEqual(handedIn(' done '), {
    claim: { status: 'complete', summary: 'done', concerns: [], suggestions: [] },
  });
  assert.deepEqual(handedIn('{"summary":"s","patch":"diff","concerns":["c"],"more":1}'), {
    claim: { status: 'complete', summary: 's', concerns: ['c'], suggestions: [] },
    patch: 'diff',
  });
  assert.deepEqual(handedIn('"said"'), handedIn('said'));
  for (const none of [
    '',
    '  ',
    '{}',
    '{"summary":""}',
    '{"summary":1}',
    '{"summary":"s","patch":1}',
    '{"summary":"s","status":"great"}',
  ])
    assert.ok('problem' in handedIn(none), none);
});

test('law: whatever is handed in is bounded, or refused', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), fc.nat(6_000), (text, more) => {
      for (const said of [
        text,
        JSON.stringify({
          summary: `${text} `.repeat(more).slice(0, 60_000),
          concerns: Array(more % 50).fill(text),
        }),
      ]) {
        const read = handedIn(said);
        if ('problem' in read) continue;
        assert.ok(read.claim.summary.length <= HANDOFF_TEXT_MAX);
        assert.ok(read.claim.concerns.length <= HANDOFF_LIST_MAX);
      }
    }),
    { numRuns: 50 },
  );
});

// ───────────── states ─────────────

test('a task that nobody spoke of is pending; a move that is none of ours is illegal, a word that is no state unknown', () => {
  assert.deepEqual(transition(undefined, 'pending'), { kind: 'moved', state: 'pending' });
  assert.deepEqual(transition(undefined, 'assigned'), { kind: 'moved', state: 'assigned' });
  assert.deepEqual(transition(undefined, 'complete'), { kind: 'illegal', from: 'pending', to: 'complete' });
  assert.deepEqual(transition('running', 'complete'), { kind: 'moved', state: 'complete' });
  assert.deepEqual(transition('landed', 'running'), { kind: 'illegal', from: 'landed', to: 'running' });
  for (const said of ['', 'done', '__proto__', 'constructor'])
    assert.equal(transition('pending', said).kind, 'unknown');
  for (const state of TASK_STATES) assert.equal(transition(state, state).kind, 'illegal');
});
