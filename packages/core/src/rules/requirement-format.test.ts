import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRequirement } from './requirement-format.ts';

test('a requirement is read with the words models use for its status, and what is left out stays as it was', () => {
  for (const [said, status] of [
    ['open', 'open'],
    ['in_progress', 'open'],
    ['failing', 'open'],
    ['DONE', 'met'],
    ['satisfied', 'met'],
    ['cancelled', 'dropped'],
  ])
    assert.deepEqual(readRequirement({ id: 'R1', status: said }), { ok: true, draft: { id: 'R1', status } });
  assert.deepEqual(readRequirement({ id: 7, text: 'Dates are read', tasks: ['a', 't3'], note: 'x' }), {
    ok: true,
    draft: { id: '7', text: 'Dates are read', tasks: ['a', 't3'] },
  });
});

test('one that cannot be read says where and why, under a name that is safe to print', () => {
  for (const [value, told] of [
    ['all of it', '?: it: '],
    [{ id: 'R1', status: 'perhaps' }, 'R1: its status is one of open, met, dropped'],
    [{ id: 'R1', tasks: 'a' }, 'R1: tasks: '],
    [{ id: '\u001b[31m', text: 'x' }, '?: '],
    [{ text: 'x'.repeat(2_000), id: 'R2' }, 'R2: text: '],
  ] as const) {
    const read = readRequirement(value);
    assert.ok(!read.ok);
    assert.ok(`${read.id}: ${read.problem}`.startsWith(told), `${read.id}: ${read.problem}`);
  }
});
