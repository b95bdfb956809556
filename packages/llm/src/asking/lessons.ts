/**
 * What a server refuses by name, and how the request is said without it. A lesson is tried at once, and remembered
 * of that endpoint and model, so that the refusal is paid for once.
 */
import type { DialectName } from '@swarm/core/model/dialect';
import type { Body } from '../dialects/kinds.ts';
import { unmarked } from '../dialects/messages.ts';
import type { Said } from '../failures.ts';

export interface Lesson {
  /** One lesson, one key: it is learnt once. */
  readonly key: string;
  /** For the log: what is done from now on. */
  readonly told: string;
  /** About this request alone. */
  readonly isForOnce?: true;
  readonly change: (body: Body) => Body;
}

/** Fields a request can do without. What bounds the answer is not among them: it is said by its other name. */
const DISPENSABLE = new Set(
  [
    'stream_options temperature top_p top_k min_p seed stop logit_bias frequency_penalty presence_penalty',
    'tool_choice parallel_tool_calls response_format reasoning reasoning_effort thinking enable_thinking verbosity',
    'prompt_cache_key',
  ].flatMap((names) => names.split(' ')),
);

/** The two names of the bound on the answer. */
const OTHER_NAME: Readonly<Record<string, string>> = {
  max_tokens: 'max_completion_tokens',
  max_completion_tokens: 'max_tokens',
};
const BOUND_NAMES = ['max_tokens', 'max_completion_tokens', 'max_output_tokens'];

/** The same of the other dialects, whose servers are fewer and more alike. */
const DISPENSABLE_IN: Readonly<Partial<Record<DialectName, ReadonlySet<string>>>> = {
  responses: new Set(
    'temperature top_p reasoning parallel_tool_calls prompt_cache_key store include'.split(' '),
  ),
  messages: new Set('temperature top_p top_k thinking output_config cache_control'.split(' ')),
};

/** Words of JSON Schema that only set a bound. The tool checks the bound again when it runs. */
const SCHEMA_WORDS = new Set(
  [
    'maxLength minLength pattern format minimum maximum exclusiveMinimum exclusiveMaximum multipleOf',
    'minItems maxItems uniqueItems minProperties maxProperties additionalProperties $schema default examples title',
  ].flatMap((names) => names.split(' ')),
);

/** Fields of a message that are its role, text and calls: the rest came from a provider. */
const MESSAGE_FIELDS = new Set([
  'role',
  'content',
  'tool_calls',
  'tool_call_id',
  'name',
  'refusal',
  'function_call',
]);
const CALL_FIELDS = new Set(['id', 'type', 'function', 'index']);

/** @returns undefined where the refusal names nothing that could be left out. */
export function lessonOf(said: Said, body: Body, dialect: DialectName = 'chat'): Lesson | undefined {
  const status = said.status ?? 400;
  if (dialect !== 'chat')
    return status === 400 || status === 422 ? plainLesson(said, body, dialect) : undefined;
  const byRole = roleLesson(said.message, body);
  if (byRole !== undefined) return byRole;
  if (status !== 400 && status !== 422) return undefined;
  const bound = boundLesson(said.message, body);
  if (bound !== undefined) return bound;
  // A field that is missed is not one to leave out.
  if (/\b(missing|(is|are) required)\b/i.test(said.message)) return undefined;
  for (const name of namesIn(said)) {
    const lesson = fieldLesson(name, body);
    if (lesson !== undefined) return lesson;
  }
  return undefined;
}

/** A smaller bound, a field less, or no marks of what to keep. */
function plainLesson(said: Said, body: Body, dialect: DialectName): Lesson | undefined {
  const bound = boundLesson(said.message, body);
  if (bound !== undefined || IS_OWN_FAULT.test(said.message)) return bound;
  if (dialect === 'messages' && said.message.includes('cache_control') && isMarked(body)) return NO_MARKS;
  const name = namesIn(said).find((one) => DISPENSABLE_IN[dialect]?.has(one) && one in body);
  if (name === undefined) return undefined;
  // A refusal of thinking is often about this conversation alone.
  return name === 'thinking' ? { ...drop(name), isForOnce: true } : drop(name);
}

