/** The agent's side of the door to MCP servers: a call is an event on stdout, its answer a line on stdin. */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import * as z from 'zod';
import type { AgentEvent } from '../agent-events.ts';
import type { MoreTools } from '../tools/more.ts';
import { type McpAnswer, type McpTool, mcpAnswer } from './server.ts';

/** Events hold no longer strings. */
const ARGUMENTS_MAX = 16_000;

const answerSchema = mcpAnswer.extend({ id: z.number() });

/** @param answers what the driver writes; when it ends, so do the calls. */
export function toolsOfHost(
  tools: readonly McpTool[],
  answers: Readable,
  emit: (event: AgentEvent) => void,
): MoreTools {
  const waiting = new Map<number, (answer: McpAnswer) => void>();
  let calls = 0;
  const settle = (id: number, answer: McpAnswer) => {
    waiting.get(id)?.(answer);
    waiting.delete(id);
  };
  const lines = createInterface({ input: answers });
  lines.on('line', (line) => {
    const { id, ...answer } = answerSchema.parse(JSON.parse(line));
    settle(id, answer);
  });
  lines.on('close', () => {
    for (const id of waiting.keys()) settle(id, { ok: false, output: 'nobody answers any more' });
  });
  return {
    specs: tools,
    async run(tool, args, signal) {
      if (args.length > ARGUMENTS_MAX)
        return { ok: false, output: `${tool}: its arguments are longer than ${ARGUMENTS_MAX} characters` };
      const id = ++calls;
      const { promise, resolve } = Promise.withResolvers<McpAnswer>();
      waiting.set(id, resolve);
      const stop = () => settle(id, { ok: false, output: `${tool}: called off` });
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      else emit({ type: 'mcp.called', id, tool, args });
      return promise.finally(() => signal.removeEventListener('abort', stop));
    },
  };
}
