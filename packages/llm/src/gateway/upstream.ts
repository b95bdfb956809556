/** One try to have an upstream answer, up to its first byte: what comes after can no longer be tried elsewhere. */
import type { Clock } from '@swarm/core/ports/world';
import { type Deadlines, startWatch, type Watch } from '../deadlines.ts';
import { type EndpointConfig, redactKeys, urlOf } from '../endpoints.ts';
import { type CallFailure, errorBody, failureOf, wordsOf } from '../failures.ts';
import { keyHeader } from '../probe.ts';
import type { Tried } from '../route.ts';
import { watchedFetch } from '../transport.ts';

/** An answer that has begun. */
export interface Opened {
  readonly contentType: string;
  readonly first: Uint8Array;
  readonly rest: ReadableStreamDefaultReader<Uint8Array>;
  readonly watch: Watch;
}

export interface UpstreamAsk {
  readonly json: string;
  /** X-Swarm-*: whom the call is for. */
  readonly about: Readonly<Record<string, string>>;
  readonly deadlines: Deadlines;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The call was given up when the model may have been at work. */
  readonly onLost: () => void;
}

export async function openUpstream(endpoint: EndpointConfig, ask: UpstreamAsk): Promise<Tried<Opened>> {
  const watch = startWatch(ask.deadlines, ask.clock, ask.signal);
  let tried: Tried<Opened> | undefined;
  try {
    tried = await open(endpoint, ask, watch);
    return tried;
  } catch (error) {
    if (watch.signal.aborted) ask.onLost();
    if (watch.missed() === undefined && ask.signal.aborted) return { kind: 'aborted' };
    const why = redactKeys(watch.missed() ?? wordsOf(error), [endpoint]);
    return { kind: 'again', why, isFault: true };
  } finally {
    if (tried?.kind !== 'done') watch.stop();
  }
}

async function open(endpoint: EndpointConfig, ask: UpstreamAsk, watch: Watch): Promise<Tried<Opened>> {
  const response = await watchedFetch(watch)(urlOf(endpoint, 'chat/completions'), {
    method: 'POST',
    // Built from nothing: no header of the agent's goes out, and its token least of all.
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...ask.about,
      ...keyHeader(endpoint),
    },
    body: ask.json,
  });
  if (!response.ok) return failed(response, endpoint, ask.clock.now());
  const rest = response.body?.getReader() as ReadableStreamDefaultReader<Uint8Array> | undefined;
  const first = await rest?.read();
  if (rest === undefined || first === undefined || first.done)
    return { kind: 'again', why: 'the answer is empty', isFault: true };
  const contentType = response.headers.get('content-type') ?? 'application/json';
  return { kind: 'done', value: { contentType, first: first.value, rest, watch } };
}

async function failed(response: Response, endpoint: EndpointConfig, now: number): Promise<CallFailure> {
  const body = errorBody(await response.text());
  const retryAfter = response.headers.get('retry-after');
  const failure = failureOf({ status: response.status, retryAfter, ...body }, now);
  return { ...failure, why: redactKeys(failure.why, [endpoint]) };
}
