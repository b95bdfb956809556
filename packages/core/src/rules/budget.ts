/**
 * The budget is reserved before anything that can spend starts, and settled when it ends; what was lost in a
 * crash counts as spent in full. So used + lost + reserved never passes the limit by more than one call that
 * an endpoint answered longer than it was asked to.
 */
import { type Attempt, NO_RESERVATION, type Reservation } from '../model/attempt.ts';
import { attemptId } from '../model/ids.ts';
import type { Limits, RoleBudget, SpendRole } from '../model/request.ts';
import type { Task } from '../model/task.ts';
import { NO_USAGE, tokensOf, type Usage } from '../model/usage.ts';
import type { TicketLimits } from '../ports/models.ts';
import type { AgentLimits } from '../ports/running.ts';
import type { OpenedState, Spending } from '../state.ts';
import { isSoft } from './opening.ts';

/** With less than this an attempt can do nothing useful, and the budget counts as reached. */
export const TOKENS_FLOOR = 10_000;
export const USD_FLOOR = 0.01;

export const tokensSpent = (s: Spending): number => tokensOf(s.used) + s.lost.tokens;
export const usdSpent = (s: Spending): number => s.used.costUsd + s.lost.usd;

/** Returns what may still be reserved. Infinity when nothing bounds it. */
export function remaining(s: Spending, limits: Limits): Reservation {
  const kept = s.neared === undefined ? keptOf(limits) : NO_RESERVATION;
  const left = wholeLeft(s, limits);
  return { tokens: left.tokens - kept.tokens, usd: left.usd - kept.usd };
}

/** With what is kept for the target's health until nothing else opens any more. */
export function wholeLeft(s: Spending, limits: Limits): Reservation {
  return {
    tokens: limits.tokens === undefined ? Infinity : limits.tokens - tokensSpent(s) - s.reserved.tokens,
    usd: limits.usd === undefined ? Infinity : limits.usd - usdSpent(s) - s.reserved.usd,
  };
}

/** Half of what lies behind the soft limit: what runs then may take the other half. */
export function keptOf({ soft = 1, tokens = 0, usd = 0 }: Limits): Reservation {
  const share = (1 - soft) / 2;
  return { tokens: Math.floor(share * tokens), usd: share * usd };
}

/** What a role may use at most, of the limits as they are now. */
export function partOf({ tokens, usd, roles }: Limits, role: SpendRole): Omit<RoleBudget, 'share'> {
  const own = roles?.[role] ?? {};
  const shareOf = (whole: number | undefined): number | undefined =>
    whole === undefined || own.share === undefined ? undefined : whole * own.share;
  const [t, u] = [least(own.tokens, shareOf(tokens)), least(own.usd, shareOf(usd))];
  return { ...(t !== undefined && { tokens: Math.floor(t) }), ...(u !== undefined && { usd: u }) };
}

/** What a role may still reserve: what is left of the whole, and of its own part. */
export function remainingFor(s: OpenedState, role: SpendRole): Reservation {
  const { limits } = s.run.request;
  const whole = remaining(s.spending, limits);
  const { spent, reserved } = s.spending.roles[role];
  const { tokens = Infinity, usd = Infinity } = partOf(limits, role);
  return {
    tokens: Math.min(whole.tokens, tokens - spent.tokens - reserved.tokens),
    usd: Math.min(whole.usd, usd - spent.usd - reserved.usd),
  };
}

/** Its own part of the budget is used up, and nothing that it runs may give some of it back. */
export function isRoleSpent(s: OpenedState, role: SpendRole): boolean {
  const { spent, reserved } = s.spending.roles[role];
  if (reserved.tokens > 0 || reserved.usd > 0) return false;
  const { tokens = Infinity, usd = Infinity } = partOf(s.run.request.limits, role);
  return tokens - spent.tokens < TOKENS_FLOOR || usd - spent.usd < USD_FLOOR;
}

/** So much more than attempts used so far on average is set aside for one, where the run lands softly. */
const USUAL = 1.5;

/**
 * With less than this an attempt is not begun. Where the run lands softly that is what attempts usually use: one that is
 * begun with less only burns what it is given. What mends the target may try with any.
 */
export function floorOf(s: OpenedState, role: SpendRole = 'worker'): Reservation {
  const { limits } = s.run.request;
  const floor = { tokens: TOKENS_FLOOR, usd: USD_FLOOR };
  const ended = s.attempts.size - s.liveAttempts.size;
  if (!isSoft(limits) || s.spending.neared || role !== 'worker' || ended === 0) return floor;
  const { spent } = s.spending.roles.worker;
  const usual = (of: number, least: number, most = Infinity): number =>
    Math.min(most, Math.max(least, (USUAL * of) / ended));
  return {
    tokens: Math.min(limits.attemptTokens, Math.ceil(usual(spent.tokens, floor.tokens))),
    usd: usual(spent.usd, floor.usd, limits.attemptUsd),
  };
}

