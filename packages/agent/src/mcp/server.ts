/** A server of the Model Context Protocol, as the operator configures it, and its tools, as the model is told of them. */
import type { AttemptId } from '@swarm/core/model/ids';
import type { Room } from '@swarm/core/ports/running';
import * as z from 'zod';

export interface McpServer {
  /** Letters, digits, `_` and `-`. */
  readonly name: string;
  /** A program that speaks on stdin and stdout, or the address of a server. */
  readonly at:
    | { readonly run: readonly string[]; readonly where: 'inside' | 'outside' }
    | { readonly url: string; readonly headers: Readonly<Record<string, string>> };
  readonly env: Readonly<Record<string, string>>;
  /** Names of the tools that are offered. Absent: all. */
  readonly tools?: readonly string[];
  /** The most time of its start, and of one call. */
  readonly timeoutMs: number;
}

export interface McpParts {
  readonly servers: readonly McpServer[];
  /** A place outside of every sandbox, for servers that run there. The caller closes it. */
  outside(attempt: AttemptId): Promise<Pick<Room, 'start' | 'close'>>;
  /** Takes known secrets out of what a server says. */
  redact(text: string): string;
}

/** A tool of a server, under the name that the model calls it by. */
export const mcpTool = z.object({
  name: z.string(),
  description: z.string(),
  parameters: z.record(z.string(), z.unknown()),
});
export type McpTool = z.infer<typeof mcpTool>;

/** What a call came to, as the model reads it. */
export const mcpAnswer = z.object({ ok: z.boolean(), output: z.string() });
export type McpAnswer = z.infer<typeof mcpAnswer>;

/** Servers of model APIs take no longer names of tools, and no other characters. */
const TOOL_NAME = /^[\w-]{1,64}$/;

/** Undefined: no model could call it. */
export function offeredName(server: string, tool: string): string | undefined {
  const name = `mcp__${server}__${tool}`;
  return TOOL_NAME.test(name) ? name : undefined;
}
