/**
 * Every event type as it has stood in a journal, by hand, with every optional field in use. The golden journals
 * in `golden/` were written from this table once and are never rewritten: journals are for ever. A new event
 * type is added at the END of the table, and `node --conditions=swarm-src golden/extend.ts` appends its line.
 */
import type { Entry, Event, EventOf, EventType } from '@swarm/core/events';
import type { Handoff } from '@swarm/core/model/handoff';
import type { AttemptId, CommitId, Label, LandingId, RunId, TaskId, TreeId } from '@swarm/core/model/ids';
import type { Candidate, GateResult, LandingMember } from '@swarm/core/model/landing';
import type { ChecksResult, Request } from '@swarm/core/model/request';
import type { PatchId } from '@swarm/core/model/review';
import type { TaskSpec } from '@swarm/core/model/task';

const A = 'a'.repeat(40) as CommitId;
const B = 'b'.repeat(40) as CommitId;
const C = 'c0ffee'.padEnd(40, '0') as CommitId;
const TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904' as TreeId;
const RUN = 'r-20261121-k3f7' as RunId;
const T1 = 't1' as TaskId;
const T2 = 't2' as TaskId;
const TRY = 't2.1' as AttemptId;
const L1 = 'l1' as LandingId;
const USAGE = { calls: 7, inputTokens: 41_250, outputTokens: 3_118, costUsd: 0.1875, priced: true };
const RESERVED = { tokens: 200_000, usd: 1.5 };
const SPEC: TaskSpec = {
  title: 'Parse durations such as “1h30m”',
  description: 'Add parseDuration(text) to src/time.ts.\nRefuse what it does not know — 1 fortnight, say.',
  scope: ['src/time.ts', 'test/time/**'],
  acceptance: 'parseDuration("1h30m") is 5400000',
  verify: 'node --test test/time',
  priority: 3,
  dependsOn: [T1],
  kind: 'change',
  role: 'coder',
  requires: ['coder@>=2'],
  agent: 'builtin',
  parent: T1,
};
const GATE: GateResult = {
  outcome: 'failed',
  gate: '9f86d081884c7d65',
  durationMs: 8_412,
  signatures: ['test/time/parse.test.ts: rejects an empty text'],
  output: 'not ok 3 - rejects an empty text\n\u001b[31mexpected\u001b[0m "" to be refused\n',
  flaky: false,
  remembered: false,
};
const PASSED: GateResult = { ...GATE, outcome: 'passed', signatures: [], output: 'ok\n', flaky: true };
const CHECKS: ChecksResult = {
  head: B,
  outcome: 'failed',
  signatures: ['build: TS2322 src/time.ts'],
  durationMs: 31_007,
};
const MEMBERS: readonly LandingMember[] = [{ task: T2, attempt: TRY, commit: C }];
const CANDIDATE: Candidate = { parent: A, commit: C, tree: TREE };
const HANDOFF: Handoff = {
  taskId: T2,
  attempt: TRY,
  status: 'complete',
  summary: 'parseDuration reads days to milliseconds; 日本語 and 🦀 are refused.',
  concerns: ['“m” is read as minutes, never months'],
  suggestions: ['use it in config.ts'],
  change: { commit: B, base: A, filesChanged: ['src/time.ts'], linesAdded: 61, linesRemoved: 2 },
  toolCalls: 19,
  durationMs: 184_223,
};
const REQUEST: Request = {
  text: 'Accept durations everywhere a timeout is configured',
  mode: 'planner',
  target: 'main',
  landOn: 'refs/heads/swarm/r-20261121-k3f7',
  deliver: 'branch',
  base: A,
  gate: 'pnpm test',
  gateHash: '9f86d081884c7d65',
  setup: 'pnpm install --frozen-lockfile',
  checks: 'pnpm build && pnpm test',
  checksMinMs: 60_000,
  checksMaxMs: 600_000,
  limits: {
    workers: 8,
    attempts: 3,
    tokens: 20_000_000,
    usd: 20,
    timeMs: 7_200_000,
    tasks: 100_000,
    attemptTokens: 2_000_000,
    attemptUsd: 2,
  },
  overlap: 'serialize',
};

