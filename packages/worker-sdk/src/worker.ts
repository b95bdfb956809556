/**
 * A worker of a swarm bridge in Node, and the calls of whoever uses one. One file, no dependencies: copy it if you like.
 * What goes over the wire is docs/wire.md.
 */

export interface BridgeAt {
  /** `http://127.0.0.1:7420`. */
  readonly url: string;
  /** `swarm serve --json` shows it. Absent: the bridge is open. */
  readonly token?: string;
}

export interface WorkerOptions extends BridgeAt {
  /** Unique at the bridge: `worker-1.relay`. */
  readonly name: string;
  /** `process`, `enrich@2.1.0`. */
  readonly capabilities?: readonly string[];
  /** `1.4.0`. */
  readonly version?: string;
  /** Calls at a time; the next is told 429. */
  readonly maxTasks?: number;
  /** Say on `swarm.announce` that it is there, and on `swarm.health` that it goes. True when absent. */
  readonly announces?: boolean;
  /** What happens to it, as sentences. */
  readonly onNote?: (note: string) => void;
}

export interface Call {
  readonly method: string;
  /** Who asks. */
  readonly from: string;
  /** Fires when nobody waits for the answer any more: late, called off, or the connection is gone. */
  readonly signal: AbortSignal;
}

/** What it returns is the answer: a text as it is, anything else as JSON. What it throws is told as the call's error. */
export type Handler = (payload: string, call: Call) => unknown;

export interface Worker {
  /** Settles when it is registered for the first time; rejects where the bridge will never have it. */
  readonly ready: Promise<void>;
  /** Takes nothing new, ends what it has, and leaves. */
  stop(): Promise<void>;
}

/** What a task's `process` gets: the task's wire format, and these. */
export interface Task {
  readonly id: string;
  /** `t12.2`: the second try. */
  readonly attempt: string;
  readonly title: string;
  readonly description: string;
  readonly scope: readonly string[];
  readonly acceptance: string;
  readonly verify?: string;
  readonly requires: readonly string[];
  /** All that an agent would be told, what went wrong before among it. */
  readonly prompt: string;
}

/** What `process` may answer; a text is the summary alone. */
export interface Handoff {
  readonly status?: 'complete' | 'partial' | 'already_done' | 'blocked' | 'failed';
  readonly summary: string;
  /** A unified diff, applied in the task's workspace. */
  readonly patch?: string;
  readonly concerns?: readonly string[];
  readonly suggestions?: readonly string[];
}

/** Ms before it connects again: soon at first. */
const AGAIN_MS = [100, 500, 1_000, 2_000, 5_000] as const;
/** What the bridge closes with where trying again changes nothing. */
const NEVER = new Set([4400, 4403]);

