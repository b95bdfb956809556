/**
 * What the merge queue tests next: pure, over a small state that is folded from the journal.
 *
 * Nested group testing (Sobel and Groll, Bell System Technical Journal 38, 1959): of a group that is known to hold a
 * culprit the part is tested whose chance to pass is nearest to one half, so that each run of the gate tells as much
 * as it can. Tests run side by side: what passes on a head that is not the head any more is `cleared`, and goes in
 * front of every later test, because it hardly ever fails. Nothing here says what lands: only a pass on exactly the
 * present head does.
 */
import type { AttemptId, CommitId, LandingId } from '../model/ids.ts';
import { countHandoff, type Estimates, failRate, flakeRate, noEstimates } from './estimates.ts';
import { type Below, readyOf } from './landing-order.ts';

export type GatePolicy = 'batch' | 'strict' | 'none';

/** Handoffs that failed together. */
export interface Suspects {
  readonly members: readonly AttemptId[];
  /** Runs of the gate that failed with all of them in it. */
  readonly failures: number;
}

/** One test in flight. */
export interface RunningTest {
  readonly parent: CommitId;
  /** Cleared before, in front. */
  readonly carried: readonly AttemptId[];
  /** The ones it is about. */
  readonly probe: readonly AttemptId[];
}

/** Folded; never asked of the world. */
export interface Line {
  /** Passed on a head that was: probably good. In the order they passed. */
  readonly cleared: Set<AttemptId>;
  suspects: readonly Suspects[];
  readonly tests: Map<LandingId, RunningTest>;
  /** Tests in a row that failed with cleared handoffs in front. */
  carriedFailures: number;
  /** Times in a row that somebody else moved the target before anything of ours landed. */
  racesLost: number;
  readonly estimates: Estimates;
}

export const emptyLine = (): Line => ({
  cleared: new Set(),
  suspects: [],
  tests: new Map(),
  carriedFailures: 0,
  racesLost: 0,
  estimates: noEstimates(),
});

// ───────────────────────── what to test ─────────────────────────

/** Members of the next candidate, in the order in which they are put on the head. */
export interface NextTest {
  readonly carried: readonly AttemptId[];
  readonly probe: readonly AttemptId[];
}

export interface LineAsk {
  readonly policy: GatePolicy;
  /** Tests that may run at the same time. */
  readonly parallel: number;
  readonly head: CommitId;
  /** Handoffs that wait, in order of arrival; those under test among them. */
  readonly queue: Iterable<AttemptId>;
  readonly line: Line;
  /** Who goes behind whom. Absent: nobody. */
  readonly below?: Below;
}

const NOBODY: Below = new Map();

/** Most handoffs one test is about. */
export const PROBE_MAX = 64;
/** Most handoffs one candidate holds: each is a merge that nothing else of ours can wait beside. */
export const MEMBERS_MAX = 256;
/** After so many failures in a row with them in front, the cleared are tested alone: two may fail together. */
export const CARRIED_FAILURES_MAX = 3;
/** After so many lost races tests are kept as small as they can be. */
export const RACES_MAX = 3;

/** Undefined: no slot is free, or nothing is left to ask. */
export function nextTest(ask: LineAsk): NextTest | undefined {
  if (ask.line.tests.size >= ask.parallel) return undefined;
  return questions(ask)[0];
}

/** What could be tested, most telling first. */
function questions(ask: LineAsk): readonly NextTest[] {
  const { line, head, below = NOBODY } = ask;
  const isLate = line.racesLost >= RACES_MAX;
  const carried = isLate ? [] : readyOf(line.cleared, [], below).slice(0, MEMBERS_MAX - PROBE_MAX);
  const busy = new Set([...line.tests.values()].flatMap((test) => askedBy(test, isLate && head)));
  const suspected = line.suspects
    .filter(({ members }) => !members.some((member) => busy.has(member)))
    .map((group) => ofSuspects(group, carried, ask))
    .find(({ probe }) => probe.length > 0);
  const confirm = carried.length === 0 || isHeld(ask, carried) ? [] : [{ carried, probe: [] }];
  const pool = fromPool(ask, busy, isLate, carried);
  const probe = pool.slice(0, sizeOf(ask, isLate));
  const next = [...(probe.length > 0 ? [{ carried, probe }] : []), ...confirm];
  return [
    ...(line.carriedFailures >= CARRIED_FAILURES_MAX ? confirm : []),
    ...(suspected ? [suspected] : []),
    ...(isHeadTaken(ask, isLate)
      ? next.filter((test) => !isForegone(ask, test) || isWorth(ask, test, pool))
      : next),
  ];
}

