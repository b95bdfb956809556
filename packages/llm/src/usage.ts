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

/** The `usage` object of a chat completion; undefined when it is absent or says what cannot be. */
export function readTokens(wire: unknown): CallTokens | undefined {
  if (typeof wire !== 'object' || wire === null) return undefined;
  const { prompt_tokens, completion_tokens, prompt_tokens_details } = wire as Record<string, unknown>;
  if (!isCount(prompt_tokens) || !isCount(completion_tokens)) return undefined;
  const cached = (prompt_tokens_details as { cached_tokens?: unknown } | null | undefined)?.cached_tokens;
  return {
    input: prompt_tokens,
    cachedInput: isCount(cached) ? Math.min(cached, prompt_tokens) : 0,
    output: completion_tokens,
    isEstimated: false,
  };
}

const isCount = (n: unknown): n is number =>
  Number.isInteger(n) && Number(n) >= 0 && Number(n) <= MAX_PLAUSIBLE;

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
