/**
 * A model server with a window: it counts what it is sent, refuses what is longer in its own words, and refuses a
 * conversation whose calls and results do not pair, as real servers do.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Owner } from './world.ts';

interface WireCall {
  readonly id: string;
  readonly function: { readonly name: string; readonly arguments: string };
}
export interface WireMessage {
  readonly role: string;
  readonly content?: string | null;
  readonly tool_calls?: readonly WireCall[];
  readonly tool_call_id?: string;
}
interface WireBody {
  readonly messages: readonly WireMessage[];
  readonly tools?: readonly { readonly function: { readonly name: string } }[];
  readonly tool_choice?: unknown;
}

export type Move =
  | { readonly text: string }
  | { readonly calls: readonly (readonly [name: string, args: object])[] };

export interface Told {
  /** Answers it gave to the worker before, without summaries. */
  readonly step: number;
  readonly messages: readonly WireMessage[];
}

export interface WindowServer {
  readonly url: string;
  /** Steps and summaries it answered, requests it refused as too long, and the longest it took, in its tokens. */
  readonly seen: { steps: number; summaries: number; refused: number; longest: number };
  /** Requests whose calls and results do not pair: in words. */
  readonly unpaired: readonly string[];
  /** Every request of a worker that it took. */
  readonly taken: readonly (readonly WireMessage[])[];
  /** How many of them offered tools. */
  readonly withTools: number;
}

/** @param plan is what the planner says first; afterwards it is done. */
export async function startWindowServer(
  t: Owner,
  window: number,
  words: (asked: number) => string,
  plan: object,
  play: (told: Told) => Move,
): Promise<WindowServer> {
  const seen = { steps: 0, summaries: 0, refused: 0, longest: 0 };
  const unpaired: string[] = [];
  const taken: (readonly WireMessage[])[] = [];
  let plans = 0;
  let withTools = 0;
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method === 'GET')
      return json(response, 200, { object: 'list', data: [{ id: 'test-model' }] });
    const text = await textOf(request);
    const body = JSON.parse(text) as WireBody;
    const tokens = Math.ceil(text.length / 4);
    if (!/submit_handoff/.test(JSON.stringify([body.tools, body.messages[0]])))
      return stream(response, { text: JSON.stringify(plans++ === 0 ? plan : DONE) }, tokens);
    const fault = pairFault(body.messages);
    if (fault) unpaired.push(fault);
    if (fault) return json(response, 400, { error: { message: fault, type: 'invalid_request_error' } });
    if (tokens > window) {
      seen.refused++;
      return json(response, 400, { error: { message: words(tokens), type: 'BadRequestError', code: 400 } });
    }
    seen.longest = Math.max(seen.longest, tokens);
    taken.push(body.messages);
    if (body.tools?.length) withTools++;
    if (body.tool_choice === 'none') {
      seen.summaries++;
      return stream(response, { text: '## Goal\nthe task\n## Next\ngo on' }, tokens);
    }
    stream(response, play({ step: seen.steps++, messages: body.messages }), tokens);
  };
  const server = createServer(
    (request, response) => void handle(request, response).catch(() => response.destroy()),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    seen,
    unpaired,
    taken,
    get withTools() {
      return withTools;
    },
  };
}

const DONE = { tasks: [], done: true };

/** Undefined: each call has its result, in order, before anything else is said, and no result is without its call. */
function pairFault(messages: readonly WireMessage[]): string | undefined {
  let open: string[] = [];
  for (const [i, m] of messages.entries()) {
    if (m.role === 'tool') {
      if (!open.includes(m.tool_call_id ?? '')) return `messages.${i}: a result without its call`;
      open = open.filter((id) => id !== m.tool_call_id);
      continue;
    }
    if (open.length > 0) return `messages.${i}: calls without results: ${open.join(', ')}`;
    open = (m.tool_calls ?? []).map(({ id }) => id);
    for (const call of m.tool_calls ?? []) JSON.parse(call.function.arguments);
  }
  return open.length > 0 ? `calls without results: ${open.join(', ')}` : undefined;
}

function stream(response: ServerResponse, move: Move, promptTokens: number): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (rest: object): void => {
    response.write(`data: ${JSON.stringify({ ...ENVELOPE, ...rest })}\n\n`);
  };
  const delta =
    'text' in move
      ? { role: 'assistant', content: move.text }
      : {
          role: 'assistant',
          tool_calls: move.calls.map(([name, args], index) => ({
            index,
            id: `call_${index}`,
            type: 'function',
            function: { name, arguments: JSON.stringify(args) },
          })),
        };
  send({ choices: [{ index: 0, delta, finish_reason: null }] });
  send({ choices: [{ index: 0, delta: {}, finish_reason: 'text' in move ? 'stop' : 'tool_calls' }] });
  const usage = { prompt_tokens: promptTokens, completion_tokens: 20, total_tokens: promptTokens + 20 };
  send({ choices: [], usage });
  response.end('data: [DONE]\n\n');
}

const ENVELOPE = { id: 'c', object: 'chat.completion.chunk', created: 0, model: 'test-model' };

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
