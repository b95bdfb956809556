/** When a run lands softly, and what it still waits for then. `opening.ts` says what that is. */
import { isSatisfied } from '../model/task.ts';
import type { OpenedState, State } from '../state.ts';
import { reachedBudget, remaining, TOKENS_FLOOR, tokensSpent, USD_FLOOR, usdSpent } from './budget.ts';
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
function nothingToOpenWith({ run, spending }: OpenedState): Dimension | undefined {
  if (spending.reserved.tokens > 0 || spending.reserved.usd > 0) return undefined;
  const left = remaining(spending, run.request.limits);
  if (left.tokens < TOKENS_FLOOR) return 'tokens';
  return left.usd < USD_FLOOR ? 'usd' : undefined;
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
