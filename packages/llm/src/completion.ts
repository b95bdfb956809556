/** One try of one chat completion at one endpoint, over the `openai` package, which never retries here. */
import type { ChatMessage, Clock, ModelRequest, ToolSpec } from '@swarm/core';
import OpenAI, { APIError } from 'openai';
import { Stream } from 'openai/core/streaming';
import { type Assembler, createAssembler, ServerSaid } from './answer.ts';
import { type Deadlines, startWatch, type Watch } from './deadlines.ts';
import { type EndpointConfig, redactKeys } from './endpoints.ts';
import { type CallFailure, errorBody, errorFields, failureOf, wordsOf } from './failures.ts';
import { watchedFetch } from './transport.ts';

/** The `openai` package's own timer is switched off: deadlines.ts has them all. */
const NO_TIMEOUT_MS = 2 ** 31 - 1;

export interface TryOptions {
  readonly endpoint: EndpointConfig;
  readonly body: CompletionBody;
  readonly headers: Readonly<Record<string, string>>;
  readonly deadlines: Deadlines;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onText: (piece: string) => void;
}

/** How the try ended, and what had come by then. */
export interface TryEnd {
  readonly end: { readonly kind: 'finished' } | { readonly kind: 'aborted' } | CallFailure;
  readonly assembler: Assembler;
  /** The model may have worked, so that the call costs something even where no usage came. */
  readonly isBillable: boolean;
}

export type CompletionBody = OpenAI.ChatCompletionCreateParamsStreaming;

/** Never throws. An answer that said its end is whole, however the connection ends after it. */
export async function tryCompletion(options: TryOptions): Promise<TryEnd> {
  const watch = startWatch(options.deadlines, options.clock, options.signal);
  const assembler = createAssembler(options.onText);
  let isAnswering = false;
  // What the reading ends with when nothing is thrown: a loop over an aborted stream ends as if the stream had.
  let error: unknown = new Error('the stream ended before the answer did');
  try {
    const client = clientOf(options, watch);
    const response = await client.chat.completions
      .create(options.body, { signal: watch.signal })
      .asResponse();
    isAnswering = true;
    await readAnswer(response, client, assembler);
  } catch (thrown) {
    error = thrown;
  } finally {
    watch.stop();
  }
  const isWhole = assembler.answer().finish !== undefined && !options.signal.aborted;
  const end = isWhole ? ({ kind: 'finished' } as const) : whatHappened(error, watch, options);
  return { end, assembler, isBillable: isAnswering || watch.signal.aborted };
}

function clientOf({ endpoint, headers }: TryOptions, watch: Watch): OpenAI {
  return new OpenAI({
    baseURL: endpoint.baseUrl,
    apiKey: endpoint.apiKey ?? 'none',
    // Everything the package would otherwise take from the environment.
    organization: null,
    project: null,
    adminAPIKey: null,
    webhookSecret: null,
    logLevel: 'off',
    maxRetries: 0,
    timeout: NO_TIMEOUT_MS,
    defaultHeaders: { ...headers, ...(endpoint.apiKey === undefined && { authorization: null }) },
    fetch: watchedFetch(watch),
  });
}

/** Reads a stream, or the one JSON body of a server that does not stream. */
async function readAnswer(response: Response, client: OpenAI, assembler: Assembler): Promise<void> {
  if (response.headers.get('content-type')?.includes('application/json')) {
    assembler.add(await response.json());
    // One body is whole by being one, also where it gives no reason.
    if (assembler.answer().finish === undefined) assembler.add({ choices: [{ finish_reason: 'stop' }] });
    return;
  }
  const chunks = Stream.fromSSEResponse<unknown>(response, new AbortController(), client);
  for await (const chunk of chunks) assembler.add(chunk);
}

function whatHappened(error: unknown, watch: Watch, options: TryOptions): TryEnd['end'] {
  const hide = (why: string): string => redactKeys(why, [options.endpoint]);
  const missed = watch.missed();
  if (missed !== undefined) return { kind: 'again', why: missed, isFault: true };
  if (options.signal.aborted) return { kind: 'aborted' };
  const failure = failureIn(error, options.clock.now());
  return { ...failure, why: hide(failure.why) };
}

function failureIn(error: unknown, now: number): CallFailure {
  if (error instanceof ServerSaid) return saidInside(error);
  if (!(error instanceof APIError)) return { kind: 'again', why: wordsOf(error), isFault: true };
  const { message, code } =
    typeof error.error === 'object' && error.error !== null
      ? errorFields(error.error)
      : errorBody(error.message);
  if (error.status === undefined) return saidOrLost(error, message, code);
  const retryAfter = error.headers?.get('retry-after') ?? null;
  return failureOf({ status: error.status, retryAfter, message, code }, now);
}

/** Without a status it is either an error event inside the stream, or a connection that failed. */
function saidOrLost(error: APIError, message: string, code: string | undefined): CallFailure {
  if (error.error !== undefined) return saidInside(new ServerSaid(message, code));
  return { kind: 'again', why: wordsOf(error), isFault: true };
}

/** The answer had begun, so only a quota is final; anything else is worth another try. */
function saidInside(said: ServerSaid): CallFailure {
  const failure = failureOf({ status: 500, retryAfter: null, message: said.message, code: said.code }, 0);
  const why = `the server broke off: ${said.message}`;
  return failure.kind === 'quota' ? { kind: 'quota', why } : { kind: 'again', why, isFault: true };
}

/** The request as it goes out. `max_completion_tokens` is the present name; servers that know only the old one ignore it. */
export function completionBody(request: ModelRequest, model: string): CompletionBody {
  return {
    model,
    messages: request.messages.map(wireMessage),
    stream: true,
    stream_options: { include_usage: true },
    // An empty list is refused by some servers.
    ...(request.tools.length > 0 && { tools: request.tools.map(wireTool) }),
    ...(request.toolChoice !== undefined && { tool_choice: request.toolChoice }),
    ...(request.maxOutputTokens !== undefined && { max_completion_tokens: request.maxOutputTokens }),
  };
}

function wireMessage(message: ChatMessage): OpenAI.ChatCompletionMessageParam {
  if (message.role === 'tool')
    return { role: 'tool', tool_call_id: message.callId, content: message.content };
  if (message.role !== 'assistant') return message;
  if (message.toolCalls.length === 0) return { role: 'assistant', content: message.content };
  return {
    role: 'assistant',
    content: message.content === '' ? null : message.content,
    tool_calls: message.toolCalls.map((call) => ({
      id: call.id,
      type: 'function',
      function: { name: call.name, arguments: call.argumentsJson },
    })),
  };
}

const wireTool = (tool: ToolSpec): OpenAI.ChatCompletionTool => ({
  type: 'function',
  function: { name: tool.name, description: tool.description, parameters: { ...tool.parameters } },
});
