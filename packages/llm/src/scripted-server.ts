import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import type { Clock } from '@swarm/core/ports/world';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import { pause } from './route.ts';
import { type Script, type ScriptedAnswer, type ScriptQuery, scriptedAnswer } from './scripted-model.ts';
import { completionOf, piecesOf, type ScriptedBody } from './scripted-pieces.ts';

const MAX_REQUEST_BYTES = 32 * 1024 * 1024;

/** One completion asked for, in order of arrival. */
export interface ScriptedCall {
  /** Monotonic ms of the clock given. */
  readonly at: number;
  readonly role: string;
  readonly task?: string | undefined;
  readonly attempt?: number | undefined;
  readonly turn: number;
  /** What it was answered with; 404 when the script has no answer. */
  readonly status: number;
}

export interface ScriptedServer {
  /** `http://host:port/v1`. */
  readonly url: string;
  readonly calls: readonly ScriptedCall[];
  close(): Promise<void>;
}

const RequestSchema = z.object({
  model: z.string(),
  stream: z.boolean().nullish(),
  messages: z.array(z.object({ role: z.string(), content: z.unknown().optional() })),
});

/**
 * Serves a script as an OpenAI-compatible endpoint: `POST /v1/chat/completions`, streamed or not, and
 * `GET /v1/models`. Callers are told apart by `X-Swarm-Role` (worker when absent), `X-Swarm-Task` and
 * `X-Swarm-Attempt`, so many may ask at once. A question the script does not answer is a 404 that names what
 * was looked for.
 * @throws Error as `net.Server.listen` does, when the port is taken.
 */
export async function startScriptedServer(options: {
  readonly script: Script;
  readonly clock: Clock;
  /** A free one when absent. */
  readonly port?: number;
  readonly host?: string;
  readonly onRequest?: (call: ScriptedCall) => void;
}): Promise<ScriptedServer> {
  const { script, clock } = options;
  const calls: ScriptedCall[] = [];
  const closing = new AbortController();
  const player = createPlayer(script);
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.get('/v1/models', (c) =>
    c.json({ object: 'list', data: script.models.map((id) => ({ id, object: 'model', owned_by: 'swarm' })) }),
  );
  app.post('/v1/chat/completions', bodyLimit({ maxSize: MAX_REQUEST_BYTES }), async (c) => {
    const body = RequestSchema.safeParse(await c.req.json().catch(() => undefined));
    if (!body.success) return c.json(failure(400, 'this is not a chat completion request'), 400);
    const question = questionOf(c.req.raw.headers, body.data.messages);
    const played = player.play(question);
    const call = { at: clock.monotonic(), ...about(question), turn: played.turn, status: played.status };
    calls.push(call);
    options.onRequest?.(call);
    if (played.answer === undefined)
      return Response.json(failure(404, `the script has no answer for ${JSON.stringify(about(call))}`), {
        status: 404,
      });
    const signal = AbortSignal.any([closing.signal, c.req.raw.signal]);
    await pause(played.answer.delayMs ?? 0, clock, signal);
    if (played.status !== 200) return failed(played.answer);
    const tear = (): void => void c.env.outgoing.destroy();
    return answered(
      played.answer,
      { ...body.data, chars: JSON.stringify(body.data).length },
      clock,
      signal,
      tear,
    );
  });
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  server.listen(options.port ?? 0, options.host ?? '127.0.0.1');
  await once(server, 'listening');
  const { address, port } = server.address() as AddressInfo;
  return {
    url: `http://${address.includes(':') ? `[${address}]` : address}:${port}/v1`,
    calls,
    async close() {
      closing.abort();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

type Question = Omit<ScriptQuery, 'given'>;

const about = (q: Question | ScriptedCall) => ({
  role: q.role,
  task: q.task,
  attempt: q.attempt,
  turn: q.turn,
});

function questionOf(headers: Headers, messages: z.infer<typeof RequestSchema>['messages']): Question {
  const ordinal = Number(headers.get('x-swarm-attempt')?.split('.')[1]);
  const first = messages.find((m) => m.role === 'user')?.content;
  return {
    role: headers.get('x-swarm-role') ?? 'worker',
    task: headers.get('x-swarm-task') ?? undefined,
    attempt: Number.isInteger(ordinal) ? ordinal : undefined,
    turn: messages.filter((m) => m.role === 'assistant').length,
    firstUserMessage: typeof first === 'string' ? first : (JSON.stringify(first) ?? ''),
  };
}

/** Which answers were given, by conversation, so that one worker's calls never change another worker's answers. */
function createPlayer(script: Script) {
  const given = new Map<string, Set<number>>();
  const failures = new Map<string, number>();
  let planned = 0;

  function mustFail(answer: ScriptedAnswer, key: string): boolean {
    const had = failures.get(key) ?? 0;
    if (answer.fail === undefined || had >= (answer.fail.times ?? Number.POSITIVE_INFINITY)) return false;
    failures.set(key, had + 1);
    return true;
  }

  return {
    /** A failed call uses nothing up: the same question again goes on where it stood. */
    play(question: Question): { turn: number; status: number; answer?: ScriptedAnswer } {
      const conversation = JSON.stringify([question.role, question.task, question.attempt]);
      const had = given.get(conversation) ?? new Set();
      const turn = question.role === 'planner' ? planned : question.turn;
      const found = scriptedAnswer(script, { ...question, turn, given: had });
      if (found === undefined) return { turn, status: 404 };
      const { answer, place } = found;
      if (mustFail(answer, `${conversation} ${place}`)) return { turn, status: answer.fail!.status, answer };
      given.set(conversation, had.add(place));
      if (question.role === 'planner') planned += 1;
      return { turn, status: 200, answer };
    },
  };
}

const failure = (status: number, message: string) => ({
  error: { message, type: 'scripted', code: `scripted_${status}` },
});

function failed({ fail }: ScriptedAnswer): Response {
  const { status, retryAfter } = fail!;
  const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  return Response.json(failure(status, `scripted failure ${status}`), { status, headers });
}

/** @param tear destroys the connection, for an answer that is cut. */
function answered(
  answer: ScriptedAnswer,
  body: ScriptedBody,
  clock: Clock,
  signal: AbortSignal,
  tear: () => void,
): Response {
  if (!body.stream && answer.cut === undefined) return Response.json(completionOf(answer, body));
  const stream = new ReadableStream<Uint8Array>({
    async start(controller) {
      const encoder = new TextEncoder();
      for (const piece of piecesOf(answer, body)) {
        await pause(answer.chunkDelayMs ?? 0, clock, signal);
        if (signal.aborted) return;
        controller.enqueue(encoder.encode(`data: ${piece}\n\n`));
      }
      if (answer.cut === undefined) return controller.close();
      // One round of the event loop, so that what was written before the cut leaves.
      await pause(1, clock, signal);
      tear();
    },
  });
  return new Response(stream, { headers: { 'content-type': 'text/event-stream' } });
}
