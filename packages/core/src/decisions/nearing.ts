import type { Event } from '../events.ts';
import { limitReached, partOf } from '../rules/budget.ts';
import { isSoft } from '../rules/opening.ts';
import type { Dimension } from '../rules/soft-landing.ts';
import type { OpenedState } from '../state.ts';

/** Undefined where the run has no soft limit, or no limit at all in that dimension. */
export function nearing(s: OpenedState, which: Dimension): readonly Event[] | undefined {
  const { limits } = s.run.request;
  const limit = limitReached(s, which) ?? (which === 'time' ? undefined : partOf(limits, 'worker')[which]);
  if (!isSoft(limits) || limit === undefined) return undefined;
  return [{ type: 'budget.neared', which, limit, soft: limits.soft! }];
}
