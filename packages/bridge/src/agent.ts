/**
 * A worker that is registered at a bridge, as an agent: it is sent the task, and what it answers is the handoff. A patch
 * among it is applied in the sandbox, in the workspace, and is judged there as any work is.
 */
import type { AgentEnd } from '@swarm/core/model/attempt';
import type { HandoffClaim } from '@swarm/core/model/handoff';
import { NO_USAGE } from '@swarm/core/model/usage';
import type { Agent, AgentJob, AgentResult, Room } from '@swarm/core/ports/running';
import { wholePrompt } from '@swarm/core/ports/running';
import type { Clock } from '@swarm/core/ports/world';
import { handedIn } from '@swarm/core/rules/bridge/handing-in';
import { ANYBODY } from '@swarm/core/rules/bridge/routing';
import { BRIDGE_LIMITS } from '@swarm/core/rules/bridge/wire';
import type { ForeignWish } from '@swarm/core/rules/foreign';
import { type BridgeAt, callOver, refusalIn, type Told } from './client.ts';

export interface ForeignParts {
  /** Looked up for each call: a bridge that is started again may have another token. */
  readonly at: () => Promise<BridgeAt>;
  readonly wish: ForeignWish;
  readonly clock: Clock;
  /** Opens the attempt's transcript. */
  readonly transcript: (job: AgentJob) => ForeignTranscript;
}

export interface ForeignTranscript {
  write(at: number, fields: Readonly<Record<string, unknown>>): void;
  close(): Promise<void>;
}

/** The method of a worker that does tasks. */
const METHOD = 'process';
/** So long somebody is waited for who is not there: a worker that is started again needs a moment. */
const ABSENT_MS = 60_000;
const AGAIN_MS = 1_000;
const APPLY_MS = 60_000;
const OUTPUT_BYTES = 1 << 20;

export function createForeignAgent(parts: ForeignParts): Agent {
  const { wish } = parts;
  return { name: 'name' in wish ? wish.name : 'bridge', run: (job) => work(parts, job) };
}

async function work(parts: ForeignParts, job: AgentJob): Promise<AgentResult> {
  const transcript = parts.transcript(job);
  try {
    const end = await answered(parts, job, transcript);
    transcript.write(parts.clock.now(), { event: { type: 'ended', end: end.end, detail: end.detail } });
    return { ...end, usage: NO_USAGE, toolCalls: 0 };
  } finally {
    await transcript.close();
  }
}

type End = Pick<AgentResult, 'end' | 'detail' | 'claim'>;

const ends = (end: AgentEnd, detail: string, claim?: HandoffClaim): End => ({
  end,
  detail,
  ...(claim && { claim }),
});

async function answered(parts: ForeignParts, job: AgentJob, transcript: ForeignTranscript): Promise<End> {
  const { clock } = parts;
  const payload = payloadOf(job);
  if (payload.length > BRIDGE_LIMITS.payload)
    return ends('cannot-run', `the task has ${payload.length} characters, more than one call carries`);
  const until = clock.monotonic() + job.limits.wallMs;
  let absentSince: number | undefined;
  for (;;) {
    const left = Math.floor(until - clock.monotonic());
    if (left <= 0) return ends('timeout', 'nobody was free to do it in the time it had');
    const told = await callOver(await parts.at(), callOf(parts.wish, payload, left), job.signal);
    if (job.signal.aborted) return ends('aborted', 'the attempt was called off');
    transcript.write(clock.now(), { event: { type: 'told', ...told } });
    const what = meaning(told);
    if (what.kind === 'handoff') return handIn(job, what.worker, what.payload, transcript, clock);
    if (what.kind === 'end') return what.end;
    if (what.isAbsent) absentSince ??= clock.monotonic();
    else absentSince = undefined;
    if (absentSince !== undefined && clock.monotonic() - absentSince >= ABSENT_MS)
      return ends(told.kind === 'silent' ? 'lost' : 'cannot-run', what.why);
    job.onActivity({ kind: 'text', detail: what.why });
    await pause(clock, Math.max(what.againMs, AGAIN_MS), job.signal);
    if (job.signal.aborted) return ends('aborted', 'the attempt was called off');
  }
}

