/** Each dialect as a server speaks it: requests an agent sends, answers whole and in pieces, with a count of their own. */
import type { DialectName } from '@swarm/core/model/dialect';
import * as fault from './fault-server.ts';

/** What the server counts. `input` is the whole prompt, what was cached and what was written to the cache in it. */
export interface Counted {
  readonly input: number;
  readonly cached: number;
  readonly written: number;
  readonly output: number;
}

export interface Spoken {
  /** Where an agent asks the gateway. */
  path(isStream: boolean): string;
  /** Where an endpoint of the dialect is asked, below its base URL. */
  readonly upstream: string;
  /** A question without a bound. */
  question(content: string, isStream: boolean): Readonly<Record<string, unknown>>;
  /** The fields that bound the answer. @param n a number, or what an agent writes for one. */
  bound(n: unknown): Readonly<Record<string, unknown>>;
  /** The bound that reached the server. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects there
  boundIn(body: any): number | undefined;
  whole(text: string, used: Counted): object;
  pieces(text: string, used: Counted): string[];
  /** Its key header. */
  readonly key: string;
}

const named = (name: string, data: object): string => `event: ${name}\n${fault.event(data)}`;

const chat: Spoken = {
  path: () => '/v1/chat/completions',
  upstream: '/v1/chat/completions',
  question: (content, stream) => ({ model: 'x', stream, messages: [{ role: 'user', content }] }),
  bound: (n) => ({ max_tokens: n }),
  boundIn: (body) => body.max_tokens,
  whole: (text, used) => ({
    id: 'c1',
    object: 'chat.completion',
    created: 1,
    model: 'm-1',
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    usage: chatUsage(used),
  }),
  pieces: (text, used) => [
    ...[...text].map(fault.textEvent),
    fault.endEvent(),
    fault.event({ choices: [], usage: chatUsage(used) }),
    fault.DONE,
  ],
  key: 'authorization',
};

const chatUsage = ({ input, cached, output }: Counted) => ({
  prompt_tokens: input,
  completion_tokens: output,
  total_tokens: input + output,
  prompt_tokens_details: { cached_tokens: cached },
});

const responses: Spoken = {
  path: () => '/v1/responses',
  upstream: '/v1/responses',
  question: (content, stream) => ({ model: 'x', stream, input: content }),
  bound: (n) => ({ max_output_tokens: n }),
  boundIn: (body) => body.max_output_tokens,
  whole: (text, used) => response(text, used),
  pieces(text, used) {
    const item = { type: 'message', id: 'i1', role: 'assistant', status: 'in_progress', content: [] };
    const part = { type: 'output_text', text: '', annotations: [] };
    const at = { item_id: 'i1', output_index: 0, content_index: 0 };
    const events = [
      {
        type: 'response.created',
        response: { ...response('', used), status: 'in_progress', output: [], usage: null },
      },
      { type: 'response.output_item.added', output_index: 0, item },
      { type: 'response.content_part.added', ...at, part },
      ...[...text].map((delta) => ({ type: 'response.output_text.delta', ...at, delta })),
      { type: 'response.output_text.done', ...at, text },
      { type: 'response.output_item.done', output_index: 0, item: response(text, used).output[0] },
      { type: 'response.completed', response: response(text, used) },
    ];
    return events.map((event, i) => named(event.type, { ...event, sequence_number: i }));
  },
  key: 'authorization',
};

const response = (text: string, { input, cached, output }: Counted) => ({
  id: 'r1',
  object: 'response',
  created_at: 1,
  model: 'm-1',
  status: 'completed',
  error: null,
  incomplete_details: null,
  output: [
    {
      type: 'message',
      id: 'i1',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text, annotations: [] }],
    },
  ],
  usage: {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input + output,
  },
});

const messages: Spoken = {
  path: () => '/v1/messages',
  upstream: '/v1/messages',
  question: (content, stream) => ({ model: 'x', stream, messages: [{ role: 'user', content }] }),
  bound: (n) => ({ max_tokens: n }),
  boundIn: (body) => body.max_tokens,
  whole: (text, used) => message([{ type: 'text', text }], messageUsage(used), 'end_turn'),
  pieces: (text, used) =>
    [
      { type: 'message_start', message: message([], { ...messageUsage(used), output_tokens: 1 }, null) },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'ping' },
      ...[...text].map((one) => ({
        type: 'content_block_delta',
        index: 0,
        delta: { type: 'text_delta', text: one },
      })),
      { type: 'content_block_stop', index: 0 },
      {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: { output_tokens: used.output },
      },
      { type: 'message_stop' },
    ].map((event) => named(event.type, event)),
  key: 'x-api-key',
};

const message = (content: object[], usage: object, stop_reason: string | null) => ({
  id: 'm1',
  type: 'message',
  role: 'assistant',
  model: 'm-1',
  content,
  stop_reason,
  stop_sequence: null,
  usage,
});

const messageUsage = ({ input, cached, written, output }: Counted) => ({
  input_tokens: input - cached - written,
  cache_read_input_tokens: cached,
  cache_creation_input_tokens: written,
  output_tokens: output,
});

const gemini: Spoken = {
  path: (isStream) =>
    isStream ? '/v1beta/models/x:streamGenerateContent?alt=sse' : '/v1beta/models/x:generateContent',
  upstream: '/v1/models/work-model:',
  question: (text) => ({ contents: [{ role: 'user', parts: [{ text }] }] }),
  bound: (n) => ({ generationConfig: { maxOutputTokens: n } }),
  boundIn: (body) => body.generationConfig?.maxOutputTokens,
  whole: (text, used) => candidate(text, 'STOP', geminiUsage(used)),
  pieces: (text, used) => geminiChunks(text, used).map(fault.event),
  key: 'x-goog-api-key',
};

/** Each chunk counts what was used so far. */
export const geminiChunks = (text: string, used: Counted): object[] => [
  ...[...text].map((one) => candidate(one, undefined, geminiUsage({ ...used, output: 1 }))),
  candidate('', 'STOP', geminiUsage(used)),
];

const candidate = (text: string, finishReason: string | undefined, usageMetadata: object) => ({
  candidates: [
    { index: 0, content: { role: 'model', parts: [{ text }] }, ...(finishReason && { finishReason }) },
  ],
  usageMetadata,
  modelVersion: 'm-1',
});

/** A third of what it said was thought. */
const geminiUsage = ({ input, cached, output }: Counted) => ({
  promptTokenCount: input,
  cachedContentTokenCount: cached,
  candidatesTokenCount: output - Math.floor(output / 3),
  thoughtsTokenCount: Math.floor(output / 3),
  totalTokenCount: input + output,
});

export const SPOKEN: Readonly<Record<DialectName, Spoken>> = { chat, responses, messages, gemini };

/** Answers in the form that was asked for. */
export const answering =
  (name: DialectName, text: string, used: Counted): fault.Plan =>
  (res, seen) => {
    const isStream = seen.body.stream === true || seen.path.includes('alt=sse');
    const spoken = SPOKEN[name];
    return isStream
      ? fault.raw(...spoken.pieces(text, used))(res, seen)
      : fault.json(spoken.whole(text, used))(res, seen);
  };
