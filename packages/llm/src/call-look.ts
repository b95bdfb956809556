/** One small chat call, and what it says of an endpoint in a person's words: the look before a run. Costs a few tokens. */
import type { Clock } from '@swarm/core/ports/world';
import { withLessons } from './asking/learning.ts';
import { bodyFor, PING, PING_HEADERS } from './asking/ours.ts';
import { tryCompletion } from './completion.ts';
import type { Body } from './dialects/kinds.ts';
import { createEndpointPool, type EndpointConfig } from './endpoints.ts';
import type { CallFailure } from './failures.ts';
import { type EndpointFault, faultAt } from './probe-faults.ts';
import type { Quota } from './quotas.ts';

export type CallLook =
  | {
      readonly kind: 'answers';
      readonly ms: number;
      readonly tokens: number | undefined;
      readonly quotas: readonly Quota[];
    }
  /** Nothing is left; `moreAt`: when there is more, where it says so, ms since the epoch. */
  | {
      readonly kind: 'quota';
      readonly why: string;
      readonly quotas: readonly Quota[];
      readonly moreAt?: number;
    }
  | {
      readonly kind: 'auth' | 'no-model' | 'refused' | 'silent' | 'down' | EndpointFault;
      readonly why: string;
    };

/** A local model may have to be loaded first. */
export const CALL_LOOK_MS = 60_000;
/** Servers that have no such model say one of these, in a code or in a sentence. */
const NO_MODEL =
  /model_not_found|no such model|unknown model|model\b.{0,120}\b(not found|does ?n[o’']t exist|is not (available|supported))/i;

/** Never throws. */
export async function lookByCall(
  asked: EndpointConfig,
  model: string,
  how: { readonly clock: Clock; readonly timeoutMs?: number; readonly signal?: AbortSignal },
): Promise<CallLook> {
  const { clock, timeoutMs: totalMs = CALL_LOOK_MS, signal = new AbortController().signal } = how;
  const deadlines = { firstByteMs: totalMs, idleMs: totalMs, totalMs };
  const startedAt = clock.monotonic();
  const pool = createEndpointPool({ endpoints: [asked], clock, rng: () => 0.5 });
  const endpoint = pool.endpoints[0]!;
  let tokens: number | undefined;
  const tryIt = async (body: Body) => {
    const ask = { endpoint, model, body, headers: PING_HEADERS, deadlines, clock, signal, onText: () => {} };
    const { end, assembler } = await tryCompletion(ask);
    const used = assembler.answer().tokens;
    tokens = used && used.input + used.output;
    return end.kind === 'finished' ? ({ kind: 'done', value: true } as const) : end;
  };
  const body = bodyFor(endpoint, model, PING);
  const tried = await withLessons({ pool, endpoint, model, body }, tryIt);
  const ms = clock.monotonic() - startedAt;
  const quotas = pool.quotas(endpoint.name);
  if (tried.kind === 'done') return { kind: 'answers', ms, tokens, quotas };
  if (tried.kind === 'quota') {
    const { why, moreAt } = tried;
    return { kind: 'quota', why, quotas, ...(moreAt !== undefined && { moreAt }) };
  }
  if (tried.kind === 'aborted') return { kind: 'silent', why: 'it was called off' };
  const failure = tried.kind === 'spent' ? { kind: 'bad-request' as const, why: tried.why } : tried;
  return meaningOf(failure, endpoint, ms >= totalMs, clock);
}

async function meaningOf(
  failure: Exclude<CallFailure, { kind: 'quota' }>,
  endpoint: EndpointConfig,
  isOverdue: boolean,
  clock: Clock,
): Promise<CallLook> {
  const { why, said } = failure;
  if (failure.kind === 'auth') return { kind: 'auth', why };
  if (said && NO_MODEL.test(`${said.code ?? ''} ${said.message}`)) return { kind: 'no-model', why };
  if (isOverdue) return { kind: 'silent', why };
  const fault = await faultAt(endpoint, { clock, why });
  if (fault) return fault;
  return { kind: failure.kind === 'bad-request' ? 'refused' : 'down', why };
}
