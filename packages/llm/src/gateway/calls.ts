/** One agent's calls: checked, budgeted, routed, passed through, metered. */
import type { HttpBindings } from '@hono/node-server';
import type { DialectName } from '@swarm/core/model/dialect';
import { type AttemptId, taskOf } from '@swarm/core/model/ids';
import type { Usage } from '@swarm/core/model/usage';
import type { Clock, Rng } from '@swarm/core/ports/world';
import { isReviewerName } from '@swarm/core/rules/reviewing';
import { Hono } from 'hono';
import { type Learnt, withLessons } from '../asking/learning.ts';
import { VIA_HEADER } from '../asking/wire.ts';
import type { Deadlines } from '../deadlines.ts';
import { DIALECTS } from '../dialects/all.ts';
import type { AnswerForm, Dialect } from '../dialects/dialect.ts';
import type { Body } from '../dialects/kinds.ts';
import type { EndpointPool } from '../endpoints.ts';
import type { CallTokens, PriceTable } from '../prices.ts';
import { type ProbeReport, probeByCall } from '../probe.ts';
import type { ModelProfile } from '../profiles.ts';
import { noneSpeaks, type Retry, type Routed, route } from '../route.ts';
import { createScrubber, redactKeys } from '../secrets.ts';
import { type Bill, type CallDetail, openBill } from './bill.ts';
import { MAX_REQUEST_BYTES, readBody } from './bodies.ts';
import { COUNTS_MAX, countBody, readCount } from './count.ts';
import { createMeter } from './meter.ts';
import { type Asked, type OutgoingRequest, readRequest } from './request.ts';
import {
  type AgentContext,
  type Caller,
  geminiForm,
  MODELS_PATH,
  modelList,
  passedHeaders,
  pathsShown,
  problem,
  ROUTES,
  tokensShown,
} from './routes.ts';
import type { Ticket } from './tokens.ts';
import { type Opened, openUpstream, type UpstreamAsk } from './upstream.ts';

/** Why every endpoint turns us away; of a quota, when there is more, where a provider says it: ms since the epoch. */
export interface Refused {
  readonly kind: 'auth' | 'quota';
  /** Whose call it was. */
  readonly attempt: AttemptId;
  readonly why: string;
  readonly moreAt?: number;
}

/** The one an agent is given, whatever it asks for: `default`, another role's, one it knows by itself. */
export interface GivenModel {
  readonly model: string;
  /** What is known of it. */
  readonly profile: ModelProfile;
  readonly deadlines: Deadlines;
}

export interface CallsOptions extends GivenModel {
  readonly pool: EndpointPool;
  readonly prices: PriceTable;
  readonly clock: Clock;
  readonly rng: Rng;
  /** Once it fires no try begins and no call is held; a try under way may end. */
  readonly until?: AbortSignal;
  /** Of one small call that looks whether an endpoint answers; 60 s when absent. */
  readonly probeTimeoutMs?: number;
  /** What one call used, once, when it is over. */
  readonly onUsage?: (attempt: AttemptId, used: Usage, detail: CallDetail) => void;
  readonly onRetry?: (attempt: AttemptId, retry: Retry) => void;
  /** Every endpoint rejects our key or our account: the whole fleet had better stop. */
  readonly onRefused?: (refusal: Refused) => void;
  /** An endpoint refused something by name, and is asked without it from now on. */
  readonly onLearnt?: (learnt: Learnt) => void;
  /** A small call was made to see whether an endpoint answers. */
  readonly onProbe?: (report: ProbeReport) => void;
}

/** @param given what an attempt is given whose ticket names this model, or none. */
export function createCalls(
  options: Omit<CallsOptions, keyof GivenModel>,
  given: (model: string | undefined) => GivenModel,
) {
  const own = (c: AgentContext): CallsOptions => ({ ...options, ...given(c.env.ticket.model) });
  const app = new Hono<{ Bindings: HttpBindings & Caller }>();
  app.use(async (c, next) => {
    if (c.env.ticket.accepts(tokensShown(c))) return next();
    return problem(c, 401, 'swarm_token', 'this token is not for this socket');
  });
  app.get(MODELS_PATH, (c) => c.json(modelList(own(c).model)));
  for (const { path, dialect, isCount } of ROUTES)
    app.post(path, (c) =>
      isCount ? counted(c, (text) => count(c, text, own(c))) : answer(c, dialect, own(c)),
    );
  app.notFound((c) => noPath(c as AgentContext));
  app.onError((error, c) =>
    problem(c as AgentContext, 500, 'swarm_fault', redactKeys(error.message, options.pool.endpoints)),
  );
  return app;
}