/**
 * A test on the present head will most likely land, and move the head from under everything beside it. Under `strict` one
 * on a head that was counts too: what it clears goes in front of the next.
 */
const isHeadTaken = (ask: LineAsk, isLate: boolean): boolean =>
  [...ask.line.tests.values()].some(
    (test) => (test.parent === ask.head || (ask.policy === 'strict' && !isLate)) && isForegone(ask, test),
  );

/**
 * Its verdict is more or less known beforehand: it tells little, and is worth its run if it lands. Where one such is on
 * the head already, the next waits and grows.
 */
function isForegone({ line }: LineAsk, { probe }: NextTest): boolean {
  const isSuspected = line.suspects.some(({ members }) => members.some((member) => probe.includes(member)));
  return !isSuspected && probe.length < poolSize(line.estimates);
}

/**
 * `strict` asks one at a time, and gets through a long queue only by clearing some beside the one that lands. They cost no
 * run more where another is waiting by then, to whose own run they go in front.
 */
const isWorth = ({ policy }: LineAsk, { probe }: NextTest, pool: readonly AttemptId[]): boolean =>
  policy === 'strict' && probe.length > 0 && pool.length > probe.length;

/** Members a test says something new of: all of it, where it is about nothing else or nothing goes in front. */
const askedBy = (
  { parent, carried, probe }: RunningTest,
  lateHead: CommitId | false,
): readonly AttemptId[] => (probe.length === 0 || parent === lateHead ? [...carried, ...probe] : probe);

/**
 * One that is alone under suspicion is tested alone: its failure is then nobody else's. The probe is empty while all of
 * them go behind somebody else who waits.
 */
function ofSuspects(
  { members, failures }: Suspects,
  carried: readonly AttemptId[],
  { policy, line, below = NOBODY }: LineAsk,
): NextTest {
  if (members.length === 1) return { carried: [], probe: readyOf(members, [], below) };
  const size = policy === 'batch' ? prefixSize(members.length, failures, line.estimates) : 1;
  return { carried, probe: readyOf(members, carried, below).slice(0, size) };
}

const sizeOf = ({ policy, line }: LineAsk, isLate: boolean): number =>
  policy === 'batch' && !isLate ? poolSize(line.estimates) : 1;

/** Those that could be tested together now, and one more where there is one. */
function fromPool(
  ask: LineAsk,
  busy: ReadonlySet<AttemptId>,
  isLate: boolean,
  carried: readonly AttemptId[],
): readonly AttemptId[] {
  const { line, below = NOBODY } = ask;
  const most = sizeOf(ask, isLate) + 1;
  const suspected = new Set(line.suspects.flatMap((group) => group.members));
  const probe: AttemptId[] = [];
  for (const attempt of ask.queue) {
    const isFree = !busy.has(attempt) && !suspected.has(attempt) && (isLate || !line.cleared.has(attempt));
    if (isFree && isReady(attempt, below, carried, probe)) probe.push(attempt);
    if (probe.length === most) break;
  }
  return probe;
}

const isReady = (attempt: AttemptId, below: Below, ...front: readonly (readonly AttemptId[])[]): boolean =>
  (below.get(attempt) ?? []).every((each) => front.some((some) => some.includes(each)));

/** A test on the present head holds all of these. */
const isHeld = ({ line, head }: LineAsk, members: readonly AttemptId[]): boolean =>
  [...line.tests.values()].some(
    (test) =>
      test.parent === head && members.every((m) => test.carried.includes(m) || test.probe.includes(m)),
  );

/** How many of the pool to test together: the chance that all pass is nearest to one half. */
export function poolSize(e: Estimates): number {
  const [good, honest] = [1 - failRate(e), 1 - flakeRate(e)];
  return nearestToHalf(PROBE_MAX, (size) => honest * good ** size);
}