const authorized = ({ token }: BridgeAt): Record<string, string> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` };

/** Connects, and again for as long as it is not stopped. */
export function createWorker(options: WorkerOptions, handlers: Readonly<Record<string, Handler>>): Worker {
  const { name, capabilities = [], version, maxTasks, announces = true, onNote = () => undefined } = options;
  const ready = Promise.withResolvers<void>();
  ready.promise.catch(() => undefined);
  const underWay = new Map<string, AbortController>();
  let socket: WebSocket | undefined;
  let isStopping = false;
  let tries = 0;
  let idle: () => void = () => undefined;

  const say = (topic: string, about: object): Promise<unknown> =>
    announces
      ? broadcast(options, topic, JSON.stringify({ name, ...about })).catch((error: Error) =>
          onNote(error.message),
        )
      : Promise.resolve();

  function connect(): void {
    const opened = new WebSocket(socketUrl(options), { headers: authorized(options) } as never);
    socket = opened;
    opened.onopen = () =>
      send(opened, {
        type: 'register',
        name,
        capabilities,
        ...(version && { version }),
        ...(maxTasks && { maxTasks }),
      });
    opened.onmessage = ({ data }) => hear(opened, JSON.parse(`${data}`));
    // A socket that fails is closed, too.
    opened.onerror = () => undefined;
    opened.onclose = ({ code, reason }) => left(opened, code, reason);
  }

  function left(opened: WebSocket, code: number, reason: string): void {
    if (socket !== opened) return;
    // What is under way is nobody's any more.
    for (const open of underWay.values()) open.abort();
    underWay.clear();
    idle();
    if (isStopping) return;
    onNote(`not connected (${code}${reason ? `: ${reason}` : ''})`);
    if (NEVER.has(code)) return ready.reject(new Error(reason));
    setTimeout(connect, AGAIN_MS[Math.min(tries++, AGAIN_MS.length - 1)]);
  }

  function hear(opened: WebSocket, message: Record<string, string>): void {
    const { type, correlation_id: id = '' } = message;
    if (type === 'registered') {
      tries = 0;
      onNote('registered');
      void say('swarm.announce', { capabilities, ...(version && { version }), status: 'healthy' });
      ready.resolve();
    } else if (type === 'inbound_call') void work(opened, id, message);
    else if (type === 'call_cancelled') underWay.get(id)?.abort();
    else if (type === 'error') onNote(`${message.error}`);
  }

  async function work(
    opened: WebSocket,
    id: string,
    { method = '', from = '', payload = '' }: Record<string, string>,
  ): Promise<void> {
    const open = new AbortController();
    underWay.set(id, open);
    try {
      const handler = Object.hasOwn(handlers, method) ? handlers[method] : undefined;
      if (!handler) throw new Error(`${name} has no method ${method}`);
      const answer = await handler(payload, { method, from, signal: open.signal });
      const text = typeof answer === 'string' ? answer : JSON.stringify(answer ?? null);
      send(opened, { type: 'call_response', correlation_id: id, payload: text });
    } catch (error) {
      send(opened, { type: 'call_error', correlation_id: id, error: (error as Error).message ?? `${error}` });
    } finally {
      underWay.delete(id);
      if (underWay.size === 0) idle();
    }
  }

  connect();
  return {
    ready: ready.promise,
    async stop() {
      isStopping = true;
      await say('swarm.health', { status: 'draining' });
      if (underWay.size > 0) await new Promise<void>((resolve) => (idle = resolve));
      socket?.close(1000);
    },
  };
}

const socketUrl = ({ url }: BridgeAt): string => new URL('/ws', url.replace(/^http/, 'ws')).href;

/** Whoever is gone is not told: the bridge says so to who called. */
function send(socket: WebSocket, message: object): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

// ───────────── calling ─────────────

/** The bridge's refusal, with its status: 404 nobody, 429 all busy, 502 it failed, 503 gone or left alone, 504 late. */
export class CallError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = 'CallError';
    this.status = status;
  }
}

export interface CallAsk {
  /** A name, a capability such as `enrich@>=2.0.0`, `agent-b:v2`, or `any`. */
  readonly to: string;
  readonly method: string;
  readonly payload?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Returns the answer’s payload. @throws CallError */
export async function call(
  at: BridgeAt,
  { to, method, payload = '', timeoutMs, signal }: CallAsk,
): Promise<string> {
  const body = { to, method, payload, ...(timeoutMs !== undefined && { timeout_ms: timeoutMs }) };
  return (await post(at, '/v1/call', body, signal)).text();
}

export async function broadcast(at: BridgeAt, topic: string, payload: string): Promise<void> {
  await post(at, '/v1/broadcast', { topic, payload });
}

async function post(at: BridgeAt, path: string, body: object, signal?: AbortSignal): Promise<Response> {
  const told = await fetch(new URL(path, at.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...authorized(at) },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });
  if (told.ok) return told;
  const said = await told.text();
  let what = said;
  try {
    what = (JSON.parse(said) as { error: { what: string } }).error.what;
  } catch {
    // It is told as it came.
  }
  throw new CallError(told.status, what);
}

export interface Message {
  readonly id: string;
  readonly data: string;
}

/** What is broadcast on a topic, from now on or after `lastId`, until the signal fires or the connection ends. */
export async function* subscribe(
  at: BridgeAt,
  topic: string,
  { lastId, signal }: { readonly lastId?: string; readonly signal?: AbortSignal } = {},
): AsyncGenerator<Message> {
  const told = await fetch(new URL(`/v1/subscribe?topic=${encodeURIComponent(topic)}`, at.url), {
    headers: { ...authorized(at), ...(lastId !== undefined && { 'last-event-id': lastId }) },
    ...(signal && { signal }),
  });
  if (!told.ok || !told.body) throw new CallError(told.status, await told.text());
  let rest = '';
  for await (const chunk of told.body.pipeThrough(new TextDecoderStream())) {
    const parts = `${rest}${chunk}`.split('\n\n');
    rest = parts.pop()!;
    for (const part of parts) {
      const lines = part.split('\n');
      const data = lines.filter((line) => line.startsWith('data: ')).map((line) => line.slice(6));
      const id = lines.find((line) => line.startsWith('id: '))?.slice(4);
      if (data.length > 0 && id !== undefined) yield { id, data: data.join('\n') };
    }
  }
}
