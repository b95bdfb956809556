/** One agent's calls: checked, budgeted, routed, passed through untouched, metered. */
import type { HttpBindings } from '@hono/node-server';
import { type AttemptId, taskOf } from '@swarm/core/model/ids';
import { addUsage, NO_USAGE, type Usage } from '@swarm/core/model/usage';
import type { Clock, Rng } from '@swarm/core/ports/world';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Deadlines } from '../deadlines.ts';
import type { EndpointPool } from '../endpoints.ts';
import type { PriceTable } from '../prices.ts';
import { type Retry, type Routed, route } from '../route.ts';
import { estimateTokens, usageOf } from '../usage.ts';
import { createMeter } from './meter.ts';
import { type OutgoingRequest, outgoingRequest } from './request.ts';
import type { Ticket } from './tokens.ts';
import { type Opened, openUpstream } from './upstream.ts';

export const MAX_REQUEST_BYTES = 8 * 1024 * 1024;

export interface CallDetail {
  readonly endpoint: string | undefined;
  readonly model: string;
  readonly ms: number;
  /** The server did not say what it used; counted from characters. */
  readonly isEstimated: boolean;
}

export interface CallsOptions {
  readonly pool: EndpointPool;
  /** Names an agent may ask for; any other, `default` among them, becomes `fallback`. */
  readonly models: ReadonlySet<string>;
  readonly fallback: string;
  readonly prices: PriceTable;
  readonly deadlines: Deadlines;
  readonly clock: Clock;
  readonly rng: Rng;
  /** What one call used, once, when it is over. */
  readonly onUsage?: (attempt: AttemptId, used: Usage, detail: CallDetail) => void;
  readonly onRetry?: (attempt: AttemptId, retry: Retry) => void;
  /** Every endpoint rejects our key or our account: the whole fleet had better stop. */
  readonly onRefused?: (kind: 'auth' | 'quota', why: string) => void;
}

export type AgentContext = Context<{ Bindings: HttpBindings & { readonly ticket: Ticket } }>;

export function createCalls(options: CallsOptions) {
  const app = new Hono<{ Bindings: HttpBindings & { readonly ticket: Ticket } }>();
  app.use(async (c, next) => {
    if (c.env.ticket.accepts(c.req.header('authorization'))) return next();
    return problem(c, 401, 'swarm_token', 'this token is not for this socket');
  });
  app.get('/v1/models', (c) =>
    c.json({
      object: 'list',
      data: [...options.models].map((id) => ({ id, object: 'model', owned_by: 'swarm' })),
    }),
  );
  const limit = bodyLimit({
    maxSize: MAX_REQUEST_BYTES,
    onError: (c) =>
      problem(c as AgentContext, 413, 'swarm_too_large', `a request may have ${MAX_REQUEST_BYTES} bytes`),
  });
  app.post('/v1/chat/completions', limit, (c) => complete(c, options));
  app.notFound((c) =>
    problem(c, 404, 'swarm_no_such_path', 'the gateway has /v1/chat/completions and /v1/models'),
  );
  app.onError((error, c) => problem(c as AgentContext, 500, 'swarm_fault', error.message));
  return app;
}

async function complete(c: AgentContext, options: CallsOptions): Promise<Response> {
  const { ticket } = c.env;
  const request = outgoingRequest(await c.req.text(), options.models, options.fallback, options.prices);
  if (request === undefined) return problem(c, 400, 'swarm_bad_request', 'the body is not a JSON object');
  const reserved = ticket.reserve(request.expected);
  if (reserved.kind === 'refused') return problem(c, 402, 'swarm_budget', reserved.why);
  const bill = openBill(ticket.attempt, request, options, reserved.settle);
  // Fires when the agent hangs up, and when its socket is closed because the attempt is over.
  const { signal } = c.req.raw;
  // No limit of tries: while every endpoint is down the call is held, and no attempt is burned for it.
  const routed = await route<Opened>(
    {
      ...options,
      maxTries: Number.POSITIVE_INFINITY,
      signal,
      onRetry: (retry) => options.onRetry?.(ticket.attempt, retry),
    },
    (endpoint) =>
      openUpstream(endpoint, {
        ...options,
        json: request.json,
        about: about(ticket),
        signal,
        onLost: bill.lost,
      }),
  );
  if (routed.kind === 'done') return passThrough(c, routed.value, routed.endpoint, bill);
  bill.close(undefined);
  return refuseFor(c, routed, options);
}