/** A field that is missed, or a bound that contradicts another. */
const IS_OWN_FAULT = /\b(missing|(is|are) required)\b|budget_tokens/i;

const isMarked = (body: Body): boolean => JSON.stringify(body).includes('"cache_control"');

const NO_MARKS: Lesson = {
  key: 'without cache_control',
  told: 'prompts are sent without cache_control',
  change: unmarked,
};

// ───────────── fields ─────────────

/** What the refusal is about: its own field first, then whatever it puts in quotes or says like a name. */
function namesIn({ param, message }: Said): string[] {
  const words = message.match(/\$?[A-Za-z][A-Za-z0-9_]{2,}/g) ?? [];
  return [...(param?.match(/\$?[A-Za-z][A-Za-z0-9_]{2,}/g) ?? []).reverse(), ...words];
}

function fieldLesson(name: string, body: Body): Lesson | undefined {
  const other = OTHER_NAME[name];
  if (other !== undefined && name in body) return swap(name, other);
  if (DISPENSABLE.has(name) && name in body) return drop(name);
  if (SCHEMA_WORDS.has(name) && hasKeyword(body.tools, name)) return dropKeyword(name);
  if (isProviderField(name, body)) return dropFromMessages(name);
  return undefined;
}

const drop = (name: string): Lesson => ({
  key: `without ${name}`,
  told: `${name} is not sent`,
  change: ({ [name]: _, ...rest }) => rest,
});

const swap = (name: string, other: string): Lesson => ({
  key: `${other} for ${name}`,
  told: `${name} is sent as ${other}`,
  change: (body) => {
    if (!(name in body)) return body;
    const { [name]: value, ...rest } = body;
    return { ...rest, [other]: value };
  },
});

// ───────────── the bound on the answer ─────────────

/** The bound is more than the model gives, or more than its window leaves. */
function boundLesson(message: string, body: Body): Lesson | undefined {
  const name = BOUND_NAMES.find((n) => n in body);
  if (name === undefined || IS_UNKNOWN.test(message)) return undefined;
  const asked = Number(body[name]);
  const flat = message.replaceAll(',', '');
  const window = WINDOW.exec(flat);
  const prompt = PROMPT.exec(flat);
  if (window && prompt) return clamp(Number(window[1]) - Number(prompt[1]), asked, true);
  if (!BOUND.test(flat)) return undefined;
  const below = (flat.match(/\d+/g) ?? []).map(Number).filter((n) => n < asked);
  return clamp(Math.max(...below) - (/exclusive|\[\d+ ?\d+\)/i.test(flat) ? 1 : 0), asked, false);
}

const IS_UNKNOWN = /not supported|unsupported parameter|unknown|unrecogni[sz]ed|not permitted|unexpected/i;
const WINDOW = /context (?:length|window|size)(?: of| is)?\D{0,20}(\d+)/i;
const PROMPT =
  /(\d+) (?:tokens )?(?:in the messages|input tokens|prompt tokens|from the input|in your prompt|of text input)/i;
const BOUND = /max_?(?:completion_|output_?)?tokens|completion tokens|output tokens/i;
/** Less than this is no bound of a model, but some other number in the sentence. */
const BOUND_MIN = 16;

function clamp(tokens: number, asked: number, isForOnce: boolean): Lesson | undefined {
  if (!(tokens >= BOUND_MIN && tokens < asked)) return undefined;
  return {
    key: `at most ${tokens}`,
    told: `an answer is asked for with at most ${tokens} tokens`,
    ...(isForOnce && { isForOnce }),
    change: (body) => {
      const name = BOUND_NAMES.find((n) => n in body);
      return name === undefined || Number(body[name]) <= tokens ? body : { ...body, [name]: tokens };
    },
  };
}

// ───────────── schemas of tools ─────────────

/** `properties` names arguments, not words of the schema: one called `format` stays. */
function withoutKeyword(schema: unknown, word: string, isNames = false): unknown {
  if (Array.isArray(schema)) return schema.map((item) => withoutKeyword(item, word));
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).filter(([key]) => isNames || key !== word);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, withoutKeyword(value, word, !isNames && NAMING.has(key))]),
  );
}

const NAMING = new Set(['properties', 'patternProperties', '$defs', 'definitions']);

