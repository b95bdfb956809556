/** What bounds one agent: steps, tokens, wall time, and the window its conversation must stay in. */
import { tokensOf, type Usage } from '@swarm/core/model/usage';

export interface LoopLimits {
  /** Answers of the model. */
  readonly steps: number;
  /** Input and output tokens together, as the model client counts them. */
  readonly tokens: number;
  readonly wallMs: number;
  /** Tokens of the model's window, where a profile says so. Absent: it is learnt when a request is refused. */
  readonly windowTokens?: number | undefined;
}

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

/** Shares of its room at which an agent is told how much is left. */
const MARKS = [0.5, 0.75, 0.9] as const;
/** With so few answers left the last mark is reached, whatever the share. */
const STEPS_LAST = 3;

const WRAP_UP =
  'Bring what you have into a state that passes its checks and call submit_handoff; status partial is fine.';
const ADVICE: readonly string[] = [
  'Keep to what the task asks for.',
  'Finish what you have begun, run the checks, and begin nothing new.',
  WRAP_UP,
];

export interface RoomTold {
  /** How many marks are reached: what is kept, so that each is told once. */
  readonly marks: number;
  readonly text: string;
}

/**
 * What the model is told when it passes a mark; undefined while there is none to tell. Several at once are told as
 * the last of them.
 * @param elapsedMs of the time that is left for the agent's own steps.
 * @param told marks that were told before.
 */
export function roomRunsOut(
  limits: LoopLimits,
  spent: Spent,
  elapsedMs: number,
  told: number,
): RoomTold | undefined {
  const tokens = tokensOf(spent.usage);
  const share = Math.max(spent.steps / limits.steps, tokens / limits.tokens, elapsedMs / limits.wallMs);
  const left = limits.steps - spent.steps;
  const marks = left <= STEPS_LAST ? MARKS.length : MARKS.filter((mark) => share >= mark).length;
  if (marks <= told) return undefined;
  const used = [
    `${spent.steps} of ${limits.steps} answers`,
    `${shortly(tokens)} of ${shortly(limits.tokens)} tokens`,
    `${minutes(elapsedMs)} of ${minutes(limits.wallMs)} minutes`,
  ].join(', ');
  return { marks, text: `Used so far: ${used}. ${ADVICE[marks - 1]}` };
}

const shortly = (tokens: number): string =>
  tokens < 1_000
    ? `${tokens}`
    : tokens < 1e6
      ? `${Math.round(tokens / 1_000)}k`
      : `${(tokens / 1e6).toFixed(1)}M`;
const minutes = (ms: number): string => {
  const whole = ms / 60_000;
  return whole < 10 ? whole.toFixed(1).replace(/\.0$/, '') : `${Math.round(whole)}`;
};