const about = ({ attempt }: Ticket): Record<string, string> => ({
  'x-swarm-role': 'worker',
  'x-swarm-task': taskOf(attempt),
  'x-swarm-attempt': attempt,
});

type Bill = ReturnType<typeof openBill>;

/** What one call costs: lost tries, then the answer; settled exactly once. */
function openBill(
  attempt: AttemptId,
  request: OutgoingRequest,
  options: CallsOptions,
  settle: (used: Usage) => void,
) {
  const startedAt = options.clock.monotonic();
  const requestChars = request.json.length;
  let used = NO_USAGE;
  let isEstimated = false;
  let isClosed = false;
  return {
    requestChars,
    lost(): void {
      used = addUsage(used, usageOf(estimateTokens(requestChars, 0), request.model, options.prices));
      isEstimated = true;
    },
    close(endpoint: string | undefined, tokens?: Parameters<typeof usageOf>[0]): void {
      if (isClosed) return;
      isClosed = true;
      if (tokens !== undefined) used = addUsage(used, usageOf(tokens, request.model, options.prices));
      isEstimated ||= tokens?.isEstimated ?? false;
      settle(used);
      const ms = options.clock.monotonic() - startedAt;
      if (used.calls > 0)
        options.onUsage?.(attempt, used, { endpoint, model: request.model, ms, isEstimated });
    },
  };
}

/** The upstream's bytes as they come. When they break off the connection is torn, so that no agent takes half for whole. */
function passThrough(
  c: AgentContext,
  { contentType, first, rest, watch }: Opened,
  endpoint: string,
  bill: Bill,
): Response {
  const meter = createMeter(contentType.includes('text/event-stream'), bill.requestChars);
  const end = (): void => {
    watch.stop();
    bill.close(endpoint, meter.tokens());
  };
  let next: Uint8Array | undefined = first;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const piece = next ?? (await rest.read()).value;
        next = undefined;
        watch.signal.throwIfAborted();
        if (piece === undefined) {
          end();
          return controller.close();
        }
        meter.feed(piece);
        controller.enqueue(piece);
      } catch {
        end();
        c.env.outgoing.destroy();
      }
    },
    async cancel() {
      end();
      await rest.cancel().catch(() => {});
    },
  });
  return new Response(body, { headers: { 'content-type': contentType } });
}

function refuseFor(
  c: AgentContext,
  routed: Exclude<Routed<Opened>, { kind: 'done' }>,
  options: CallsOptions,
): Response {
  switch (routed.kind) {
    case 'aborted':
      return problem(c, 503, 'swarm_over', 'the attempt is over');
    case 'down':
      return problem(c, 503, 'swarm_down', routed.why);
    case 'auth':
    case 'quota':
      options.onRefused?.(routed.kind, routed.why);
      return problem(c, routed.kind === 'auth' ? 401 : 402, `swarm_upstream_${routed.kind}`, routed.why);
    case 'bad-request': {
      const { status = 400 } = routed;
      return problem(c, status < 400 ? 502 : status, 'swarm_upstream_request', routed.why);
    }
  }
}

/** OpenAI's error shape. */
function problem(c: AgentContext, status: number, code: string, message: string): Response {
  return c.json(
    { error: { message, type: 'swarm_error', code, param: null } },
    status as ContentfulStatusCode,
  );
}
