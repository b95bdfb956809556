/**
 * What a server refuses by name, and how the request is said without it. A lesson is tried at once, and remembered
 * of that endpoint and model, so that the refusal is paid for once.
 */
import type { DialectName } from '@swarm/core/model/dialect';
import { overflowIn } from '@swarm/core/rules/overflow';
import type { Body } from '../dialects/kinds.ts';
import { unmarked } from '../dialects/messages.ts';
import type { Said } from '../failures.ts';
import type { Lesson } from './lesson.ts';
import { callsOf, messageLesson, messagesOf } from './message-lessons.ts';
import { dropKeyword, hasKeyword, SCHEMA_WORDS } from './schemas.ts';
import { thoughtsLesson } from './thoughts-lesson.ts';

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
  const byMessage = messageLesson(said.message, body);
  if (byMessage !== undefined) return byMessage;
  if (status !== 400 && status !== 422) return undefined;
  const bound = boundLesson(said.message, body);
  if (bound !== undefined) return bound;
  // A conversation that is too long is not made shorter here, and a field that is missed is not one to leave out.
  if (overflowIn(said.message) || /\b(missing|(is|are) required)\b/i.test(said.message)) return undefined;
  for (const name of namesIn(said)) {
    const lesson = fieldLesson(name, body);
    if (lesson !== undefined) return lesson;
  }
  return undefined;
}

/** Thoughts that are not this account's, a smaller bound, a field less, or no marks of what to keep. */
function plainLesson(said: Said, body: Body, dialect: DialectName): Lesson | undefined {
  const thoughts = thoughtsLesson(said, body);
  if (thoughts !== undefined) return thoughts;
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

// ───────────── what came from a provider ─────────────

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
