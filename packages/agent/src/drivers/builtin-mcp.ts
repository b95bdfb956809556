/** Our own agent with servers of the Model Context Protocol: the driver calls them for it, over its stdin and stdout. */
import type { AgentJob } from '@swarm/core/ports/running';
import { EVENT_LINE_MAX_BYTES, parseAgentEvent } from '../agent-events.ts';
import type { ChildJob } from '../child.ts';
import { type OpenServers, openServers } from '../mcp/open.ts';
import type { McpParts } from '../mcp/server.ts';
import { callNotes, NOTES_TOOL } from '../shared-notes.ts';
import { cleanLine, openTranscript, plainText } from '../transcript.ts';
import type { DriverParts, Note, Session, Talking } from './session.ts';

/** Calls of one agent under way at the same time. */
const CALLS_MAX = 32;

/** Opens the servers, and ends them with the work. What they print goes into the transcript. */
export async function withServers<T>(
  mcp: McpParts,
  parts: DriverParts,
  job: AgentJob,
  { room, pass }: Session,
  work: (servers: OpenServers) => Promise<T>,
): Promise<T> {
  const path = parts.transcriptPath(job.attempt);
  const transcript = openTranscript(path, cleanLine(pass?.token, parts.clean), () => {});
  const note: Note = (fields) => transcript.write(parts.clock.now(), fields);
  const servers = await openServers(mcp, {
    attempt: job.attempt,
    room,
    wallMs: job.limits.wallMs,
    signal: job.signal,
    note,
  });
  try {
    for (const why of servers.absent) job.onActivity({ kind: 'text', detail: `not there: ${why}` });
    return await work(servers);
  } finally {
    await servers.close();
    await transcript.close();
  }
}

type Called = Pick<OpenServers, 'tools' | 'absent' | 'call'>;

/** The run's notes go the same way as a server's tools: our own driver answers. */
export function withNotes(
  { shared }: AgentJob,
  { clean }: DriverParts,
  servers?: Called,
): Called | undefined {
  if (!shared) return servers;
  return {
    tools: [...(servers?.tools ?? []), NOTES_TOOL],
    absent: servers?.absent ?? [],
    call: async (tool, args) =>
      tool === NOTES_TOOL.name ? callNotes(shared, args, clean) : servers!.call(tool, args),
  };
}

/** What is not there is said to the model, so that it does not look for it. */
export function mcpOf({ prompt }: AgentJob, { tools, absent }: Called): Pick<ChildJob, 'mcp' | 'prompt'> {
  if (absent.length === 0) return { mcp: [...tools], prompt };
  const said = ['Not there in this attempt:', ...absent.map((why) => `- ${why}`)].join('\n');
  return { mcp: [...tools], prompt: { ...prompt, user: `${prompt.user.trimEnd()}\n\n${said}\n` } };
}

/** @param onStdout true when a line is an event, which is then kept as one. */
export function talkWith(servers: Called, onStdout: (line: string) => boolean): Talking {
  return {
    lineBytes: EVENT_LINE_MAX_BYTES,
    async with(process, note, signal) {
      let calls = 0;
      const answer = async (id: number, tool: string, args: string): Promise<void> => {
        calls += 1;
        const given =
          calls > CALLS_MAX
            ? { ok: false, output: `more than ${CALLS_MAX} calls at the same time` }
            : await servers.call(tool, args);
        calls -= 1;
        await process.stdin.write(`${JSON.stringify({ id, ...given })}\n`);
      };
      signal.addEventListener('abort', () => process.stdin.end(), { once: true });
      for await (const { stream, text } of process.lines) {
        if (stream !== 'stdout') continue;
        const event = parseAgentEvent(text);
        if (event?.type === 'mcp.called') void answer(event.id, event.tool, event.args);
        else if (onStdout(text)) note({ event: JSON.parse(text) as unknown });
        else note({ stream, text: plainText(text) });
      }
    },
  };
}
