import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOverflow } from './overflow.ts';

test('what a server says of a request that is longer than the window is known from what it says of a rate', () => {
  for (const words of [
    "This model's maximum context length is 128000 tokens. However, your messages resulted in 150826 tokens.",
    'prompt is too long: 210000 tokens > 200000 maximum',
    'the request exceeds the available context size (8192 tokens), try increasing it',
    'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
    'Invalid request: Your request exceeded model token limit: 131072',
    'Range of input length should be [1, 129024]',
  ])
    assert.ok(isOverflow(words), words);
  for (const words of [
    'Rate limit reached for gpt-5: Limit 30000 tokens per minute, context length is no matter',
    'tool_choice is not supported',
    'max_tokens must be at most 8192',
  ])
    assert.ok(!isOverflow(words), words);
});
