/** An answer as OpenAI's own server streams it: pieces of text, calls in halves, a reason, usage, an end. */
import type { Ask, Chunk, Reply, ToolUse } from './habit.ts';

const PIECE_CHARS = 60;
const ENVELOPE = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 0, model: 'test-model' };

/** As any server counts that has no words for it. */
const CHARS_A_TOKEN = 4;
export const tokensOf = ({ raw }: Ask): number => Math.ceil(raw.length / CHARS_A_TOKEN);

const ANSWER_TOKENS = 20;
export function usageOf(ask: Ask): Readonly<Record<string, number>> {
  const prompt_tokens = tokensOf(ask);
  return { prompt_tokens, completion_tokens: ANSWER_TOKENS, total_tokens: prompt_tokens + ANSWER_TOKENS };
}

export const delta = (fields: object, finish: string | null = null): Chunk => ({
  ...ENVELOPE,
  choices: [{ index: 0, delta: fields, finish_reason: finish }],
});

const piecesOf = (text: string): readonly string[] =>
  text.match(new RegExp(`[\\s\\S]{1,${PIECE_CHARS}}`, 'g')) ?? [];

function callChunks(call: ToolUse, index: number, turn: number): readonly Chunk[] {
  const json = JSON.stringify(call.arguments);
  const half = Math.ceil(json.length / 2);
  const piece = (fields: object): Chunk => delta({ tool_calls: [{ index, ...fields }] });
  return [
    piece({
      id: `call_${turn}_${index}`,
      type: 'function',
      function: { name: call.name, arguments: '' },
    }),
    piece({ function: { arguments: json.slice(0, half) } }),
    piece({ function: { arguments: json.slice(half) } }),
  ];
}

export function chunksOf({ text = '', calls = [] }: Reply, ask: Ask): readonly Chunk[] {
  return [
    delta({ role: 'assistant', content: '' }),
    ...piecesOf(text).map((content) => delta({ content })),
    ...calls.flatMap((call, index) => callChunks(call, index, ask.turn)),
    delta({}, calls.length > 0 ? 'tool_calls' : 'stop'),
    { ...ENVELOPE, choices: [], usage: usageOf(ask) },
  ];
}

export const streamText = (chunks: readonly Chunk[]): string =>
  `${chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')}data: [DONE]\n\n`;
