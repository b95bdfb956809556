/** What is said over the control socket: one JSON document a line, requests one way, replies the other. */
import type { Command } from '@swarm/core/commands';
import type { Problem } from '@swarm/core/errors';
import type { Entry, Event } from '@swarm/core/events';
import { AMENDED_MAX, type AmendedPlan } from '@swarm/core/model/amended-plan';
import type { RunId, TaskId } from '@swarm/core/model/ids';
import type { Usage } from '@swarm/core/model/usage';
import { readDraft, type TaskDraft } from '@swarm/core/rules/task-format';
import { lineProblem, textProblem } from '@swarm/core/rules/text';
import type { OpenedState } from '@swarm/core/state';
import type { PlanDiff } from '@swarm/core/views/plan-diff';
import type { WorkerLine } from '@swarm/mesh';
import type { UndoOutcome } from '@swarm/orchestrator';
import * as z from 'zod';

/** Bytes of one request, its newline included. */
export const REQUEST_BYTES_MAX = 1 << 20;
/** Bytes of one reply: cancelling a run of 100,000 tasks is an event for each. */
export const REPLY_BYTES_MAX = 64 << 20;
/** Bytes of one entry on its way: the journal's longest line and what stands around it. */
export const ENTRY_BYTES_MAX = 65 << 20;
/** Tasks in one request. */
const DRAFTS_MAX = 1_000;
/** Characters of an amendment, a hint, a reason. */
const TEXT_MAX = 16_384;

/** Of the core's union, what a person may ask of a live run, and only as the operator. */
export type SteeringCommand = Extract<
  Command,
  {
    type:
      | 'pause'
      | 'continue'
      | 'cancelTask'
      | 'cancelRun'
      | 'retry'
      | 'tell'
      | 'acceptTasks'
      | 'amend'
      | 'prioritise'
      | 'setNote'
      | 'scale'
      | 'raiseLimits';
  }
>;

/** What to take back: a task, or `run` for all that has landed. */
export interface AskedUndo {
  readonly what: TaskId | 'run';
  readonly withDependents: boolean;
}

/** The journal's entries from `from` on, and every one that follows once it is on disk, until the run is left. */
export interface AskedEntries {
  readonly v: 1;
  readonly run?: string;
  readonly get: 'entries';
  readonly from: number;
}

/** `run`: the run it is meant for; another one at the same address refuses. */
export type ControlRequest =
  | { readonly v: 1; readonly run?: string; readonly get: 'state' }
  | AskedEntries
  | { readonly v: 1; readonly run?: string; readonly undo: AskedUndo }
  | { readonly v: 1; readonly run?: string; readonly propose: { readonly text: string } }
  | { readonly v: 1; readonly run?: string; readonly command: SteeringCommand };

/** Where the run stands, right after what was asked took effect. Counts, but for `workers` of what there is now. */
export interface Standing {
  readonly run: RunId;
  readonly pid: number;
  readonly mode: 'planner' | 'plan' | 'land';
  readonly landOn: string;
  /** The most attempts at a time. */
  readonly workers: number;
  readonly working: number;
  readonly landing: number;
  readonly waiting: number;
  readonly tasks: number;
  readonly landed: number;
  readonly isPlanning: boolean;
  /** It was told to leave; what is asked now counts when it is resumed. */
  readonly isStopping: boolean;
  /** `since`: RFC 3339. */
  readonly paused: { readonly reason: string; readonly since: string } | null;
  /** In a run of many hosts, when the state is asked for: who is there now. */
  readonly hosts?: readonly WorkerLine[];
}

/** What a planner would change, which a person says yes or no to. */
export interface Proposed {
  readonly plan: AmendedPlan;
  /** What it would change now. */
  readonly diff: PlanDiff;
  /** What was used to ask. */
  readonly usage: Usage;
}

/** `undone`: what came of an undo, exactly where one was asked for. */
export type ControlReply =
  | {
      readonly ok: true;
      readonly events: readonly Event[];
      readonly undone?: UndoOutcome;
      /** Exactly where a changed plan was asked for. */
      readonly proposed?: Proposed;
      readonly state: Standing;
    }
  | { readonly ok: false; readonly problem: Problem };

/** One of the entries that were asked for. */
export interface EntryTold {
  readonly entry: Entry;
}

/**
 * Said again and again while an undo waits for its turn or its gate, or a planner answers, and the reply comes after the
 * last; and between entries, where none comes.
 */
export interface StillAtIt {
  readonly waitingMs: number;
}

export function standingOf(
  s: OpenedState,
  about: { readonly pid: number; readonly isStopping: boolean },
): Standing {
  const { id, request } = s.run;
  return {
    run: id,
    ...about,
    mode: request.mode,
    landOn: request.landOn,
    workers: s.workers,
    working: s.liveAttempts.size,
    landing: s.openLandings.size,
    waiting: s.byState.pending.size,
    tasks: s.tasks.size,
    landed: s.landedCount,
    isPlanning: s.planning.live !== undefined,
    paused: s.paused ? { reason: s.paused.reason, since: new Date(s.paused.at).toISOString() } : null,
  };
}

// ───────────────────────── reading a request ─────────────────────────

