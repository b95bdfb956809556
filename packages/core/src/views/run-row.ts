/** One run among others: whether it is live, what it was to do and what has come of it. */
import type { State } from '../state.ts';
import { closedWord } from './ending.ts';
import { type Verdict, verdictOf } from './verdict.ts';

/** `standing`: `live` while a process works on it, `open` while it can be resumed, else how it closed. */
export interface RunRow {
  readonly openedAt: string | null;
  readonly standing: string;
  readonly verdict: Verdict | 'unknown';
  readonly tasks: number;
  readonly landed: number;
  readonly target: string | null;
  readonly request: string;
}

export function runRow(state: State, isLive: boolean): RunRow {
  const { run } = state;
  return {
    openedAt: run ? new Date(run.openedAt).toISOString() : null,
    standing: isLive ? 'live' : (closedWord(state) ?? 'open'),
    verdict: verdictOf(state),
    tasks: state.tasks.size,
    landed: state.landedCount,
    target: run?.request.target ?? null,
    request: run?.request.text ?? '',
  };
}

/** Of a run that is not this operator's, or that cannot be read, there is only why. */
export const unreadableRow = (why: string): RunRow => ({
  openedAt: null,
  standing: 'unreadable',
  verdict: 'unknown',
  tasks: 0,
  landed: 0,
  target: null,
  request: why,
});