const FIRST = {
  'run.opened': {
    type: 'run.opened',
    run: RUN,
    request: REQUEST,
    version: '0.1.0',
    configHash: 'd2a84f4b8b65',
    seed: 42,
  },
  'base.checked': { type: 'base.checked', base: A, gate: GATE, checks: CHECKS },
  'run.resumed': { type: 'run.resumed', version: '0.1.0', host: 'builder-3', pid: 4_711 },
  'run.paused': { type: 'run.paused', reason: 'endpoints-down', detail: 'openai: 503 since 10:42' },
  'run.continued': { type: 'run.continued', by: 'itself' },
  'run.scaled': { type: 'run.scaled', workers: 12, reason: 'asked by the operator' },
  'run.stopped': { type: 'run.stopped', reason: 'signal', detail: 'SIGINT' },
  'request.amended': { type: 'request.amended', text: 'Weeks too, please' },
  'budget.reached': { type: 'budget.reached', which: 'usd', limit: 20 },
  'delivery.ended': {
    type: 'delivery.ended',
    to: 'branch',
    ref: 'refs/heads/swarm/r-20261121-k3f7',
    commit: C,
    outcome: 'done',
    detail: '',
  },
  'run.closed': { type: 'run.closed', reason: 'done', head: C, green: 'unknown' },
  'iteration.started': {
    type: 'iteration.started',
    iteration: 1,
    reason: 'first',
    promptHash: '5f70bf18a086',
    model: 'planner-large',
    reserved: RESERVED,
  },
  'task.refused': {
    type: 'task.refused',
    label: 'P-7',
    problem: 'scope[0] leads out of the repository: "../x"',
    iteration: 1,
  },
  'scratchpad.written': {
    type: 'scratchpad.written',
    iteration: 1,
    text: '## Goals and specs\n- durations\n',
  },
  'iteration.ended': {
    type: 'iteration.ended',
    iteration: 1,
    outcome: 'planned',
    isDone: false,
    detail: '',
    usage: USAGE,
  },
  'task.accepted': {
    type: 'task.accepted',
    task: T2,
    spec: SPEC,
    source: { by: 'planner', label: 'P-2' as Label, iteration: 1 },
  },
  'task.rescoped': { type: 'task.rescoped', task: T2, spec: { ...SPEC, scope: [] }, iteration: 2 },
  'task.requeued': { type: 'task.requeued', task: T2, because: 'stuck' },
  'task.failed': { type: 'task.failed', task: T2, failure: 'attempts', detail: 'gate-failed, three times' },
  'task.cancelled': { type: 'task.cancelled', task: T2, reason: 'no longer needed', by: 'operator' },
  'task.retried': { type: 'task.retried', task: T2, hint: 'look at the empty text', by: 'operator' },
  'attempt.started': {
    type: 'attempt.started',
    attempt: TRY,
    base: A,
    from: B,
    worker: 'local',
    reserved: RESERVED,
  },
  'agent.started': { type: 'agent.started', attempt: TRY, driver: 'builtin', promptHash: '5f70bf18a086' },
  'attempt.ended': {
    type: 'attempt.ended',
    attempt: TRY,
    reason: 'handed-in',
    detail: '',
    usage: { ...USAGE, priced: false },
    handoff: HANDOFF,
    work: B,
  },
  'attempt.late': { type: 'attempt.late', attempt: TRY, reason: 'handed-in', work: B },
  'landing.started': { type: 'landing.started', landing: L1, members: MEMBERS, candidate: CANDIDATE },
  'gate.ended': { type: 'gate.ended', landing: L1, result: PASSED },
  'landing.landed': { type: 'landing.landed', landing: L1, members: MEMBERS, candidate: CANDIDATE },
  'landing.found': { type: 'landing.found', task: T2, attempt: TRY, commit: C },
  'landing.rejected': {
    type: 'landing.rejected',
    attempt: TRY,
    landing: L1,
    reason: 'conflict',
    detail: 'both changed parse()',
    files: ['src/time.ts', 'src/ünï cödé.ts'],
  },
  'landing.dropped': { type: 'landing.dropped', landing: L1, reason: 'target-moved' },
  'landing.undone': { type: 'landing.undone', task: T2, commit: C, by: 'operator' },
  'target.moved': { type: 'target.moved', from: A, to: B, lost: [T2] },
  'checks.ended': { type: 'checks.ended', result: CHECKS },
  'finding.opened': {
    type: 'finding.opened',
    finding: { signature: 'build: TS2322 src/time.ts', detail: 'src/time.ts(3,1): error TS2322', head: B },
  },
  'finding.closed': { type: 'finding.closed', signature: 'build: TS2322 src/time.ts', head: C },
  'worker.joined': { type: 'worker.joined', worker: 'builder-3', slots: 4, capabilities: ['coder@2.1.0'] },
  'worker.left': { type: 'worker.left', worker: 'builder-3', reason: 'silent' },
  'spend.recorded': { type: 'spend.recorded', usage: USAGE, role: 'reviewer' },
  'run.cancelled': { type: 'run.cancelled', reason: 'asked for something else' },
  'undo.passed': { type: 'undo.passed', tasks: [T2], candidate: CANDIDATE, by: 'operator', gate: PASSED },
  'undo.refused': {
    type: 'undo.refused',
    tasks: [T2],
    by: 'reconciler',
    reason: 'conflict',
    detail: 'src/time.ts: t3 changed it later',
  },
  'culprit.found': { type: 'culprit.found', signature: 'build: TS2322 src/time.ts', commit: B, task: T2 },
  'culprit.missed': {
    type: 'culprit.missed',
    signature: 'build: TS2322 src/time.ts',
    why: 'the checks timed out on 0123456789',
  },
  'spend.reserved': {
    type: 'spend.reserved',
    role: 'reconciler',
    slice: 2,
    reserved: { tokens: 20_000, usd: 0.2 },
  },
  'spend.lost': { type: 'spend.lost', role: 'reconciler', slice: 2 },
  'iteration.extended': {
    type: 'iteration.extended',
    iteration: 3,
    reserved: { tokens: 10_000, usd: 0.1 },
  },
  'rechecks.ended': {
    type: 'rechecks.ended',
    head: B,
    results: [{ task: T2, isPassed: false, detail: '`make check` ended with 1' }],
    durationMs: 1_200,
  },
  'limits.raised': { type: 'limits.raised', tokens: 30_000_000, usd: 32.5, timeMs: 14_400_000 },
  'run.reopened': { type: 'run.reopened', reason: 'swarm resume --budget 32.5usd --retry t2' },
  'gate.changed': { type: 'gate.changed', gate: 'pnpm test --run', gateHash: '60303ae22b99' },
  'attempt.reworked': {
    type: 'attempt.reworked',
    attempt: TRY,
    round: 2,
    reason: 'verify-failed',
    detail: '1 failure: test/time/parse.test.ts: rejects an empty text',
  },
  'verify.tried': { type: 'verify.tried', attempt: TRY, commit: A, isGreen: true },
  'requirements.written': {
    type: 'requirements.written',
    iteration: 1,
    requirements: [{ id: 'R1', text: 'Durations of days are read', status: 'met', tasks: [T2] }],
  },
  'task.told': { type: 'task.told', task: T2, text: 'leave the old names', attempt: TRY },
  'task.expanded': { type: 'task.expanded', task: T1 },
  'task.unsplit': { type: 'task.unsplit', task: T1, detail: 'its planner says that it is one piece of work' },
  'task.gathered': {
    type: 'task.gathered',
    task: T1,
    handoff: {
      status: 'partial',
      summary: 't2 Parse durations: days are read\nt3 Tell them: failed (blocked): no such file',
      concerns: ['t3 is not there: failed'],
      suggestions: ['use it in config.ts'],
    },
  },
  'review.asked': {
    type: 'review.asked',
    attempt: TRY,
    commit: B,
    patch: '5f1c2e9d0a7b' as PatchId,
    reviewers: ['reviewer-1', 'reviewer-2'],
  },
  'review.given': {
    type: 'review.given',
    attempt: TRY,
    commit: B,
    reviewer: 'reviewer-2',
    vote: 'reject',
    confidence: 0.85,
    findings: ['src/time.ts:14: “1m” of a month is read as a minute — 分'],
    usage: USAGE,
    slice: 3,
  },
  'review.ended': { type: 'review.ended', attempt: TRY, commit: B, verdict: 'no-quorum' },
  'acceptance.judged': {
    type: 'acceptance.judged',
    task: T2,
    criterion: 'parseDuration("1h30m") is 5400000',
    verdict: 'verified',
    evidence: { kind: 'command', by: 'node --test test/time', commit: C, detail: 'exit 0' },
  },
  'role.scaled': { type: 'role.scaled', role: 'reviewer', workers: 2 },
  'task.prioritised': { type: 'task.prioritised', task: T2, priority: -1 },
  'note.set': {
    type: 'note.set',
    key: 'src/time: units',
    value: 'a month is “mo”, a minute “m” — 分',
    version: 2,
    by: TRY,
  },
  'budget.neared': { type: 'budget.neared', which: 'tokens', limit: 2_000_000, soft: 0.85 },
  'criteria.tried': {
    type: 'criteria.tried',
    commit: A,
    results: [
      { task: T2, criterion: '`src/time.ts` exists', end: 'fails', detail: 'it ended with 1' },
      { criterion: '`make check` passes — 検査', end: 'holds', detail: 'it ended with 0' },
    ],
  },
} satisfies { readonly [T in EventType]?: EventOf<T> };

