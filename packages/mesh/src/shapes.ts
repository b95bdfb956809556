/** What comes from the other side, read by schema: every text and number of it is bounded. */
import { AGENT_ENDS, type AgentEnd } from '@swarm/core/model/attempt';
import { HANDOFF_STATUSES } from '@swarm/core/model/handoff';
import { isHostName, SLOTS_MAX } from '@swarm/core/model/host';
import { type CommitId, parseCommitId } from '@swarm/core/model/ids';
import { capabilityProblem } from '@swarm/core/rules/capabilities';
import { z } from 'zod';

const count = z.number().int().min(0).max(1e12);
const text = (max: number) => z.string().max(max);
const texts = (most: number, max: number) => z.array(text(max)).max(most);
const commit = z.custom<CommitId>((value) => typeof value === 'string' && parseCommitId(value) !== undefined);

/** Of one bench on a host. `tied`: its agent needs the home that opened it. */
const HELD = z
  .object({
    bench: text(80),
    state: z.enum(['idle', 'working', 'worked']),
    tied: z.boolean(),
  })
  .strict();
export type Held = z.infer<typeof HELD>;

export const BEAT = z
  .object({
    protocol: z.number().int(),
    version: text(40),
    /** Another one each time the host's process begins. */
    session: text(80),
    slots: z.number().int().min(0).max(SLOTS_MAX),
    capabilities: z.array(text(80).refine((one) => capabilityProblem(one) === undefined)).max(64),
    /** Counted from 1 in a session. */
    n: count,
    /** The run it works for; empty: none. */
    run: text(80),
    epoch: count,
    held: z.array(HELD).max(SLOTS_MAX * 4),
    clock: z.number(),
    load: z.number().min(0).max(1e6),
    cpus: z.number().int().min(0).max(1e6),
    /** Present: it takes nothing any more, and why. */
    leaving: text(200).optional(),
  })
  .strict();
export type Beat = z.infer<typeof BEAT>;

export const hostName = z.string().refine(isHostName);

const usage = z
  .object({
    calls: count,
    inputTokens: count,
    outputTokens: count,
    costUsd: z.number().min(0).max(1e9),
    priced: z.boolean(),
  })
  .strict();

export { usage as USAGE };

const claim = z
  .object({
    status: z.enum(HANDOFF_STATUSES),
    summary: text(200_000),
    concerns: texts(1_000, 20_000),
    suggestions: texts(1_000, 20_000),
  })
  .strict();

export const AGENT_RESULT = z.object({
  end: z.enum(Object.keys(AGENT_ENDS) as [AgentEnd, ...AgentEnd[]]),
  detail: text(1_000_000),
  claim: claim.optional(),
  usage,
  toolCalls: count,
  cutOff: count.optional(),
  talk: text(64 * 1024 * 1024).optional(),
  wasFull: z.boolean().optional(),
  leaked: texts(1_000, 200).optional(),
});

export const SANDBOX_RESULT = z.object({
  end: z.enum(['exited', 'timeout', 'aborted', 'output-limit', 'killed', 'cannot-run']),
  exitCode: z.number().int().optional(),
  limit: z.enum(['memory', 'processes', 'disk', 'output']).optional(),
  output: text(16 * 1024 * 1024),
  durationMs: z.number().min(0).max(1e12),
  refused: texts(1_000, 400).optional(),
});

export const RAN = z.object({
  result: SANDBOX_RESULT,
  lines: z.array(z.tuple([z.enum(['stdout', 'stderr']), text(1_000_000)])).max(400_000),
});

export const SAVE_REPORT = z.object({
  leftOut: texts(10_000, 10_000),
  unwrapped: texts(10_000, 10_000),
  ignored: texts(10_000, 10_000),
});

export const SAVED = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('nothing'), report: SAVE_REPORT }),
  /** `pack`: base64. */
  z.object({ kind: z.literal('work'), head: commit, pack: z.string(), report: SAVE_REPORT }),
  z.object({ kind: z.literal('refused'), why: text(20_000) }),
  z.object({ kind: z.literal('failed'), why: text(20_000) }),
]);

export const OPENED = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('opened'),
    head: commit,
    conflicts: texts(100_000, 4_096),
    prefix: text(4_096),
    /** It was there already, from before the home's restart. */
    isHeld: z.boolean(),
  }),
  z.object({
    kind: z.literal('cannot-run'),
    reason: z.enum(['aborted', 'setup-failed', 'disk-full', 'host-gone']),
    detail: text(1_000_000),
  }),
]);

const tool = z.object({
  kind: z.literal('tool'),
  tool: text(100),
  detail: text(4_000),
  ok: z.boolean(),
  durationMs: z.number().min(0).max(1e12),
});
const reached = z.object({
  authority: text(300),
  requests: count,
  refused: count,
  up: count,
  down: count,
});
export const ACTIVITY = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('model'), detail: text(4_000) }),
  tool,
  z.object({ kind: z.literal('text'), detail: text(4_000) }),
  z.object({ kind: z.literal('network'), detail: text(4_000), reached: z.array(reached).max(40) }),
]);

export const WANTS = z.object({ wants: z.array(commit).min(1).max(16), haves: z.array(commit).max(10_000) });
export const ISSUE = z.object({
  attempt: text(80),
  tokens: z.number(),
  usd: z.number().optional(),
  model: text(400).optional(),
});
export const ATTEMPT = z.object({ attempt: text(80) });
export const NOTE = z.object({
  attempt: text(80),
  key: text(1_000),
  text: text(100_000),
  version: count,
});
export const TOLD = z.object({ bench: text(80), count });
