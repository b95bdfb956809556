/**
 * Whatever is asked, in whatever order: the core answers, the fold takes what it answers, and the facts and
 * their indexes agree.
 */
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Command, DraftSource } from './commands.ts';
import { decide } from './decide.ts';
import type { Entry } from './events.ts';
import { fold } from './fold.ts';
import { ENDINGS, type EndingReason, UNCOUNTED_ATTEMPTS_MAX } from './model/attempt.ts';
import { type AttemptId, attemptId, type LandingId, type TaskId, taskOf } from './model/ids.ts';
import { REJECTIONS, type RejectionReason } from './model/landing.ts';
import { isDead, isOver, TASK_STATES, type Task } from './model/task.ts';
import { NO_USAGE } from './model/usage.ts';
import { attemptsLeft } from './rules/policy.ts';
import { emptyState, type State } from './state.ts';
import { sweepLapsed } from './sweep.ts';
import {
  aCandidate,
  aGateResult,
  aHandoff,
  aRequest,
  commit,
  draft,
  LIMITS,
  member,
  RUN,
  timeOf,
  usage,
} from './testing.ts';
import { wanted } from './wanted.ts';

// ───────────────────────── commands at random ─────────────────────────

const TASKS = 6;
const LABELS = ['a', 'b', 'c', 'd', 'e'];
const LIMIT = { ...LIMITS, tokens: 400_000, usd: 2, tasks: 8, attempts: 2 };

const task = fc.integer({ min: 1, max: TASKS }).map((n) => `t${n}` as TaskId);
const attempt = fc.tuple(task, fc.integer({ min: 1, max: 3 })).map(([t, n]) => attemptId(t, n));
const landing = fc.integer({ min: 1, max: 6 }).map((n) => `l${n}` as LandingId);
const label = fc.constantFrom(...LABELS);
const target = fc.constantFrom('base', 'human', 'other').map(commit);
const reserved = fc
  .tuple(fc.integer({ min: 0, max: 90_000 }), fc.constantFrom(0, 0.1, 0.2, 0.7))
  .map(([tokens, usd]) => ({ tokens, usd }));
const source: fc.Arbitrary<DraftSource> = fc.oneof(
  fc.constant<DraftSource>({ by: 'plan' }),
  fc.constant<DraftSource>({ by: 'planner', iteration: 1 }),
  fc.constant<DraftSource>({ by: 'operator' }),
  fc.constantFrom('s1', 's2').map((s): DraftSource => ({ by: 'reconciler', signatures: [s] })),
);
const ending = fc.oneof(
  fc.constant<EndingReason>('handed-in'),
  fc.constantFrom(...(Object.keys(ENDINGS) as EndingReason[])),
);

/** A command made with the state in view, so that most of them are to the point. */
type Ask = (s: State) => Command;
const always =
  (c: Command): Ask =>
  () =>
    c;
const pick = <T>(from: Iterable<T>, n: number, otherwise: T): T => {
  const all = [...from];
  return all.length === 0 ? otherwise : all[n % all.length]!;
};
const dice = fc.nat(1_000);

/** The way to a landing. */
const onward: readonly fc.Arbitrary<Ask>[] = [
  fc
    .tuple(
      source,
      fc.boolean(),
      fc.array(fc.tuple(label, fc.array(label, { maxLength: 2 })), { maxLength: 4 }),
    )
    .map(([from, eachAlone, ds]) =>
      always({
        type: 'acceptTasks',
        from,
        eachAlone,
        drafts: ds.map(([l, dependsOn]) => draft(l, { dependsOn })),
      }),
    ),
  fc.tuple(dice, task, reserved).map(
    ([n, t, r]): Ask =>
      (s) => ({ type: 'startAttempt', task: pick(s.byState.pending, n, t), worker: 'w', reserved: r }),
  ),
  fc.tuple(dice, attempt).map(
    ([n, a]): Ask =>
      (s) => ({ type: 'startAgent', attempt: pick(s.liveAttempts, n, a), driver: 'd', promptHash: 'p' }),
  ),
  fc.tuple(dice, attempt, ending, fc.boolean()).map(
    ([n, a, reason, isStray]): Ask =>
      (s) => {
        const id = isStray ? a : pick(s.liveAttempts, n, a);
        const handoff = 'delivers' in ENDINGS[reason] && { handoff: aHandoff(id) };
        return { type: 'endAttempt', attempt: id, reason, detail: '', usage: usage(500, 0.1), ...handoff };
      },
  ),
  fc.tuple(dice, attempt, fc.boolean()).map(
    ([n, a, both]): Ask =>
      (s) => {
        const first = pick(s.queue, n, a);
        const ids = both ? [first, pick(s.queue, n + 1, a)] : [first];
        return { type: 'startLanding', members: ids.map(member), candidate: aCandidate(ids, s.head) };
      },
  ),
  fc.tuple(dice, landing, fc.constantFrom('passed', 'passed', 'failed', 'none')).map(
    ([n, l, o]): Ask =>
      (s) => ({ type: 'recordGate', landing: pick(s.openLandings, n, l), result: aGateResult(o) }),
  ),
  fc.tuple(dice, landing).map(
    ([n, l]): Ask =>
      (s) => ({ type: 'land', landing: pick(s.openLandings, n, l) }),
  ),
];

