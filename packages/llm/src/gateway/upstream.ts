/** One try to have an upstream answer, up to its first byte: what comes after can no longer be tried elsewhere. */
import type { Clock } from '@swarm/core/ports/world';
import { type Deadlines, startWatch, type Watch } from '../deadlines.ts';
import type { Body } from '../dialects/kinds.ts';
import type { EndpointConfig } from '../endpoints.ts';
import { wordsOf } from '../failures.ts';
import type { Tried } from '../route.ts';
import { redactKeys } from '../secrets.ts';
import { postCall, refusalOf } from '../transport.ts';

/** An answer that has begun. */
export interface Opened {
  readonly contentType: string;
  readonly first: Uint8Array;
  readonly rest: ReadableStreamDefaultReader<Uint8Array>;
  readonly watch: Watch;
}

export interface UpstreamAsk {
  /** After the endpoint's base URL. */
  readonly path: string;
  readonly body: Body;
  /** X-Swarm-*: the task and attempt the call is for; and headers of the agent's that may go on. */
  readonly about: Readonly<Record<string, string>>;
  readonly deadlines: Deadlines;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /**
   * The call was given up when the model may have been at work. @param isLast no other try follows.
   * @returns why not, where another try cannot be paid.
   */
  readonly onLost: (isLast: boolean) => { readonly why: string } | undefined;
}

export async function openUpstream(endpoint: EndpointConfig, ask: UpstreamAsk): Promise<Tried<Opened>> {
  const watch = startWatch(ask.deadlines, ask.clock, ask.signal);
  let tried: Tried<Opened> | undefined;
  try {
    tried = await open(endpoint, ask, watch);
    return tried;
  } catch (error) {
    const spent = watch.signal.aborted ? ask.onLost(ask.signal.aborted) : undefined;
    if (ask.signal.aborted) return { kind: 'aborted' };
    if (spent !== undefined) return { kind: 'spent', why: spent.why };
    return { kind: 'again', why: redactKeys(watch.missed() ?? wordsOf(error), [endpoint]), isFault: true };
  } finally {
    if (tried?.kind !== 'done') watch.stop();
  }
}

async function open(endpoint: EndpointConfig, ask: UpstreamAsk, watch: Watch): Promise<Tried<Opened>> {
  const response = await postCall(endpoint, ask.path, JSON.stringify(ask.body), ask.about, watch);
  if (!response.ok) return refusalOf(response, endpoint, ask.clock.now());
  const rest = response.body?.getReader() as ReadableStreamDefaultReader<Uint8Array> | undefined;
  const first = await rest?.read();
  if (rest === undefined || first === undefined || first.done)
    return { kind: 'again', why: 'the answer is empty', isFault: true };
  const contentType = response.headers.get('content-type') ?? 'application/json';
  return { kind: 'done', value: { contentType, first: first.value, rest, watch }, over: watch.stopped };
}
