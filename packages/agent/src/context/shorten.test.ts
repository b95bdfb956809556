import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChatMessage } from '@swarm/core/ports/models';
import { cutMiddle, elide } from './shorten.ts';
import { firstKept, lengthOf } from './turns.ts';

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

test('a conversation that is short enough is left alone', () => {
  assert.deepEqual(elide(talk(3, 100), 10_000, WHOLE), { messages: talk(3, 100), parts: 0, chars: 0 });
});

test('outputs go before arguments, oldest first, until it is short enough', () => {
  const { messages, parts, chars } = elide(talk(20, 1000), 28_500, WHOLE);
  const gone = messages.flatMap((m, i) => (m.content.startsWith('[1000 characters') ? [i] : []));
  assert.deepEqual(
    gone,
    Array.from({ length: parts }, (_, n) => 2 + 2 * n),
  );
  assert.ok(lengthOf(messages) <= 28_500 && lengthOf(messages) > 27_500);
  assert.equal(lengthOf(talk(20, 1000)) - lengthOf(messages), chars);
});

test('when outputs are not enough, long arguments go too, and stay JSON with their call', () => {
  const { messages } = elide(talk(20, 1000), 16_500, WHOLE);
  const first = messages[1]!;
  assert.ok(first.role === 'assistant');
  assert.deepEqual(first.toolCalls[0], {
    id: 'c0',
    name: 'write',
    argumentsJson: '{"left_out":"1014 characters"}',
  });
});

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