const callOf = (wish: ForeignWish, payload: string, left: number) => ({
  ...('name' in wish ? { to: wish.name } : { to: ANYBODY, requires: wish.requires }),
  method: METHOD,
  payload,
  timeout_ms: Math.min(left, BRIDGE_LIMITS.timeoutMs),
  from: 'swarm',
});

/** The task as it goes over every wire, and what an agent here would be told. */
function payloadOf({ taskJson, attempt, prompt }: AgentJob): string {
  const task = JSON.parse(taskJson) as Record<string, unknown>;
  return JSON.stringify({ ...task, attempt, prompt: wholePrompt(prompt) });
}

type Meaning =
  | { readonly kind: 'handoff'; readonly worker: string; readonly payload: string }
  | { readonly kind: 'end'; readonly end: End }
  /** Nobody has it: it is asked again. */
  | { readonly kind: 'again'; readonly why: string; readonly againMs: number; readonly isAbsent: boolean };

function meaning(told: Told): Meaning {
  if (told.kind === 'silent') {
    const why = `the bridge does not answer: ${told.why}`;
    // Somebody may work on it: what that makes is nobody's any more.
    if (told.isSent) return { kind: 'end', end: ends('lost', why) };
    return { kind: 'again', why, againMs: 0, isAbsent: true };
  }
  const { status, body, worker = 'a worker', retryAfterMs } = told;
  if (status === 200) return { kind: 'handoff', worker, payload: body };
  const why = refusalIn(body);
  const isGone = status === 503 && told.worker !== undefined;
  if (isGone) return { kind: 'end', end: ends('lost', why) };
  if (status === 504) return { kind: 'end', end: ends('timeout', why) };
  if (status === 502) return { kind: 'end', end: ends('failed', why) };
  if (status === 404 || status === 429 || status === 503)
    return { kind: 'again', why, againMs: retryAfterMs, isAbsent: status === 404 };
  return { kind: 'end', end: ends('cannot-run', `the bridge answers ${status}: ${why}`) };
}

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      cancel();
      signal.removeEventListener('abort', over);
      resolve();
    };
    const cancel = clock.after(ms, over);
    signal.addEventListener('abort', over, { once: true });
  });
}

// ───────────── what it hands in ─────────────

async function handIn(
  job: AgentJob,
  worker: string,
  payload: string,
  transcript: ForeignTranscript,
  clock: Clock,
): Promise<End> {
  const read = handedIn(payload);
  if ('problem' in read)
    return ends('bad-output', `what ${worker} handed in cannot be read: ${read.problem}`);
  const { claim, patch } = read;
  job.onActivity({ kind: 'text', detail: `${worker} answered` });
  if (patch !== undefined) {
    const problem = await applied(job, patch);
    transcript.write(clock.now(), { event: { type: 'patched', characters: patch.length, problem } });
    if (problem !== undefined)
      return ends('failed', `the patch of ${worker} does not apply: ${problem}`, claim);
  }
  const isNot = claim.status === 'blocked' || claim.status === 'failed';
  return ends(isNot ? (claim.status as 'blocked' | 'failed') : 'finished', `answered by ${worker}`, claim);
}

/** In the sandbox, so that whatever it says, it is the workspace alone that changes. Undefined: it did. */
async function applied(job: AgentJob, patch: string): Promise<string | undefined> {
  const room = await job.open({ readOnly: [] });
  try {
    const path = await room.place({ name: 'work.patch', text: patch.endsWith('\n') ? patch : `${patch}\n` });
    const problem = await gitApply(room, job, path);
    if (problem === undefined) return undefined;
    // The attempt before it may have left the same.
    const isThere = await gitApply(room, job, path, '--reverse', '--check');
    return isThere === undefined ? undefined : problem;
  } finally {
    await room.close();
  }
}

async function gitApply(
  room: Room,
  { attempt, signal }: AgentJob,
  path: string,
  ...how: readonly string[]
): Promise<string | undefined> {
  const result = await room.run({
    name: attempt,
    argv: ['git', 'apply', '--whitespace=nowarn', ...how, '--', path],
    env: {},
    network: 'none',
    limits: { wallMs: APPLY_MS, outputBytes: OUTPUT_BYTES },
    signal,
  });
  if (result.end === 'exited' && result.exitCode === 0) return undefined;
  return result.output.trim().slice(0, 1_000) || result.end;
}
