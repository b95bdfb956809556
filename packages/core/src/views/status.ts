/** Where a run stands, whole: what `swarm status --json` and whoever watches over HTTP are told. */
import type { State } from '../state.ts';
import { alarms } from './alarms.ts';
import { board } from './board.ts';
import { standingText, toldStandings, worstFirst } from './criteria.ts';
import { closedWord, endingText } from './ending.ts';
import { gateView } from './gate.ts';
import { needs } from './needs.ts';
import { queue } from './queue.ts';
import { remainderOf } from './remainder.ts';
import { shortfallTexts, verdictOf } from './verdict.ts';
import type { Waiting } from './waits.ts';

/** The process that works on the run. */
export interface Holding {
  readonly pid: number;
  /** ms since the epoch. */
  readonly since: number;
}

export interface StatusAsk {
  /** Undefined: nobody works on it. */
  readonly holder: Holding | undefined;
  readonly waits: readonly Waiting[];
  /** ms since the epoch. */
  readonly now: number;
}

export type Status = ReturnType<typeof status>;

export function status(state: State, { holder, waits, now }: StatusAsk) {
  const remainder = remainderOf(state);
  return {
    standing: runStanding(state, holder),
    holder: holder ?? null,
    lastDecisionAt: new Date(state.at).toISOString(),
    // When there is more of a used-up quota.
    ...(state.moreAt !== undefined && { moreAt: new Date(state.moreAt).toISOString() }),
    needs: needs(state, holder !== undefined),
    board: board(state, now),
    queue: queue(state),
    waits,
    gate: gateView(state) ?? null,
    ending: endingText(state),
    verdict: verdictOf(state),
    shortfalls: shortfallTexts(state),
    ...(remainder && { remainder }),
    criteria: worstFirst(toldStandings(state)).map(standingText),
    spending: state.spending,
    limits: state.run?.request.limits ?? null,
    alarms: alarms(state),
  };
}

/** In words: open or closed, and who works on it. */
export function runStanding(state: State, holder: Pick<Holding, 'pid'> | undefined): string {
  if (state.closed) return `closed (${closedWord(state)})`;
  const how = state.paused ? `paused (${state.paused.reason})` : state.stopped ? 'stopped' : 'open';
  return holder
    ? `${how}, worked on by process ${holder.pid}`
    : `${how}, no process works on it: swarm resume`;
}
