/**
 * How many handoffs an hour pass a gate, in virtual time, by the very rules the merge queue runs on; against the most
 * anybody could reach. No git, no processes: composing and publishing take no time here.
 *
 * The limit: a run of the gate says yes or no, so it tells one bit at most; a handoff that fails with chance p holds
 * H(p) bits. Where the gate lies, failing on something good with chance f, a run tells at most the capacity of the
 * Z-channel, log2(1 + (1-f)·f^(f/(1-f))) bits.
 */
import type { AttemptId, CommitId, LandingId } from '../packages/core/src/model/ids.ts';
import {
  emptyLine,
  failTest,
  failuresOf,
  type GatePolicy,
  type Line,
  leaveLine,
  type NextTest,
  nextTest,
  passTest,
  startTest,
} from '../packages/core/src/rules/batching.ts';
import { countRun, isRetryWorth } from '../packages/core/src/rules/estimates.ts';
import type { Figure } from './figure.ts';

const GATE_S = 30;
const RATES = [0.02, 0.1, 0.3];
const PARALLEL = [1, 4, 16];
const FLAKES = [0, 0.05];
/** Handoffs that wait at any time: the queue never runs dry. */
const WAITING = 400;
/** Handoffs settled in one run, and runs. */
const SETTLED = 4_000;
const SEEDS = 5;
/** Share of the limit to be reached, by tests at a time; more have none. */
const AIMS: Readonly<Record<number, number>> = { 1: 80, 4: 55 };

export async function run(): Promise<readonly Figure[]> {
  return FLAKES.flatMap((flakes) =>
    PARALLEL.flatMap((parallel) => RATES.flatMap((rate) => figuresOf({ rate, parallel, flakes }))),
  );
}

interface Setting {
  readonly rate: number;
  readonly parallel: number;
  readonly flakes: number;
}

function figuresOf(setting: Setting): Figure[] {
  const { rate, parallel, flakes } = setting;
  const name = `gate: ${parallel} at a time, ${rate * 100} % fail, ${flakes * 100} % lies`;
  const [batch, strict] = (['batch', 'strict'] as const).map((policy) => measure(policy, setting));
  const [best, honest] = [limit(setting), limit({ ...setting, flakes: 0 })];
  const aim = AIMS[parallel];
  const share = (of: number): number => (100 * batch!.perHour) / of;
  const aimed = aim === undefined ? {} : { aim: { kind: 'at-least', value: aim } as const };
  return [
    { name, value: batch!.perHour, unit: 'landings/h' },
    { name: '  one by one (strict)', value: strict!.perHour, unit: 'landings/h' },
    { name: '  of the limit of a gate that never lies', value: share(honest), unit: '%', ...aimed },
    ...(flakes > 0
      ? [
          { name: '  of the limit of this one', value: share(best), unit: '%' },
          { name: '  good ones refused', value: 100 * batch!.wronged, unit: '%' },
        ]
      : []),
  ];
}

/** Handoffs landed an hour by whoever knows everything about tests. */
function limit({ rate, parallel, flakes }: Setting): number {
  return (parallel * 3_600 * capacity(flakes) * (1 - rate)) / (GATE_S * entropy(rate));
}

const entropy = (p: number): number => -p * Math.log2(p) - (1 - p) * Math.log2(1 - p);
const capacity = (f: number): number => (f === 0 ? 1 : Math.log2(1 + (1 - f) * f ** (f / (1 - f))));

interface Measured {
  readonly perHour: number;
  /** Good handoffs that were refused, as a share of all good ones. */
  readonly wronged: number;
}

function measure(policy: GatePolicy, setting: Setting): Measured {
  const runs = Array.from({ length: SEEDS }, (_, seed) => new Queue(policy, setting, seed + 1).work());
  const sum = (of: (m: Measured) => number) => runs.reduce((total, each) => total + of(each), 0) / SEEDS;
  return { perHour: sum((m) => m.perHour), wronged: sum((m) => m.wronged) };
}

/** 64 bits, for a set of handoffs: the names of its members, one exclusive or the other. */
type Name = readonly [number, number];
const both = (a: Name, b: Name): Name => [a[0] ^ b[0], a[1] ^ b[1]];

interface Running extends NextTest {
  readonly id: LandingId;
  readonly tree: string;
  readonly parent: CommitId;
  readonly endsAt: number;
  readonly passes: boolean;
}

