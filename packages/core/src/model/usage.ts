/** What a piece of work used. The gateway or the model client meters it; an agent's own figures are never taken. */
export interface Usage {
  readonly calls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** US dollars. 0 when the model has no known price (see `priced`). */
  readonly costUsd: number;
  /** False when a call had no price. Then `costUsd` is a lower bound. */
  readonly priced: boolean;
  /** Nobody of ours metered it, or some of it: a host says so, of models that it asks itself. */
  readonly claimed?: true;
}

export const NO_USAGE: Usage = { calls: 0, inputTokens: 0, outputTokens: 0, costUsd: 0, priced: true };

export function addUsage(a: Usage, b: Usage): Usage {
  return {
    calls: a.calls + b.calls,
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    costUsd: a.costUsd + b.costUsd,
    priced: a.priced && b.priced,
    ...((a.claimed || b.claimed) && { claimed: true as const }),
  };
}

export const tokensOf = (u: Usage): number => u.inputTokens + u.outputTokens;
