import { OWN_DIALECTS } from '@swarm/core/model/dialect';
import type { AttemptId, TaskId } from '@swarm/core/model/ids';
import { addUsage, NO_USAGE, type Usage } from '@swarm/core/model/usage';
import type {
  Model,
  ModelEnd,
  ModelRequest,
  ModelResult,
  ModelRole,
  ProviderBag,
} from '@swarm/core/ports/models';
import type { Clock, Rng } from '@swarm/core/ports/world';
import { type Learnt, withLessons } from './asking/learning.ts';
import { bodyFor } from './asking/ours.ts';
import { type TryEnd, tryCompletion } from './completion.ts';
import { DEFAULT_DEADLINES, type Deadlines } from './deadlines.ts';
import {
  type CallKind,
  createEndpointPool,
  type EndpointConfig,
  type EndpointPool,
  type HealthChange,
} from './endpoints.ts';
import type { QuotaFailure } from './failures.ts';
import type { PriceTable } from './prices.ts';
import { type ProbeReport, probeByCall, untilUp } from './probe.ts';
import { deadlinesOf, type Profiles, profileOf } from './profiles.ts';
import type { Answer } from './reading/answer.ts';
import { type Retry, type Routed, route, type Tried } from './route.ts';
import { PRIORITY } from './slots.ts';
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
  /** What is known of models by their names; later tables go over earlier ones. */
  readonly profiles?: readonly Profiles[];
  readonly clock: Clock;
  readonly rng: Rng;
  readonly deadlines?: Partial<Deadlines>;
  /** Tries before a call ends as `down`; 6 when absent. */
  readonly maxTries?: number;
  /** Of one small call that looks whether an endpoint answers; 60 s when absent. */
  readonly probeTimeoutMs?: number;
  /** Once it fires no try begins and none is waited for; a try under way may end. */
  readonly until?: AbortSignal;
  /** Shared with a gateway, so that what one finds out the other knows; else one of its own. */
  readonly pool?: EndpointPool;
  readonly onCall?: (report: CallReport) => void;
  /** An endpoint refused something by name, and is asked without it from now on. */
  readonly onLearnt?: (learnt: Learnt) => void;
  /** A small call was made to see whether an endpoint answers. */
  readonly onProbe?: (report: ProbeReport) => void;
  /** `endpoint.down`, `endpoint.up`. */
  readonly onHealth?: (change: HealthChange) => void;
}

export const DEFAULT_MAX_TRIES = 6;

/** The Model port over every dialect our roles speak, each endpoint in its own, with failover, deadlines and one retry policy (route.ts). */
export function createModel(options: ModelOptions): Model {
  const pool = options.pool ?? createEndpointPool(options);
  return {
    nameFor: (role) => options.models[role],
    stream: (request, how) => runCall(options, pool, request, how),
    async whenUp(signal) {
      const kind = pool.failing() ?? kindOf(options.models.worker);
      const found = await untilUp({ ...options, pool, kind, signal });
      for (const way of found) pool.answered(way.endpoint.name, way.kind);
    },
  };
}

/** Ours are streams, all of them. */
const kindOf = (model: string): CallKind => ({ model, form: 'events' });

type How = Parameters<Model['stream']>[1];
interface Finished {
  readonly end: ModelEnd;
  readonly answer: Answer;
  readonly bag?: ProviderBag;
}

