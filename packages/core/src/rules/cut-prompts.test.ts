import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChatMessage } from '../ports/models.ts';
import { lengthOf } from './conversation.ts';
import { cutPrompt, cutPromptText } from './cut-prompts.ts';

const WORDS = 10_000;
const TALK: readonly ChatMessage[] = [
  { role: 'user', content: 'task' },
  { role: 'tool', callId: 'a', content: 'export const x1 = 7; '.repeat(WORDS / 5) },
  { role: 'assistant', content: 'now', toolCalls: [] },
];
const LENGTH = lengthOf(TALK);
const cut = (counted: number, before: number | undefined = LENGTH - 100) => cutPrompt(TALK, before, counted);

test('a count far below the words of the prompt is a cut, and one that any vocabulary could make is none', () => {
  assert.deepEqual(cut(2_000), { counted: 2_000, least: WORDS + 2 });
  assert.deepEqual(
    [6_600, 6_700, 12_000].map((counted) => cut(counted) !== undefined),
    [true, false, false],
  );
});

test('a server that counts only what is new is not said to cut', () => {
  assert.equal(cut(2_000, LENGTH - 4_000), undefined);
});

test('nor is one that counts nothing, or says the same small number of everything', () => {
  for (const counted of [0, 1, 100, 1_999]) assert.equal(cut(counted), undefined);
});

test('nothing is said of a first request, or of one that was shortened: what is new in it is not known', () => {
  assert.equal(cutPrompt(TALK, undefined, 2_000), undefined);
  assert.equal(cut(2_000, LENGTH + 1), undefined);
});

test('what is told of it can be typed', () => {
  assert.match(cutPromptText('qwen3', cut(2_000)!), /write \[models\.profiles\."qwen3"\] window = 2000$/);
});
