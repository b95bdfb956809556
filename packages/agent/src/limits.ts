/** What bounds one agent: steps, tokens, wall time, and how long its conversation may grow. */
import { tokensOf, type Usage } from '@swarm/core/model/usage';

export interface LoopLimits {
  /** Answers of the model. */
  readonly steps: number;
  /** Input and output tokens together, as the model client counts them. */
  readonly tokens: number;
  readonly wallMs: number;
  /** Characters of conversation above which old tool outputs are left out. */
  readonly contextChars: number;
}

/** 70 % of a 128k-token window at four characters a token, the usual rough figure for English and code. */
export const DEFAULT_CONTEXT_CHARS = Math.floor(0.7 * 128_000 * 4);

export interface Spent {
  readonly steps: number;
  readonly usage: Usage;
}

/** The most of an attempt's tokens that is kept for its last words. */
const TOKENS_KEPT_SHARE = 0.15;

/**
 * The limit that forbids another step. Time is not here: it also has to stop a step under way.
 * @param lastTokens what the last call took: as much is kept for the last words.
 */
export function limitReached(
  limits: LoopLimits,
  spent: Spent,
  lastTokens = 0,
): 'step-limit' | 'token-limit' | undefined {
  if (spent.steps >= limits.steps) return 'step-limit';
  const kept = Math.min(limits.tokens * TOKENS_KEPT_SHARE, lastTokens);
  if (tokensOf(spent.usage) >= limits.tokens - kept) return 'token-limit';
  return undefined;
}

const STEPS_WARNING = 3;
const TOKENS_WARNING = 0.85;

/** A sentence for the model when it should wrap up; undefined while there is room. */
export function roomRunsOut(limits: LoopLimits, spent: Spent): string | undefined {
  const left = limits.steps - spent.steps;
  const share = tokensOf(spent.usage) / limits.tokens;
  if (left > STEPS_WARNING && share < TOKENS_WARNING) return undefined;
  const room =
    left <= STEPS_WARNING
      ? `${left} answers are left`
      : `${Math.round(share * 100)} % of your tokens are spent`;
  return `${room}. Bring what you have into a state that passes its checks and call submit_handoff; status partial is fine.`;
}
