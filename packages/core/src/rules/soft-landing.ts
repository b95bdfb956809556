/** When a run lands softly, and what it still waits for then. `opening.ts` says what that is. */
import { isSatisfied } from '../model/task.ts';
import type { OpenedState, State } from '../state.ts';
import { floorOf, reachedBudget, remainingFor, tokensSpent, USD_FLOOR, usdSpent } from './budget.ts';
import { keptOutBy } from './contested.ts';
import { culpritsToFind, culpritsToRevert, findingsToFile } from './healing.ts';
import { isHealing, isPastHealing, isSoft } from './opening.ts';
import { rechecksDue } from './rechecks.ts';

export type Dimension = 'tokens' | 'usd' | 'time';

/** Returns when the run's time has come to its share, ms since the epoch. Undefined: it has none, or it was said. */
export function softTimeAt(s: OpenedState): number | undefined {
  const { limits } = s.run.request;
  if (!isSoft(limits) || limits.timeMs === undefined || s.spending.neared) return undefined;
  return s.at + limits.soft! * limits.timeMs - s.activeMs;
}

/** Returns the limit that has come to its share, or leaves nothing to open with. Undefined: none has, or it was said. */
export function nearedBudget(s: OpenedState, at: number): Dimension | undefined {
  const { limits } = s.run.request;
  if (!isSoft(limits) || s.spending.neared) return undefined;
  const { soft = 1, tokens = Infinity, usd = Infinity } = limits;
  if (at >= (softTimeAt(s) ?? Infinity)) return 'time';
  if (tokensSpent(s.spending) >= soft * tokens) return 'tokens';
  if (usdSpent(s.spending) >= soft * usd) return 'usd';
  return nothingToOpenWith(s) ?? reachedBudget(s, at);
}

/** Nothing runs that may give some of it back, and what remains is kept for the target. */
function nothingToOpenWith(s: OpenedState): Dimension | undefined {
  const { spending } = s;
  if (spending.reserved.tokens > 0 || spending.reserved.usd > 0) return undefined;
  const left = remainingFor(s, 'worker');
  const floor = floorOf(s);
  if (left.tokens < floor.tokens) return 'tokens';
  return left.usd < floor.usd ? 'usd' : undefined;
}

/** The least each limit has to be for something new to open, at what is spent now. */
export function leastToGoOn(s: OpenedState): Readonly<Record<'tokens' | 'usd' | 'timeMs', number>> {
  const { soft = 1 } = s.run.request.limits;
  const floor = floorOf({ ...s, spending: { ...s.spending, neared: undefined } });
  const least = (used: number, floor: number, step: number): number =>
    soft === 1 ? used + floor : Math.max((used + floor) / ((1 + soft) / 2), used / soft + step);
  return {
    tokens: Math.ceil(least(tokensSpent(s.spending), floor.tokens, 1)),
    usd: least(usdSpent(s.spending), floor.usd, USD_FLOOR),
    timeMs: Math.ceil(least(s.activeMs, 1, 1)),
  };
}

/** What a run that lands softly does for its target before it closes; nothing of it waits for what does not open. */
export function isMending(s: OpenedState, at: number): boolean {
  const toFind = culpritsToFind(s).length + culpritsToRevert(s).length > 0;
  if (isPastHealing(s)) return toFind;
  const isOpen = findingsToFile(s, at).length > 0 || rechecksDue(s).length > 0 || hasFixToStart(s);
  return toFind || isOpen || s.byState.reviewing.size > 0;
}

/** A fix task that nothing but a free worker keeps waiting. */
function hasFixToStart(s: State): boolean {
  for (const id of s.byState.pending) {
    const task = s.tasks.get(id)!;
    if (!isHealing(task) || keptOutBy(s, id) !== undefined) continue;
    if (task.spec.dependsOn.every((on) => isSatisfied(s.tasks.get(on)!.state))) return true;
  }
  return false;
}
