/** What a piece of work consumed, as metered by the gateway or the model client; never as told by an agent. */
export interface Usage {
  readonly calls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** US dollars; 0 where the model has no known price (see `priced`). */
  readonly costUsd: number;
  /** False when any call had no price, so that `costUsd` is a lower bound. */
  readonly priced: boolean;
}

export const NO_USAGE: Usage = { calls: 0, inputTokens: 0, outputTokens: 0, costUsd: 0, priced: true };

export function addUsage(a: Usage, b: Usage): Usage {
  return {
    calls: a.calls + b.calls,
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    costUsd: a.costUsd + b.costUsd,
    priced: a.priced && b.priced,
  };
}

export const tokensOf = (u: Usage): number => u.inputTokens + u.outputTokens;
