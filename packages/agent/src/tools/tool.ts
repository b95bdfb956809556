/** What a tool is. The table of them is in index.ts. */
import type { HandoffClaim } from '@swarm/core/model/handoff';
import type { Clock } from '@swarm/core/ports/world';
import * as z from 'zod';
import type { Background } from './background.ts';

/** Where tools act. They run inside the sandbox, in the agent's own process. */
export interface ToolPlace {
  /** Absolute path of the workspace, as this process sees it. */
  readonly workspace: string;
  /** Absolute paths of files outside of it that were put there to be read. */
  readonly readable: readonly string[];
  /** Environment of the commands that tools start. */
  readonly env: Readonly<Record<string, string>>;
  readonly clock: Clock;
  /** Commands that run while the agent goes on. */
  readonly background: Background;
  /** The most characters of one output that the conversation has room for. */
  readonly outputChars: number;
}

export interface ToolOutcome {
  readonly ok: boolean;
  /** What the model reads. */
  readonly output: string;
  /** Set by submit_handoff alone: the attempt ends with it. */
  readonly claim?: HandoffClaim;
  /** Set by plan alone: it is shown again when the conversation is summed up. */
  readonly plan?: string;
  /** It only waited for what still runs: to do so again is no repetition. */
  readonly isWaiting?: true;
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
