import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HttpBindings } from '@hono/node-server';
import type { DialectName } from '@swarm/core/model/dialect';
import type { Clock } from '@swarm/core/ports/world';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { isObject } from './dialects/kinds.ts';
import { pause } from './route.ts';
import { chat } from './scripted/chat.ts';
import { gemini } from './scripted/gemini.ts';
import { messages } from './scripted/messages.ts';
import { createPlayer, type Question } from './scripted/player.ts';
import { responses } from './scripted/responses.ts';
import {
  type Asked,
  type ScriptedBody,
  type ScriptedUsage,
  type Spoken,
  usageOf,
} from './scripted/spoken.ts';
import type { Script, ScriptedAnswer } from './scripted-model.ts';

const MAX_REQUEST_BYTES = 32 * 1024 * 1024;

/** One answer asked for, in order of arrival. */
export interface ScriptedCall {
  /** Monotonic ms of the clock given. */
  readonly at: number;
  readonly dialect: DialectName;
  readonly role: string;
  readonly task?: string | undefined;
  readonly attempt?: number | undefined;
  readonly turn: number;
  /** What it was answered with; 404 when the script has no answer. */
  readonly status: number;
  /** Tokens, as it was told they are; absent where it was not answered. */
  readonly usage?: ScriptedUsage;
}

export interface ScriptedServer {
  /** `http://host:port/v1`: the base URL of an endpoint of any dialect. */
  readonly url: string;
  readonly calls: readonly ScriptedCall[];
  close(): Promise<void>;
}

const SPOKEN: Readonly<Record<DialectName, Spoken>> = { chat, responses, messages, gemini };

export interface ScriptedOptions {
  readonly script: Script;
  readonly clock: Clock;
  /** A free one when absent. */
  readonly port?: number;
  readonly host?: string;
  readonly onRequest?: (call: ScriptedCall) => void;
}

/**
 * Serves a script in every dialect: chat completions, responses, messages and generateContent, streamed or not, and
 * `GET /v1/models`. Callers are told apart by `X-Swarm-Role` (worker when absent), `X-Swarm-Task` and
 * `X-Swarm-Attempt`, so many may ask at once. A question the script does not answer is a 404 that names what
 * was looked for; one that the real server would not take is a 400.
 * @throws Error as `net.Server.listen` does, when the port is taken.
 */
export async function startScriptedServer(options: ScriptedOptions): Promise<ScriptedServer> {
  const calls: ScriptedCall[] = [];
  const closing = new AbortController();
  const { createAdaptorServer } = await import('@hono/node-server');
  const server = createAdaptorServer({ fetch: appOf(options, calls, closing.signal).fetch }) as Server;
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

type Hearing = Context<{ Bindings: HttpBindings }>;

function appOf({ script, clock, onRequest }: ScriptedOptions, calls: ScriptedCall[], closing: AbortSignal) {
  const player = createPlayer(script);
  const app = new Hono<{ Bindings: HttpBindings }>();

  async function answer(c: Hearing, dialect: DialectName, how: { model?: string; isStream?: boolean } = {}) {
    const spoken = SPOKEN[dialect];
    const body: unknown = await c.req.json().catch(() => undefined);
    const asked = isObject(body)
      ? spoken.read(body)
      : ({ kind: 'not-taken', why: 'not a JSON object' } as const);
    if (asked.kind === 'not-taken') return refused(spoken, 400, asked.why);
    const question = questionOf(c.req.raw.headers, asked);
    const played = player.play(question);
    const usage = played.status === 200 && { usage: usageOf(played.answer!, asked.chars) };
    const call = {
      at: clock.monotonic(),
      dialect,
      ...about(question),
      turn: played.turn,
      status: played.status,
      ...usage,
    };
    calls.push(call);
    onRequest?.(call);
    if (played.answer === undefined) {
      const why = `the script has no answer for ${JSON.stringify(about(call))}`;
      return refused(spoken, 404, why);
    }
    const signal = AbortSignal.any([closing, c.req.raw.signal]);
    await pause(played.answer.delayMs ?? 0, clock, signal);
    if (!usage) return failed(spoken, played.answer);
    const model = how.model ?? String((body as { model: unknown }).model);
    const told = { model, turn: question.turn, ...usage };
    const isStream = how.isStream ?? asked.isStream;
    if (!isStream && played.answer.cut === undefined) return Response.json(spoken.whole(played.answer, told));
    const tear = (): void => void c.env.outgoing.destroy();
    return streamed(spoken, played.answer, told, { clock, signal, tear });
  }

  app.get('/v1/models', (c) =>
    c.json({ object: 'list', data: script.models.map((id) => ({ id, object: 'model', owned_by: 'swarm' })) }),
  );
  app.use(bodyLimit({ maxSize: MAX_REQUEST_BYTES }));
  app.post('/v1/chat/completions', (c) => answer(c, 'chat'));
  app.post('/v1/responses', (c) => answer(c, 'responses'));
  app.post('/v1/messages', async (c) => {
    if (c.req.header('anthropic-version') !== undefined) return answer(c, 'messages');
    return refused(messages, 400, 'anthropic-version: header is required');
  });
  app.post('/v1/models/*', async (c) => {
    const [, model, method] = /^\/v1\/models\/([^:]+):(\w+)$/.exec(c.req.path) ?? [];
    if (model === undefined || !METHODS.has(method!)) return refused(gemini, 404, 'no such method');
    return answer(c, 'gemini', {
      model: decodeURIComponent(model),
      isStream: method === 'streamGenerateContent',
    });
  });
  return app;
}

const refused = (spoken: Spoken, status: number, why: string): Response =>
  Response.json(spoken.problem(status, why), { status });

const METHODS: ReadonlySet<string> = new Set(['generateContent', 'streamGenerateContent']);

const about = (q: Question | ScriptedCall) => ({
  role: q.role,
  task: q.task,
  attempt: q.attempt,
  turn: q.turn,
});

function questionOf(headers: Headers, { turn, firstUserMessage }: Asked): Question {
  const ordinal = Number(headers.get('x-swarm-attempt')?.split('.')[1]);
  return {
    role: headers.get('x-swarm-role') ?? 'worker',
    task: headers.get('x-swarm-task') ?? undefined,
    attempt: Number.isInteger(ordinal) ? ordinal : undefined,
    turn,
    firstUserMessage,
  };
}

function failed(spoken: Spoken, { fail }: ScriptedAnswer): Response {
  const { status, retryAfter } = fail!;
  const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  return Response.json(spoken.problem(status, `scripted failure ${status}`), { status, headers });
}

/** `tear` destroys the connection, for an answer that is cut. */
function streamed(
  spoken: Spoken,
  answer: ScriptedAnswer,
  body: ScriptedBody,
  { clock, signal, tear }: { readonly clock: Clock; readonly signal: AbortSignal; readonly tear: () => void },
): Response {
  const stream = new ReadableStream<Uint8Array>({
    async start(controller) {
      const encoder = new TextEncoder();
      for (const piece of spoken.pieces(answer, body)) {
        await pause(answer.chunkDelayMs ?? 0, clock, signal);
        if (signal.aborted) return;
        controller.enqueue(encoder.encode(piece));
      }
      if (answer.cut === undefined) return controller.close();
      // One round of the event loop, so that what was written before the cut leaves.
      await pause(1, clock, signal);
      tear();
    },
  });
  return new Response(stream, { headers: { 'content-type': 'text/event-stream' } });
}
