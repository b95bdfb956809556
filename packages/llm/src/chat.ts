import type { AttemptId, TaskId } from '@swarm/core/model/ids';
import { addUsage, NO_USAGE, type Usage } from '@swarm/core/model/usage';
import type { Model, ModelEnd, ModelRequest, ModelResult, ModelRole } from '@swarm/core/ports/models';
import type { Clock, Rng } from '@swarm/core/ports/world';
import type { Answer } from './answer.ts';
import { completionBody, type TryEnd, tryCompletion } from './completion.ts';
import { DEFAULT_DEADLINES, type Deadlines } from './deadlines.ts';
import {
  createEndpointPool,
  type EndpointConfig,
  type EndpointPool,
  type HealthChange,
} from './endpoints.ts';
import type { PriceTable } from './prices.ts';
import { untilUp } from './probe.ts';
import { type Retry, type Routed, route, type Tried } from './route.ts';
import { estimateTokens, usageOf } from './usage.ts';

/** Weather for the log: `model.called`, `model.retried`, `model.failed`. One `called` or `failed` ends each call. */
export type CallReport =
  | (CallAbout & Retry & { readonly kind: 'retried' })
  | (CallAbout & {
      /** `failed`: it ended as down, auth, quota or bad-request. */
      readonly kind: 'called' | 'failed';
      readonly end: ModelEnd;
      /** The endpoint that answered; absent when none did. */
      readonly endpoint?: string;
      readonly ms: number;
      /** Of all tries together. */
      readonly usage: Usage;
      /** Some server did not say what it used; counted from characters. */
      readonly isEstimated: boolean;
    });

interface CallAbout {
  readonly role: ModelRole;
  readonly model: string;
  readonly task?: TaskId;
  readonly attempt?: AttemptId;
}

export interface ModelOptions {
  readonly endpoints: readonly EndpointConfig[];
  /** The model each role asks for, sent as it stands. */
  readonly models: Readonly<Record<ModelRole, string>>;
  readonly prices: PriceTable;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly deadlines?: Partial<Deadlines>;
  /** Tries before a call ends as `down`; 6 when absent. */
  readonly maxTries?: number;
  /** Of one `GET /models` in `whenUp`; 4 s when absent. */
  readonly probeTimeoutMs?: number;
  /** Shared with a gateway, so that what one finds out the other knows; else one of its own. */
  readonly pool?: EndpointPool;
  readonly onCall?: (report: CallReport) => void;
  /** `endpoint.down`, `endpoint.up`. */
  readonly onHealth?: (change: HealthChange) => void;
}

export const DEFAULT_MAX_TRIES = 6;

/** The Model port over chat completions, with failover, deadlines and one retry policy (route.ts). */
export function createModel(options: ModelOptions): Model {
  const pool = options.pool ?? createEndpointPool(options);
  return {
    nameFor: (role) => options.models[role],
    stream: (request, how) => runCall(options, pool, request, how),
    async whenUp(signal) {
      const name = await untilUp({ ...options, signal });
      if (name !== undefined) pool.succeeded(name);
    },
  };
}

type How = Parameters<Model['stream']>[1];
type Finished = { readonly end: ModelEnd; readonly answer: Answer };

async function runCall(
  options: ModelOptions,
  pool: EndpointPool,
  request: ModelRequest,
  how: How,
): Promise<ModelResult> {
  const about = aboutOf(options, request);
  const body = completionBody(request, about.model);
  const startedAt = options.clock.monotonic();
  const meter = createTryMeter(JSON.stringify(body).length, about.model, options.prices);
  const routed = await route<Finished>(
    {
      ...options,
      pool,
      signal: how.signal,
      maxTries: options.maxTries ?? DEFAULT_MAX_TRIES,
      onRetry: (retry) => options.onCall?.({ ...about, ...retry, kind: 'retried' }),
    },
    async (endpoint) => {
      const tried = await tryCompletion({
        endpoint,
        body,
        headers: headersOf(request),
        deadlines: { ...DEFAULT_DEADLINES, ...options.deadlines },
        clock: options.clock,
        signal: how.signal,
        onText: how.onText ?? (() => {}),
      });
      meter.add(tried);
      return judge(tried);
    },
  );
  const end = routed.kind === 'done' ? routed.value.end : endWithoutAnswer(routed);
  const answer = routed.kind === 'done' ? routed.value.answer : meter.lastAnswer();
  options.onCall?.({
    ...about,
    kind: FAILED.has(end.kind) ? 'failed' : 'called',
    end,
    ...(routed.kind === 'done' && { endpoint: routed.endpoint }),
    ms: options.clock.monotonic() - startedAt,
    usage: meter.usage(),
    isEstimated: meter.isEstimated(),
  });
  return { end, text: answer?.text ?? '', usage: meter.usage(), model: answer?.model ?? about.model };
}

const FAILED: ReadonlySet<ModelEnd['kind']> = new Set(['down', 'auth', 'quota', 'bad-request']);

function aboutOf(options: ModelOptions, request: ModelRequest): CallAbout {
  return {
    role: request.role,
    model: options.models[request.role],
    ...(request.task !== undefined && { task: request.task }),
    ...(request.attempt !== undefined && { attempt: request.attempt }),
  };
}

const headersOf = (request: ModelRequest): Record<string, string> => ({
  'x-swarm-role': request.role,
  ...(request.task !== undefined && { 'x-swarm-task': request.task }),
  ...(request.attempt !== undefined && { 'x-swarm-attempt': request.attempt }),
});

/** Decides whether a try is the answer. Text already shown is never taken back, so what broke after it is. */
function judge({ end, assembler }: TryEnd): Tried<Finished> {
  const answer = assembler.answer();
  if (end.kind === 'aborted') return end;
  if (end.kind === 'finished') {
    if (answer.calls.every((call) => call.name !== ''))
      return { kind: 'done', value: { end: endOf(answer), answer } };
    return { kind: 'again', why: 'the answer has a tool call without a name', isFault: true };
  }
  if (answer.text === '') return end;
  return { kind: 'done', value: { end: { kind: 'cut', why: end.why }, answer } };
}

/** Servers say `stop` for tool calls too, so the calls decide; calls of an answer cut by `length` may be halves. */
function endOf(answer: Answer): ModelEnd {
  if (answer.finish === 'length') return { kind: 'length' };
  if (answer.finish === 'content_filter')
    return { kind: 'refused', why: answer.refusal || 'the content filter' };
  if (answer.calls.length > 0) return { kind: 'tools', calls: answer.calls };
  if (answer.refusal !== '') return { kind: 'refused', why: answer.refusal };
  return { kind: 'stopped' };
}

function endWithoutAnswer(routed: Exclude<Routed<Finished>, { kind: 'done' }>): ModelEnd {
  if (routed.kind === 'aborted') return { kind: 'aborted' };
  return { kind: routed.kind, why: routed.why };
}

/** Adds up what the tries of one call used. @param requestChars of the request, for servers that do not say. */
function createTryMeter(requestChars: number, model: string, prices: PriceTable) {
  let usage = NO_USAGE;
  let isEstimated = false;
  let last: Answer | undefined;
  return {
    add({ assembler, isBillable }: TryEnd): void {
      last = assembler.answer();
      if (!isBillable) return;
      const tokens = last.tokens ?? estimateTokens(requestChars, assembler.chars());
      isEstimated ||= tokens.isEstimated;
      usage = addUsage(usage, usageOf(tokens, model, prices));
    },
    usage: () => usage,
    isEstimated: () => isEstimated,
    lastAnswer: () => last,
  };
}