/** One merge queue with everything around it that the rules do not decide. */
class Queue {
  private readonly line: Line = emptyLine();
  private readonly queue = new Set<AttemptId>();
  private readonly bad = new Set<AttemptId>();
  private readonly names = new Map<AttemptId, Name>();
  private readonly trees = new Map<string, boolean>();
  private running: Running[] = [];
  private readonly policy: GatePolicy;
  private readonly setting: Setting;
  private readonly random: () => number;
  private now = 0;
  private tests = 0;
  private arrived = 0;
  private landed = 0;
  private refused = 0;
  private wronged = 0;
  /** Exclusive or of the names of everything landed: the same content has the same name. */
  private tree: Name = [0, 0];

  constructor(policy: GatePolicy, setting: Setting, seed: number) {
    this.policy = policy;
    this.setting = setting;
    this.random = randomFrom(seed);
  }

  work(): Measured {
    while (this.landed + this.refused < SETTLED) {
      this.arrive();
      for (let test = this.next(); test; test = this.next()) {
        this.start(test);
        this.arrive();
      }
      this.running.sort((a, b) => a.endsAt - b.endsAt);
      const first = this.running.shift()!;
      this.now = first.endsAt;
      this.trees.set(first.tree, first.passes);
      this.settle(first, false);
    }
    return {
      perHour: this.landed / (this.now / 3_600),
      wronged: this.wronged / (this.landed + this.wronged),
    };
  }

  private head(): CommitId {
    return this.tree.join() as CommitId;
  }

  private arrive(): void {
    while (this.queue.size < WAITING) {
      const attempt = `t${++this.arrived}.1` as AttemptId;
      this.names.set(attempt, [this.random() * 2 ** 32, this.random() * 2 ** 32]);
      if (this.random() < this.setting.rate) this.bad.add(attempt);
      this.queue.add(attempt);
    }
  }

  private next(): NextTest | undefined {
    const { policy, line, queue } = this;
    return nextTest({ policy, parallel: this.setting.parallel, head: this.head(), queue, line });
  }

  private start(test: NextTest): void {
    const members = [...test.carried, ...test.probe];
    const id = `l${++this.tests}` as LandingId;
    startTest(this.line, id, members, this.head());
    const tree = members.reduce((all, member) => both(all, this.names.get(member)!), this.tree).join();
    const isAlone = members.length === 1;
    const known = this.trees.get(tree);
    const asked = { ...test, id, tree, parent: this.head() };
    const failures = failuresOf(this.line, members[0]!);
    const isRetried = (more: number): boolean =>
      isAlone && isRetryWorth(this.line.estimates, failures + more);
    if (known === true || (known === false && !isRetried(0))) {
      this.settle({ ...asked, endsAt: this.now, passes: known }, true);
      return;
    }
    const isGood = members.every((member) => !this.bad.has(member));
    const honest = (): boolean => isGood && this.random() >= this.setting.flakes;
    let passes = honest();
    let runs = 1;
    const isChecked = known === undefined && isRetried(1);
    if (!passes && isChecked) {
      passes = honest();
      runs = 2;
    }
    if (passes && isChecked) countRun(this.line.estimates, runs === 2);
    this.running.push({ ...asked, endsAt: this.now + runs * GATE_S, passes });
  }

  private settle({ id, carried, probe, parent, passes }: Running, isKnown: boolean): void {
    const members = [...carried, ...probe];
    if (passes) {
      passTest(this.line, id);
      if (parent === this.head()) this.land(members);
    } else {
      failTest(this.line, id, isKnown);
      if (members.length === 1) this.refuse(members[0]!);
    }
  }

  private land(members: readonly AttemptId[]): void {
    for (const member of members) {
      if (this.bad.has(member)) throw new Error(`${member} fails the gate, and landed`);
      this.tree = both(this.tree, this.names.get(member)!);
      this.landed += 1;
      this.leave(member, 'good');
    }
  }

  private refuse(member: AttemptId): void {
    if (!this.bad.has(member)) this.wronged += 1;
    this.refused += 1;
    this.leave(member, 'bad');
  }

  private leave(member: AttemptId, verdict: 'good' | 'bad'): void {
    this.queue.delete(member);
    leaveLine(this.line, member, verdict);
  }
}

/** Mulberry32 (Tommy Ettinger, public domain), in [0, 1). */
function randomFrom(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = a;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
