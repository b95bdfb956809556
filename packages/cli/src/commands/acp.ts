/**
 * `swarm acp`: swarm as an agent of the Agent Client Protocol, over stdin and stdout. A prompt is the request of a run in
 * the session's folder, the live line is the title of one tool call, and cancelling is Ctrl-C of the run.
 */
import { randomUUID } from 'node:crypto';
import { Readable, Writable } from 'node:stream';
import {
  type AgentContext,
  agent,
  type ContentBlock,
  ndJsonStream,
  PROTOCOL_VERSION,
  RequestError,
  type SessionUpdate,
} from '@agentclientprotocol/sdk';
import type { Context } from '../program/context.ts';
import type { RunOptions } from '../program/options.ts';
import { problemsOf, renderProblems } from '../telling/errors.ts';
import { liveLine } from '../telling/live-line.ts';
import { toldOutput } from '../telling/told-output.ts';
import { run } from './run.ts';

/** Sessions are folders: a run has all the memory there is. */
const SESSIONS_MAX = 1_000;

type Flags = Pick<RunOptions, 'workers' | 'agent' | 'budget' | 'time'>;

/** @param flags of every run. */
export async function acp(flags: Flags, version: string, context: Context): Promise<number> {
  const sessions = new Map<string, string>();
  /** Of the session whose run is at work. */
  let working: string | undefined;
  let isCancelled = false;
  // Where no run listens to it yet, Ctrl-C must not end the process the editor talks to.
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  const cancel = (): void => {
    isCancelled = true;
    process.emit('SIGINT');
  };
  let over: Promise<unknown> = Promise.resolve();
  const app = agent({ name: 'swarm' })
    .onRequest('initialize', () => ({
      protocolVersion: PROTOCOL_VERSION,
      agentInfo: { name: 'swarm', version },
      agentCapabilities: { loadSession: false, promptCapabilities: { embeddedContext: true } },
    }))
    .onRequest('session/new', ({ params: { cwd } }) => {
      if (sessions.size >= SESSIONS_MAX) throw RequestError.invalidRequest(undefined, 'too many sessions');
      const sessionId = randomUUID();
      sessions.set(sessionId, cwd);
      return { sessionId };
    })
    .onNotification('session/cancel', ({ params: { sessionId } }) => {
      if (sessionId === working) cancel();
    })
    .onRequest('session/prompt', async ({ params: { sessionId, prompt }, client }) => {
      const cwd = sessions.get(sessionId);
      if (cwd === undefined) throw RequestError.resourceNotFound(sessionId);
      if (working !== undefined) throw RequestError.invalidRequest(undefined, 'a run is at work already');
      working = sessionId;
      isCancelled = false;
      const done = oneRun(requestIn(prompt), flags, { ...context, cwd }, teller(client, sessionId));
      over = done;
      await done.finally(() => {
        working = undefined;
      });
      return { stopReason: isCancelled ? ('cancelled' as const) : ('end_turn' as const) };
    });
  const connection = app.connect(
    ndJsonStream(Writable.toWeb(process.stdout), Readable.toWeb(process.stdin) as ReadableStream<Uint8Array>),
  );
  await connection.closed;
  // The editor is gone: its run is saved, as after Ctrl-C.
  if (working !== undefined) cancel();
  await over;
  process.off('SIGINT', ignore);
  return 0;
}

type Tell = (update: SessionUpdate) => void;

/** What a client that is gone is not told is told to nobody. */
const teller =
  (client: AgentContext, sessionId: string): Tell =>
  (update) =>
    void client.notify('session/update', { sessionId, update }).catch(() => undefined);

/** Text as it stands, and what an editor puts beside it. */
function requestIn(prompt: readonly ContentBlock[]): string {
  const texts = prompt.flatMap((block) => {
    if (block.type === 'text') return block.text;
    if (block.type === 'resource_link') return `(${block.name}: ${block.uri})`;
    if (block.type === 'resource' && 'text' in block.resource)
      return `${block.resource.uri}:\n${block.resource.text}`;
    return [];
  });
  return texts.join('\n').trim();
}

/** Never rejects: why there is no run is an answer too. */
async function oneRun(request: string, flags: Flags, context: Context, tell: Tell): Promise<void> {
  const toolCallId = randomUUID();
  const say = (text: string): void =>
    tell({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: `${text}\n` } });
  const output = toldOutput(say);
  tell({
    sessionUpdate: 'tool_call',
    toolCallId,
    title: 'swarm run',
    kind: 'other',
    status: 'in_progress',
  });
  const onTitle = (title: string): void => tell({ sessionUpdate: 'tool_call_update', toolCallId, title });
  const ended = await run(request, flags, { ...context, output }, (ask) => liveLine(ask, onTitle)).catch(
    (error: unknown) => {
      say(renderProblems(problemsOf(error), output.narrationInk));
      return 1;
    },
  );
  const status = ended === 0 ? 'completed' : 'failed';
  tell({ sessionUpdate: 'tool_call_update', toolCallId, status });
}
