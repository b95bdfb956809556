/**
 * What servers say in other words than OpenAI's, and how it is read. Each row mends one habit of one piece; what
 * needs memory of the pieces before it is in calls.ts (calls), thinking.ts (text) and bag.ts (fields we do not know).
 */

/** JSON as it came: anything may be missing or of another type. */
export type Loose = Readonly<Record<string, unknown>>;

export interface Quirk {
  readonly name: string;
  /** Where it was seen. */
  readonly seen: string;
  /** Of one chunk, or of the one body of an answer that is not streamed. */
  readonly chunk?: (chunk: Loose) => Loose;
  /** Of `choices[0].delta` or `.message`. */
  readonly delta?: (delta: Loose) => Loose;
  /** Of one piece of a tool call. */
  readonly call?: (call: Loose) => Loose;
}

export const QUIRKS: readonly Quirk[] = [
  {
    name: 'an error that is a text',
    seen: 'Ollama, and proxies',
    chunk: (c) => (typeof c.error === 'string' && c.error !== '' ? { ...c, error: { message: c.error } } : c),
  },
  {
    name: 'an error without its envelope',
    seen: 'vLLM: {"object": "error", …}; {"type": "error", "message": …}',
    chunk: (c) => (isBareError(c) ? { error: c } : c),
  },
  {
    name: 'an error inside the choice',
    seen: 'OpenRouter, where the provider behind it broke off',
    chunk: (c) => {
      const error = firstChoice(c)?.error;
      return isLoose(error) && !isLoose(c.error) ? { ...c, error } : c;
    },
  },
  {
    name: 'usage inside the choice or beside it',
    seen: 'Moonshot (choices[0].usage), Groq (x_groq.usage)',
    chunk: (c) => {
      if (isLoose(c.usage)) return c;
      const usage = firstChoice(c)?.usage ?? (isLoose(c.x_groq) ? c.x_groq.usage : undefined);
      return isLoose(usage) ? { ...c, usage } : c;
    },
  },
  {
    name: 'content as a list of parts',
    seen: 'Mistral’s reasoning models; parts that are no text are passed over',
    delta: (d) => (Array.isArray(d.content) ? { ...d, content: d.content.map(textOfPart).join('') } : d),
  },
  {
    name: 'one call under its old name',
    seen: 'servers from before tool_calls',
    delta: (d) => {
      const { function_call, ...rest } = d;
      if (!isLoose(function_call)) return d;
      return { ...rest, tool_calls: d.tool_calls ?? [{ index: 0, function: function_call }] };
    },
  },
  {
    name: 'one call that is no list',
    seen: 'proxies of single-call models',
    delta: (d) => (isLoose(d.tool_calls) ? { ...d, tool_calls: [d.tool_calls] } : d),
  },
  {
    name: 'a call without `function` around it',
    seen: 'templates of local servers',
    call: (c) => {
      if (isLoose(c.function) || typeof c.name !== 'string') return c;
      const { name, arguments: args, parameters, ...rest } = c;
      return { ...rest, function: { name, arguments: args ?? parameters } };
    },
  },
  {
    name: 'arguments that are an object',
    seen: 'Ollama, llama.cpp',
    call: (c) => {
      const fn = c.function;
      if (!isLoose(fn) || typeof fn.arguments !== 'object' || fn.arguments === null) return c;
      return { ...c, function: { ...fn, arguments: JSON.stringify(fn.arguments) } };
    },
  },
  {
    name: 'a number for a text, or the reverse',
    seen: 'ids counted 0, 1, 2 …; an index in quotes',
    call: (c) => ({
      ...c,
      ...(typeof c.id === 'number' && { id: String(c.id) }),
      ...(typeof c.index === 'string' && c.index.trim() !== '' && { index: Number(c.index) }),
    }),
  },
];

export const mendChunk = (chunk: Loose): Loose => mend(chunk, 'chunk');
export const mendDelta = (delta: Loose): Loose => mend(delta, 'delta');
export const mendCall = (call: Loose): Loose => mend(call, 'call');

function mend(value: Loose, part: 'chunk' | 'delta' | 'call'): Loose {
  return QUIRKS.reduce((mended, quirk) => quirk[part]?.(mended) ?? mended, value);
}

export const isLoose = (value: unknown): value is Loose =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function firstChoice(chunk: Loose): Loose | undefined {
  const choice: unknown = Array.isArray(chunk.choices) ? chunk.choices[0] : undefined;
  return isLoose(choice) ? choice : undefined;
}

/** An error's fields at the top of a chunk that has no choices. */
function isBareError(chunk: Loose): boolean {
  if (isLoose(chunk.error) || Array.isArray(chunk.choices)) return false;
  return (chunk.object === 'error' || chunk.type === 'error') && typeof chunk.message === 'string';
}

function textOfPart(part: unknown): string {
  if (typeof part === 'string') return part;
  if (!isLoose(part) || typeof part.text !== 'string') return '';
  return part.type === undefined || part.type === 'text' || part.type === 'output_text' ? part.text : '';
}
