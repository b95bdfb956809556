/**
 * The agent's own side: what the composition root runs as a child process inside the sandbox. It brings the
 * Model; everything else comes from the job file.
 */
import { readFileSync } from 'node:fs';
import { SwarmError } from '@swarm/core/errors';
import type { AttemptId, TaskId } from '@swarm/core/model/ids';
import type { Model } from '@swarm/core/ports/models';
import type { Clock } from '@swarm/core/ports/world';
import { z } from 'zod';
import { formatAgentEvent } from './agent-events.ts';
import type { AgentEnding } from './loop.ts';
import { runAgent } from './loop.ts';
import { createToolbox } from './tools/index.ts';

/** Names the job file, as the child sees it. */
export const JOB_VARIABLE = 'SWARM_AGENT_JOB';

const childJob = z.object({
  attempt: z.string(),
  task: z.string(),
  /** Absolute path of the workspace, as the child sees it. */
  workspace: z.string(),
  prompt: z.object({ system: z.string(), user: z.string() }),
  /** The model's configured name, sent as it stands. */
  model: z.string(),
  limits: z.object({
    steps: z.number().int().positive(),
    tokens: z.number().int().positive(),
    wallMs: z.number().int().positive(),
    contextChars: z.number().int().positive(),
  }),
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
export function runChildJob(
  job: ChildJob,
  parts: {
    readonly model: Model;
    readonly clock: Clock;
    readonly signal: AbortSignal;
    readonly env: Readonly<Record<string, string>>;
    readonly print: (line: string) => void;
  },
): Promise<AgentEnding> {
  const { model, clock, signal, env, print } = parts;
  return runAgent({
    model,
    clock,
    signal,
    tools: createToolbox({ workspace: job.workspace, env, clock }),
    prompt: job.prompt,
    limits: job.limits,
    emit: (event) => print(formatAgentEvent(event)),
    task: job.task as TaskId,
    attempt: job.attempt as AttemptId,
  });
}
