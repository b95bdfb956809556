/** One try of one call of ours at one endpoint, in the endpoint's own dialect. */
import type { Clock } from '@swarm/core/ports/world';
import { VIA_HEADER } from './asking/wire.ts';
import { type Deadlines, startWatch, type Watch } from './deadlines.ts';
import { dialectOf } from './dialects/all.ts';
import type { AnswerForm, Reader } from './dialects/dialect.ts';
import type { Body } from './dialects/kinds.ts';
import type { EndpointConfig } from './endpoints.ts';
import { type CallFailure, failureInside, wordsOf } from './failures.ts';
import { type Assembler, createAssembler, ServerSaid } from './reading/answer.ts';
import { isLoose } from './reading/quirks.ts';
import { createSseDecoder, DONE, type ServerEvent } from './reading/sse.ts';
import { redactKeys } from './secrets.ts';
import { postCall, refusalOf } from './transport.ts';

export interface TryOptions {
  readonly endpoint: EndpointConfig;
  /** The name asked for: some dialects say it in the path. */
  readonly model: string;
  readonly body: Body;
  /** Which the body asks for; events when absent. */
  readonly form?: AnswerForm;
  readonly headers: Readonly<Record<string, string>>;
  readonly deadlines: Deadlines;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onText: (piece: string) => void;
  /** Knows the names of the tools on offer. */
  readonly isTool?: (name: string) => boolean;
}

/** How the try ended, and what had come by then. */
export interface TryEnd {
  readonly end: { readonly kind: 'finished' } | { readonly kind: 'aborted' } | CallFailure;
  readonly assembler: Assembler;
  /** The model may have worked, so that the call costs something even where no usage came. */
  readonly isBillable: boolean;
  /** The endpoint behind a gateway of ours that answered. */
  readonly via?: string;
}

/** Never throws. An answer that said its end is whole, however the connection ends after it. */
export async function tryCompletion(options: TryOptions): Promise<TryEnd> {
  const { endpoint, clock, signal } = options;
  const watch = startWatch(options.deadlines, clock, signal);
  const dialect = dialectOf(endpoint);
  const assembler = createAssembler(options.onText, options.isTool);
  let isAnswering = false;
  let via: string | undefined;
  let failure: CallFailure = { kind: 'again', why: 'the stream ended before the answer did', isFault: true };
  try {
    const path = dialect.path(options.model, options.form ?? 'events');
    const response = await postCall(endpoint, path, JSON.stringify(options.body), options.headers, watch);
    via = nameIn(response.headers.get(VIA_HEADER));
    if (!response.ok) failure = await refusalOf(response, endpoint, clock.now());
    else {
      isAnswering = true;
      await readAnswer(response, intoAssembler(assembler, dialect.reader()));
    }
  } catch (thrown) {
    failure = failureIn(thrown, watch, endpoint, clock.now());
  } finally {
    watch.stop();
  }
  if (!signal.aborted) assembler.end('broken');
  const isWhole = assembler.answer().finish !== undefined && !signal.aborted;
  const isAborted = signal.aborted && watch.missed() === undefined;
  const end = isWhole ? { kind: 'finished' as const } : isAborted ? { kind: 'aborted' as const } : failure;
  const isBillable = isAnswering || watch.signal.aborted;
  return { end, assembler, isBillable, ...(via !== undefined && { via }) };
}

/** An endpoint's name as the gateway writes it; undefined for what is none. */
function nameIn(header: string | null): string | undefined {
  try {
    return header === null ? undefined : decodeURIComponent(header);
  } catch {
    return undefined;
  }
}

function failureIn(error: unknown, watch: Watch, endpoint: EndpointConfig, now: number): CallFailure {
  const missed = watch.missed();
  if (missed === undefined && error instanceof ServerSaid) {
    const message = redactKeys(error.said.message, [endpoint]);
    return failureInside({ ...error.said, message }, now);
  }
  return { kind: 'again', why: redactKeys(missed ?? wordsOf(error), [endpoint]), isFault: true };
}

type Sink = Pick<Assembler, 'add' | 'end'>;

/** What is no object is left to the assembler to refuse. */
const intoAssembler = (assembler: Assembler, reader: Reader): Sink => ({
  add(wire) {
    const first: unknown = Array.isArray(wire) ? wire[0] : wire;
    if (!isLoose(first)) return assembler.add(wire);
    for (const chunk of reader.read(first)) assembler.add(chunk);
  },
  end: assembler.end,
});

/** Reads a stream, or the one JSON body of a server that does not stream, whatever either calls itself. */
async function readAnswer(response: Response, assembler: Sink): Promise<void> {
  if (response.body === null) return;
  if (response.headers.get('content-type')?.includes('json')) {
    const text = await response.text();
    const whole = parse(text);
    if (whole !== undefined) {
      assembler.add(whole);
      return assembler.end('body');
    }
    readEvents([...decodeWhole(text)], assembler);
    return;
  }
  const decoder = createSseDecoder();
  for await (const bytes of response.body) if (readEvents(decoder.push(bytes), assembler)) return;
  readEvents(decoder.end(), assembler);
}

function decodeWhole(text: string): ServerEvent[] {
  const decoder = createSseDecoder();
  return [...decoder.push(Buffer.from(text)), ...decoder.end()];
}

/** Events with which servers only say that they are there. */
const SIGNS_OF_LIFE = /^(ping|heartbeat|keep-?alive)$/i;

/** The last event of a stream, where it has a name. */
const ENDS = /^(message_stop|response\.(completed|incomplete|failed))$/;

/** @returns true once the server said that nothing more comes. */
function readEvents(events: readonly ServerEvent[], assembler: Sink): boolean {
  for (const { name, data } of events) {
    if (data.trim() === DONE) {
      assembler.end('done');
      return true;
    }
    if (SIGNS_OF_LIFE.test(name)) continue;
    const chunk = parse(data);
    if (chunk === undefined) throw new Error('the server sent an event that is not JSON');
    assembler.add(name === 'error' ? asError(chunk) : chunk);
    if (ENDS.test(name)) return true;
  }
  return false;
}

const asError = (chunk: unknown): unknown =>
  typeof chunk === 'object' && chunk !== null && 'error' in chunk ? chunk : { error: chunk };

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