/** Whatever gets in the way. */
const upsets: readonly fc.Arbitrary<Ask>[] = [
  fc.tuple(dice, landing).map(
    ([n, l]): Ask =>
      (s) => ({ type: 'dropLanding', landing: pick(s.openLandings, n, l), reason: 'target-moved' }),
  ),
  fc.tuple(dice, attempt, fc.constantFrom(...(Object.keys(REJECTIONS) as RejectionReason[]))).map(
    ([n, a, reason]): Ask =>
      (s) => ({ type: 'rejectHandoff', attempt: pick(s.queue, n, a), reason, detail: '', files: [] }),
  ),
  fc
    .tuple(attempt, task, fc.boolean())
    .map(([a, t, own]) =>
      always({ type: 'findLanding', attempt: a, task: own ? taskOf(a) : t, commit: commit(`found ${a}`) }),
    ),
  fc.tuple(dice, task).map(
    ([n, t]): Ask =>
      (s) => ({
        type: 'undoLanding',
        tasks: [pick(s.byState.landed, n, t)],
        commit: commit('revert'),
        by: 'operator',
      }),
  ),
  fc.tuple(target, fc.array(task, { maxLength: 2 }), fc.boolean()).map(
    ([to, lost, own]): Ask =>
      (s) => ({ type: 'moveTarget', to, lost: own ? [...s.byState.landed].slice(0, 1) : lost }),
  ),
  fc
    .tuple(task, fc.constantFrom('operator', 'planner'))
    .map(([t, by]) => always({ type: 'cancelTask', task: t, reason: '', by })),
  label.map((l) => always({ type: 'cancelLabel', label: l, reason: '' })),
  task.map((t) => always({ type: 'failTask', task: t, failure: 'blocked', detail: '' })),
  task.map((t) => always({ type: 'retry', task: t, by: 'operator' })),
  reserved.map((r) =>
    always({ type: 'startIteration', reason: 'idle', promptHash: 'p', model: 'm', reserved: r }),
  ),
  fc
    .tuple(
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom('planned', 'cut', 'unreadable', 'lost'),
      fc.boolean(),
    )
    .map(([iteration, outcome, isDone]) =>
      always({ type: 'endIteration', iteration, outcome, isDone, detail: '', usage: usage(100) }),
    ),
  fc
    .constantFrom<Command>(
      { type: 'pause', reason: 'endpoints-down', detail: '' },
      { type: 'continue', by: 'operator' },
      { type: 'scale', workers: 2, reason: '' },
      { type: 'amend', text: 'also' },
      { type: 'resumeRun', version: '0', host: 'h', pid: 1 },
      { type: 'leaveWorker', worker: 'w', reason: 'silent' },
    )
    .map(always),
];

/** Rare: after these little else happens. */
const ends: readonly fc.Arbitrary<Ask>[] = [
  fc
    .constantFrom<Command>(
      { type: 'pause', reason: 'operator', detail: '' },
      { type: 'reachBudget', which: 'tokens' },
      { type: 'closeRun', reason: 'cancelled', green: 'unknown' },
    )
    .map(always),
];

const weighted = (list: readonly fc.Arbitrary<Ask>[], weight: number) =>
  list.map((arbitrary) => ({ arbitrary, weight }));
const asks = fc.oneof(...weighted(onward, 16), ...weighted(upsets, 2), ...weighted(ends, 1));