const noPath = (c: AgentContext): Response =>
  problem(c, 404, 'swarm_no_such_path', `the gateway has ${pathsShown()}`);

const noEndpoint = (c: AgentContext, name: DialectName): Response =>
  problem(c, 404, 'swarm_no_dialect', noneSpeaks([name]));

function answer(c: AgentContext, name: DialectName, options: CallsOptions): Response | Promise<Response> {
  const form = name === 'gemini' ? geminiForm(c) : undefined;
  if (name === 'gemini' && form === undefined) return noPath(c);
  if (options.pool.speaking([name]).length === 0) return noEndpoint(c, name);
  return withBody(c, (text) =>
    complete(c, { text, dialect: DIALECTS[name], ...(form && { form }) }, options),
  );
}

async function withBody(c: AgentContext, use: (text: string) => Promise<Response>): Promise<Response> {
  const body = await readBody(c.req.raw, c.env.room);
  if (body.kind !== 'read') return refuseBody(c, body.kind);
  try {
    return await use(body.text);
  } finally {
    body.release();
  }
}

async function counted(c: AgentContext, use: (text: string) => Promise<Response>): Promise<Response> {
  const begun = c.env.counts.begin();
  if (begun.kind !== 'begun') return refuseBody(c, begun.kind === 'busy' ? 'no-room' : 'spent');
  try {
    return await withBody(c, use);
  } finally {
    begun.end();
  }
}

function refuseBody(c: AgentContext, kind: 'too-large' | 'no-room' | 'broken' | 'spent'): Response {
  // Whatever is left of the body is not read.
  c.header('connection', 'close');
  switch (kind) {
    case 'too-large':
      return problem(c, 413, 'swarm_too_large', `a request may have ${MAX_REQUEST_BYTES} bytes`);
    case 'no-room':
      c.header('retry-after', '1');
      return problem(c, 429, 'swarm_busy', 'too much is being asked at the same time');
    case 'spent':
      return problem(c, 402, 'swarm_budget', `an attempt may have its prompts counted ${COUNTS_MAX} times`);
    case 'broken':
      return problem(c, 400, 'swarm_bad_request', 'the body did not come to its end');
  }
}

async function complete(c: AgentContext, asked: Asked, options: CallsOptions): Promise<Response> {
  const { ticket } = c.env;
  const request = readRequest(asked, { ...options, key: `swarm-${ticket.attempt}` }, ticket.left());
  if (request.kind === 'refused') return problem(c, 400, 'swarm_bad_request', request.why);
  const opened = openBill(ticket, request, options);
  if (opened.kind === 'refused') return problem(c, 402, 'swarm_budget', opened.why);
  const { bill } = opened;
  const { dialect, model, form, body } = request;
  const routed = await send(
    c,
    { dialect, form, path: dialect.path(model, form), body, onLost: bill.lost },
    options,
  );
  if (routed.kind === 'done') return passThrough(c, routed.value, routed.endpoint, request, bill, options);
  bill.close(undefined);
  return refuseFor(c, routed, options);
}

/** How many tokens a prompt has. It costs what the server says that it took for it: nothing, as a rule. */
async function count(c: AgentContext, text: string, options: CallsOptions): Promise<Response> {
  const dialect = DIALECTS.messages;
  const { model } = options;
  if (options.pool.speaking([dialect.name]).length === 0) return noEndpoint(c, dialect.name);
  const read = countBody(text, model);
  if (read.kind === 'refused') return problem(c, 400, 'swarm_bad_request', read.why);
  const opened = openBill(c.env.ticket, { model, most: NOTHING, chars: 0, leftOut: [] }, options);
  if (opened.kind === 'refused') return problem(c, 402, 'swarm_budget', opened.why);
  const { bill } = opened;
  const ask = { path: 'messages/count_tokens', body: read.body, onLost: () => undefined };
  const call = { dialect, form: 'whole' as const, ...ask };
  const routed = await send(c, call, options);
  if (routed.kind !== 'done') {
    bill.close(undefined);
    return refuseFor(c, routed, options);
  }
  const { tokens, used } = await readCount(routed.value);
  bill.close(routed.endpoint, used);
  if (tokens === undefined)
    return problem(c, 502, 'swarm_upstream_request', 'the endpoint’s answer holds no count');
  return c.json({ input_tokens: tokens });
}

