import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChatMessage } from '@swarm/core/ports/models';
import { cutMiddle, elide } from './shorten.ts';
import { firstKept } from './turns.ts';

/** The task, then turns that each write a file of `size` characters and read as much. */
function talk(turns: number, size: number): ChatMessage[] {
  const turn = (i: number): ChatMessage[] => [
    {
      role: 'assistant',
      content: '',
      toolCalls: [
        { id: `c${i}`, name: 'write', argumentsJson: JSON.stringify({ content: 'x'.repeat(size) }) },
      ],
    },
    { role: 'tool', callId: `c${i}`, content: 'y'.repeat(size) },
  ];
  return [{ role: 'user', content: 'task' }, ...Array.from({ length: turns }, (_, i) => turn(i)).flat()];
}
const WHOLE = Number.POSITIVE_INFINITY;

test('the last four turns stay whole even when that is too much', () => {
  assert.deepEqual(elide(talk(4, 1000), 1_000, WHOLE).messages, talk(4, 1000));
});

test('of the last four turns those stay that have room together, and always the last', () => {
  const messages = talk(6, 1000);
  assert.deepEqual(
    [WHOLE, 5_000, 100].map((room) => messages.length - firstKept(messages, room)),
    [8, 4, 2],
  );
});

test('what is cut out of a text is counted, and the rest is not longer than it may be', () => {
  const cut = cutMiddle(`first${'x'.repeat(5_000)}last`, 1_000);
  assert.match(cut, /^firstx+\n\[… 4009 characters and more left out: ask for less at once …\]\nx+last$/);
  assert.ok(cut.length <= 1_000, `${cut.length}`);
  assert.equal(cutMiddle('short', 1_000), 'short');
});