/** How many of `size` suspects that failed `failures` times to test: fewer than all, for all is known. */
export function prefixSize(size: number, failures: number, e: Estimates): number {
  const [good, flake] = [1 - failRate(e), flakeRate(e)];
  const all = good ** size;
  const wronged = flake ** failures * all;
  return nearestToHalf(
    Math.min(size - 1, PROBE_MAX),
    (part) => ((1 - flake) * (wronged + good ** part - all)) / (wronged + 1 - all),
  );
}

/** `chanceOf` falls as the size grows. */
function nearestToHalf(most: number, chanceOf: (size: number) => number): number {
  let best = 1;
  for (let size = 2; size <= most; size++) {
    if (Math.abs(chanceOf(size) - 0.5) >= Math.abs(chanceOf(best) - 0.5)) break;
    best = size;
  }
  return best;
}

// ───────────────────────── what follows from a verdict ─────────────────────────

export function startTest(line: Line, id: LandingId, members: readonly AttemptId[], parent: CommitId): void {
  line.tests.set(id, {
    parent,
    carried: members.filter((member) => line.cleared.has(member)),
    probe: members.filter((member) => !line.cleared.has(member)),
  });
}

/** Given up without a verdict. */
export function dropTest(line: Line, id: LandingId): void {
  line.tests.delete(id);
}

export function passTest(line: Line, id: LandingId): void {
  const test = line.tests.get(id);
  if (!test) return;
  line.tests.delete(id);
  if (test.carried.length > 0) line.carriedFailures = 0;
  for (const member of test.probe) line.cleared.add(member);
  const passed = new Set(test.probe);
  const left: Suspects[] = [];
  for (const group of line.suspects) {
    const members = group.members.filter((member) => !passed.has(member));
    if (members.length > 0) left.push({ ...group, members });
  }
  line.suspects = left;
}

/** @param isKnown the verdict is one that was counted before. */
export function failTest(line: Line, id: LandingId, isKnown: boolean): void {
  const test = line.tests.get(id);
  if (!test) return;
  line.tests.delete(id);
  if (test.carried.length > 0) line.carriedFailures += 1;
  if (test.probe.length === 0) return suspectCleared(line, test.carried);
  const failed = new Set(test.probe);
  const of = line.suspects.find((group) => group.members.some((member) => failed.has(member)));
  const group: Suspects = { members: test.probe, failures: (of?.failures ?? 0) + (isKnown ? 0 : 1) };
  line.suspects = line.suspects.flatMap((each) => (each === of ? [group] : [each]));
  if (!of) line.suspects = [...line.suspects, group];
}

/** Each passed once, all together do not. */
function suspectCleared(line: Line, members: readonly AttemptId[]): void {
  const left = members.filter((member) => line.cleared.delete(member));
  line.carriedFailures = 0;
  if (left.length > 0) line.suspects = [...line.suspects, { members: left, failures: 1 }];
}

/** It waits no longer. `verdict`: it landed, or the gate refused it; absent where the gate had no part in it. */
export function leaveLine(line: Line, attempt: AttemptId, verdict?: 'good' | 'bad'): void {
  line.cleared.delete(attempt);
  line.suspects = line.suspects.flatMap((group) => {
    const members = without(group.members, attempt);
    return members.length === 0 ? [] : [members === group.members ? group : { ...group, members }];
  });
  for (const [id, test] of line.tests) {
    const [carried, probe] = [without(test.carried, attempt), without(test.probe, attempt)];
    if (carried !== test.carried || probe !== test.probe) line.tests.set(id, { ...test, carried, probe });
  }
  if (verdict) countHandoff(line.estimates, verdict === 'good');
}

const without = (members: readonly AttemptId[], one: AttemptId): readonly AttemptId[] =>
  members.includes(one) ? members.filter((member) => member !== one) : members;

/** Somebody else moved the target: what failed together on the old one may not on the new. */
export function loseRace(line: Line): void {
  line.suspects = [];
  line.racesLost += 1;
}

export const failuresOf = (line: Line, attempt: AttemptId): number =>
  line.suspects.find((group) => group.members.includes(attempt))?.failures ?? 0;