const complain = (ctx: z.RefinementCtx<string>, why: string | undefined): void => {
  if (why !== undefined) ctx.addIssue({ code: 'custom', message: why, input: ctx.value });
};
const text = z
  .string()
  .trim()
  .min(1)
  .max(TEXT_MAX)
  .superRefine((value, ctx) => complain(ctx, textProblem(value)));
const line = z
  .string()
  .max(200)
  .superRefine((value, ctx) => complain(ctx, lineProblem(value)));
/** Whether there is such a task is the run's to say: it knows what was meant. */
const task = line;
const operator = z.literal('operator');

const draft = z.looseObject({ label: z.string() }).transform((value, ctx): TaskDraft => {
  const { label, ...rest } = value;
  const reading = readDraft({ ...rest, id: label });
  if (reading.ok) return reading.draft;
  for (const { path, why } of reading.problems)
    ctx.addIssue({ code: 'custom', message: `${path} ${why}`, input: value });
  return z.NEVER;
});

const command = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('pause'), reason: operator, detail: line }),
  z.strictObject({ type: z.literal('continue'), by: operator }),
  z.strictObject({ type: z.literal('cancelTask'), task, reason: line, by: operator }),
  z.strictObject({ type: z.literal('cancelRun'), reason: line }),
  z.strictObject({ type: z.literal('retry'), task, hint: text.optional(), by: operator }),
  z.strictObject({ type: z.literal('tell'), task, text }),
  z.strictObject({
    type: z.literal('acceptTasks'),
    drafts: z.array(draft).min(1).max(DRAFTS_MAX),
    from: z.strictObject({ by: operator }),
    // One mistake refuses them all: a person mends the text and sends it again.
    eachAlone: z.literal(false),
  }),
  z.strictObject({
    type: z.literal('amend'),
    text,
    plan: z
      .strictObject({
        drafts: z.array(draft).max(AMENDED_MAX),
        cancel: z.array(line).max(AMENDED_MAX),
        isDone: z.boolean(),
      })
      .optional(),
  }),
  z.strictObject({ type: z.literal('scale'), workers: z.int(), role: line.optional(), reason: line }),
  z.strictObject({
    type: z.literal('setNote'),
    key: line,
    value: z.string().max(TEXT_MAX),
    version: z.int().nonnegative(),
    by: operator,
  }),
  z.strictObject({
    type: z.literal('prioritise'),
    task,
    place: z.union([z.int(), z.enum(['first', 'last'])]),
  }),
  z.strictObject({
    type: z.literal('raiseLimits'),
    tokens: z.int().positive().optional(),
    usd: z.number().positive().optional(),
    timeMs: z.int().positive().optional(),
    by: z
      .strictObject({
        tokens: z.int().positive().optional(),
        usd: z.number().positive().optional(),
        timeMs: z.int().positive().optional(),
      })
      .optional(),
  }),
]);
const propose = z.strictObject({ text });
const undo = z.strictObject({ what: task, withDependents: z.boolean() });
const envelope = { v: z.literal(1), run: z.string().max(40).optional() };
const request = z.union([
  z.strictObject({ ...envelope, get: z.literal('state') }),
  z.strictObject({ ...envelope, command }),
  z.strictObject({ ...envelope, undo }),
  z.strictObject({ ...envelope, propose }),
  z.strictObject({ ...envelope, get: z.literal('entries'), from: z.int().min(1) }),
]);

export type RequestReading =
  | { readonly ok: true; readonly request: ControlRequest }
  | { readonly ok: false; readonly problem: Problem };

export type Reading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly why: string };

/** What a person may ask of a live run, said in another way than over the socket. None of them throws. */
export const readCommand = (value: unknown): Reading<SteeringCommand> => readBy(command, value);
export const readUndo = (value: unknown): Reading<AskedUndo> => readBy(undo, value);
export const readProposal = (value: unknown): Reading<{ readonly text: string }> => readBy(propose, value);

function readBy<T>(shape: z.ZodType, value: unknown): Reading<T> {
  const parsed = shape.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data as T };
  return { ok: false, why: whyOf(parsed.error) };
}

/** Never throws, whatever the bytes are. */
export function readRequest(json: string): RequestReading {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return wrong('it is not JSON');
  }
  const parsed = shapeOf(Object(value)).safeParse(value);
  // Task ids are branded strings: the core itself says which exist.
  if (parsed.success) return { ok: true, request: parsed.data as ControlRequest };
  return wrong(whyOf(parsed.error));
}

const whyOf = (error: z.ZodError): string => z.prettifyError(error).slice(0, 2_000);

/** The one that was meant, so that what is wrong is said of it and not of all. */
function shapeOf(value: object): z.ZodType {
  if ('command' in value) return request.options[1];
  if ('propose' in value) return request.options[3];
  if ('from' in value) return request.options[4];
  return 'undo' in value ? request.options[2] : request;
}

const wrong = (why: string): RequestReading => ({
  ok: false,
  problem: {
    code: 'SW0101',
    what: 'the request on the control socket is wrong',
    why,
    fix: 'swarm --help   (the commands that steer a run write it for you)',
  },
});