/** Events that have come to say more since; each stands here again, as it may be. */
const LATER: readonly Event[] = [
  { type: 'task.expanded', task: T1, by: 'pipeline' },
  {
    type: 'task.accepted',
    task: T2,
    spec: { ...FIRST['task.accepted'].spec, role: 'coder', parent: T1 },
    source: { by: 'pipeline', parent: T1, step: 'coder' },
  },
];

/** Types that came after those. */
const SECOND = {
  'contest.decided': {
    type: 'contest.decided',
    task: T1,
    winner: T2,
    why: '63 lines in 1 file; of t3: it changes 90 lines, and t2 63',
    lost: [{ task: 't3' as TaskId, why: 'it changes 90 lines, and t2 63 — 行' }],
  },
  'contest.failed': {
    type: 'contest.failed',
    task: T1,
    round: 1,
    closest: T2,
    again: [T2],
    detail: 't2: it handed nothing in, for its own verification failed\nt3: it ran out of time',
  },
  'contest.clipped': { type: 'contest.clipped', task: T1, asked: 5, allowed: 2 },
} satisfies { readonly [T in EventType]?: EventOf<T> };

/** Types that came after those. */
const THIRD = {
  'host.joined': {
    type: 'host.joined',
    host: 'builder-3',
    slots: 4,
    capabilities: ['builtin', 'gpu', 'coder@2.1.0'],
    version: '0.1.0',
  },
  'host.left': { type: 'host.left', host: 'builder-3', detail: 'it was told to stop' },
  'host.lapsed': { type: 'host.lapsed', host: 'builder-3', silentMs: 30_250 },
} satisfies { readonly [T in EventType]?: EventOf<T> };

