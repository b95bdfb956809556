/** What the planner is told of the budget: what is spent, set aside and left, and what its open tasks are likely to use. */
import { NO_RESERVATION } from '@swarm/core/model/attempt';
import { remaining, tokensSpent, usdSpent } from '@swarm/core/rules/budget';
import { isSoft } from '@swarm/core/rules/opening';
import { type OpenedState, unfinishedCount } from '@swarm/core/state';
import { countText, groupText } from '@swarm/core/views/words';
import type { Part } from './sections.ts';

/** Nothing where money and tokens are not bounded. Shares are rounded, so that they do not change with every call. */
export function budgetParts(s: OpenedState): readonly Part[] {
  const { limits } = s.run.request;
  // What is set aside for the very answer that reads this is its own to use.
  const own = s.planning.live?.reserved ?? NO_RESERVATION;
  const free = remaining(s.spending, limits);
  const left = { tokens: free.tokens + own.tokens, usd: free.usd + own.usd };
  const reserved = {
    tokens: s.spending.reserved.tokens - own.tokens,
    usd: s.spending.reserved.usd - own.usd,
  };
  const tokens = { spent: tokensSpent(s.spending), reserved: reserved.tokens, left: left.tokens };
  const usd = { spent: usdSpent(s.spending), reserved: reserved.usd, left: left.usd };
  return [
    ...dimension('tokens', limits.tokens, tokens, (n) => `${groupText(roundTo2(n))} tokens`, s),
    ...dimension('money', limits.usd, usd, (n) => `$${Number(n.toPrecision(2))}`, s),
    ...softPart(s),
  ];
}

interface Amounts {
  readonly spent: number;
  readonly reserved: number;
  readonly left: number;
}

function dimension(
  what: string,
  limit: number | undefined,
  { spent, reserved, left }: Amounts,
  text: (n: number) => string,
  s: OpenedState,
): readonly Part[] {
  if (limit === undefined) return [];
  const share = (of: number): string => `about ${5 * Math.round((20 * of) / limit)} %`;
  const told = `${what}: ${share(spent)} of ${text(limit)} spent, ${share(reserved)} set aside for what runs, ${share(Math.max(0, left))} left`;
  const likely = likelyOf(s, spent);
  const isTooMuch = likely !== undefined && likely > left + reserved;
  const foreseen =
    likely === undefined
      ? ''
      : `; ${countText(unfinishedCount(s), 'open task')} will use about ${text(likely)}${isTooMuch ? ', more than is left: what matters most goes first' : ''}`;
  return [{ key: `budget ${what}`, text: `${told}${foreseen}` }];
}

/** At what those that are over have used, with all that was planned and mended beside them. */
function likelyOf(s: OpenedState, spent: number): number | undefined {
  const open = unfinishedCount(s);
  const over = s.tasks.size - open;
  return over === 0 || open === 0 ? undefined : (spent / over) * open;
}

function softPart({ run }: OpenedState): readonly Part[] {
  const { limits } = run.request;
  if (!isSoft(limits) || (limits.tokens ?? limits.usd) === undefined) return [];
  const text = `when ${Math.round(100 * limits.soft!)} % is spent nothing new begins: what runs may finish and land, and nobody is asked to plan more`;
  return [{ key: 'budget soft', text }];
}

/** Two figures that count: more would change with every call, and say no more. */
const roundTo2 = (n: number): number => (n < 100 ? Math.round(n) : Number(n.toPrecision(2)));