const NOTHING: CallTokens = { input: 0, cachedInput: 0, output: 0, isEstimated: false };

interface Call extends Pick<UpstreamAsk, 'path' | 'onLost'> {
  readonly dialect: Dialect;
  readonly form: AnswerForm;
  readonly body: Body;
}

/** No limit of tries: while every endpoint is down the call is held, and no attempt is burned for it. */
function send(c: AgentContext, call: Call, options: CallsOptions): Promise<Routed<Opened>> {
  const { ticket } = c.env;
  // Fires when the agent hangs up, and when its socket is closed because the attempt is over.
  const { signal } = c.req.raw;
  const { model } = options;
  const { dialect, form, path, onLost } = call;
  const about = { ...passedHeaders(c, dialect), ...aboutOf(ticket) };
  return route<Opened>(
    {
      ...options,
      kind: { model, form },
      dialects: [dialect.name],
      conversation: ticket.attempt,
      maxTries: Number.POSITIVE_INFINITY,
      signal,
      probe: (way, stop) => probeByCall(options, way, stop),
      onRetry: (retry) => options.onRetry?.(ticket.attempt, retry),
    },
    (endpoint) => {
      const ask = { ...options, endpoint, model, body: dialect.forEndpoint(call.body, endpoint.name) };
      const how = { ...options, path, about, signal, onLost };
      return withLessons(ask, (body) => openUpstream(endpoint, { ...how, body }));
    },
  );
}

const aboutOf = ({ attempt }: Ticket): Record<string, string> => ({
  'x-swarm-role': isReviewerName(attempt) ? 'reviewer' : 'worker',
  'x-swarm-task': taskOf(attempt),
  'x-swarm-attempt': attempt,
});

/**
 * The upstream's bytes as they come, but for our keys. When they break off the connection is torn, so that no agent
 * takes half for whole. An answer that is given up before the server said what it used is booked as it was set
 * aside, if it was not cut off by us: what a model thought unseen is paid for too.
 */
function passThrough(
  c: AgentContext,
  { contentType, first, rest, watch }: Opened,
  endpoint: string,
  request: OutgoingRequest,
  bill: Bill,
  options: CallsOptions,
): Response {
  const { endpoints } = options.pool;
  const meter = createMeter(request.dialect, contentType.includes('text/event-stream'), request.chars);
  const scrubber = createScrubber(endpoints);
  const end = (isGivenUp: boolean): void => {
    watch.stop();
    bill.close(endpoint, meter.tokens(), isGivenUp && !meter.isTold());
  };
  let next: Uint8Array | undefined = first;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        // A piece may be kept back whole, and a pull that gives nothing would be the last.
        for (;;) {
          const piece = next ?? (await rest.read()).value;
          next = undefined;
          watch.signal.throwIfAborted();
          if (piece !== undefined) meter.feed(piece);
          const clean = piece === undefined ? scrubber.end() : scrubber.push(piece);
          if (clean.byteLength > 0) controller.enqueue(clean);
          if (piece === undefined) {
            end(false);
            return controller.close();
          }
          if (clean.byteLength > 0) return;
        }
      } catch {
        end(watch.signal.aborted);
        c.env.outgoing.destroy();
      }
    },
    async cancel() {
      end(true);
      await rest.cancel().catch(() => {});
    },
  });
  const headers = {
    'content-type': redactKeys(contentType, endpoints),
    [VIA_HEADER]: encodeURIComponent(endpoint),
  };
  return new Response(body, { headers });
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
      if (routed.isOver) return problem(c, 503, 'swarm_over', `the run’s time is over; ${routed.why}`);
      return problem(c, 503, 'swarm_down', routed.why);
    case 'spent':
      return problem(c, 402, 'swarm_budget', routed.why);
    case 'auth':
    case 'quota':
      c.env.ticket.turnAway(routed.kind);
      options.onRefused?.({ ...routed, kind: routed.kind, attempt: c.env.ticket.attempt });
      return problem(c, routed.kind === 'auth' ? 401 : 402, `swarm_upstream_${routed.kind}`, routed.why);
    case 'bad-request': {
      const { status = 400 } = routed;
      return problem(c, status < 400 ? 502 : status, 'swarm_upstream_request', routed.why);
    }
  }
}