/** One that stands in no table is an error of types. */
({ ...FIRST, ...SECOND, ...THIRD }) satisfies { readonly [T in EventType]: EventOf<T> };

const SPLIT = FIRST['task.accepted'].spec;
/** The same of what has come to say more after them. */
const LATEST: readonly Event[] = [
  { type: 'task.expanded', task: T1, by: 'candidates' },
  {
    type: 'task.accepted',
    task: T2,
    spec: { ...SPLIT, candidates: 3, parent: T1 },
    source: { by: 'candidates', parent: T1, nth: 2 },
  },
  {
    type: 'attempt.ended',
    attempt: TRY,
    reason: 'handed-in',
    detail: '',
    usage: USAGE,
    handoff: { ...HANDOFF, gate: 'passed' },
  },
];

/** The same of what has come to say more after those. */
const NEWEST: readonly Event[] = [
  {
    type: 'attempt.started',
    attempt: TRY,
    base: A,
    worker: 'builder-3-2',
    reserved: { tokens: 50_000, usd: 0 },
    on: { host: 'builder-3', slot: 2 },
    leaseMs: 30_000,
  },
];

/** One entry an event. The journal they make is no run: only its lines are meant. */
const ALL: readonly Event[] = [
  ...Object.values(FIRST),
  ...LATER,
  ...Object.values(SECOND),
  ...LATEST,
  ...Object.values(THIRD),
  ...NEWEST,
];

export const GOLDEN_ENTRIES: readonly Entry[] = ALL.map((event, i) => ({
  seq: i + 1,
  at: Date.UTC(2026, 10, 21, 10, 42, 7, i),
  cause: `golden ${event.type}`,
  events: [event],
}));
