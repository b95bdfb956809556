/** Servers that refuse a field of the request by its name, in their own words. */
import { refusal } from '../server/bending.ts';
import type { Ask, Habit, Refusal } from '../server/habit.ts';
import type { Quirk } from './quirk.ts';

/** Refuses every request that holds the field. */
const refuses =
  (field: string, said: Refusal): (() => Habit) =>
  () => ({ refuse: ({ body }) => (field in body ? said : undefined) });

const profile = (line: string): string => `[models.profiles."test-model"]\n${line}\n`;

const unsupported = (name: string, instead = ''): Refusal =>
  refusal(400, `Unsupported parameter: '${name}' is not supported with this model.${instead}`, {
    param: name,
    code: 'unsupported_parameter',
  });

const schemasOf = ({ body }: Ask): string =>
  JSON.stringify(body.tools?.map((t) => t.function.parameters) ?? []);

/** Google names every field it does not know, one line each. */
function unknownNames(ask: Ask, names: readonly string[]): Refusal | undefined {
  const schemas = schemasOf(ask);
  const there = names.filter((name) => schemas.includes(`"${name}":`));
  if (there.length === 0) return undefined;
  const lines = there.map(
    (name) =>
      `Invalid JSON payload received. Unknown name "${name}" at 'tools[0].function_declarations[0].parameters': Cannot find field.`,
  );
  return {
    status: 400,
    body: [{ error: { code: 400, message: lines.join('\n'), status: 'INVALID_ARGUMENT' } }],
  };
}

export const FIELD_QUIRKS: readonly Quirk[] = [
  {
    name: 'stream_options is an extra input',
    seen: 'Mistral, and validators of its kind',
    habit: refuses('stream_options', {
      status: 422,
      body: {
        object: 'error',
        message: {
          detail: [
            {
              type: 'extra_forbidden',
              loc: ['body', 'stream_options'],
              msg: 'Extra inputs are not permitted',
              input: { include_usage: true },
            },
          ],
        },
        type: 'invalid_request_error',
        param: null,
        code: null,
      },
    }),
  },
  {
    name: 'stream_options is unknown',
    seen: 'proxies of the first days',
    habit: refuses('stream_options', refusal(400, 'Unrecognized request argument supplied: stream_options')),
  },
  {
    name: 'max_tokens by its new name alone',
    seen: 'OpenAI’s reasoning models',
    habit: refuses('max_tokens', unsupported('max_tokens', " Use 'max_completion_tokens' instead.")),
  },
  {
    name: 'max_tokens above what the model gives',
    seen: 'DeepSeek',
    habit: () => ({
      refuse: ({ body }) =>
        Number(body.max_tokens ?? 0) > 8_192
          ? refusal(400, 'Invalid max_tokens value, the valid range of max_tokens is [1, 8192]')
          : undefined,
    }),
  },
  {
    name: 'temperature has one value',
    seen: 'OpenAI’s reasoning models',
    config: profile('temperature = 0.2'),
    habit: refuses(
      'temperature',
      refusal(
        400,
        "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.",
        { param: 'temperature', code: 'unsupported_value' },
      ),
    ),
  },
  {
    name: 'parallel_tool_calls is unknown',
    seen: 'OpenAI’s o-series, Azure',
    config: profile('parallel_tools = false'),
    habit: refuses('parallel_tool_calls', unsupported('parallel_tool_calls')),
  },
  {
    name: 'reasoning_effort is unknown',
    seen: 'xAI’s Grok 4',
    config: profile('reasoning_effort = "low"'),
    habit: refuses('reasoning_effort', {
      status: 400,
      body: {
        code: 'Client specified an invalid argument',
        error: 'Model grok-4 does not support parameter reasoningEffort: reasoning_effort.',
      },
    }),
  },
  {
    name: 'prompt_cache_key is unknown',
    seen: 'Groq, Fireworks',
    config: profile('cache = "key"'),
    habit: refuses('prompt_cache_key', refusal(400, "property 'prompt_cache_key' is unsupported")),
  },
  {
    name: 'words of a schema are unknown',
    seen: 'Google’s Gemini',
    habit: () => ({
      refuse: (ask) =>
        unknownNames(ask, ['additionalProperties', 'exclusiveMinimum', 'maxLength', '$schema', 'const']),
    }),
  },
  {
    name: 'a bound in a schema breaks the grammar',
    seen: 'llama.cpp (ggml-org/llama.cpp#17473)',
    control:
      '{"name":"write","parameters":{"type":"object","properties":{"a":{"type":"string","maxLength":2097152}}}}',
    habit: () => ({
      refuse: (ask) =>
        Number(/"max(?:Length|Items)":(\d+)/.exec(schemasOf(ask))?.[1] ?? 0) > 1_000
          ? refusal(400, 'Failed to initialize samplers: failed to parse grammar', { code: 400 })
          : undefined,
    }),
  },
];
