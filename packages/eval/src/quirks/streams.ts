/** Servers whose stream is framed, counted or ended in another way, or that think aloud in it. */
import { mapChoices, mapDelta, opening, withoutUsage } from '../server/bending.ts';
import type { Ask, Chunk, Habit } from '../server/habit.ts';
import { usageOf } from '../server/wire.ts';
import { planOf } from './bicycle.ts';
import type { Quirk } from './quirk.ts';

const bends = (chunks: NonNullable<Habit['chunks']>) => (): Habit => ({ chunks });
const rewrites = (text: (text: string) => string) => (): Habit => ({ text: (stream) => text(stream) });

const isFirstPlan = ({ kind, turn }: Ask): boolean => kind === 'planner' && turn === 0;
const isFirstWork = ({ kind, turn }: Ask): boolean => kind === 'worker' && turn === 0;

/** A draft within the thinking, which must not be taken for the plan. */
const THOUGHT = `Maybe ${planOf(['draft'])}? Too vague.`;
const LONG_MS = 130_000;

/** One JSON body, as a server sends that does not stream. */
function asBody(text: string, ask: Ask): string {
  const chunks = text
    .split('\n\n')
    .filter((line) => line.startsWith('data: {'))
    .map(
      (line) => JSON.parse(line.slice(6)) as { choices: { delta: Chunk; finish_reason: string | null }[] },
    );
  const deltas = chunks.flatMap((chunk) => chunk.choices);
  const content = deltas.map((choice) => String(choice.delta.content ?? '')).join('');
  const calls: { id?: string; type: string; function: { name: string; arguments: string } }[] = [];
  for (const { delta: fields } of deltas) {
    const [piece] = (fields.tool_calls ?? []) as {
      index: number;
      id?: string;
      function: { name?: string; arguments: string };
    }[];
    if (!piece) continue;
    calls[piece.index] ??= {
      id: piece.id!,
      type: 'function',
      function: { name: piece.function.name!, arguments: '' },
    };
    calls[piece.index]!.function.arguments += piece.function.arguments;
  }
  const message = {
    role: 'assistant',
    content: content || null,
    ...(calls.length > 0 && { tool_calls: calls }),
  };
  const finish_reason = calls.length > 0 ? 'tool_calls' : 'stop';
  return JSON.stringify({
    object: 'chat.completion',
    choices: [{ index: 0, message, finish_reason }],
    usage: usageOf(ask),
  });
}

export const STREAM_QUIRKS: readonly Quirk[] = [
  {
    name: 'thinking within the text',
    seen: 'DeepSeek R1 and Qwen3 in Ollama and vLLM',
    habit: bends((chunks, reply, ask) =>
      opening({ content: `<think>\n${THOUGHT}\n</think>\n\n` })(chunks, reply, ask),
    ),
  },
  {
    name: 'thinking that is only closed',
    seen: 'Qwen3 and GLM behind templates that open it',
    habit: bends((chunks, reply, ask) =>
      opening({ content: `${THOUGHT}\n</think>\n\n` })(chunks, reply, ask),
    ),
  },
  {
    name: 'no usage at all',
    seen: 'older Ollama, proxies',
    habit: bends((chunks) => withoutUsage(chunks)),
  },
  {
    name: 'usage null in every piece',
    seen: 'OpenAI, Azure',
    habit: bends((chunks) => chunks.map((chunk) => ({ usage: null, ...chunk }))),
  },
  {
    name: 'usage beside the last choice',
    seen: 'DeepSeek, Moonshot',
    habit: bends((chunks, _, ask) =>
      mapChoices(withoutUsage(chunks), (choice) =>
        choice.finish_reason ? { ...choice, usage: usageOf(ask) } : choice,
      ),
    ),
  },
  {
    name: 'text as a list of parts',
    seen: 'Mistral’s reasoning models',
    habit: bends((chunks) =>
      mapDelta(chunks, (fields) =>
        typeof fields.content === 'string' && fields.content !== ''
          ? { ...fields, content: [{ type: 'text', text: fields.content }] }
          : fields,
      ),
    ),
  },
  {
    name: 'no reason at the end',
    seen: 'proxies that pass a provider’s pieces on',
    habit: bends((chunks) => mapChoices(chunks, (choice) => ({ ...choice, finish_reason: null }))),
  },
  {
    name: 'no [DONE]',
    seen: 'Gemini’s endpoint for OpenAI clients, Azure',
    habit: rewrites((text) => text.replace('data: [DONE]\n\n', '')),
  },
  { name: 'lines end in CRLF', seen: 'Azure, IIS', habit: rewrites((text) => text.replaceAll('\n', '\r\n')) },
  {
    name: 'data: without a space',
    seen: 'Baidu, Spark',
    habit: rewrites((text) => text.replaceAll('data: ', 'data:')),
  },
  {
    name: 'events that no empty line parts',
    seen: 'small servers of one file',
    habit: rewrites((text) => text.replaceAll('\n\n', '\n')),
  },
  {
    name: 'empty data to keep the line',
    seen: 'Cloudflare’s Workers AI',
    habit: rewrites((text) => `data:\n\n${text.replaceAll('\n\n', '\n\ndata: \n\n')}`),
  },
  {
    name: 'a piece without choices first',
    seen: 'Azure: results of its content filter',
    habit: bends((chunks) => [
      { id: '', object: '', model: '', choices: [], prompt_filter_results: [] },
      ...chunks,
    ]),
  },
  {
    name: 'one body for a stream that was asked',
    seen: 'proxies that do not stream',
    habit: () => ({ text: asBody, contentType: 'application/json' }),
  },
  {
    name: 'the role and an empty text in every piece',
    seen: 'vLLM, LM Studio',
    habit: bends((chunks) => mapDelta(chunks, (fields) => ({ content: '', role: 'assistant', ...fields }))),
  },
  {
    name: 'comments alone while it waits',
    seen: 'OpenRouter',
    habit: () => ({ comments: (ask) => (isFirstPlan(ask) || isFirstWork(ask) ? 40 : 1) }),
  },
  {
    name: '130 s of silence',
    seen: 'reasoning models that think before they speak',
    isSlow: true,
    habit: () => {
      let isDone = false;
      return {
        silentMs: (ask) => {
          if (isDone || !isFirstWork(ask)) return 0;
          isDone = true;
          return LONG_MS;
        },
      };
    },
  },
];
