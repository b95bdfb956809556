/** How much longer a run takes, where what is over lets it be known. */
import { type OpenedState, unfinishedCount } from '../state.ts';

/** Fewer say nothing of the rest. */
const OVER_MIN = 3;

/**
 * The tasks that are not over, at the pace of those that are. Undefined: it cannot be known, for too few are over, the
 * planner may still file more, or the run is paused.
 * @returns ms of work from the last entry on.
 */
export function remainingMs(s: OpenedState): number | undefined {
  const { planning } = s;
  const isPlanned = s.run.request.mode !== 'planner' || planning.isDone || planning.saidDone;
  if (!isPlanned || s.paused || s.closed) return undefined;
  const left = unfinishedCount(s);
  const over = s.tasks.size - left;
  if (left === 0 || over < OVER_MIN) return undefined;
  return (s.activeMs / over) * left;
}