async function runCall(
  options: ModelOptions,
  pool: EndpointPool,
  request: ModelRequest,
  how: How,
): Promise<ModelResult> {
  const about = aboutOf(options, request);
  const { model } = about;
  const startedAt = options.clock.monotonic();
  const meter = createTryMeter(model, options.prices);
  const profile = profileOf(model, ...(options.profiles ?? []));
  const names = new Set(request.tools.map((tool) => tool.name));
  const routed = await route<Finished>(
    {
      ...options,
      pool,
      dialects: OWN_DIALECTS,
      kind: kindOf(model),
      conversation: request.attempt ?? request.role,
      signal: how.signal,
      maxTries: options.maxTries ?? DEFAULT_MAX_TRIES,
      priority: PRIORITY[request.role],
      probe: (way, stop) => probeByCall({ ...options, pool }, way, stop),
      onRetry: (retry) => options.onCall?.({ ...about, ...retry, kind: 'retried' }),
    },
    (endpoint) => {
      const to = { endpoint: endpoint.name, model };
      const ask = { ...options, pool, endpoint, model, body: bodyFor(endpoint, model, request, profile) };
      return withLessons(ask, async (body) => {
        const tried = await tryCompletion({
          endpoint,
          model,
          body,
          headers: headersOf(request),
          deadlines: { ...DEFAULT_DEADLINES, ...options.deadlines, ...deadlinesOf(profile) },
          clock: options.clock,
          signal: how.signal,
          onText: how.onText ?? (() => {}),
          isTool: (name) => names.has(name),
        });
        meter.add(tried, JSON.stringify(body).length);
        return judge(tried, to);
      });
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
  const bag = routed.kind === 'done' ? routed.value.bag : undefined;
  const common = { end, text: answer?.text ?? '', usage: meter.usage(), model: answer?.model ?? model };
  return { ...common, ...(bag && { bag }) };
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
function judge(
  { end, assembler, via }: TryEnd,
  to: Pick<ProviderBag, 'endpoint' | 'model'>,
): Tried<Finished> {
  const answer = assembler.answer();
  if (end.kind === 'finished') {
    if (answer.calls.some((call) => call.name === ''))
      return { kind: 'again', why: 'the answer has a tool call without a name', isFault: true };
    const bag = bagOf(answer, { ...to, ...(via !== undefined && { via }) });
    return { kind: 'done', value: { end: endOf(answer), answer, ...(bag && { bag }) } };
  }
  if (end.kind !== 'again' || answer.text === '') return end;
  return { kind: 'done', value: { end: { kind: 'cut', why: end.why }, answer } };
}

/** Present only where there is something to give back. */
function bagOf(answer: Answer, from: Omit<ProviderBag, 'fields' | 'calls'>): ProviderBag | undefined {
  const { fields, callFields: calls } = answer;
  const isEmpty = Object.keys(fields).length === 0 && Object.keys(calls).length === 0;
  return isEmpty ? undefined : { ...from, fields, calls };
}

/** The same reason in the words of several servers. */
const CUT_BY_LENGTH = /^(length|max_(output_)?tokens|model_length)$/i;
const FILTERED = /^(content_filter|safety|recitation|blocklist|prohibited_content)$/i;

/** Servers say `stop` for tool calls too, so the calls decide; calls of an answer cut by `length` may be halves. */
function endOf(answer: Answer): ModelEnd {
  const finish = answer.finish ?? '';
  if (CUT_BY_LENGTH.test(finish)) return { kind: 'length' };
  if (FILTERED.test(finish)) return { kind: 'refused', why: answer.refusal || 'the content filter' };
  if (answer.calls.length > 0) return { kind: 'tools', calls: answer.calls };
  if (answer.refusal !== '') return { kind: 'refused', why: answer.refusal };
  return { kind: 'stopped' };
}

function endWithoutAnswer(routed: Exclude<Routed<Finished>, { kind: 'done' }>): ModelEnd {
  if (routed.kind === 'aborted') return { kind: 'aborted' };
  if (routed.kind === 'quota') return quotaEnd(routed);
  return { kind: routed.kind === 'spent' ? 'quota' : routed.kind, why: routed.why };
}

const quotaEnd = ({ why, moreAt }: QuotaFailure): ModelEnd => ({
  kind: 'quota',
  why,
  ...(moreAt !== undefined && { moreAt }),
});

/** Adds up what the tries of one call used. */
function createTryMeter(model: string, prices: PriceTable) {
  let usage = NO_USAGE;
  let isEstimated = false;
  let last: Answer | undefined;
  return {
    /** @param requestChars of the request, for servers that do not say. */
    add({ assembler, isBillable }: TryEnd, requestChars: number): void {
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
