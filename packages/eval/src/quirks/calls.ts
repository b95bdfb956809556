/** Servers that write tool calls in another shape: ids, numbers, arguments, or as text where no call is. */
import { mapCalls, mapChoices, mapDelta, once, wholeCalls } from '../server/bending.ts';
import type { Habit, Reply, ToolUse } from '../server/habit.ts';
import type { Quirk } from './quirk.ts';

type Chunks = NonNullable<Habit['chunks']>;
const shaped =
  (shape: (call: ToolUse, index: number) => object): Chunks =>
  (chunks, { calls = [] }, ask) =>
    wholeCalls(chunks, ask, calls as ToolUse[], (call, index) => shape(call as ToolUse, index));

const json = (call: ToolUse): string => JSON.stringify(call.arguments);
const bends = (chunks: Chunks) => (): Habit => ({ chunks });

/** The worker's calls as text, in the form of a model whose server has no parser for it. */
const written = (form: (call: ToolUse) => string) => (): Habit => ({
  says: (reply: Reply, { kind }) =>
    kind === 'worker' && reply.calls ? { text: reply.calls.map(form).join('\n') } : reply,
});

const tag = (name: string, value: unknown): string =>
  `<parameter=${name}>\n${typeof value === 'string' ? value : JSON.stringify(value)}\n</parameter>`;
const keyed = (name: string, value: unknown): string =>
  `<arg_key>${name}</arg_key>\n<arg_value>${typeof value === 'string' ? value : JSON.stringify(value)}</arg_value>`;

export const CALL_QUIRKS: readonly Quirk[] = [
  {
    name: 'calls without ids',
    seen: 'Ollama, Gemini’s endpoint for OpenAI clients',
    habit: bends((chunks) => mapCalls(chunks, ({ id: _, ...piece }) => piece)),
  },
  {
    name: 'every call has the same id',
    seen: 'proxies that count from nothing in each answer',
    habit: bends((chunks) =>
      mapCalls(chunks, (piece) => ('id' in piece ? { ...piece, id: 'call_0' } : piece)),
    ),
  },
  {
    name: 'calls without numbers',
    seen: 'Gemini’s endpoint for OpenAI clients',
    habit: bends((chunks) => mapCalls(chunks, ({ index: _, ...piece }) => piece)),
  },
  {
    name: 'calls with neither numbers nor ids, each whole',
    seen: 'xAI, Ollama',
    habit: bends(shaped((call) => ({ function: { name: call.name, arguments: json(call) } }))),
  },
  {
    name: 'arguments that are an object',
    seen: 'Ollama, llama.cpp',
    habit: bends(
      shaped(({ name, arguments: args }, index) => ({
        index,
        id: `call_${index}`,
        type: 'function',
        function: { name, arguments: args },
      })),
    ),
  },
  {
    name: 'arguments encoded twice',
    seen: 'GLM, small local models',
    habit: bends(
      shaped((call, index) => ({
        index,
        id: `call_${index}`,
        type: 'function',
        function: { name: call.name, arguments: JSON.stringify(json(call)) },
      })),
    ),
  },
  {
    name: 'the name again in every piece',
    seen: 'Azure behind proxies, DashScope',
    habit: bends((chunks, { calls = [] }) =>
      mapCalls(chunks, (piece) => ({
        ...piece,
        function: { ...(piece.function as object), name: calls[Number(piece.index)]?.name },
      })),
    ),
  },
  {
    name: 'the whole call once more at the end',
    seen: 'SGLang',
    habit: bends((chunks, { calls = [] }) =>
      mapChoices(chunks, (choice) =>
        choice.finish_reason === null || calls.length === 0
          ? choice
          : {
              ...choice,
              delta: {
                tool_calls: calls.map((call, index) => ({
                  index,
                  id: '',
                  type: 'function',
                  function: { name: call.name, arguments: json(call) },
                })),
              },
            },
      ),
    ),
  },
  {
    name: 'one call under its old name',
    seen: 'servers from before tool_calls',
    habit: bends((chunks) =>
      mapDelta(chunks, (fields) => {
        const { tool_calls: calls, ...rest } = fields;
        return Array.isArray(calls) ? { ...rest, function_call: calls[0].function } : fields;
      }),
    ),
  },
  {
    name: 'calls behind the reason to stop',
    seen: 'vLLM, llama.cpp: finish_reason is stop',
    habit: bends((chunks) =>
      mapChoices(chunks, (choice) => (choice.finish_reason ? { ...choice, finish_reason: 'stop' } : choice)),
    ),
  },
  {
    name: 'cut by length within a call',
    seen: 'every server with a low bound',
    habit: () => {
      const isFirst = once();
      return {
        chunks: (chunks, { calls = [] }, { kind }) => {
          if (kind !== 'worker' || calls[0]?.name !== 'write' || !isFirst()) return chunks;
          const last = chunks.findLastIndex((chunk) => JSON.stringify(chunk).includes('tool_calls":['));
          return mapChoices([...chunks.slice(0, last), ...chunks.slice(last + 1)], (choice) =>
            choice.finish_reason ? { ...choice, finish_reason: 'length' } : choice,
          );
        },
      };
    },
  },
  {
    name: 'calls as text: an object in tags',
    seen: 'Hermes and Qwen',
    habit: written((call) => `<tool_call>\n${JSON.stringify(call)}\n</tool_call>`),
  },
  {
    name: 'calls as text: functions and parameters',
    seen: 'Qwen3-Coder',
    habit: written(
      ({ name, arguments: args }) =>
        `<tool_call>\n<function=${name}>\n${Object.entries(args)
          .map(([key, value]) => tag(key, value))
          .join('\n')}\n</function>\n</tool_call>`,
    ),
  },
  {
    name: 'calls as text: keys and values',
    seen: 'GLM-4.5',
    habit: written(
      ({ name, arguments: args }) =>
        `<tool_call>${name}\n${Object.entries(args)
          .map(([key, value]) => keyed(key, value))
          .join('\n')}\n</tool_call>`,
    ),
  },
  {
    name: 'calls as text: a list behind a mark',
    seen: 'Mistral and Devstral in llama.cpp',
    habit: written((call) => `[TOOL_CALLS][${JSON.stringify(call)}]`),
  },
  {
    name: 'calls as text: one object in a fence',
    seen: 'Gemma, Phi',
    habit: written(
      (call) => `\`\`\`json\n${JSON.stringify({ name: call.name, parameters: call.arguments })}\n\`\`\``,
    ),
  },
];
