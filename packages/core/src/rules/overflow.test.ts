import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overflowIn } from './overflow.ts';

for (const [server, refusal, read] of [
  [
    'OpenAI',
    "HTTP 400: This model's maximum context length is 128000 tokens. However, your messages resulted in 130123 tokens (129000 in the messages, 1123 in the functions). Please reduce the length of the messages or functions.",
    { window: 128_000, prompt: 129_000 },
  ],
  [
    'OpenAI, by the answer',
    'HTTP 400: Your input exceeds the context window of this model. Please adjust your input and try again.',
    {},
  ],
  [
    'vLLM',
    "HTTP 400: This model's maximum context length is 32768 tokens. However, you requested 33000 tokens (28904 in the messages, 4096 in the completion). Please reduce the length of the messages or completion.",
    { window: 32_768, prompt: 28_904, answer: 4_096 },
  ],
  [
    'OpenRouter',
    'HTTP 400: This endpoint\'s maximum context length is 65536 tokens. However, you requested about 70210 tokens (66000 of text input, 4210 in the output). Please reduce the length of either one, or use the "middle-out" transform.',
    { window: 65_536, prompt: 66_000, answer: 4_210 },
  ],
  [
    'Anthropic',
    'HTTP 400: prompt is too long: 210412 tokens > 200000 maximum',
    { window: 200_000, prompt: 210_412 },
  ],
  [
    'Anthropic, with its answer',
    'HTTP 400: input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease input length or `max_tokens` and try again',
    { window: 200_000, prompt: 190_000, answer: 20_000 },
  ],
  [
    'llama.cpp',
    'HTTP 400: request (9170 tokens) exceeds the available context size (8192 tokens), try increasing it',
    { window: 8_192, prompt: 9_170 },
  ],
  [
    'llama.cpp, before',
    'HTTP 400: the request exceeds the available context size. try increasing the context size or enable context shift',
    {},
  ],
  [
    'Gemini',
    'HTTP 400: The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
    { window: 1_048_576, prompt: 1_200_000 },
  ],
  [
    'LM Studio',
    'HTTP 400: Trying to keep the first 5120 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough.',
    { window: 4_096, prompt: 5_120 },
  ],
  [
    'Mistral',
    'HTTP 400: Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
    { window: 32_768, prompt: 40_000 },
  ],
  [
    'xAI',
    "HTTP 400: This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
    { window: 131_072, prompt: 537_812 },
  ],
  ['Qwen', 'HTTP 400: Range of input length should be [1, 98304]', { window: 98_304 }],
  [
    'Moonshot',
    'HTTP 400: Invalid request: Your request exceeded model token limit: 262144',
    { window: 262_144 },
  ],
  ['Z.ai', 'HTTP 400: Prompt exceeds max length', {}],
  ['Bedrock', 'HTTP 400: Input is too long for requested model.', {}],
] as const) {
  test(`a request over the window is known by the words of ${server}`, () => {
    assert.deepEqual(overflowIn(refusal), read);
  });
}

for (const refusal of [
  'HTTP 400: Unsupported parameter: stream_options',
  'HTTP 413: Request too large for model `m` on tokens per minute (TPM): Limit 6000, Requested 7012',
  'HTTP 400: max_tokens is too large: 99999',
  'HTTP 404: the model m does not exist',
]) {
  test(`a refusal is not taken for one of the window: ${refusal.slice(0, 60)}`, () => {
    assert.equal(overflowIn(refusal), undefined);
  });
}
