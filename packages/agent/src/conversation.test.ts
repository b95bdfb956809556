import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChatMessage } from '@swarm/core/ports/models';
import { elide, lengthOf } from './conversation.ts';

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

test('a conversation inside its limit is left alone', () => {
  const messages = talk(3, 100);
  assert.equal(elide(messages, 10_000).messages, messages);
});

test('outputs go before arguments, oldest first, down to three quarters of the limit', () => {
  const { messages, parts, chars } = elide(talk(20, 1000), 38_000);
  const gone = messages.flatMap((m, i) => (m.content.startsWith('[1000 characters') ? [i] : []));
  assert.deepEqual(
    gone,
    Array.from({ length: parts }, (_, n) => 2 + 2 * n),
  );
  assert.ok(lengthOf(messages) <= 28_500 && lengthOf(messages) > 27_500);
  assert.equal(lengthOf(talk(20, 1000)) - lengthOf(messages), chars);
});

test('when outputs are not enough, long arguments go too, and stay JSON with their call', () => {
  const { messages } = elide(talk(20, 1000), 22_000);
  const first = messages[1]!;
  assert.ok(first.role === 'assistant');
  assert.deepEqual(first.toolCalls[0], {
    id: 'c0',
    name: 'write',
    argumentsJson: '{"left_out":"1014 characters"}',
  });
});

test('the last six turns stay whole even when that is too much', () => {
  const { messages } = elide(talk(6, 1000), 1_000);
  assert.deepEqual(messages, talk(6, 1000));
});
