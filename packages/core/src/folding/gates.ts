/** What a run of the gate says of its tree, of those that were tested together, and of the gate itself. */
import { assertNever } from '../errors.ts';
import type { EventOf } from '../events.ts';
import type { GateResult, Landing } from '../model/landing.ts';
import { dropTest, failTest, failuresOf, passTest } from '../rules/batching.ts';
import { countRun, countTime, isRetryWorth } from '../rules/estimates.ts';
import { passKey, type State } from '../state.ts';
import { knownLanding } from './known.ts';

export function endGate(s: State, { landing: id, result }: EventOf<'gate.ended'>): void {
  const l = knownLanding(s, id);
  const key = passKey(result.gate, l.candidate.tree);
  s.landings.set(id, { ...l, gate: result });
  if (!result.remembered && result.durationMs > 0) countTime(s.line.estimates, result.durationMs);
  switch (result.outcome) {
    case 'passed':
      if (result.flaky) s.flakes.push(id);
      if (isChecked(s, l, result, key)) countRun(s.line.estimates, result.flaky);
      s.passed.set(key, result);
      s.failed.delete(key);
      return passTest(s.line, id);
    case 'no-worse':
      // Not remembered: elsewhere the same tree may be worse.
      if (result.flaky) s.flakes.push(id);
      return passTest(s.line, id);
    case 'weakened':
    case 'failed':
    case 'timeout':
    case 'killed':
      if (!s.passed.has(key)) s.failed.set(key, result);
      return failTest(s.line, id, result.remembered);
    case 'none':
    case 'broken':
      return dropTest(s.line, id);
    default:
      return assertNever(result.outcome);
  }
}

/** A single change whose first run fails is run again. */
function isChecked(s: State, { members }: Landing, result: GateResult, key: string): boolean {
  const { line, failed } = s;
  const isFirst = !result.remembered && !failed.has(key);
  return (
    isFirst && members.length === 1 && isRetryWorth(line.estimates, failuresOf(line, members[0]!.attempt) + 1)
  );
}
