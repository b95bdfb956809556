/**
 * The agent's own side: what the composition root runs as a child process inside the sandbox. It brings the
 * Model; everything else comes from the job file.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { SwarmError } from '@swarm/core/errors';
import { DIALECT_NAMES } from '@swarm/core/model/dialect';
import type { AttemptId, TaskId } from '@swarm/core/model/ids';
import type { Model } from '@swarm/core/ports/models';
import type { Clock } from '@swarm/core/ports/world';
import * as z from 'zod';
import { type AgentEvent, formatAgentEvent } from './agent-events.ts';
import type { AgentEnding } from './agent-run.ts';
import { runAgent } from './loop.ts';
import { toolsOfHost } from './mcp/host.ts';
import { mcpTool } from './mcp/server.ts';
import { NotesFile } from './notes.ts';
import { readTalk, type Talk, writeTalk } from './talk.ts';
import { createToolbox } from './tools/index.ts';

/** Names the job file, as the child sees it. */
export const JOB_VARIABLE = 'SWARM_AGENT_JOB';

const childJob = z.object({
  attempt: z.string(),
  task: z.string(),
  /** Absolute path of the workspace, as the child sees it. */
  workspace: z.string(),
  prompt: z.object({ system: z.string(), user: z.string() }),
  /** Files outside the workspace that may be read, as the child sees them. */
  readable: z.array(z.string()).optional(),
  /** Where the conversation is left when the agent hands in, as the child sees it. */
  talkOut: z.string().optional(),
  /** Where notes of the operator's come while it works, as the child sees it. */
  notes: z.string().optional(),
  /** The conversation goes on: what an earlier child left, and what is told now. */
  goOn: z.object({ talk: z.string(), told: z.string() }).optional(),
  /** The model's configured name, sent as it stands. */
  model: z.string(),
  /** What the gateway is asked in; chat completions when absent. */
  dialect: z.enum(DIALECT_NAMES).optional(),
  limits: z.object({
    steps: z.number().int().positive(),
    tokens: z.number().int().positive(),
    wallMs: z.number().int().positive(),
    windowTokens: z.number().int().positive().optional(),
  }),
  /** The model calls no tools by itself. */
  textTools: z.boolean().optional(),
  /** Tools it has, besides its plan and handing in; all of them when absent. */
  tools: z.array(z.string()).optional(),
  /** Tools of MCP servers: the driver calls them. */
  mcp: z.array(mcpTool).optional(),
});
export type ChildJob = z.infer<typeof childJob>;

/** @throws SwarmError SW0801 when the variable or the file is not as the driver makes them. */
export function readChildJob(env: Readonly<Record<string, string | undefined>>): ChildJob {
  const path = env[JOB_VARIABLE];
  try {
    return childJob.parse(JSON.parse(readFileSync(path ?? '', 'utf8')));
  } catch (cause) {
    const what = `the agent's job ${path ?? `(${JOB_VARIABLE} is not set)`} cannot be read`;
    throw new SwarmError({ code: 'SW0801', what, why: (cause as Error).message }, { cause });
  }
}

/** Runs the job to its ending, one event a line through `print` (whole lines without the newline). */
export async function runChildJob(
  job: ChildJob,
  parts: {
    readonly model: Model;
    readonly clock: Clock;
    readonly signal: AbortSignal;
    readonly env: Readonly<Record<string, string>>;
    readonly print: (line: string) => void;
    /** Where the driver answers. */
    readonly input: Readable;
  },
): Promise<AgentEnding> {
  const { model, clock, env, print } = parts;
  const signal = job.mcp ? AbortSignal.any([parts.signal, endOf(parts.input)]) : parts.signal;
  const emit = (event: AgentEvent): void => print(formatAgentEvent(event));
  const tools = createToolbox({
    workspace: job.workspace,
    readable: job.readable ?? [],
    env,
    clock,
    only: job.tools,
    more: job.mcp && toolsOfHost(job.mcp, parts.input, emit),
  });
  return runAgent({
    model,
    clock,
    signal,
    tools,
    prompt: job.prompt,
    ...(job.textTools && { textTools: true }),
    ...(job.goOn && { talk: readTalk(job.goOn) }),
    ...(job.notes !== undefined && { notes: new NotesFile(job.notes) }),
    limits: job.limits,
    emit,
    // Before the last event, which lets the host look for it.
    onHandedIn: (talk) => job.talkOut !== undefined && leave(job.talkOut, talk),
    task: job.task as TaskId,
    attempt: job.attempt as AttemptId,
  }).finally(() => tools.close());
}

/** Fires when the driver says no more: it has called the agent off. */
function endOf(input: Readable): AbortSignal {
  const ended = new AbortController();
  input.once('end', () => ended.abort());
  return ended.signal;
}

/** Best effort: without it the attempt's checks end the attempt, as they do for an agent that keeps no conversation. */
function leave(path: string, talk: Talk): void {
  try {
    writeFileSync(path, writeTalk(talk), { mode: 0o600 });
  } catch {
    // A full disk or a folder its own commands removed.
  }
}