/** What bounds a role, its own part, the whole, or each task: which dimensions, and by how much at most. */
function boundsOf(limits: Limits, role: SpendRole): RoleBudget {
  const own = partOf(limits, role);
  const task = role === 'worker' ? { tokens: limits.taskTokens, usd: limits.taskUsd } : {};
  const t = least(least(limits.tokens, own.tokens), task.tokens);
  const u = least(least(limits.usd, own.usd), task.usd);
  return { ...(t !== undefined && { tokens: t }), ...(u !== undefined && { usd: u }) };
}

const least = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);

export const covers = (left: Reservation, wanted: Reservation): boolean =>
  wanted.tokens <= left.tokens && wanted.usd <= left.usd;

/**
 * What one more attempt or iteration may consume, or undefined when not enough is left. The rest is shared
 * among the workers, so that one attempt cannot starve the others, and capped by the attempt's own limit, and by what
 * its task may use still.
 */
export function reservationFor(
  state: OpenedState,
  role: SpendRole = 'worker',
  task?: Task,
): Reservation | undefined {
  const limits = state.run.request.limits;
  const bounds = boundsOf(limits, role);
  if (bounds.tokens === undefined && bounds.usd === undefined) return NO_RESERVATION;
  const left = remainingFor(state, role);
  const own = task ? leftOfTask(state, task) : { tokens: Infinity, usd: Infinity };
  const most = { tokens: Math.max(TOKENS_FLOOR, own.tokens), usd: Math.max(USD_FLOOR, own.usd) };
  const floor = floorOf(state, role);
  const tokens = share(left.tokens, floor.tokens, Math.min(limits.attemptTokens, most.tokens), state.workers);
  const usd = share(left.usd, floor.usd, Math.min(limits.attemptUsd ?? Infinity, most.usd), state.workers);
  if (tokens === undefined || usd === undefined) return undefined;
  return { tokens: Math.floor(amount(tokens)), usd: amount(usd) };
}

/** Nothing is set aside in a dimension without a limit. */
const amount = (share: number): number => (Number.isFinite(share) ? share : 0);

/** Returns what a ticket may use of a reservation. What bounds neither the run nor the role bounds no ticket either. */
export function ticketLimits(limits: Limits, reserved: Reservation, role: SpendRole): TicketLimits {
  const { tokens, usd } = boundsOf(limits, role);
  return {
    ...(tokens !== undefined && { tokens: reserved.tokens }),
    ...(usd !== undefined && { usd: reserved.usd }),
  };
}

/**
 * Returns what an attempt may use: what was reserved for it. In a dimension the run does not bound, its own limit
 * holds, and without one it is not bounded.
 */
export function attemptLimits(
  limits: Limits,
  reserved: Reservation,
  role: SpendRole = 'worker',
): Pick<AgentLimits, 'tokens' | 'usd'> {
  const bounds = boundsOf(limits, role);
  const tokens = bounds.tokens === undefined ? limits.attemptTokens : reserved.tokens;
  const usd = bounds.usd === undefined ? limits.attemptUsd : reserved.usd;
  return usd === undefined ? { tokens } : { tokens, usd };
}

/** What a task's attempts may use still, since it was last tried again at somebody's word. Several that try it share that. */
export function leftOfTask(s: OpenedState, t: Task): Reservation {
  const left = leftOfContest(s, t);
  const waiting = besideOf(s, t).filter(({ state }) => state === 'pending').length;
  // The rest of a division is nobody's.
  return t.state === 'pending' && waiting > 1
    ? { tokens: Math.floor(left.tokens / waiting), usd: left.usd / waiting }
    : left;
}

/** The same of all that try it together. What is set aside for others of them is theirs. */
export function leftOfContest(s: OpenedState, t: Task): Reservation {
  const { taskTokens = Infinity, taskUsd = Infinity } = s.run.request.limits;
  let [tokens, usd] = [taskTokens, taskUsd];
  if (tokens === Infinity && usd === Infinity) return { tokens, usd };
  for (const one of besideOf(s, t)) {
    for (let n = (one.triedAfresh ?? 0) + 1; n <= one.attempts; n++) {
      const attempt = s.attempts.get(attemptId(one.id, n));
      const spent = attempt && spentBy(attempt, one.id === t.id);
      tokens -= spent?.tokens ?? 0;
      usd -= spent?.usd ?? 0;
    }
  }
  return { tokens, usd };
}

