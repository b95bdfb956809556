/** A model server of the tests' own: plain HTTP, chat completions as server-sent events, answers from a function. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Owner } from './world.ts';

export interface Message {
  readonly role: string;
  readonly content?: string | null;
}

/** One call, told apart as any real server could: by what is in the body. */
export interface Call {
  /** ms, monotonic. */
  readonly at: number;
  /** A worker is offered `submit_handoff`. */
  readonly isWorker: boolean;
  /** It is offered some tool. */
  readonly hasTools: boolean;
  /** Title of the worker's task; empty for others. */
  readonly title: string;
  /** Answers this conversation already holds. */
  readonly turn: number;
  /** The model that was asked for. */
  readonly model: string;
  readonly messages: readonly Message[];
  /** The key it was asked with. */
  readonly key?: string;
}

export interface Answer {
  readonly text?: string;
  readonly tool?: { readonly name: string; readonly arguments: object };
  /** What it says it used; absent: 120 tokens. */
  readonly usage?: object;
  /** Time from first to last piece of the text, ms. */
  readonly overMs?: number;
  /** Told what has been sent so far, after each piece; the next one waits for it. */
  readonly onSent?: (text: string) => void | Promise<void>;
  /** Sends this status instead, and says so in these words. */
  readonly status?: number;
  readonly message?: string;
  readonly code?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sends these events instead, as they stand, each as the `data` of one. */
  readonly events?: readonly (object | string)[];
}

export interface ModelServer {
  readonly url: string;
  readonly calls: readonly Call[];
  /** While true every connection is refused or reset. */
  down(isDown: boolean): Promise<void>;
}

const PIECE_CHARS = 40;

export async function startModelServer(
  t: Owner,
  answer: (call: Call) => Answer,
  models: readonly string[] = ['test-model'],
): Promise<ModelServer> {
  const calls: Call[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method === 'GET')
      return json(response, 200, { object: 'list', data: models.map((id) => ({ id })) });
    const key = request.headers.authorization?.replace('Bearer ', '') ?? '';
    const call = { ...callOf(JSON.parse(await textOf(request))), key };
    calls.push(call);
    const given = answer(call);
    if (given.status) {
      const { status, code, message = `told to answer ${status}`, headers } = given;
      return json(response, status, { error: { message, ...(code && { code }) } }, headers);
    }
    if (given.events) {
      response.writeHead(200, { 'content-type': 'text/event-stream', ...given.headers });
      const lines = given.events.map((e) => `data: ${typeof e === 'string' ? e : JSON.stringify(e)}\n\n`);
      response.end(lines.join(''));
    } else await stream(response, given);
  };
  const server = createServer(
    (request, response) => void handle(request, response).catch(() => response.destroy()),
  );
  const listen = async (port: number): Promise<number> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const port = await listen(0);
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  t.after(close);
  return {
    url: `http://127.0.0.1:${port}/v1`,
    calls,
    down: async (isDown) => (isDown ? close() : void (await listen(port))),
  };
}

function callOf(body: {
  model?: string;
  messages: Message[];
  tools?: { function: { name: string } }[];
}): Call {
  const isWorker = body.tools?.some((tool) => tool.function.name === 'submit_handoff') ?? false;
  const first = body.messages.find((m) => m.role === 'user')?.content ?? '';
  return {
    at: performance.now(),
    isWorker,
    hasTools: (body.tools?.length ?? 0) > 0,
    title: isWorker ? (/^Task t\d+: (.*)$/m.exec(first)?.[1] ?? '') : '',
    turn: body.messages.filter((m) => m.role === 'assistant').length,
    model: body.model ?? '',
    messages: body.messages,
  };
}

async function stream(response: ServerResponse, answer: Answer): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream', ...answer.headers });
  const send = (delta: object, finish: string | null = null): void => {
    const choices = [{ index: 0, delta, finish_reason: finish }];
    response.write(`data: ${JSON.stringify({ ...ENVELOPE, choices })}\n\n`);
  };
  const pieces = (answer.text ?? '').match(new RegExp(`[\\s\\S]{1,${PIECE_CHARS}}`, 'g')) ?? [];
  let sent = '';
  for (const piece of pieces) {
    send({ role: 'assistant', content: piece });
    sent += piece;
    await answer.onSent?.(sent);
    if (answer.overMs) await pauseFor(answer.overMs / pieces.length, response);
    if (response.closed) return;
  }
  if (answer.tool) {
    const called = { name: answer.tool.name, arguments: JSON.stringify(answer.tool.arguments) };
    send({ role: 'assistant', tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: called }] });
  }
  send({}, answer.tool ? 'tool_calls' : 'stop');
  const usage = answer.usage ?? { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };
  response.write(`data: ${JSON.stringify({ ...ENVELOPE, choices: [], usage })}\n\n`);
  response.end('data: [DONE]\n\n');
}

/** Nobody waits for the rest of an answer whose asker is gone. */
async function pauseFor(ms: number, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  response.once('close', leave);
  await pause(ms, undefined, { signal: gone.signal }).catch(() => undefined);
  response.off('close', leave);
}

const ENVELOPE = { id: 'c', object: 'chat.completion.chunk', created: 0, model: 'test-model' };

function json(response: ServerResponse, status: number, body: object, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
