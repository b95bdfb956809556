/** Servers that fail for a while, and servers whose window is full, each in its own words. */
import { once, refusal } from '../server/bending.ts';
import type { Ask, Habit, Refusal } from '../server/habit.ts';
import { tokensOf } from '../server/wire.ts';
import type { Quirk } from './quirk.ts';

const isFirstWork = ({ kind, turn }: Ask): boolean => kind === 'worker' && turn === 0;

/** Refuses the first request of the first worker, once. */
const failsOnce = (said: Refusal) => (): Habit => {
  const isFirst = once();
  return { refuse: (ask) => (isFirstWork(ask) && isFirst() ? said : undefined) };
};

/** Breaks the first worker's first answer off by what it says in it. */
const breaksOnce = (error: object) => (): Habit => {
  const isFirst = once();
  return {
    chunks: (chunks, _, ask) =>
      isFirstWork(ask) && isFirst() ? [chunks[0]!, error as (typeof chunks)[0]] : chunks,
  };
};

// ───────────── the window ─────────────

/** What a worker looks at before it begins: more than the window leaves. */
const LOOK = { name: 'bash', arguments: { command: 'seq 1 6000' } };

/** The window holds twice what the first worker began with, and its first look is larger. */
const overflows = (said: (tokens: number, window: number) => Refusal) => (): Habit => {
  let window = Number.POSITIVE_INFINITY;
  return {
    says: (reply, ask) => {
      if (ask.kind !== 'worker' || ask.turn > 0 || window < Number.POSITIVE_INFINITY) return reply;
      window = tokensOf(ask) + 6_000;
      return { calls: [LOOK] };
    },
    refuse: (ask) => (tokensOf(ask) > window ? said(tokensOf(ask), window) : undefined),
  };
};

/** Four looks at once, each as large: what a window of half that counts shows at the request after the next. */
const cuts = (): Habit => {
  let window = Number.POSITIVE_INFINITY;
  return {
    says: (reply, ask) => {
      if (ask.kind !== 'worker' || ask.turn > 0 || window < Number.POSITIVE_INFINITY) return reply;
      window = tokensOf(ask) + 2_000;
      return { calls: [LOOK, LOOK, LOOK, LOOK] };
    },
    chunks: (chunks, _, ask) =>
      chunks.map((chunk) =>
        'usage' in chunk && tokensOf(ask) > window
          ? { ...chunk, usage: { ...(chunk.usage as object), prompt_tokens: window } }
          : chunk,
      ),
  };
};

const WINDOW_QUIRKS: readonly Quirk[] = [
  {
    name: 'what is too long is left out, and nothing said',
    seen: 'Ollama, LM Studio',
    habit: cuts,
    told: /the server of test-model read about \d+ tokens of a prompt of at least \d+, and said nothing: give it a larger window, or write \[models\.profiles\."test-model"\] window = \d+$/m,
  },
  {
    name: 'window full: context_length_exceeded',
    seen: 'OpenAI, vLLM',
    habit: overflows((tokens, window) =>
      refusal(
        400,
        `This model's maximum context length is ${window} tokens. However, your messages resulted in ${tokens} tokens. Please reduce the length of the messages.`,
        { param: 'messages', code: 'context_length_exceeded' },
      ),
    ),
  },
  {
    name: 'window full: prompt is too long',
    seen: 'Anthropic, and proxies of it',
    habit: overflows((tokens, window) =>
      refusal(400, `prompt is too long: ${tokens} tokens > ${window} maximum`),
    ),
  },
  {
    name: 'window full: exceed_context_size_error',
    seen: 'llama.cpp',
    habit: overflows((tokens, window) => ({
      status: 400,
      body: {
        error: {
          code: 400,
          message: `request (${tokens} tokens) exceeds the available context size (${window} tokens), try increasing it`,
          type: 'exceed_context_size_error',
          n_prompt_tokens: tokens,
          n_ctx: window,
        },
      },
    })),
  },
  {
    name: 'window full: input token count exceeds',
    seen: 'Google',
    habit: overflows((tokens, window) => ({
      status: 400,
      body: [
        {
          error: {
            code: 400,
            message: `The input token count (${tokens}) exceeds the maximum number of tokens allowed (${window}).`,
            status: 'INVALID_ARGUMENT',
          },
        },
      ],
    })),
  },
  {
    name: 'window full: maximum prompt length',
    seen: 'xAI',
    habit: overflows((tokens, window) => ({
      status: 400,
      body: {
        code: 'Client specified an invalid argument',
        error: `This model's maximum prompt length is ${window} but the request contains ${tokens} tokens.`,
      },
    })),
  },
  {
    name: 'window full: in Mistral’s words',
    seen: 'Mistral',
    habit: overflows((tokens, window) => ({
      status: 400,
      body: {
        object: 'error',
        message: `Prompt contains ${tokens} tokens and 0 draft tokens, too large for model with ${window} maximum context length`,
        type: 'invalid_request_prompt',
        param: null,
        code: '3051',
      },
    })),
  },
];

export const FAILURE_QUIRKS: readonly Quirk[] = [
  {
    name: '429 with Retry-After',
    seen: 'OpenAI',
    habit: failsOnce({
      ...refusal(429, 'Rate limit reached for requests', { type: 'requests', code: 'rate_limit_exceeded' }),
      headers: { 'retry-after': '1' },
    }),
  },
  {
    name: '429 without Retry-After',
    seen: 'Zhipu, vLLM behind proxies',
    habit: failsOnce({
      status: 429,
      body: { error: { code: '1302', message: '您的账户已达到速率限制，请您控制请求频率' } },
    }),
  },
  {
    name: '503 while the model loads',
    seen: 'llama.cpp',
    habit: failsOnce({
      status: 503,
      body: { error: { code: 503, message: 'Loading model', type: 'unavailable_error' } },
    }),
  },
  {
    name: '529 overloaded',
    seen: 'Anthropic’s endpoint for OpenAI clients',
    habit: failsOnce({
      status: 529,
      body: { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
    }),
  },
  {
    name: 'a page of a proxy',
    seen: 'nginx, Cloudflare',
    habit: failsOnce({ status: 502, body: '<html><head><title>502 Bad Gateway</title></head></html>' }),
  },
  {
    name: 'an error within a stream that began well',
    seen: 'OpenRouter',
    habit: breaksOnce({
      id: 'gen-1',
      object: 'chat.completion.chunk',
      provider: 'somebody',
      error: { code: 502, message: 'Upstream error from somebody: terminated' },
      choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }],
    }),
  },
  {
    name: 'an error that is a text, within a stream',
    seen: 'Ollama',
    habit: breaksOnce({ error: 'an error was encountered while running the model: unexpected EOF' }),
  },
  ...WINDOW_QUIRKS,
];