/** Tasks that use the same budget of a task: those that try it, or it alone. */
function besideOf(s: OpenedState, t: Task): readonly Task[] {
  const whole = t.source.by === 'candidates' ? t.source.parent : t.id;
  const plan = s.plans.get(whole);
  return plan?.contest ? plan.parts.map((id) => s.tasks.get(id)!) : [t];
}

function spentBy(attempt: Attempt, isOwn: boolean): Reservation {
  if (attempt.state !== 'ended') return isOwn ? NO_RESERVATION : attempt.reserved;
  const lost = attempt.ending === 'lost' ? attempt.reserved : NO_RESERVATION;
  return {
    tokens: tokensOf(attempt.usage) + lost.tokens,
    usd: attempt.usage.costUsd + lost.usd,
  };
}

/**
 * What is booked of what an attempt used. What a host only says is no less than what was set aside for it: a host that
 * says too little gains nothing by it.
 */
export function booked(usage: Usage, reserved: Reservation): Usage {
  if (!usage.claimed) return usage;
  return {
    ...usage,
    inputTokens: Math.max(usage.inputTokens, reserved.tokens - usage.outputTokens),
    costUsd: Math.max(usage.costUsd, reserved.usd),
  };
}

/** How many attempts could begin with so much. */
export const attemptsIn = ({ tokens, usd }: Reservation): number =>
  Math.floor(Math.min(tokens / TOKENS_FLOOR, usd / USD_FLOOR));

/** Why a task may not be tried again, whatever attempts it has left: it has used up its own budget. */
export function taskSpent(s: OpenedState, t: Task, now: Usage = NO_USAGE): string | undefined {
  const { taskTokens, taskUsd } = s.run.request.limits;
  const left = leftOfContest(s, t);
  if (left.tokens - tokensOf(now) < TOKENS_FLOOR) return `its budget of ${taskTokens} tokens is used up`;
  return left.usd - now.costUsd < USD_FLOOR ? `its budget of $${taskUsd} is used up` : undefined;
}

function share(left: number, floor: number, most: number, workers: number): number | undefined {
  if (left < floor) return undefined;
  return Math.min(left, most, Math.max(floor, left / Math.max(1, workers)));
}

/**
 * Whether an attempt that met its limit met the run's: it had less than its own limit allows, as the run had no more,
 * and beside what was reserved for it there is nothing for anybody. The task is not to blame.
 */
export function isBudgetsEnd(state: OpenedState, reserved: Reservation, which: 'tokens' | 'usd'): boolean {
  const { limits } = state.run.request;
  const bound = boundsOf(limits, 'worker')[which];
  const own = which === 'tokens' ? limits.attemptTokens : (limits.attemptUsd ?? Infinity);
  const floor = floorOf(state)[which];
  const left = remainingFor(state, 'worker')[which];
  return bound !== undefined && reserved[which] < own && left < floor;
}

/** Returns when the run's time is used up, ms since the epoch. Undefined: the time is not bounded. */
export function timeIsUpAt(state: OpenedState): number | undefined {
  const { timeMs } = state.run.request.limits;
  return timeMs === undefined ? undefined : state.at + timeMs - state.activeMs;
}

/** Returns the limit that is reached. While something runs that may give some of it back, none is. */
export function reachedBudget(state: OpenedState, at: number): 'tokens' | 'usd' | 'time' | undefined {
  const limits = state.run.request.limits;
  if (limits.timeMs !== undefined && at >= timeIsUpAt(state)!) return 'time';
  const left = wholeLeft(state.spending, limits);
  const nothingReserved = state.spending.reserved.tokens === 0 && state.spending.reserved.usd === 0;
  if (!nothingReserved) return undefined;
  if (left.tokens < TOKENS_FLOOR) return 'tokens';
  if (left.usd < USD_FLOOR) return 'usd';
  return isRoleSpent(state, 'worker') ? spentDimension(state) : undefined;
}

/** Without workers nothing of the run goes on. */
function spentDimension({ run, spending }: OpenedState): 'tokens' | 'usd' {
  const { tokens = Infinity } = partOf(run.request.limits, 'worker');
  return tokens - spending.roles.worker.spent.tokens < TOKENS_FLOOR ? 'tokens' : 'usd';
}

/** The limit that is reached, as it was set: the run's own, or its workers' part. */
export function limitReached(s: OpenedState, which: 'tokens' | 'usd' | 'time'): number | undefined {
  const { limits } = s.run.request;
  if (which === 'time') return limits.timeMs;
  const part = partOf(limits, 'worker')[which];
  return isRoleSpent(s, 'worker') && part !== undefined ? part : limits[which];
}
