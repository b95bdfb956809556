/** A chat server on loopback that answers from a brain, in the way of one habit, and remembers what it was asked. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { readAsk } from './ask.ts';
import type { Ask, Brain, Habit, Refusal } from './habit.ts';
import { chunksOf, streamText } from './wire.ts';

export interface ChatServer {
  readonly url: string;
  /** Every call so far, refused ones among them. */
  readonly asks: readonly Ask[];
  /** What was refused, in order. */
  readonly refused: readonly Refusal[];
  close(): Promise<void>;
}

export async function startChatServer(brain: Brain, habit: Habit = {}): Promise<ChatServer> {
  const asks: Ask[] = [];
  const refused: Refusal[] = [];
  const seen = new Map<string, number>();

  function askOf(raw: string): Ask {
    const hash = createHash('sha256').update(raw).digest('base64');
    const again = seen.get(hash) ?? 0;
    seen.set(hash, again + 1);
    return { ...readAsk(raw), raw, again, before: asks.length };
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'GET') return json(response, { status: 200, body: MODELS });
    const ask = askOf(await textOf(request));
    asks.push(ask);
    const refusal = habit.refuse?.(ask);
    if (refusal) {
      refused.push(refusal);
      return json(response, refusal);
    }
    await answer(response, ask, brain, habit);
  }

  const server = createServer(
    (request, response) => void handle(request, response).catch((error) => response.destroy(error as Error)),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asks,
    refused,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

const MODELS = { object: 'list', data: [{ id: 'test-model', object: 'model' }] };

async function answer(response: ServerResponse, ask: Ask, brain: Brain, habit: Habit): Promise<void> {
  const meant = await brain(ask);
  const reply = habit.says?.(meant, ask) ?? meant;
  const plain = chunksOf(reply, ask);
  const stream = streamText(habit.chunks?.(plain, reply, ask) ?? plain);
  await pause(habit.silentMs?.(ask) ?? 0);
  response.writeHead(200, { 'content-type': habit.contentType ?? 'text/event-stream; charset=utf-8' });
  for (let n = habit.comments?.(ask) ?? 0; n > 0; n--) {
    response.write(': OPENROUTER PROCESSING\n\n');
    await pause(50);
  }
  response.end(habit.text?.(stream, ask) ?? stream);
}

function json(response: ServerResponse, { status, body, headers }: Refusal): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
