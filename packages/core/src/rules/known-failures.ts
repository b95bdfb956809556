/** A base that was red before we began: which failures are new, and which were there already. */
import type { CommitId } from '../model/ids.ts';
import type { GateResult, TestCounts } from '../model/landing.ts';
import type { State } from '../state.ts';

/** The base is red and the run may go on: everything it fails with is known by name. */
export const isToldRed = (base: GateResult | undefined): boolean =>
  base?.outcome === 'failed' && base.isTold === true && base.signatures.length > 0;

/**
 * What the gate said of this commit, when it was the target: a candidate is judged by what it was built on, though
 * the target may have been mended since. Of a commit nobody tested, what is known of the present target.
 */
export function gateAt(s: State, parent: CommitId): GateResult | undefined {
  if (parent === s.head) return s.headGate;
  if (parent === s.run?.request.base) return s.baseGate;
  const landings = [...s.landings.values()];
  return landings.findLast((l) => l.candidate.commit === parent)?.gate ?? s.headGate;
}

/**
 * Failures the target has, where it stands. They shrink as they are mended: one that a landed tree no longer shows
 * is new when it comes back.
 */
export function knownFailures(head: GateResult | undefined): ReadonlySet<string> {
  const isRed = isToldRed(head) || head?.outcome === 'no-worse';
  return new Set(isRed ? head?.signatures : []);
}

/** Failures of `result` that are not among those before it. */
export function newFailures(result: GateResult, before: GateResult | undefined): readonly string[] {
  const known = knownFailures(before);
  return result.signatures.filter((signature) => !known.has(signature));
}

/**
 * Failed, and no worse than what it stands on: the whole of its failures could be told apart, none of them is new,
 * no more tests failed than did before, and no fewer passed. The figures are a second opinion: what ended early or was
 * taken away has no name to miss, and is not known to be no worse.
 */
export function isNoWorse(result: GateResult, before: GateResult | undefined): boolean {
  if (result.outcome !== 'failed' && result.outcome !== 'no-worse') return false;
  if (result.isTold !== true || result.signatures.length === 0) return false;
  if (newFailures(result, before).length > 0) return false;
  if (before?.tests === undefined) return true;
  if (result.tests === undefined || result.tests.run === 0) return false;
  return result.tests.failed <= before.tests.failed && passedOf(result.tests) >= passedOf(before.tests);
}

const passedOf = ({ run, failed }: TestCounts): number => run - failed;

/** The same result under its right name, seen from what it stands on: a remembered one may be seen from elsewhere now. */
export function judged(result: GateResult, before: GateResult | undefined): GateResult {
  if (result.outcome !== 'failed' && result.outcome !== 'no-worse') return result;
  return { ...result, outcome: isNoWorse(result, before) ? 'no-worse' : 'failed' };
}
