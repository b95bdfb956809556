import type { Usage } from '@swarm/core/model/usage';
import { type CallTokens, costUsd, type PriceTable, priceOf } from './prices.ts';

/** Rule of thumb for English and code: four characters a token. Used only where a server says nothing. */
export const CHARS_PER_TOKEN = 4;
const MAX_PLAUSIBLE = 100_000_000;

export const estimateTokens = (inputChars: number, outputChars: number): CallTokens => ({
  input: Math.ceil(inputChars / CHARS_PER_TOKEN),
  cachedInput: 0,
  output: Math.ceil(outputChars / CHARS_PER_TOKEN),
  isEstimated: true,
});

/**
 * The `usage` object of a chat completion; undefined when it is absent or says what cannot be, as the zeros of
 * servers that do not count. Some leave thinking out of `completion_tokens` and in the total: the larger counts.
 */
export function readTokens(wire: unknown): CallTokens | undefined {
  if (typeof wire !== 'object' || wire === null) return undefined;
  const { prompt_tokens: input, completion_tokens, total_tokens, ...rest } = wire as Record<string, unknown>;
  const { cache_write_extra: extra } = rest;
  if (!isCount(input) || !(isCount(completion_tokens) || isCount(total_tokens))) return undefined;
  const beside = isCount(total_tokens) ? total_tokens - input : 0;
  const output = Math.max(isCount(completion_tokens) ? completion_tokens : 0, beside);
  if (input + output === 0) return undefined;
  const cachedInput = Math.min(cachedOf(rest), input);
  const isDearer = typeof extra === 'number' && extra > 0 && extra <= input;
  return { input, cachedInput, output, isEstimated: false, ...(isDearer && { cacheWriteExtra: extra }) };
}

/** OpenAI's place, DeepSeek's and Moonshot's. */
function cachedOf(usage: Readonly<Record<string, unknown>>): number {
  const { prompt_tokens_details: details, prompt_cache_hit_tokens, cached_tokens } = usage;
  const inDetails = (details as { cached_tokens?: unknown } | null | undefined)?.cached_tokens;
  return [inDetails, prompt_cache_hit_tokens, cached_tokens].find(isCount) ?? 0;
}

const isCount = (n: unknown): n is number =>
  Number.isInteger(n) && Number(n) >= 0 && Number(n) <= MAX_PLAUSIBLE;

/**
 * The most tokens a text can be, for what is set aside before a call: letters come at least two to a token and a
 * half, and any other byte may be one by itself. About twice what English or code turn out to be.
 */
export function mostTokensIn(text: string): number {
  const letters = lettersIn(text);
  return Math.ceil(letters / 1.5) + (Buffer.byteLength(text) - letters);
}

const [A, Z, SPACE, LOWER] = [0x61, 0x7a, 0x20, 0x20];

/** Of A to Z in either case, and blanks. Counted, not matched: each call's whole conversation passes here. */
function lettersIn(text: string): number {
  let letters = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const lower = code | LOWER;
    if ((lower >= A && lower <= Z) || code === SPACE) letters += 1;
  }
  return letters;
}

/** One call as `Usage`; a model without a price gives `priced: false` and no cost. */
export function usageOf(tokens: CallTokens, model: string, prices: PriceTable): Usage {
  const price = priceOf(prices, model);
  return {
    calls: 1,
    inputTokens: tokens.input,
    outputTokens: tokens.output,
    costUsd: price === undefined ? 0 : costUsd(price, tokens),
    priced: price !== undefined,
  };
}
