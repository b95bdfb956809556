/**
 * READ SECOND (after loop.ts). What happens inside an attempt, as the agent's process says it: one JSON object
 * a line on stdout, nothing else there. The host reads these lines as hostile input: `parseAgentEvent` keeps
 * what fits the schema and nothing more.
 */
import type { AgentEnd } from '@swarm/core/model/attempt';
import {
  HANDOFF_LIST_MAX,
  HANDOFF_STATUSES,
  HANDOFF_TEXT_MAX,
  type HandoffClaim,
} from '@swarm/core/model/handoff';
import * as z from 'zod';

/** Most bytes of one line, newline left out; the sandbox cuts longer ones, which would not parse. */
export const EVENT_LINE_MAX_BYTES = 64 * 1024;

/** Every way the loop ends: the agent's own ends, and two that the driver has to look into. */
export const LOOP_ENDS = [
  'handed-in', // submit_handoff was called
  'finished', // it kept answering with text alone: its last text is the summary, status `partial`
  'step-limit',
  'token-limit',
  'timeout',
  'stuck', // it repeated the same calls with the same results
  'bad-output', // nothing usable in three answers running
  'model-down', // no endpoint answers, or none accepts the key
  'quota', // the gateway or the provider refuses to spend more
  'failed', // the endpoint refuses the request, or a fault of the agent's own
  'aborted',
] as const satisfies readonly (AgentEnd | 'handed-in' | 'quota')[];
export type LoopEnd = (typeof LOOP_ENDS)[number];

const count = z.number().int().nonnegative();
const claimText = z.string().max(HANDOFF_TEXT_MAX);
const claim: z.ZodType<HandoffClaim> = z.object({
  status: z.enum(HANDOFF_STATUSES),
  summary: claimText,
  concerns: z.array(claimText).max(HANDOFF_LIST_MAX),
  suggestions: z.array(claimText).max(HANDOFF_LIST_MAX),
});
/** As the loop saw it: for the transcript. What is charged is what the gateway metered. */
const usage = z.object({
  calls: count,
  inputTokens: count,
  outputTokens: count,
  costUsd: z.number().nonnegative(),
  priced: z.boolean(),
});

const agentEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('started'), model: z.string(), tools: z.array(z.string()) }),
  z.object({ type: z.literal('asked'), step: count, messages: count, chars: count }),
  z.object({
    type: z.literal('answered'),
    step: count,
    how: z.string(),
    text: z.string(),
    calls: count,
    usage,
  }),
  z.object({ type: z.literal('tool.called'), step: count, tool: z.string(), args: z.string() }),
  z.object({
    type: z.literal('tool.ended'),
    step: count,
    tool: z.string(),
    ok: z.boolean(),
    durationMs: count,
    output: z.string(),
  }),
  /** A tool of an MCP server is called: the driver answers on stdin. */
  z.object({ type: z.literal('mcp.called'), id: count, tool: z.string(), args: z.string() }),
  /** The model was told what was wrong with its answer, or that its room is running out. */
  z.object({ type: z.literal('nudged'), step: count, why: z.string() }),
  /** The model is told what the operator said; `notes`: how many by now. */
  z.object({ type: z.literal('heard'), step: count, notes: count, text: z.string() }),
  /** The server counted fewer tokens than the prompt has: it left a part of it out, and said nothing. */
  z.object({ type: z.literal('cut'), step: count, counted: count, least: count }),
  /** Old tool outputs left the conversation to make room. */
  z.object({ type: z.literal('elided'), step: count, parts: count, chars: count }),
  /** Turns left the conversation: summed up by the model, or by the agent itself, or because a request was refused. */
  z.object({
    type: z.literal('compacted'),
    step: count,
    by: z.enum(['model', 'itself', 'refused']),
    before: count,
    after: count,
    windowTokens: count,
  }),
  /** A sign of life during one long wait; every such wait has a deadline of its own. */
  z.object({ type: z.literal('waiting'), step: count, for: z.enum(['model', 'tool']) }),
  z.object({
    type: z.literal('ended'),
    reason: z.enum(LOOP_ENDS),
    detail: z.string(),
    claim: claim.optional(),
    usage,
    steps: count,
    toolCalls: count,
  }),
]);

export type AgentEvent = z.infer<typeof agentEvent>;

/** The event a line holds, or undefined when the line is anything else. Never throws. */
export function parseAgentEvent(line: string): AgentEvent | undefined {
  if (!line.startsWith('{') || line.length > EVENT_LINE_MAX_BYTES) return undefined;
  try {
    return agentEvent.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** String lengths tried in turn. The last fits a full claim even when every character needs six bytes. */
const STRING_CAPS = [16_000, 4_000, 1_000, 240];

/** One line without its newline, at most EVENT_LINE_MAX_BYTES: strings are cut until it fits, numbers never. */
export function formatAgentEvent(event: AgentEvent): string {
  let line = '';
  for (const cap of STRING_CAPS) {
    line = JSON.stringify(event, (_key, value) => (typeof value === 'string' ? cutText(value, cap) : value));
    if (Buffer.byteLength(line) <= EVENT_LINE_MAX_BYTES) break;
  }
  return line;
}

/** The beginning of `text`, at most `max` characters, ending in an ellipsis when something was cut. */
export function cutText(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1)}…`;
}
