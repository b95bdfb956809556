import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attackCheck } from './attacks.ts';

const attack = { family: 'keys', fact: 'no key can be added' };

test('an attack that works only without the defence is well, one that gets through fails the doctor', () => {
  assert.equal(attackCheck({ attack, verdict: 'held' }).verdict, 'ok');
  const through = attackCheck({ attack, verdict: 'through' });
  assert.equal(through.verdict, 'failed');
  assert.match(through.problem?.what ?? '', /an attack gets through.*no key can be added/);
});

test('an attack that proves nothing here is a note that says why', () => {
  for (const verdict of ['unproved', 'not-tried'] as const) {
    const check = attackCheck({ attack, verdict, why: 'there is no perl' });
    assert.equal(check.verdict, 'note');
    assert.match(check.detail, /no key can be added; there is no perl/);
  }
});