const parametersOf = (tools: unknown): unknown[] =>
  Array.isArray(tools)
    ? tools.map((tool: { function?: { parameters?: unknown } } | null) => tool?.function?.parameters)
    : [];

const hasKeyword = (tools: unknown, word: string): boolean =>
  parametersOf(tools).some(
    (schema) => JSON.stringify(schema) !== JSON.stringify(withoutKeyword(schema, word)),
  );

const dropKeyword = (word: string): Lesson => ({
  key: `schemas without ${word}`,
  told: `tools are described without ${word}`,
  change: (body) => {
    if (!Array.isArray(body.tools)) return body;
    const tools = body.tools.map((tool: { function?: { parameters?: unknown } }) =>
      tool?.function === undefined
        ? tool
        : {
            ...tool,
            function: { ...tool.function, parameters: withoutKeyword(tool.function.parameters, word) },
          },
    );
    return { ...body, tools };
  },
});

// ───────────── messages ─────────────

type WireMessage = Readonly<Record<string, unknown>>;

const messagesOf = (body: Body): readonly WireMessage[] =>
  Array.isArray(body.messages) ? body.messages.filter((m) => typeof m === 'object' && m !== null) : [];

const callsOf = (message: WireMessage): readonly WireMessage[] =>
  Array.isArray(message.tool_calls) ? message.tool_calls : [];

function isProviderField(name: string, body: Body): boolean {
  return messagesOf(body).some(
    (m) =>
      (name in m && !MESSAGE_FIELDS.has(name)) ||
      (!CALL_FIELDS.has(name) && callsOf(m).some((call) => name in call)),
  );
}

const dropFromMessages = (name: string): Lesson => ({
  key: `messages without ${name}`,
  told: `${name} is not sent back`,
  change: (body) => ({
    ...body,
    messages: messagesOf(body).map(({ [name]: _, ...rest }) => ({
      ...rest,
      ...(Array.isArray(rest.tool_calls) && {
        tool_calls: callsOf(rest).map(({ [name]: __, ...call }) => call),
      }),
    })),
  }),
});

/** What templates of models refuse about the order of roles, whatever the status they do it with. */
function roleLesson(message: string, body: Body): Lesson | undefined {
  const roles = messagesOf(body).map((m) => m.role);
  if (/system role (is )?not supported/i.test(message) && roles.includes('system')) return SYSTEM_IN_USER;
  const isAboutRoles = /roles must alternate|(unexpected|invalid) role|role.{0,20}after.{0,20}role/i.test(
    message,
  );
  if (!isAboutRoles) return undefined;
  if (roles.some((role, i) => role === roles[i + 1] && (role === 'user' || role === 'system')))
    return NEIGHBOURS_JOINED;
  if (roles.some((role, i) => role === 'tool' && roles[i + 1] === 'user')) return USER_IN_TOOL;
  return undefined;
}

const NEIGHBOURS_JOINED: Lesson = {
  key: 'neighbours joined',
  told: 'messages of one role that follow one another are sent as one',
  change: (body) =>
    joinWhere(body, (a, b) => a.role === b.role && (a.role === 'user' || a.role === 'system')),
};

const USER_IN_TOOL: Lesson = {
  key: 'user within tool',
  told: 'what is said right after the result of a tool is sent as part of it',
  change: (body) => joinWhere(body, (a, b) => a.role === 'tool' && b.role === 'user'),
};

const SYSTEM_IN_USER: Lesson = {
  key: 'system within user',
  told: 'system messages are sent as the user’s',
  change: (body) => {
    const messages = messagesOf(body).map((m) => (m.role === 'system' ? { ...m, role: 'user' } : m));
    return NEIGHBOURS_JOINED.change({ ...body, messages });
  },
};

function joinWhere(body: Body, areOne: (a: WireMessage, b: WireMessage) => boolean): Body {
  const joined: WireMessage[] = [];
  for (const message of messagesOf(body)) {
    const last = joined.at(-1);
    const isJoined = last !== undefined && areOne(last, message) && isText(last) && isText(message);
    if (isJoined) joined[joined.length - 1] = { ...last, content: `${last.content}\n\n${message.content}` };
    else joined.push(message);
  }
  return { ...body, messages: joined };
}

const isText = (message: WireMessage): boolean => typeof message.content === 'string';
