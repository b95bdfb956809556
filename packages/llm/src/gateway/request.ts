/** What an agent asks for, as it goes upstream. Everything in it is the agent's word. */
import type { AnswerForm, Bounds, Dialect } from '../dialects/dialect.ts';
import { type Body, parseObject } from '../dialects/kinds.ts';
import { HOUR_EXTRA, MINUTES_EXTRA } from '../dialects/messages-reader.ts';
import { type CallTokens, type PriceTable, priceOf } from '../prices.ts';
import type { ModelProfile } from '../profiles.ts';
import { mostTokensIn } from '../usage.ts';

/** The bound on an answer whose agent gives none, where the attempt has so much left. */
export const DEFAULT_OUTPUT_TOKENS = 16_384;
/** With less than this left an answer is not worth its question. */
const OUTPUT_MIN = 256;

export interface OutgoingRequest {
  readonly dialect: Dialect;
  readonly body: Body;
  readonly model: string;
  readonly form: AnswerForm;
  /** The most it may use: the prompt as it can at most be counted, and every answer to its bound. */
  readonly most: CallTokens;
  /** Characters of it, for servers that do not say what they used. */
  readonly chars: number;
  /** Fields that were not sent on. */
  readonly leftOut: readonly string[];
}

export type ReadRequest =
  | ({ readonly kind: 'read' } & OutgoingRequest)
  | { readonly kind: 'refused'; readonly why: string };

/** What may still be spent, in tokens and in money; Infinity where nothing bounds it. */
export interface Left {
  readonly tokens: number;
  readonly usd: number;
}

export interface Asked {
  readonly text: string;
  readonly dialect: Dialect;
  /** The form of the answer, where the path says it and not the body. */
  readonly form?: AnswerForm;
}

/** The one model an agent may ask for, whatever it names, and what is known of it. */
export interface Allowed {
  readonly model: string;
  readonly profile: ModelProfile;
  readonly prices: PriceTable;
  /** Names the conversation, for servers that keep prompts by a key. */
  readonly key: string;
}

/** JSON nested some ten thousand deep can be read, but neither gone into nor written: RangeError. */
export function readRequest(asked: Asked, allowed: Allowed, left: Left): ReadRequest {
  try {
    const request = read(asked, allowed, left);
    if (request.kind === 'read') JSON.stringify(request.body);
    return request;
  } catch (error) {
    if (error instanceof RangeError) return { kind: 'refused', why: TOO_DEEP };
    throw error;
  }
}

export const TOO_DEEP = 'the body is nested too deeply';

function read({ text, dialect, form }: Asked, allowed: Allowed, left: Left): ReadRequest {
  const body = parseObject(text);
  if (body === undefined) return { kind: 'refused', why: 'the body is not a JSON object' };
  const said = dialect.read(body);
  if (said.kind === 'refused') return said;
  const bounds = dialect.bounds(said.fields);
  const { model, profile } = allowed;
  const fields = dialect.profiled(dialect.unbounded(said.fields), profile, allowed.key);
  const prompt = JSON.stringify(dialect.prompt(fields));
  const input = mostTokensIn(prompt) + MESSAGE_TOKENS * bounds.messages;
  const bound = Math.min(
    bounds.output ?? boundFor(left, input, bounds, allowed),
    profile.maxOutput ?? Number.POSITIVE_INFINITY,
  );
  const asForm = form ?? (fields.stream === true ? 'events' : 'whole');
  const cacheWriteExtra = input * writingExtra(prompt);
  return {
    kind: 'read',
    dialect,
    body: dialect.outgoing(fields, { model, bound, form: asForm, profile }),
    model,
    form: asForm,
    most: {
      input,
      cachedInput: 0,
      output: bounds.choices * bound,
      isEstimated: true,
      ...(cacheWriteExtra > 0 && { cacheWriteExtra }),
    },
    chars: prompt.length,
    leftOut: said.leftOut,
  };
}

/** What a template may write around one message. */
const MESSAGE_TOKENS = 16;

/** Where a prompt has marks of what to keep, all of it may be written to the cache. */
function writingExtra(prompt: string): number {
  if (!prompt.includes('"cache_control"')) return 0;
  return /"ttl"\s*:\s*"1h"/.test(prompt) ? HOUR_EXTRA : MINUTES_EXTRA;
}

/** As much as is left, so that an agent without a bound of its own is not refused while it could still be answered. */
function boundFor(left: Left, input: number, { choices }: Bounds, { model, prices }: Allowed): number {
  const price = priceOf(prices, model);
  const usdLeft = price && left.usd - (input * price.input) / 1_000_000;
  const paid = usdLeft !== undefined && price!.output > 0 ? (usdLeft / price!.output) * 1_000_000 : Infinity;
  const most = Math.floor(Math.min(left.tokens - input, paid) / choices);
  return Math.max(OUTPUT_MIN, Math.min(DEFAULT_OUTPUT_TOKENS, most));
}
