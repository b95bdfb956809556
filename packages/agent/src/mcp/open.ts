/**
 * An attempt's servers of the Model Context Protocol: started or reached from here, asked for their tools, called, and
 * ended with it. The agent in the sandbox meets them only by the driver it talks to.
 */
import type { Client, Transport } from '@modelcontextprotocol/client';
import type { AttemptId } from '@swarm/core/model/ids';
import type { Room, RoomCommand } from '@swarm/core/ports/running';
import { cutText } from '../agent-events.ts';
import type { Note } from '../drivers/session.ts';
import { plainText } from '../transcript.ts';
import { LINE_MAX_BYTES } from '../wire.ts';
import { answerOf, type Offered, offer, resultSchema, toolPage } from './offer.ts';
import type { McpAnswer, McpParts, McpServer, McpTool } from './server.ts';
import { boundedFetch, processTransport } from './transports.ts';

export interface OpenAsk {
  readonly attempt: AttemptId;
  /** The attempt's own room, for servers inside. */
  readonly room: Room;
  readonly wallMs: number;
  readonly signal: AbortSignal;
  readonly note: Note;
}

export interface OpenServers {
  readonly tools: readonly McpTool[];
  /** What is not there, a sentence each. */
  readonly absent: readonly string[];
  /** Never rejects. @param args JSON. */
  call(tool: string, args: string): Promise<McpAnswer>;
  close(): Promise<void>;
}

interface Opened {
  readonly server: McpServer;
  readonly client: Client;
  readonly offered: Offered;
}

const OUTPUT_BYTES = 64 * 1024 * 1024;
const PAGES_MAX = 20;

/** Servers that do not answer are said to be absent; the attempt goes on without them. */
export async function openServers(parts: McpParts, ask: OpenAsk): Promise<OpenServers> {
  const sdk = await import('@modelcontextprotocol/client');
  const over = new AbortController();
  const signal = AbortSignal.any([ask.signal, over.signal]);
  const isOutside = parts.servers.some(({ at }) => 'run' in at && at.where === 'outside');
  const outside = isOutside ? await parts.outside(ask.attempt) : undefined;
  const way = { sdk, ask: { ...ask, note: atMost(NOTES_MAX, ask.note) }, signal, outside };
  const tried = await Promise.all(parts.servers.map((server) => openOne(server, way)));
  const opened = tried.filter((one) => typeof one !== 'string');
  const absent = [
    ...tried.filter((one) => typeof one === 'string'),
    ...opened.flatMap(({ server, offered }) => offered.leftOut.map((why) => `${server.name}: ${why}`)),
  ].map((why) => parts.redact(why));
  for (const why of absent) ask.note({ stream: 'mcp', text: `not there: ${why}` });
  return {
    tools: opened.flatMap(({ offered }) => offered.tools),
    absent,
    async call(tool, args) {
      const { ok, output } = await callOne(opened, tool, args, signal);
      return { ok, output: parts.redact(output) };
    },
    async close() {
      over.abort();
      await Promise.all(opened.map(({ client }) => client.close().catch(() => {})));
      await outside?.close();
    },
  };
}

/** What servers print must not fill the agent's transcript. */
const NOTES_MAX = 1_000;
function atMost(most: number, note: Note): Note {
  let notes = 0;
  return (fields) => {
    notes += 1;
    if (notes <= most) note(fields);
  };
}

interface Way {
  readonly sdk: typeof import('@modelcontextprotocol/client');
  readonly ask: OpenAsk;
  readonly signal: AbortSignal;
  readonly outside: Pick<Room, 'start' | 'close'> | undefined;
}

/** A sentence: it is not there, and why. */
async function openOne(server: McpServer, way: Way): Promise<Opened | string> {
  const client = new way.sdk.Client({ name: 'swarm', version: '1' }, { capabilities: {} });
  const options = { timeout: server.timeoutMs, signal: way.signal };
  try {
    await client.connect(transportTo(server, way), options);
    const listed: unknown[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const params = cursor === undefined ? {} : { cursor };
      const { tools, nextCursor } = await client.request({ method: 'tools/list', params }, toolPage, options);
      listed.push(...tools);
      cursor = nextCursor;
      if (cursor === undefined) break;
    }
    return { server, client, offered: offer(server.name, listed, server.tools) };
  } catch (error) {
    await client.close().catch(() => {});
    return `the MCP server ${server.name} does not answer: ${whyOf(error)}`;
  }
}

function transportTo({ at, env }: McpServer, { sdk, ask, signal, outside }: Way): Transport {
  if ('url' in at)
    return new sdk.StreamableHTTPClientTransport(new URL(at.url), {
      fetch: boundedFetch,
      requestInit: { headers: { ...at.headers } },
      reconnectionOptions: {
        maxRetries: 1,
        initialReconnectionDelay: 1_000,
        maxReconnectionDelay: 1_000,
        reconnectionDelayGrowFactor: 1,
      },
    });
  const command: RoomCommand = {
    name: ask.attempt,
    argv: at.run,
    env,
    network: 'none',
    limits: { wallMs: ask.wallMs, outputBytes: OUTPUT_BYTES, lineBytes: LINE_MAX_BYTES },
    signal,
    onLine: (stream, line) => stream === 'stderr' && ask.note({ stream: 'mcp', text: plainText(line) }),
  };
  return processTransport((at.where === 'outside' ? outside! : ask.room).start(command), ask.note);
}

async function callOne(
  opened: readonly Opened[],
  tool: string,
  args: string,
  signal: AbortSignal,
): Promise<McpAnswer> {
  const one = opened.find(({ offered }) => offered.names.has(tool));
  if (!one) return { ok: false, output: `there is no tool ${cutText(tool, 80)}` };
  const { server, client, offered } = one;
  try {
    const params = { name: offered.names.get(tool)!, arguments: JSON.parse(args) as Record<string, unknown> };
    const options = { timeout: server.timeoutMs, signal };
    // Not `callTool`: that would compile the server's own schema of what it gives.
    return answerOf(
      server.name,
      await client.request({ method: 'tools/call', params }, resultSchema, options),
    );
  } catch (error) {
    return { ok: false, output: `the MCP server ${server.name} gives no answer: ${whyOf(error)}` };
  }
}

const whyOf = (error: unknown): string =>
  cutText(plainText(error instanceof Error ? error.message : String(error)), 500);
