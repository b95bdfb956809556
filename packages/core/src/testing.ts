/**
 * Given these events, when this is asked, then these events or that refusal: how the laws of the core are
 * written down. Pure like the rest of the core: it registers no test and imports no runner.
 *
 * Outcomes are compared as one line an event (`brief`), which names what a law is about and leaves the rest out.
 */
import type { Command } from './commands.ts';
import { decide } from './decide.ts';
import type { RefusalReason } from './errors.ts';
import type { Entry, Event, EventOf } from './events.ts';
import { fold } from './fold.ts';
import type { EndingReason, Reservation } from './model/attempt.ts';
import type { Handoff } from './model/handoff.ts';
import {
  type AttemptId,
  attemptId,
  type CommitId,
  type Label,
  type LandingId,
  type RunId,
  type TaskId,
  type TreeId,
  taskOf,
} from './model/ids.ts';
import type { Candidate, GateOutcome, GateResult, LandingMember } from './model/landing.ts';
import type { Limits, Request } from './model/request.ts';
import type { TaskSource, TaskSpec } from './model/task.ts';
import { NO_USAGE, type Usage } from './model/usage.ts';
import type { TaskDraft } from './rules/task-format.ts';
import { emptyState, type OpenedState, opened, type State } from './state.ts';

// ───────────────────────── given, when, then ─────────────────────────

/** One law: its title is the key it stands under. `gives` is the refusal's reason, or the events in brief. */
export interface Law {
  readonly given: readonly Event[];
  readonly when: Command;
  readonly gives: RefusalReason | readonly string[];
}

/** Throws when the core answers otherwise, or when `fold` does not take what it answered. */
export function check(law: Law): void {
  const state = stateOf(law.given);
  const answer = decide(state, law.when);
  const got = answer.kind === 'refusal' ? answer.reason : answer.events.map(brief);
  if (JSON.stringify(got) !== JSON.stringify(law.gives)) {
    const detail = answer.kind === 'refusal' ? ` (${answer.detail})` : '';
    throw new Error(`expected ${JSON.stringify(law.gives)}\n     got ${JSON.stringify(got)}${detail}`);
  }
  if (answer.kind === 'decision') fold(state, entry(state.seq + 1, answer.events));
}

/** The state after these events, each in an entry of its own, one second apart. */
export function stateOf(events: readonly Event[]): State {
  const state = emptyState();
  for (const [i, event] of events.entries()) fold(state, entry(i + 1, [event]));
  return state;
}

/** As `stateOf`, of events that begin with `run.opened`. */
export const openedStateOf = (events: readonly Event[]): OpenedState => opened(stateOf(events));

/** Decides and folds; throws on a refusal. Returns the events. */
export function apply(state: State, command: Command): readonly Event[] {
  const answer = decide(state, command);
  if (answer.kind === 'refusal') throw new Error(`${command.type}: ${answer.reason}: ${answer.detail}`);
  fold(state, entry(state.seq + 1, answer.events));
  return answer.events;
}

/** The time of entry `seq`, ms: the first one is written at 1,000. */
export const timeOf = (seq: number): number => seq * 1_000;

export const entry = (seq: number, events: readonly Event[]): Entry => ({
  seq,
  at: timeOf(seq),
  cause: 'test',
  events,
});

/** An event in one line: its type, whom it is about, and how it ended. */
export function brief(e: Event): string {
  const about = ['task', 'attempt', 'landing', 'label', 'iteration', 'worker', 'signature'] as const;
  const how = ['reason', 'failure', 'outcome', 'because', 'which', 'workers'] as const;
  const fields = e as unknown as Readonly<Record<string, unknown>>;
  const subject = about.find((k) => fields[k] !== undefined);
  const ending = isProse(e) ? undefined : how.find((k) => fields[k] !== undefined);
  return [e.type, subject && fields[subject], ending && fields[ending]]
    .filter((x) => x !== undefined)
    .join(' ');
}

/** Their reason is somebody's words, which no law is about. */
const isProse = (e: Event): boolean =>
  e.type === 'task.cancelled' || e.type === 'run.scaled' || e.type === 'run.cancelled';

// ───────────────────────── a small world to talk about ─────────────────────────

/** A commit (or tree) that is always the same for the same name. */
export const commit = (name: string): CommitId => objectName(name) as CommitId;
export const tree = (name: string): TreeId => objectName(`tree ${name}`) as TreeId;

function objectName(name: string): string {
  let hash = 0x811c9dc5; // FNV-1a, 32 bits; only has to differ between the few names of a test
  let text = '';
  while (text.length < 40) {
    for (const c of name + text.length) hash = Math.imul(hash ^ c.charCodeAt(0), 0x01000193) >>> 0;
    text += hash.toString(16).padStart(8, '0');
  }
  return text;
}

export const LIMITS: Limits = { workers: 4, attempts: 3, tasks: 50, attemptTokens: 100_000 };

export function aRequest(over: Partial<Request> = {}): Request {
  return {
    text: 'make it so',
    mode: 'plan',
    target: 'main',
    landOn: 'refs/heads/swarm/test',
    deliver: 'branch',
    base: commit('base'),
    gate: 'true',
    gateHash: 'gate-1',
    checksMinMs: 60_000,
    checksMaxMs: 600_000,
    limits: LIMITS,
    overlap: 'serialize',
    ...over,
  };
}

export const RUN = 'r-20261121-test' as RunId;

