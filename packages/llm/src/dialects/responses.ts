/** OpenAI's responses, as codex and newer clients speak them. Nothing is kept at the provider between two calls. */
import { VIA_FIELD } from '../asking/wire.ts';
import { withExtra } from '../profiles.ts';
import { chat, isData, UNSEEN } from './chat.ts';
import type { Dialect } from './dialect.ts';
import {
  alsoLeftOut,
  type Body,
  CHOICE,
  type Fields,
  FLAG,
  NUMBER,
  OBJECT,
  OBJECTS,
  objectsIn,
  type ReadFields,
  readFields,
  TEXT,
  TEXT_OR_OBJECTS,
  TEXTS,
  WHOLE,
  without,
} from './kinds.ts';
import { responsesAsk } from './responses-ask.ts';
import { createResponsesReader } from './responses-reader.ts';

const FIELDS: Fields = {
  model: TEXT,
  input: TEXT_OR_OBJECTS,
  instructions: TEXT,
  max_output_tokens: WHOLE,
  stream: FLAG,
  temperature: NUMBER,
  top_p: NUMBER,
  tools: OBJECTS,
  tool_choice: CHOICE,
  parallel_tool_calls: FLAG,
  reasoning: OBJECT,
  text: OBJECT,
  include: TEXTS,
  prompt_cache_key: TEXT,
};
/** Said by every client, and answered by what the gateway does anyway. */
const QUIET: ReadonlySet<string> = new Set([
  'store',
  'stream_options',
  'metadata',
  'user',
  'client_metadata',
]);
/** Conversations and prompts that lie at the provider: what is paid for cannot be seen in the request. */
const ELSEWHERE = ['previous_response_id', 'conversation', 'prompt'];

/** Tools that the client runs. */
const CLIENT_TOOLS = new Set(['function', 'custom', 'local_shell', 'apply_patch']);
/** Items that carry what they say. Any other runs, or lies, at the provider. */
const ITEMS = new Set(
  [
    'message reasoning function_call function_call_output custom_tool_call custom_tool_call_output',
    'local_shell_call local_shell_call_output apply_patch_call apply_patch_call_output compaction',
  ].flatMap((names) => names.split(' ')),
);
/** Thoughts that the client keeps. */
const ENCRYPTED = 'reasoning.encrypted_content';

export const responses: Dialect = {
  name: 'responses',
  path: () => 'responses',
  list: chat.list,
  leastOutput: 16,
  keyHeaders: chat.keyHeaders,
  headers: {},

  read(body) {
    const elsewhere = ELSEWHERE.find((name) => body[name] !== undefined && body[name] !== null);
    if (elsewhere !== undefined)
      return { kind: 'refused', why: `${elsewhere} is not taken: send the whole conversation as input` };
    const read = readFields(body, FIELDS, QUIET);
    return read.kind === 'refused' ? read : withClientTools(read);
  },
  bounds: ({ max_output_tokens, input }) => ({
    output: typeof max_output_tokens === 'number' ? max_output_tokens : undefined,
    choices: 1,
    messages: Math.max(1, objectsIn(input).length),
  }),
  unbounded: (fields) => without(fields, 'max_output_tokens'),
  prompt: ({ input, instructions, tools, text }) => [input, instructions, tools, text],

  profiled(fields, profile, key) {
    const { temperature, reasoningEffort: effort, parallelTools, cache } = profile;
    const said = {
      ...(temperature !== undefined && { temperature }),
      ...(cache === 'key' && key !== undefined && { prompt_cache_key: key }),
      ...fields,
      ...(effort !== undefined && { reasoning: { effort, ...(fields.reasoning as Body | undefined) } }),
      ...(parallelTools === false && fields.tools !== undefined && { parallel_tool_calls: false }),
    };
    return withExtra(said, profile.extraBody);
  },
  outgoing: (fields, { model, bound, form }) => ({
    ...fields,
    model,
    store: false,
    ...(bound !== undefined && { max_output_tokens: bound }),
    ...(form === 'events' && { stream: true }),
  }),
  forEndpoint(body, endpoint) {
    if (!Array.isArray(body.input)) return body;
    const input = objectsIn(body.input).flatMap((item) => {
      const { [VIA_FIELD]: via, ...rest } = item;
      return via === undefined || via === endpoint || item.type !== 'reasoning' ? [rest] : [];
    });
    return { ...body, input };
  },
  ask: responsesAsk,

  reader: createResponsesReader,
  problem: chat.problem,
};

function withClientTools(read: Extract<ReadFields, { kind: 'read' }>): ReadFields {
  const { fields } = read;
  if (fields.input === undefined || (Array.isArray(fields.input) && fields.input.length === 0))
    return { kind: 'refused', why: 'input must be a text or a list of objects' };
  if (!objectsIn(fields.input).every(isSeen)) return { kind: 'refused', why: UNSEEN };
  const tools = objectsIn(fields.tools);
  const own = tools.filter(isClients);
  const names = tools.filter((tool) => !own.includes(tool)).map(({ type }) => `tools: ${type}`.slice(0, 64));
  const rest = without(fields, 'tools', 'include', ...(own.length === 0 ? ['tool_choice'] : []));
  const isEncrypted = [fields.include].flat().includes(ENCRYPTED);
  const kept = {
    ...rest,
    ...(own.length > 0 && { tools: own }),
    ...(isEncrypted && { include: [ENCRYPTED] }),
  };
  return alsoLeftOut(read, kept, names);
}

/** A namespace is a bundle of tools. */
const isClients = ({ type, tools }: Body): boolean =>
  CLIENT_TOOLS.has(String(type)) ||
  (type === 'namespace' && objectsIn(tools).every((tool) => CLIENT_TOOLS.has(String(tool.type))));

/** A reference to an item, an address or a file at the provider is larger than it looks. */
function isSeen(item: Body): boolean {
  if (item.type === 'additional_tools') return objectsIn(item.tools).every(isClients);
  if (item.type !== undefined && !ITEMS.has(String(item.type))) return false;
  return [...objectsIn(item.content), ...objectsIn(item.output)].every((part) => {
    if (part.type === 'input_image') return isData(part.image_url);
    if (part.type === 'input_file')
      return typeof part.file_data === 'string' && part.file_id === undefined && part.file_url === undefined;
    return ['input_text', 'output_text', 'text', 'refusal', 'reasoning_text', 'summary_text'].includes(
      String(part.type),
    );
  });
}