const OPEN: Command = {
  type: 'openRun',
  run: RUN,
  request: aRequest({ mode: 'planner', limits: LIMIT }),
  version: '0',
  configHash: 'c',
};

/** Asks one after the other; returns where that led and the journal it wrote. Calls `look` after each. */
function play(list: readonly Ask[], look: (s: State) => void = () => {}): { state: State; entries: Entry[] } {
  const state = emptyState();
  const entries: Entry[] = [];
  for (const ask of [always(OPEN), ...list]) {
    const answer = decide(state, ask(state));
    if (answer.kind === 'refusal') continue;
    const next: Entry = {
      seq: state.seq + 1,
      at: timeOf(state.seq + 1),
      cause: 'test',
      events: answer.events,
    };
    fold(state, next);
    entries.push(next);
    look(state);
  }
  return { state, entries };
}

// ───────────────────────── what must be so, always ─────────────────────────

function indexesAgree(s: State): void {
  const tasks = [...s.tasks.values()];
  for (const name of TASK_STATES) {
    assert.deepEqual(
      [...s.byState[name]].sort(),
      tasks
        .filter((t) => t.state === name)
        .map((t) => t.id)
        .sort(),
    );
  }
  const waiting = tasks.flatMap((t) => (t.state === 'complete' ? [t.attempt] : [])).sort();
  assert.deepEqual([...s.queue].sort(), waiting, 'the queue is what is complete');
  const live = [...s.attempts.values()].filter((a) => a.state !== 'ended').map((a) => a.id);
  assert.deepEqual([...s.liveAttempts].sort(), live.sort());
  const open = [...s.landings.values()].filter((l) => l.state === 'testing').map((l) => l.id);
  assert.deepEqual([...s.openLandings].sort(), open.sort());
  assert.equal(s.landedCount, s.byState.landed.size);
}

function budgetHolds(s: State): void {
  const { reserved: r, used, lost } = s.spending;
  assert.ok(r.tokens >= 0 && r.usd > -1e-9, 'reserved is never negative');
  const inFlight = [...s.attempts.values()].filter((a) => a.state !== 'ended').map((a) => a.reserved);
  if (s.planning.live) inFlight.push(s.planning.live.reserved);
  if (inFlight.length === 0)
    assert.deepEqual(r, { tokens: 0, usd: 0 }, 'nothing in flight, nothing reserved');
  assert.equal(
    r.tokens,
    inFlight.reduce((sum, x) => sum + x.tokens, 0),
  );
  // What is metered may pass what was reserved by one call; each ending here uses 500 tokens.
  const calls = s.attempts.size + s.planning.iteration;
  assert.ok(used.inputTokens + lost.tokens + r.tokens <= LIMIT.tokens + calls * 500);
}

/** One attempt at a time, and nothing that would wait for ever. */
function nothingHangs(s: State): void {
  const busy = [...s.liveAttempts].map(taskOf);
  assert.equal(new Set(busy).size, busy.length, 'a task has one attempt at a time');
  for (const a of s.queue) assert.ok(!s.liveAttempts.has(a), 'nothing is both queued and live');
  for (const id of s.byState.pending) {
    const t = s.tasks.get(id)!;
    assert.ok(attemptsLeft(t, LIMIT) > 0, `${id} waits without an attempt left`);
    for (const d of t.spec.dependsOn)
      assert.ok(!isDead(s.tasks.get(d)!.state), `${id} waits for ${d}, which is dead`);
  }
  for (const t of s.tasks.values()) assert.ok(!isInCircle(s, t), `${t.id} depends on itself`);
  for (const t of s.tasks.values()) assert.ok(t.attempts <= UNCOUNTED_ATTEMPTS_MAX);
}

function isInCircle(s: State, t: Task): boolean {
  const below = new Set<TaskId>();
  const visit = (id: TaskId): void => {
    for (const d of s.tasks.get(id)!.spec.dependsOn) {
      if (below.has(d)) continue;
      below.add(d);
      visit(d);
    }
  };
  visit(t.id);
  return below.has(t.id);
}

