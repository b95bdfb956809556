/** Rounds of one attempt: what its own checks say goes back into the agent's conversation. */
import { ENDINGS, type EndingReason } from '@swarm/core/model/attempt';
import { addUsage, NO_USAGE, tokensOf, type Usage } from '@swarm/core/model/usage';
import type { AgentLimits, AgentResult } from '@swarm/core/ports/running';
import { TOKENS_FLOOR, USD_FLOOR } from '@swarm/core/rules/budget';

/** Endings that the agent itself can put right, with its work before it. */
export const GOES_BACK: ReadonlySet<EndingReason> = new Set(['verify-failed', 'gate-failed', 'no-change']);

/** With less than this share of its time nothing can be mended. */
const WALL_FLOOR = 0.05;

/** What the rounds of an attempt used so far. */
export interface Used {
  readonly usage: Usage;
  readonly toolCalls: number;
  readonly durationMs: number;
}
export const NOTHING_USED: Used = { usage: NO_USAGE, toolCalls: 0, durationMs: 0 };

export const usedWith = (used: Used, { usage, toolCalls }: AgentResult, durationMs: number): Used => ({
  usage: addUsage(used.usage, usage),
  toolCalls: used.toolCalls + toolCalls,
  durationMs: used.durationMs + durationMs,
});

export type RoundLimits = Pick<AgentLimits, 'tokens' | 'usd' | 'wallMs'>;

/** The attempt's limits without what it used; undefined when too little is left for a round. */
export function limitsLeft({ tokens, usd, wallMs }: RoundLimits, used: Used): RoundLimits | undefined {
  const left = {
    tokens: tokens - tokensOf(used.usage),
    wallMs: Math.floor(wallMs - used.durationMs),
    ...(usd !== undefined && { usd: usd - used.usage.costUsd }),
  };
  const isEnough =
    left.tokens >= TOKENS_FLOOR && left.wallMs >= wallMs * WALL_FLOOR && (left.usd ?? USD_FLOOR) >= USD_FLOOR;
  return isEnough ? left : undefined;
}

/** Takes the place of the answer to submit_handoff, too. */
export const notesText = (notes: readonly string[]): string =>
  [
    'submit_handoff: not accepted yet: meanwhile the operator of this run has said:',
    ...notes,
    'Take it into account, check your work once more, and call submit_handoff again.',
  ].join('\n\n');

/** Takes the place of the answer to submit_handoff. */
export const goOnText = (reason: EndingReason, detail: string): string =>
  [
    `submit_handoff: not accepted yet: ${ENDINGS[reason].means}. This is what the run's own checks say of what you left:`,
    detail,
    'Find the cause, put it right in the workspace, run the check yourself, and call submit_handoff again. If it cannot be put right, hand in as `partial` or `blocked` and say why.',
  ].join('\n\n');
