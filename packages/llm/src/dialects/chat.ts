/** OpenAI's chat completions, as nearly every server has them. */
import type { ChatMessage, ProviderBag, ToolSpec } from '@swarm/core/ports/models';
import { withoutBounds } from '../asking/schemas.ts';
import { mergeNeighbours, VIA_FIELD, wellFormedJson } from '../asking/wire.ts';
import { type ModelProfile, withExtra } from '../profiles.ts';
import type { Dialect } from './dialect.ts';
import {
  type Body,
  CHOICE,
  CHOICES,
  type Fields,
  FLAG,
  INTEGER,
  isObject,
  type Kind,
  NUMBER,
  OBJECT,
  OBJECTS,
  objectsIn,
  type ReadFields,
  readFields,
  TEXT,
  TEXTS,
  WHOLE,
  without,
} from './kinds.ts';

/** Tools of a provider run at the provider, reach the network and cost extra. */
const TOOLS: Kind = {
  is: (v) => Array.isArray(v) && v.every((tool) => isObject(tool) && tool.type === 'function'),
  words: 'a list of tools of type function',
};

const FIELDS: Fields = {
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
const QUIET: ReadonlySet<string> = new Set(['stream_options']);

export const chat: Dialect = {
  name: 'chat',
  path: () => 'chat/completions',
  list: 'models',
  keyHeaders: (key) => ({ authorization: `Bearer ${key}` }),
  headers: {},

  read(body) {
    const read = readFields(body, FIELDS, QUIET);
    return read.kind === 'refused' ? read : seen(read);
  },
  bounds({ max_tokens, max_completion_tokens, n, messages }) {
    const given = [max_tokens, max_completion_tokens].filter((x) => typeof x === 'number');
    return {
      output: given.length > 0 ? Math.max(...given) : undefined,
      choices: typeof n === 'number' ? n : 1,
      messages: (messages as unknown[]).length,
    };
  },
  unbounded: (fields) => without(fields, 'max_tokens', 'max_completion_tokens'),
  prompt: ({ messages, tools, functions, response_format }) => [messages, tools, functions, response_format],

  profiled(fields, profile, key) {
    const said = {
      ...(profile.temperature !== undefined && { temperature: profile.temperature }),
      ...(profile.reasoningEffort !== undefined && { reasoning_effort: profile.reasoningEffort }),
      ...(profile.cache === 'key' && key !== undefined && { prompt_cache_key: key }),
      ...fields,
      ...(profile.parallelTools === false && fields.tools !== undefined && { parallel_tool_calls: false }),
    };
    return withExtra(marked(said, profile), profile.extraBody);
  },
  outgoing(fields, { model, bound, form, profile }) {
    // One bound, under its old name where nothing is known: servers that know only the new one refuse it, and those
    // that know only the old one would ignore the new one without a word.
    const name = profile.maxOutputField ?? 'max_tokens';
    const isStream = form === 'events';
    return {
      ...fields,
      model,
      ...(bound !== undefined && { [name]: bound }),
      ...(isStream && { stream: true }),
      ...(isStream && profile.streamOptions !== false && { stream_options: { include_usage: true } }),
    };
  },
  forEndpoint(body, endpoint) {
    const messages = objectsIn(body.messages).map((message) => {
      const { [VIA_FIELD]: via, ...rest } = message;
      return via === undefined || via === endpoint ? rest : plain(rest);
    });
    return { ...body, messages };
  },
  ask: (request, to) => ({
    messages: mergeNeighbours(request.messages).map((message) => wireMessage(message, to)),
    // An empty list is refused by some servers.
    ...(request.tools.length > 0 && { tools: request.tools.map(wireTool) }),
    ...(request.toolChoice !== undefined && { tool_choice: request.toolChoice }),
  }),

  reader: () => ({ read: (wire) => [wire] }),
  problem: (_, code, message) => ({ error: { message, type: 'swarm_error', code, param: null } }),
};

/** A file or picture that the server would fetch is not seen here: it may be large, and its address may carry secrets out. */
function seen(read: Extract<ReadFields, { kind: 'read' }>): ReadFields {
  const { messages } = read.fields;
  if (!Array.isArray(messages) || messages.length === 0)
    return { kind: 'refused', why: 'messages must be a list of objects' };
  const parts = objectsIn(messages).flatMap(({ content }) => objectsIn(content));
  const isUnseen = parts.some((part) => {
    if (part.type === 'image_url') return !isData(isObject(part.image_url) && part.image_url.url);
    return part.type === 'file' && !(isObject(part.file) && isData(part.file.file_data));
  });
  return isUnseen ? { kind: 'refused', why: UNSEEN } : read;
}

export const UNSEEN = 'what is not in the request itself is not sent on: give files and pictures as data';
export const isData = (value: unknown): boolean => typeof value === 'string' && /^data:/i.test(value);

const plain = (message: Body): Body => ({
  role: message.role,
  content: message.content,
  ...(Array.isArray(message.tool_calls) && {
    tool_calls: message.tool_calls.map(({ id, type, function: called }: Body) => ({
      id,
      type,
      function: called,
    })),
  }),
});

/** The end of the rules and the end of the conversation: what lies before is the same in the next call. */
function marked(fields: Body, profile: ModelProfile): Body {
  if (profile.cache !== 'cache_control') return fields;
  const messages = objectsIn(fields.messages);
  const system = messages.findLastIndex((m) => m.role === 'system');
  return {
    ...fields,
    messages: messages.map((m, i) => (i === system || i === messages.length - 1 ? withMark(m) : m)),
  };
}

const withMark = (message: Body): Body =>
  typeof message.content === 'string' && message.content !== ''
    ? {
        ...message,
        content: [{ type: 'text', text: message.content, cache_control: { type: 'ephemeral' } }],
      }
    : message;

/** Half a letter in a text is refused by strict readers of JSON, so it goes out as U+FFFD. */
function wireMessage(message: ChatMessage, to: Pick<ProviderBag, 'endpoint' | 'model'>): Body {
  const content = message.content.toWellFormed();
  if (message.role === 'tool') return { role: 'tool', tool_call_id: message.callId, content };
  if (message.role !== 'assistant') return { role: message.role, content };
  const { toolCalls, bag } = message;
  const own = bag?.endpoint === to.endpoint && bag.model === to.model ? bag : undefined;
  const base = { ...own?.fields, ...(own?.via !== undefined && { [VIA_FIELD]: own.via }), role: 'assistant' };
  if (toolCalls.length === 0) return { ...base, content };
  return {
    ...base,
    content: content === '' ? null : content,
    tool_calls: toolCalls.map((call) => ({
      ...own?.calls[call.id],
      id: call.id,
      type: 'function',
      function: { name: call.name, arguments: wellFormedJson(call.argumentsJson) },
    })),
  };
}

const wireTool = (tool: ToolSpec): Body => ({
  type: 'function',
  function: { name: tool.name, description: tool.description, parameters: withoutBounds(tool.parameters) },
});
