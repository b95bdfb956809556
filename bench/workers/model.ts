/** A model server that has each worker write the file its task names, and hand in. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

interface Message {
  readonly role: string;
}

interface ModelAsk {
  /** Nobody is answered before so many conversations have begun. */
  readonly together: number;
  /** Between two answers: no endpoint answers a hundred questions in the same millisecond. */
  readonly apartMs: number;
}

export async function startModel({ together, apartMs }: ModelAsk) {
  let last: Promise<unknown> = Promise.resolve();
  const oneByOne = async () => {
    if (apartMs === 0) return;
    last = last.then(() => pause(apartMs));
    await last;
  };
  const all = Promise.withResolvers<void>();
  const begun = new Set<string>();
  const server = createServer((request, response) => {
    let asked = '';
    request.on('data', (chunk: Buffer) => {
      asked += chunk;
    });
    request.on('end', () => {
      if (request.method === 'GET')
        return void json(response, { object: 'list', data: [{ id: 'scripted' }] });
      const attempt = `${request.headers['x-swarm-attempt']}`;
      begun.add(attempt);
      if (begun.size >= together) all.resolve();
      const turn = turnOf(JSON.parse(asked).messages);
      void all.promise.then(oneByOne).then(() => answer(response, attempt, turn));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function json(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

const turnOf = (messages: readonly Message[]): number =>
  messages.filter(({ role }) => role === 'assistant').length;

function answer(response: ServerResponse, attempt: string, turn: number): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const call = { index: 0, id: `call-${turn}`, type: 'function', function: callOf(attempt, turn) };
  const delta = { role: 'assistant', tool_calls: [call] };
  const usage = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };
  for (const event of [
    { choices: [{ index: 0, delta, finish_reason: 'tool_calls' }] },
    { choices: [], usage },
  ])
    response.write(`data: ${JSON.stringify(event)}\n\n`);
  response.end('data: [DONE]\n\n');
}

/** The first turn writes, the second hands in. `t7.1` writes what the seventh task of the plan names. */
function callOf(attempt: string, turn: number) {
  const path = `made/${Number(/^t(\d+)\./.exec(attempt)?.[1]) - 1}.txt`;
  if (turn === 0) return { name: 'write', arguments: JSON.stringify({ path, content: 'written\n' }) };
  const handoff = { status: 'complete', summary: `${path} is written`, concerns: [], suggestions: [] };
  return { name: 'submit_handoff', arguments: JSON.stringify(handoff) };
}
