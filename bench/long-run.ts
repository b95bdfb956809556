/** A run of any length, as a journal would hold it: tasks that fail once, are tried again and land. */
import type { Entry, Event } from '../packages/core/src/events.ts';
import {
  type AttemptId,
  attemptId,
  type CommitId,
  type Label,
  landingId,
  type RunId,
  type TaskId,
  type TreeId,
  taskId,
} from '../packages/core/src/model/ids.ts';
import type { Candidate, GateResult } from '../packages/core/src/model/landing.ts';
import { NO_USAGE } from '../packages/core/src/model/usage.ts';

const COMMIT = 'c'.repeat(40) as CommitId;
const RESERVED = { tokens: 100_000, usd: 0.5 };
const USAGE = { ...NO_USAGE, calls: 9, inputTokens: 40_000, outputTokens: 3_000, costUsd: 0.125 };
const GATE: GateResult = {
  outcome: 'passed',
  gate: 'g1',
  durationMs: 900,
  signatures: [],
  output: 'ok',
  flaky: false,
  remembered: false,
};
const AT = Date.UTC(2026, 10, 21, 10);

/** One entry an event, and at least `events` of them: whole lives, in plans of 100 tasks. */
export function longRun(events: number): Entry[] {
  const list: Event[] = [opened()];
  for (let n = 1; list.length < events; n++) {
    if (n % 100 === 1) list.push(...iteration((n - 1) / 100 + 1));
    list.push(...life(n));
  }
  return list.map((event, i) => ({ seq: i + 1, at: AT + i, cause: event.type, events: [event] }));
}

/** An ordinary entry of some 200 bytes. */
export const tryOf = (seq: number): Entry => ({
  seq,
  at: AT + seq,
  cause: 'startAttempt',
  events: [started(attemptId(taskId(seq), 1))],
});

function opened(): Event {
  return {
    type: 'run.opened',
    run: 'r-20261121-k3f7' as RunId,
    request: {
      text: 'Change everything',
      mode: 'planner',
      target: 'main',
      landOn: 'refs/heads/swarm/bench',
      deliver: 'branch',
      base: COMMIT,
      gateHash: 'g1',
      checksMinMs: 60_000,
      checksMaxMs: 600_000,
      overlap: 'serialize',
      limits: { workers: 50, attempts: 3, tasks: 1_000_000, attemptTokens: 2_000_000 },
    },
    version: '0.1.0',
    configHash: 'c1',
  };
}

function iteration(n: number): Event[] {
  return [
    {
      type: 'iteration.started',
      iteration: n,
      reason: 'handoffs',
      promptHash: 'p',
      model: 'm',
      reserved: RESERVED,
    },
    { type: 'iteration.ended', iteration: n, outcome: 'planned', isDone: false, detail: '', usage: USAGE },
  ];
}

function life(n: number): Event[] {
  const task = taskId(n);
  const [first, second] = [attemptId(task, 1), attemptId(task, 2)];
  const landing = landingId(n);
  const candidate: Candidate = {
    parent: COMMIT,
    commit: COMMIT,
    tree: n.toString(16).padStart(40, '0') as TreeId,
  };
  const members = [{ task, attempt: second, commit: COMMIT }];
  return [
    accepted(task, n),
    started(first),
    { type: 'agent.started', attempt: first, driver: 'builtin', promptHash: 'p' },
    { type: 'attempt.ended', attempt: first, reason: 'verify-failed', detail: 'not ok', usage: USAGE },
    { type: 'task.requeued', task, because: 'verify-failed' },
    started(second),
    { type: 'agent.started', attempt: second, driver: 'builtin', promptHash: 'p' },
    handedIn(task, second),
    { type: 'landing.started', landing, members, candidate },
    { type: 'gate.ended', landing, result: GATE },
    { type: 'landing.landed', landing, members, candidate },
  ];
}

const started = (attempt: AttemptId): Event => ({
  type: 'attempt.started',
  attempt,
  base: COMMIT,
  worker: 'local',
  reserved: RESERVED,
});

const accepted = (task: TaskId, n: number): Event => ({
  type: 'task.accepted',
  task,
  spec: {
    title: `Change number ${n}`,
    description: 'As the title says',
    scope: [`src/${n}.ts`],
    acceptance: 'tests pass',
    priority: 5,
    dependsOn: [],
    kind: 'change',
    requires: [],
  },
  source: { by: 'planner', label: `P-${n}` as Label, iteration: Math.ceil(n / 100) },
});

const handedIn = (task: TaskId, attempt: AttemptId): Event => ({
  type: 'attempt.ended',
  attempt,
  reason: 'handed-in',
  detail: '',
  usage: USAGE,
  handoff: {
    taskId: task,
    attempt,
    status: 'complete',
    summary: 'done',
    concerns: [],
    suggestions: [],
    change: { commit: COMMIT, base: COMMIT, filesChanged: ['src/a.ts'], linesAdded: 9, linesRemoved: 1 },
    toolCalls: 9,
    durationMs: 60_000,
  },
});
