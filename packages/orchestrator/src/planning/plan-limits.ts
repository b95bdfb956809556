/** What is left of the run, as planners are told of it. */
import { remaining } from '@swarm/core/rules/budget';
import type { OpenedState } from '@swarm/core/state';
import { durationText } from '@swarm/core/views/words';
import type { Part } from './sections.ts';

export type Limit = readonly [what: string, value: string];

export const limitPart = ([what, value]: Limit): Part => ({
  key: `limit ${what}`,
  text: `${what}: ${value}`,
});

/** Shares are rounded, so that they do not change with every call. */
export function sharesLeft(state: OpenedState): readonly Limit[] {
  const { limits: given } = state.run.request;
  const left = remaining(state.spending, given);
  const share = (of: number, whole: number): string => `about ${Math.round((100 * of) / whole)} % left`;
  return [
    ...timeLeftOf(state),
    ...(given.tokens === undefined ? [] : [['tokens', share(left.tokens, given.tokens)] as const]),
    ...(given.usd === undefined ? [] : [['money', share(left.usd, given.usd)] as const]),
  ];
}

export const timeLeftOf = ({ run, activeMs }: OpenedState): readonly Limit[] =>
  run.request.limits.timeMs === undefined ? [] : [['time', timeLeft(run.request.limits.timeMs, activeMs)]];

/** In steps of a tenth, so that it does not change with every entry. */
const timeLeft = (wholeMs: number, usedMs: number): string =>
  `about ${Math.max(0, 10 * Math.round((10 * (wholeMs - usedMs)) / wholeMs))} % of ${durationText(wholeMs)} left`;