export const openedRun = (over: Partial<Request> = {}): EventOf<'run.opened'> => ({
  type: 'run.opened',
  run: RUN,
  request: aRequest(over),
  version: '0.0.0',
  configHash: 'config-1',
});

/** What a plan or a planner says of a task. */
export const draft = (label: string, over: Partial<TaskDraft> = {}): TaskDraft => ({
  label,
  title: `Do ${label}`,
  description: '',
  scope: [],
  acceptance: '',
  priority: 5,
  dependsOn: [],
  kind: 'change',
  requires: [],
  ...over,
});

export const aSpec = (over: Partial<TaskSpec> = {}): TaskSpec => ({
  title: 'Do it',
  description: '',
  scope: [],
  acceptance: '',
  priority: 5,
  dependsOn: [],
  kind: 'change',
  requires: [],
  ...over,
});

/** Task `t1` is labelled `a`, `t2` `b` and so on, unless a source is given. */
export const acceptedTask = (
  id: string,
  over: Partial<TaskSpec> = {},
  source?: TaskSource,
): EventOf<'task.accepted'> => ({
  type: 'task.accepted',
  task: id as TaskId,
  spec: aSpec({ title: `Do ${id}`, ...over }),
  source: source ?? { by: 'plan', label: String.fromCharCode(96 + Number(id.slice(1))) as Label },
});

export const after = (...ids: string[]): Partial<TaskSpec> => ({ dependsOn: ids as TaskId[] });

// ───────────────────────── attempts ─────────────────────────

export const startedAttempt = (
  id: string,
  reserved: Reservation = { tokens: 0, usd: 0 },
): EventOf<'attempt.started'> => ({
  type: 'attempt.started',
  attempt: id as AttemptId,
  base: commit('base'),
  worker: 'w1',
  reserved,
});

export const startedAgent = (id: string): Event => ({
  type: 'agent.started',
  attempt: id as AttemptId,
  driver: 'test',
  promptHash: 'prompt-1',
});

/** The attempt is at work: two events. */
export const running = (id: string): readonly Event[] => [startedAttempt(id), startedAgent(id)];

export const usage = (tokens: number, costUsd = 0): Usage => ({
  ...NO_USAGE,
  calls: 1,
  inputTokens: tokens,
  costUsd,
});

export function aHandoff(id: string): Handoff {
  const attempt = id as AttemptId;
  const change = {
    commit: commit(`work ${id}`),
    base: commit('base'),
    filesChanged: ['a.txt'],
    linesAdded: 1,
    linesRemoved: 0,
  };
  const claim = { status: 'complete' as const, summary: 'done', concerns: [], suggestions: [] };
  return { ...claim, taskId: taskOf(attempt), attempt, change, toolCalls: 1, durationMs: 1 };
}

export const endedAttempt = (id: string, reason: EndingReason, used: Usage = NO_USAGE): Event => ({
  type: 'attempt.ended',
  attempt: id as AttemptId,
  reason,
  detail: '',
  usage: used,
});

/** The attempt ran and handed in: its handoff waits to land. Three events. */
export const handedIn = (id: string): readonly Event[] => [
  ...running(id),
  { ...(endedAttempt(id, 'handed-in') as EventOf<'attempt.ended'>), handoff: aHandoff(id) },
];

// ───────────────────────── landings ─────────────────────────

export const member = (id: string): LandingMember => ({
  task: taskOf(id as AttemptId),
  attempt: id as AttemptId,
  commit: commit(`landed ${id}`),
});

/** A candidate of these attempts on that parent; its commit is the last member's. */
export const aCandidate = (ids: readonly string[], parent: CommitId = commit('base')): Candidate => ({
  parent,
  commit: commit(`landed ${ids.at(-1)}`),
  tree: tree(`${ids.join(' ')} on ${parent}`),
});

export const startedLanding = (id: string, attempts: readonly string[], parent?: CommitId): Event => ({
  type: 'landing.started',
  landing: id as LandingId,
  members: attempts.map(member),
  candidate: aCandidate(attempts, parent),
});

export const aGateResult = (outcome: GateOutcome): GateResult => ({
  outcome,
  gate: 'gate-1',
  durationMs: 1,
  signatures: outcome === 'failed' ? ['it is red'] : [],
  output: '',
  flaky: false,
  remembered: false,
});

export const gated = (id: string, outcome: GateOutcome): Event => ({
  type: 'gate.ended',
  landing: id as LandingId,
  result: aGateResult(outcome),
});

/** The first attempt at a task ran, handed in, was gated and landed on `parent` as landing `id`. */
export function landedTask(task: string, id: string, parent?: CommitId): readonly Event[] {
  const attempt = attemptId(task as TaskId, 1);
  const candidate = aCandidate([attempt], parent);
  return [
    ...handedIn(attempt),
    startedLanding(id, [attempt], parent),
    gated(id, 'passed'),
    { type: 'landing.landed', landing: id as LandingId, members: [member(attempt)], candidate },
  ];
}

export const rejected = (id: string, reason: 'conflict' | 'gate-failed' | 'work-lost'): Event => ({
  type: 'landing.rejected',
  attempt: id as AttemptId,
  reason,
  detail: '',
  files: [],
});

export const failedTask = (id: string, failure: EventOf<'task.failed'>['failure']): Event => ({
  type: 'task.failed',
  task: id as TaskId,
  failure,
  detail: '',
});

export const cancelled = (id: string): Event => ({
  type: 'task.cancelled',
  task: id as TaskId,
  reason: 'not wanted',
  by: 'operator',
});
