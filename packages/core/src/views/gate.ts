/** What the gate has been like so far: how often it ran, how long it takes, how often it refuses and lies. */
import type { LandingId } from '../model/ids.ts';
import type { GateResult } from '../model/landing.ts';
import { failRate } from '../rules/estimates.ts';
import type { State } from '../state.ts';
import { countText, durationText } from './words.ts';

export interface GateView {
  readonly policy: 'batch' | 'strict';
  /** Candidates tested at the same time, at most. */
  readonly parallel: number;
  /** Runs with a verdict, and their time together, ms. */
  readonly runs: number;
  readonly totalMs: number;
  /** Time of one of the last runs, ms; 0 before the first. */
  readonly runMs: number;
  /** Estimated chance that a handoff fails, by the last two hundred or so; a guess before there were any. */
  readonly failRate: number;
  /** Landings whose gate passed only when it was run again on the same tree. */
  readonly flakes: readonly LandingId[];
}

/** Undefined where there is no gate. */
export function gateView(state: State): GateView | undefined {
  const { request } = state.run ?? {};
  if (request?.gate === undefined) return undefined;
  const ran = realGates(state);
  return {
    policy: request.gatePolicy ?? 'strict',
    parallel: request.gateParallel ?? 1,
    runs: ran.length,
    totalMs: ran.reduce((sum, gate) => sum + gate.durationMs, 0),
    runMs: Math.round(state.line.estimates.gateMs),
    failRate: failRate(state.line.estimates),
    flakes: state.flakes,
  };
}

/** Gates that ran: neither remembered from the same tree, nor absent. */
export function realGates(state: State): GateResult[] {
  const results = [...state.landings.values()].flatMap((l) => (l.gate === undefined ? [] : [l.gate]));
  return results.filter((gate) => !gate.remembered && gate.outcome !== 'none');
}

/** `12 runs in 6m 2s, about 30s each, 2 at a time, 3 % expected to fail, 1 flaky (l7)`. */
export function gateText(view: GateView): string {
  const { runs, totalMs, runMs, parallel, failRate: rate, flakes } = view;
  const pace = `${parallel} at a time${view.policy === 'strict' ? ', each handoff by itself' : ''}`;
  if (runs === 0) return `no run yet, ${pace}`;
  const told = flakes.slice(0, FLAKES_NAMED_MAX).join(', ');
  const more = flakes.length > FLAKES_NAMED_MAX ? ' …' : '';
  return [
    `${countText(runs, 'run')} in ${durationText(totalMs)}`,
    `about ${durationText(runMs)} each`,
    pace,
    `${Math.round(100 * rate)} % expected to fail`,
    ...(flakes.length > 0 ? [`${flakes.length} flaky (${told}${more})`] : []),
  ].join(', ');
}
const FLAKES_NAMED_MAX = 5;
