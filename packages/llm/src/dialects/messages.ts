/** Anthropic's messages, and the servers that speak like it. */
import { VIA_FIELD } from '../asking/wire.ts';
import { type ModelProfile, withExtra } from '../profiles.ts';
import { UNSEEN } from './chat.ts';
import type { Dialect } from './dialect.ts';
import {
  alsoLeftOut,
  type Body,
  type Fields,
  FLAG,
  INTEGER,
  isObject,
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
import { messagesAsk } from './messages-ask.ts';
import { createMessagesReader } from './messages-reader.ts';

const FIELDS: Fields = {
  model: TEXT,
  messages: OBJECTS,
  system: TEXT_OR_OBJECTS,
  max_tokens: WHOLE,
  stream: FLAG,
  stop_sequences: TEXTS,
  temperature: NUMBER,
  top_p: NUMBER,
  top_k: INTEGER,
  tools: OBJECTS,
  tool_choice: OBJECT,
  thinking: OBJECT,
  output_config: OBJECT,
  cache_control: OBJECT,
};
/** Who asks, which the provider need not know; features that shorten the conversation at the provider. */
const QUIET: ReadonlySet<string> = new Set(['metadata']);

/** Tools that the client runs: its own, and those the provider only describes. */
const CLIENT_TOOL = /^(custom|(bash|text_editor|computer|memory)_\d{8})$/;
/** Blocks that carry what they say. Any other runs, or lies, at the provider. */
const BLOCKS = new Set([
  'text',
  'image',
  'document',
  'search_result',
  'thinking',
  'redacted_thinking',
  'tool_use',
  'tool_result',
]);
/** The bound on an answer of ours where nobody says another: the protocol wants one. */
const DEFAULT_OUTPUT_TOKENS = 16_384;

export const messages: Dialect = {
  name: 'messages',
  path: () => 'messages',
  list: 'models?limit=1000',
  keyHeaders: (key) => ({ 'x-api-key': key }),
  headers: { 'anthropic-version': '2023-06-01' },
  // Only what changes how an answer is told; others make windows larger, answers dearer, or run tools there.
  passed: { 'anthropic-beta': /^(interleaved-thinking|fine-grained-tool-streaming|prompt-caching)-[\d-]+$/ },

  read: (body) => {
    const read = readFields(body, FIELDS, QUIET);
    return read.kind === 'refused' ? read : withClientTools(read);
  },
  bounds: ({ max_tokens, messages: said }) => ({
    output: typeof max_tokens === 'number' ? max_tokens : undefined,
    choices: 1,
    messages: objectsIn(said).length,
  }),
  unbounded: (fields) => without(fields, 'max_tokens'),
  prompt: ({ messages: said, system, tools, output_config, cache_control }) => [
    said,
    system,
    tools,
    output_config,
    { cache_control },
  ],

  profiled(fields, profile) {
    const { temperature, reasoningEffort: effort, parallelTools, cache } = profile;
    const said = {
      ...(temperature !== undefined && { temperature }),
      ...(effort === 'none' && { thinking: { type: 'disabled' } }),
      ...fields,
      ...(effort !== undefined &&
        effort !== 'none' && { output_config: { effort, ...(fields.output_config as Body | undefined) } }),
      ...(parallelTools === false && fields.tools !== undefined && { tool_choice: oneAtATime(fields) }),
    };
    return withExtra(cached(said, cache), profile.extraBody);
  },
  outgoing: (fields, { model, bound, form, profile }) => ({
    ...fields,
    model,
    max_tokens: bound ?? profile.maxOutput ?? DEFAULT_OUTPUT_TOKENS,
    ...(form === 'events' && { stream: true }),
  }),
  forEndpoint(body, endpoint) {
    const said = objectsIn(body.messages).map((message) => {
      const { [VIA_FIELD]: via, ...rest } = message;
      if (via === undefined || via === endpoint || !Array.isArray(rest.content)) return rest;
      return { ...rest, content: objectsIn(rest.content).filter((block) => !isThought(block)) };
    });
    return { ...body, messages: said };
  },
  ask: messagesAsk,

  reader: createMessagesReader,
  problem: (status, code, message) => ({
    type: 'error',
    error: { type: TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error'), message, code },
  }),
};

const TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
};

export const isThought = ({ type }: Body): boolean => type === 'thinking' || type === 'redacted_thinking';

/** Tools that run at the provider are left out, and said to be: they reach the network and cost extra. */
function withClientTools(read: Extract<ReadFields, { kind: 'read' }>): ReadFields {
  const { fields } = read;
  const said = objectsIn(fields.messages);
  if (said.length === 0) return { kind: 'refused', why: 'messages must be a list of objects' };
  if (!said.flatMap(({ content }) => objectsIn(content)).every(isSeen))
    return { kind: 'refused', why: UNSEEN };
  const tools = objectsIn(fields.tools);
  const own = tools.filter(({ type }) => type === undefined || CLIENT_TOOL.test(String(type)));
  if (own.length === tools.length) return read;
  const names = tools.filter((tool) => !own.includes(tool)).map(({ type }) => `tools: ${type}`.slice(0, 64));
  const rest = without(fields, 'tools', ...(own.length === 0 ? ['tool_choice'] : []));
  return alsoLeftOut(read, { ...rest, ...(own.length > 0 && { tools: own }) }, names);
}

/** A block that refers to an address, or to a file at the provider, is larger than it looks. */
function isSeen(block: Body): boolean {
  const { type, source, content } = block;
  if (!BLOCKS.has(String(type))) return false;
  if (isObject(source) && !['base64', 'text', 'content'].includes(String(source.type))) return false;
  const inner = isObject(source) && source.type === 'content' ? objectsIn(source.content) : [];
  return inner.every(isPlain) && (type !== 'tool_result' || objectsIn(content).every((one) => isPlain(one)));
}

/** What stands inside another block: not nested again. */
const isPlain = ({ type, source }: Body): boolean =>
  ['text', 'image', 'document', 'search_result', 'tool_reference'].includes(String(type)) &&
  (!isObject(source) || source.type === 'base64' || source.type === 'text');

const oneAtATime = ({ tool_choice }: Body): Body => {
  const choice = isObject(tool_choice) ? tool_choice : { type: 'auto' };
  return choice.type === 'none' ? choice : { ...choice, disable_parallel_tool_use: true };
};

/** `cache_control` marks the end of the rules and of the conversation; `none` takes every mark away. */
function cached(fields: Body, cache: ModelProfile['cache']): Body {
  if (cache === 'none') return unmarked(fields);
  if (cache !== 'cache_control' || JSON.stringify(fields).includes('"cache_control"')) return fields;
  return marked(fields);
}

const MARK = { cache_control: { type: 'ephemeral' } };

function marked(fields: Body): Body {
  const said = objectsIn(fields.messages);
  return {
    ...fields,
    ...(fields.system !== undefined && { system: withMark(fields.system) }),
    messages: said.map((m, i) => (i === said.length - 1 ? { ...m, content: withMark(m.content) } : m)),
  };
}

/** On the last block; thinking takes no mark. */
function withMark(content: unknown): unknown {
  if (typeof content === 'string')
    return content === '' ? content : [{ type: 'text', text: content, ...MARK }];
  const blocks = objectsIn(content);
  const last = blocks.at(-1);
  return last === undefined || isThought(last) ? content : [...blocks.slice(0, -1), { ...last, ...MARK }];
}

/** Without any mark of what to keep. */
export function unmarked(fields: Body): Body {
  const clean = (content: unknown): unknown =>
    Array.isArray(content) ? objectsIn(content).map((block) => without(block, 'cache_control')) : content;
  return {
    ...without(fields, 'cache_control'),
    ...(fields.system !== undefined && { system: clean(fields.system) }),
    ...(fields.tools !== undefined && { tools: clean(fields.tools) }),
    messages: objectsIn(fields.messages).map((m) => ({ ...m, content: clean(m.content) })),
  };
}
