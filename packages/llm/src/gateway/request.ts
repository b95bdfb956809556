/** What an agent asks for, as it goes upstream. Everything in it is the agent's word. */
import { type Body, VIA_FIELD } from '../asking/wire.ts';
import { type CallTokens, type PriceTable, priceOf } from '../prices.ts';
import { mostTokensIn } from '../usage.ts';
import { readFields } from './fields.ts';

/** The bound on an answer whose agent gives none, where the attempt has so much left. */
export const DEFAULT_OUTPUT_TOKENS = 16_384;
/** With less than this left an answer is not worth its question. */
const OUTPUT_MIN = 256;

export interface OutgoingRequest {
  readonly body: Body;
  readonly model: string;
  readonly isStream: boolean;
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

/** @param model the only one the agent may ask for: whatever it names, it gets this one. */
export function readRequest(text: string, model: string, left: Left, prices: PriceTable): ReadRequest {
  const body = parseObject(text);
  if (body === undefined) return { kind: 'refused', why: 'the body is not a JSON object' };
  const read = readFields(body);
  if (read.kind === 'refused') return read;
  const { max_tokens, max_completion_tokens, ...fields } = read.fields;
  const prompt = promptOf(fields);
  if (prompt === undefined) return { kind: 'refused', why: 'the body is nested too deeply' };
  const input = mostTokensIn(prompt) + MESSAGE_TOKENS * (fields.messages as unknown[]).length;
  const choices = typeof fields.n === 'number' ? fields.n : 1;
  const given = [max_tokens, max_completion_tokens].filter((n) => typeof n === 'number');
  const bound = given.length > 0 ? Math.max(...given) : boundFor(left, input, choices, model, prices);
  const isStream = fields.stream === true;
  return {
    kind: 'read',
    // One bound under its old name: a server that ignores it would ignore the new one too.
    body: {
      ...fields,
      model,
      max_tokens: bound,
      ...(isStream && { stream_options: { include_usage: true } }),
    },
    model,
    isStream,
    most: { input, cachedInput: 0, output: choices * bound, isEstimated: true },
    chars: prompt.length,
    leftOut: read.leftOut,
  };
}

/** What a template may write around one message. */
const MESSAGE_TOKENS = 16;

function parseObject(text: string): Body | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Body) : undefined;
  } catch {
    return undefined;
  }
}

/** Everything a model reads. JSON nested some ten thousand deep can be read, but not written: RangeError. */
function promptOf({ messages, tools, functions, response_format }: Body): string | undefined {
  try {
    return JSON.stringify([messages, tools, functions, response_format]);
  } catch {
    return undefined;
  }
}

/** As much as is left, so that an agent without a bound of its own is not refused while it could still be answered. */
function boundFor(left: Left, input: number, choices: number, model: string, prices: PriceTable): number {
  const price = priceOf(prices, model);
  const usdLeft = price && left.usd - (input * price.input) / 1_000_000;
  const paid = usdLeft !== undefined && price!.output > 0 ? (usdLeft / price!.output) * 1_000_000 : Infinity;
  const most = Math.floor(Math.min(left.tokens - input, paid) / choices);
  return Math.max(OUTPUT_MIN, Math.min(DEFAULT_OUTPUT_TOKENS, most));
}

/**
 * The same request for one endpoint: what another endpoint sent along with an answer is no business of this one.
 * Agents of ours say where a message came from; the mark itself never goes out.
 */
export function forEndpoint(body: Body, endpoint: string): Body {
  const messages = (body.messages as Body[]).map((message) => {
    const { [VIA_FIELD]: via, ...rest } = message;
    if (via === undefined || via === endpoint) return rest;
    return {
      role: rest.role,
      content: rest.content,
      ...(Array.isArray(rest.tool_calls) && {
        tool_calls: rest.tool_calls.map(({ id, type, function: called }: Body) => ({
          id,
          type,
          function: called,
        })),
      }),
    };
  });
  return { ...body, messages };
}
