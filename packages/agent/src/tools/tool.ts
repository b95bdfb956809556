/** What a tool is. The table of them is in index.ts. */
import type { HandoffClaim } from '@swarm/core/model/handoff';
import type { Clock } from '@swarm/core/ports/world';
import { z } from 'zod';

/** Where tools act. They run inside the sandbox, in the agent's own process. */
export interface ToolPlace {
  /** Absolute path of the workspace, as this process sees it. */
  readonly workspace: string;
  /** Environment of the commands that tools start. */
  readonly env: Readonly<Record<string, string>>;
  readonly clock: Clock;
}

export interface ToolOutcome {
  readonly ok: boolean;
  /** What the model reads. */
  readonly output: string;
  /** Set by submit_handoff alone: the attempt ends with it. */
  readonly claim?: HandoffClaim;
}

export interface Tool<A> {
  readonly name: string;
  /** Written for the model: what it does, what it gives back, its caps. */
  readonly description: string;
  readonly schema: z.ZodType<A>;
  /** Throws ToolFault for what the model can put right. */
  run(args: A, place: ToolPlace, signal: AbortSignal): Promise<ToolOutcome>;
}

/** Something the model asked for that cannot be done; the message says what, on what, why, and what to do. */
export class ToolFault extends Error {}

/** Text that becomes an argument of a program, which no NUL can be part of. */
export const argumentText = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((text) => !text.includes('\0'), 'holds a NUL character');

export const done = (output: string): ToolOutcome => ({ ok: true, output });
