/**
 * What an agent may say in a chat completion: these fields, of these types. Any other field is left out: it could
 * choose another model, another server, a dearer service or a tool that runs elsewhere.
 */
type Body = Readonly<Record<string, unknown>>;

interface Kind {
  readonly is: (value: unknown) => boolean;
  readonly words: string;
}

const WHOLE: Kind = { is: (v) => Number.isSafeInteger(v) && Number(v) >= 1, words: 'a whole number from 1' };
const INTEGER: Kind = { is: (v) => Number.isSafeInteger(v), words: 'a whole number' };
const NUMBER: Kind = { is: (v) => typeof v === 'number', words: 'a number' };
const TEXT: Kind = { is: (v) => typeof v === 'string', words: 'a text' };
const FLAG: Kind = { is: (v) => typeof v === 'boolean', words: 'true or false' };
const OBJECT: Kind = { is: isObject, words: 'an object' };
const CHOICE: Kind = { is: (v) => typeof v === 'string' || isObject(v), words: 'a text or an object' };
const TEXTS: Kind = {
  is: (v) => typeof v === 'string' || (Array.isArray(v) && v.every((x) => typeof x === 'string')),
  words: 'a text or a list of texts',
};
const OBJECTS: Kind = { is: (v) => Array.isArray(v) && v.every(isObject), words: 'a list of objects' };

/** The most answers of one call: each may be as long as the bound says. */
const CHOICES_MAX = 8;
const CHOICES: Kind = {
  is: (v) => WHOLE.is(v) && Number(v) <= CHOICES_MAX,
  words: `a whole number from 1 to ${CHOICES_MAX}`,
};

/** Tools of a provider run at the provider, reach the network and cost extra. */
const TOOLS: Kind = {
  is: (v) => Array.isArray(v) && v.every((tool) => isObject(tool) && (tool as Body).type === 'function'),
  words: 'a list of tools of type function',
};

export const CHAT_FIELDS: Readonly<Record<string, Kind>> = {
  model: TEXT,
  messages: OBJECTS,
  stream: FLAG,
  max_tokens: WHOLE,
  max_completion_tokens: WHOLE,
  n: CHOICES,
  stop: TEXTS,
  seed: INTEGER,
  temperature: NUMBER,
  top_p: NUMBER,
  top_k: NUMBER,
  min_p: NUMBER,
  frequency_penalty: NUMBER,
  presence_penalty: NUMBER,
  tools: TOOLS,
  tool_choice: CHOICE,
  parallel_tool_calls: FLAG,
  functions: OBJECTS,
  function_call: CHOICE,
  response_format: OBJECT,
  reasoning_effort: TEXT,
  reasoning: OBJECT,
  thinking: OBJECT,
  enable_thinking: FLAG,
  verbosity: TEXT,
  prompt_cache_key: TEXT,
};

/** Said by every client, and answered by what the gateway does anyway. */
const NOT_WORTH_SAYING = new Set(['stream_options']);

export type ReadFields =
  | { readonly kind: 'read'; readonly fields: Body; readonly leftOut: readonly string[] }
  | { readonly kind: 'refused'; readonly why: string };

/** A field that is null is as good as absent. A known one of another type is refused: what it costs is not known. */
export function readFields(body: Body): ReadFields {
  const fields: Record<string, unknown> = {};
  const leftOut: string[] = [];
  for (const [name, value] of Object.entries(body)) {
    if (value === null) continue;
    const kind = Object.hasOwn(CHAT_FIELDS, name) ? CHAT_FIELDS[name] : undefined;
    if (kind === undefined) leftOut.push(name.slice(0, 64));
    else if (!kind.is(value)) return { kind: 'refused', why: `${name} must be ${kind.words}` };
    else fields[name] = value;
  }
  if (!Array.isArray(fields.messages) || fields.messages.length === 0)
    return { kind: 'refused', why: 'messages must be a list of objects' };
  return {
    kind: 'read',
    fields,
    leftOut: leftOut.filter((name) => !NOT_WORTH_SAYING.has(name)).slice(0, 20),
  };
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
