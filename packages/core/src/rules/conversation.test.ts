import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChatMessage } from '../ports/models.ts';
import { lengthOf, shortened } from './conversation.ts';

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
/** Where the last four turns begin. */
const end = (turns: number): number => 1 + 2 * Math.max(0, turns - 4);

test('a conversation that is short enough is left alone', () => {
  assert.deepEqual(shortened(talk(3, 100), 10_000, end(3)), { messages: talk(3, 100), parts: 0, chars: 0 });
});

test('outputs go before arguments, oldest first, until it is short enough', () => {
  const { messages, parts, chars } = shortened(talk(20, 1000), 28_500, end(20));
  const gone = messages.flatMap((m, i) => (m.content.startsWith('[1000 characters') ? [i] : []));
  assert.deepEqual(
    gone,
    Array.from({ length: parts }, (_, n) => 2 + 2 * n),
  );
  assert.ok(lengthOf(messages) <= 28_500 && lengthOf(messages) > 27_500);
  assert.equal(lengthOf(talk(20, 1000)) - lengthOf(messages), chars);
});

test('when outputs are not enough, long arguments go too, and stay JSON with their call', () => {
  const { messages } = shortened(talk(20, 1000), 16_500, end(20));
  const first = messages[1]!;
  assert.ok(first.role === 'assistant');
  assert.deepEqual(first.toolCalls[0], {
    id: 'c0',
    name: 'write',
    argumentsJson: '{"left_out":"1014 characters"}',
  });
});

test('what is to stay stays, however long it is', () => {
  const { messages } = shortened(talk(4, 1000), 0, end(8), new Set([2]));
  assert.deepEqual([messages[2], messages[4]!.content.slice(0, 16)], [talk(4, 1000)[2], '[1000 characters']);
});
