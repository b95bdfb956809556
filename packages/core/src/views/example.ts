/** One small run as a state and the entries it came from: for the tests of the views. */
import type { Entry, Event } from '../events.ts';
import type { Attempt } from '../model/attempt.ts';
import type { Handoff } from '../model/handoff.ts';
import {
  type AttemptId,
  attemptId,
  type CommitId,
  landingId,
  type RunId,
  type TreeId,
  taskId,
} from '../model/ids.ts';
import type { Candidate, GateResult, LandingMember } from '../model/landing.ts';
import type { Request } from '../model/request.ts';
import type { Task, TaskBase, TaskSpec } from '../model/task.ts';
import type { Usage } from '../model/usage.ts';
import { emptyState, type State } from '../state.ts';

export const T0 = Date.UTC(2026, 10, 21, 10, 0, 0);
export const minute = (n: number): number => T0 + n * 60_000;
export const commit = (digit: string): CommitId => digit.repeat(40) as CommitId;
export const usage = (tokens: number, costUsd = 0): Usage => ({
  calls: 1,
  inputTokens: tokens,
  outputTokens: 0,
  costUsd,
  priced: true,
});
/** Hostile wherever it is shown. */
export const HOSTILE = '\u001b[31m| <b>x</b> \u202e[a](javascript:1)\n# b';

const request: Request = {
  text: `Add a parser ${HOSTILE}`,
  mode: 'planner',
  target: 'main',
  landOn: 'refs/heads/swarm/r',
  deliver: 'branch',
  base: commit('0'),
  gate: 'pnpm test',
  gateHash: 'g',
  checksMinMs: 60_000,
  checksMaxMs: 600_000,
  limits: { workers: 2, attempts: 3, tasks: 100, attemptTokens: 1_000 },
  overlap: 'serialize',
};

export function spec(title: string, more: Partial<TaskSpec> = {}): TaskSpec {
  return {
    title,
    description: '',
    scope: [],
    acceptance: '',
    priority: 5,
    dependsOn: [],
    kind: 'change',
    requires: [],
    ...more,
  };
}

export function base(n: number, of: TaskSpec, attempts = 0): TaskBase {
  return {
    id: taskId(n),
    spec: of,
    source: { by: 'operator' },
    acceptedAt: T0,
    attempts,
    counted: attempts,
    forgiven: 0,
  };
}

export function put(state: State, task: Task): void {
  state.tasks.set(task.id, task);
  state.byState[task.state].add(task.id);
}

export const candidate = (digit: string): Candidate => ({
  parent: commit('0'),
  commit: commit(digit),
  tree: commit('e') as string as TreeId,
});
export const passed: GateResult = {
  outcome: 'passed',
  gate: 'g',
  durationMs: 4_000,
  signatures: [],
  output: '',
  flaky: false,
  remembered: false,
};

export function handoff(attempt: AttemptId, summary: string): Handoff {
  return {
    taskId: taskId(Number(attempt.slice(1, attempt.indexOf('.')))),
    attempt,
    status: 'complete',
    summary,
    concerns: [],
    suggestions: [],
    change: { commit: commit('c'), base: commit('0'), filesChanged: ['a'], linesAdded: 3, linesRemoved: 1 },
    toolCalls: 1,
    durationMs: 1,
  };
}

export const entry = (seq: number, at: number, ...events: Event[]): Entry => ({
  seq,
  at,
  cause: 'x',
  events,
});

/** An open run with nothing in it yet. */
export function openState(): State {
  const state = emptyState();
  state.run = { id: 'r-20261121-aaaa' as RunId, request, version: '1', configHash: 'h', openedAt: T0 };
  state.at = minute(30);
  state.activeMs = 20 * 60_000;
  state.workers = 2;
  state.head = commit('0');
  return state;
}

/** t1 landed at its second attempt after a conflict, in a gated landing. Tokens: 100, then 40. */
export function landedTask(state: State): Entry[] {
  const [task, first, second] = [taskId(1), attemptId(taskId(1), 1), attemptId(taskId(1), 2)];
  const landing = landingId(1);
  const members: LandingMember[] = [{ task, attempt: second, commit: commit('d') }];
  const of = spec(`Parser ${HOSTILE}`, { scope: ['src/parser.ts'] });
  put(state, {
    ...base(1, of, 2),
    state: 'landed',
    attempt: second,
    commit: commit('d'),
    endedAt: minute(20),
  });
  state.landings.set(landing, {
    id: landing,
    members,
    candidate: candidate('d'),
    startedAt: minute(19),
    gate: passed,
    state: 'landed',
    endedAt: minute(20),
  });
  for (const [id, from, to, tokens] of [
    [first, 1, 5, 100],
    [second, 6, 10, 40],
  ] as const) {
    const attempt: Attempt = {
      id,
      task,
      base: commit('0'),
      worker: 'w1',
      startedAt: minute(from),
      reserved: { tokens: 1, usd: 0 },
      state: 'ended',
      endedAt: minute(to),
      ending: 'handed-in',
      detail: '',
      usage: usage(tokens, 0.25),
      handoff: handoff(id, 'Did it'),
    };
    state.attempts.set(id, attempt);
  }
  state.rejections = { conflict: 1 };
  state.spending.used = usage(200, 0.75);
  const reserved = { tokens: 1, usd: 0 };
  const started = (attempt: AttemptId): Event => ({
    type: 'attempt.started',
    attempt,
    base: commit('0'),
    worker: 'w1',
    reserved,
  });
  const ended = (attempt: AttemptId, tokens: number): Event => ({
    type: 'attempt.ended',
    attempt,
    reason: 'handed-in',
    detail: '',
    usage: usage(tokens, 0.25),
    handoff: handoff(attempt, `Did it ${HOSTILE}`),
  });
  return [
    entry(1, T0, {
      type: 'iteration.started',
      iteration: 1,
      reason: 'first',
      promptHash: 'p',
      model: 'm',
      reserved,
    }),
    entry(2, minute(1), { type: 'task.accepted', task, spec: of, source: { by: 'operator' } }),
    entry(3, minute(1), started(first)),
    entry(4, minute(2), {
      type: 'iteration.ended',
      iteration: 1,
      outcome: 'planned',
      isDone: false,
      detail: '',
      usage: usage(60, 0.25),
    }),
    entry(5, minute(5), ended(first, 100), {
      type: 'spend.recorded',
      role: 'reconciler',
      usage: usage(0, 0),
    }),
    entry(6, minute(5), {
      type: 'landing.rejected',
      attempt: first,
      reason: 'conflict',
      detail: '',
      files: ['src/parser.ts'],
    }),
    entry(7, minute(6), started(second), {
      type: 'agent.started',
      attempt: second,
      driver: 'builtin',
      promptHash: 'p',
    }),
    entry(8, minute(10), ended(second, 40)),
    entry(9, minute(19), { type: 'landing.started', landing, members, candidate: candidate('d') }),
    entry(10, minute(20), { type: 'gate.ended', landing, result: passed }),
    entry(11, minute(20), { type: 'landing.landed', landing, members, candidate: candidate('d') }),
  ];
}