/** Lets everything end and says yes to whatever is wanted: the run must close, with every task over. */
function runsOut(s: State): void {
  const ask = (c: Command): void => {
    const answer = decide(s, c);
    if (answer.kind === 'decision')
      fold(s, { seq: s.seq + 1, at: timeOf(s.seq + 1), cause: 'test', events: answer.events });
  };
  for (let step = 0; !s.closed; step += 1) {
    if (step === 200)
      assert.fail(
        `the run does not come to an end: ${JSON.stringify([wanted(s, s.at + HOUR), [...s.tasks.values()], s.planning, s.spending])}`,
      );
    for (const c of sweepLapsed(s, new Map())) ask(c);
    if (s.paused) ask({ type: 'continue', by: 'operator' });
    const w = wanted(s, s.at + HOUR);
    for (const a of w.landings)
      ask({ type: 'rejectHandoff', attempt: a, reason: 'conflict', detail: '', files: [] });
    if (w.budget) ask({ type: 'reachBudget', which: w.budget });
    if (w.iteration)
      ask({
        type: 'startIteration',
        reason: w.iteration,
        promptHash: 'p',
        model: 'm',
        reserved: { tokens: 0, usd: 0 },
      });
    if (s.planning.live)
      ask({
        type: 'endIteration',
        iteration: s.planning.iteration,
        outcome: 'planned',
        isDone: true,
        detail: '',
        usage: NO_USAGE,
      });
    for (const id of w.room > 0 ? [...s.byState.pending] : []) {
      ask({ type: 'startAttempt', task: id, worker: 'w', reserved: { tokens: 0, usd: 0 } });
      const a = s.tasks.get(id)!;
      if (a.state !== 'assigned') continue;
      ask({
        type: 'endAttempt',
        attempt: a.attempt as AttemptId,
        reason: 'timeout',
        detail: '',
        usage: NO_USAGE,
      });
    }
    if (w.close) ask({ type: 'closeRun', reason: w.close, green: 'unknown' });
  }
  for (const t of s.tasks.values()) assert.ok(isOver(t.state), `${t.id} is ${t.state} in a closed run`);
}

const many = fc.array(asks, { minLength: 0, maxLength: 150, size: 'max' });
const HOUR = 3_600_000;
const RUNS = { numRuns: 400 };

test('whatever is asked in whatever order, the answer folds, and facts and indexes agree', () => {
  fc.assert(
    fc.property(many, (list) => {
      play(list, (s) => {
        indexesAgree(s);
        budgetHolds(s);
        nothingHangs(s);
      });
    }),
    RUNS,
  );
});

test('the journal replayed gives the very same state', () => {
  fc.assert(
    fc.property(many, (list) => {
      const { state, entries } = play(list);
      const again = emptyState();
      for (const e of JSON.parse(JSON.stringify(entries)) as Entry[]) fold(again, e);
      assert.deepEqual(again, state);
    }),
    RUNS,
  );
});

test('from wherever a run has got to, it comes to an end with every task over', () => {
  fc.assert(
    fc.property(many, (list) => runsOut(play(list).state)),
    RUNS,
  );
});

test('a command asked twice is never done twice: the second answer moves no task into the same state again', () => {
  fc.assert(
    fc.property(many, (list) => {
      const { state, entries } = play(list.flatMap((ask) => [ask, ask]));
      const landed = entries
        .flatMap((e) => e.events)
        .filter((e) => e.type === 'landing.landed' || e.type === 'landing.found');
      const lost = entries
        .flatMap((e) => e.events)
        .flatMap((e) => (e.type === 'target.moved' ? e.lost : e.type === 'landing.undone' ? [e.task] : []));
      const times = landed.reduce((n, e) => n + (e.type === 'landing.landed' ? e.members.length : 1), 0);
      assert.equal(times - lost.length, state.landedCount);
    }),
    RUNS,
  );
});

test('the commands made at random reach every law: each event of tasks, attempts and landings occurs', () => {
  const reached = new Set<string>();
  for (const list of fc.sample(many, { seed: 1, numRuns: 400 })) {
    for (const e of play(list).entries.flatMap((x) => x.events)) reached.add(e.type);
  }
  const laws = [
    'task.accepted task.rescoped task.refused task.requeued task.failed task.cancelled task.retried',
    'attempt.started agent.started attempt.ended attempt.late landing.started gate.ended landing.landed',
    'landing.found landing.rejected landing.dropped landing.undone target.moved budget.reached run.closed',
  ].flatMap((line) => line.split(' '));
  assert.deepEqual(
    laws.filter((type) => !reached.has(type)),
    [],
  );
});
