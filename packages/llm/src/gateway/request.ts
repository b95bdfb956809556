/** What an agent asks for, as it goes upstream. Everything in it is the agent's word. */
import type { Usage } from '@swarm/core/model/usage';
import type { PriceTable } from '../prices.ts';
import { CHARS_PER_TOKEN, usageOf } from '../usage.ts';

/** Set aside for the answer of a call that does not limit it. */
export const DEFAULT_RESERVED_OUTPUT_TOKENS = 4096;

export interface OutgoingRequest {
  readonly json: string;
  readonly model: string;
  readonly isStream: boolean;
  /** What it may use at most, roughly. */
  readonly expected: Usage;
}

/**
 * @param models names sent as they stand; any other name becomes `fallback`.
 * @returns undefined when it is not a JSON object, or nested too deeply to be written again.
 */
export function outgoingRequest(
  text: string,
  models: ReadonlySet<string>,
  fallback: string,
  prices: PriceTable,
): OutgoingRequest | undefined {
  const body = parseObject(text);
  if (body === undefined) return undefined;
  const model = typeof body.model === 'string' && models.has(body.model) ? body.model : fallback;
  const isStream = body.stream === true;
  const json = stringify({ ...body, model, ...(isStream && { stream_options: withUsage(body) }) });
  if (json === undefined) return undefined;
  const tokens = {
    input: Math.ceil(text.length / CHARS_PER_TOKEN),
    cachedInput: 0,
    output: outputLimit(body),
  };
  return { json, model, isStream, expected: usageOf({ ...tokens, isEstimated: true }, model, prices) };
}

type Body = Readonly<Record<string, unknown>>;

function parseObject(text: string): Body | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Body) : undefined;
  } catch {
    return undefined;
  }
}

/** JSON nested some ten thousand deep can be read, but not written: RangeError. */
function stringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** Asks for the usage even of an agent that does not want it; clients take no harm from one more chunk. */
function withUsage(body: Body): object {
  const asked = typeof body.stream_options === 'object' ? body.stream_options : {};
  return { ...asked, include_usage: true };
}

function outputLimit(body: Body): number {
  const limits = [body.max_completion_tokens, body.max_tokens].filter(isPositive);
  const choices = isPositive(body.n) ? body.n : 1;
  return Math.ceil(choices * Math.max(...limits, limits.length > 0 ? 0 : DEFAULT_RESERVED_OUTPUT_TOKENS));
}

const isPositive = (n: unknown): n is number => typeof n === 'number' && Number.isFinite(n) && n > 0;
