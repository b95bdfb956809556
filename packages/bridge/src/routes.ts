/** What stands at which path of the bridge. Who may ask is decided before, by whoever serves it. */
import type { IncomingMessage } from 'node:http';
import {
  aboutWorker,
  broadcastBody,
  CALL_TIMEOUT_MS,
  callBody,
  type Envelope,
  envelopeBody,
  registerBody,
  taskName,
  topicName,
  transitionBody,
} from '@swarm/core/rules/bridge/wire';
import type { ZodType } from 'zod';
import { readBody } from './body.ts';
import type { CallEnd, Calls } from './calls.ts';
import type { Registry } from './registry.ts';
import type { Remembered } from './remembered.ts';
import { type Answered, JSON_TYPE, json, type Reply, refusal } from './reply.ts';
import type { States } from './states.ts';
import type { Topics } from './topics.ts';

export interface Rooms {
  readonly registry: Registry;
  readonly calls: Calls;
  readonly topics: Topics;
  readonly states: States;
  readonly remembered: Remembered;
  /** Ms of a clock that only goes forward, for breakers. */
  readonly now: () => number;
  /** RFC 3339, for envelopes. */
  readonly stamp: () => string;
}

export interface Asked {
  readonly request: IncomingMessage;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Fires when whoever asked does not wait any more. */
  readonly left: AbortSignal;
}

interface Route {
  readonly method: 'GET' | 'POST';
  readonly answer: (asked: Asked, rooms: Rooms) => Promise<Answered> | Answered;
}

const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  [
    '/v1/call',
    {
      method: 'POST',
      answer: (asked, rooms) => withBody(asked, callBody, (body) => call(body, asked, rooms)),
    },
  ],
  [
    '/v1/broadcast',
    {
      method: 'POST',
      answer: (asked, rooms) => withBody(asked, broadcastBody, (body) => broadcast(body, rooms)),
    },
  ],
  ['/v1/subscribe', { method: 'GET', answer: subscribe }],
  ['/v1/workers', { method: 'GET', answer: (_, rooms) => workers(rooms) }],
  [
    '/register',
    {
      method: 'POST',
      answer: (asked, rooms) => withBody(asked, registerBody, (body) => register(body, rooms)),
    },
  ],
  [
    '/invoke',
    {
      method: 'POST',
      answer: (asked, rooms) => withBody(asked, envelopeBody, (body) => invoke(body, asked, rooms)),
    },
  ],
  [
    '/transition',
    {
      method: 'POST',
      answer: (asked, rooms) => withBody(asked, transitionBody, (body) => move(body, rooms)),
    },
  ],
]);

const STATE = '/state/';

export const SOCKET_PATH = '/ws';

export const ownsPath = (path: string): boolean =>
  path === SOCKET_PATH || ROUTES.has(path) || path.startsWith(STATE);

export function answer(asked: Asked, rooms: Rooms): Promise<Answered> | Answered {
  const { path, request } = asked;
  if (path === SOCKET_PATH)
    return refusal(426, 'this path takes a WebSocket', undefined, { upgrade: 'websocket' });
  const route = path.startsWith(STATE) ? STATE_ROUTE : ROUTES.get(path)!;
  if (request.method !== route.method)
    return refusal(405, `this path takes ${route.method}`, undefined, {
      allow: route.method,
      connection: 'close',
    });
  return route.answer(asked, rooms);
}

async function withBody<T>(
  { request }: Asked,
  schema: ZodType<T>,
  then: (body: T) => Promise<Reply> | Reply,
): Promise<Reply> {
  const reading = await readBody(request, schema);
  if (reading.kind === 'read') return then(reading.value);
  const { status, what } = reading;
  return refusal(
    status,
    what,
    'docs/wire.md shows one of each',
    status === 413 ? { connection: 'close' } : {},
  );
}

// ───────────── calls ─────────────

async function call(
  { to, requires, method, payload, timeout_ms: timeoutMs = CALL_TIMEOUT_MS, from = 'caller' }: Called,
  { left }: Asked,
  { calls }: Rooms,
): Promise<Reply> {
  const ask = { to, ...(requires && { requires }), method, payload, timeoutMs, from };
  const end = await calls.call(ask, left);
  return end.kind === 'answered' ? answeredBy(end) : notAnswered(to, end);
}

type Called = typeof callBody._output;
type Worked = Extract<CallEnd, { kind: 'answered' }>;

const WORKER = 'x-swarm-worker';

/** The payload as it came. */
const answeredBy = ({ worker, payload }: Worked): Reply => ({
  status: 200,
  type: parsed(payload).isJson ? JSON_TYPE : 'text/plain; charset=utf-8',
  body: payload,
  headers: { [WORKER]: worker },
});

/** Objects and lists alone: whatever else is JSON is also text. */
function parsed(payload: string): { readonly isJson: boolean; readonly value: unknown } {
  if (/^\s*[[{]/.test(payload))
    try {
      return { isJson: true, value: JSON.parse(payload) };
    } catch {
      // It only looked like it.
    }
  return { isJson: false, value: payload };
}

function notAnswered(to: string, end: Exclude<CallEnd, Worked>): Reply {
  switch (end.kind) {
    case 'nobody':
      return refusal(404, `nobody is registered as ${to}, or has it`, 'GET /v1/workers');
    case 'unwell': {
      const wait = Math.max(1, Math.ceil(end.retryAfterMs / 1_000));
      const why =
        end.retryAfterMs > 0
          ? 'its breaker is open after failures'
          : 'it says that it is not well, or is being tried';
      const who = namesText(end.names);
      return refusal(503, `${who} is sent nothing now: ${why}`, undefined, { 'retry-after': `${wait}` });
    }
    case 'full':
      return refusal(429, `${namesText(end.names)} works on as much as it takes`, 'ask again', {
        'retry-after': '1',
      });
    case 'gone':
      return refusal(503, `${end.worker} went away before it answered`, 'ask again', {
        [WORKER]: end.worker,
        'retry-after': '0',
      });
    case 'late':
      return refusal(504, `${end.worker} did not answer in time`, 'a longer timeout_ms', {
        [WORKER]: end.worker,
      });
    case 'failed':
      return refusal(502, `${end.worker} failed: ${end.error}`, undefined, { [WORKER]: end.worker });
    case 'left':
      return refusal(499, 'whoever asked went away');
  }
}

const namesText = (names: readonly string[]): string =>
  names.length <= 3
    ? names.join(', ')
    : `each of ${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;

/** What somebody did stands; where nobody did anything, or it is not known, asking again does it. */
const IS_DONE: ReadonlySet<number> = new Set([200, 502]);

function invoke(envelope: Envelope, { left }: Asked, { calls, remembered, stamp }: Rooms): Promise<Reply> {
  const { id, source, target, type, payload, metadata } = envelope;
  const { capability, timeout_ms: timeoutMs = CALL_TIMEOUT_MS, trace_id } = metadata;
  const isText = typeof payload === 'string';
  const ask = {
    to: target,
    ...(capability !== undefined && { requires: [capability] }),
    method: type,
    payload: isText ? payload : JSON.stringify(payload ?? null),
    timeoutMs,
    from: source,
  };
  const once = async (): Promise<Reply> => {
    const end = await calls.call(ask, left);
    if (end.kind !== 'answered') return notAnswered(target, end);
    const answered = isText ? end.payload : parsed(end.payload).value;
    return json(
      {
        id,
        source: end.worker,
        target: source,
        type: `${type}.result`,
        payload: answered,
        metadata: { ...(trace_id !== undefined && { trace_id }), timestamp: stamp() },
      },
      200,
      { [WORKER]: end.worker },
    );
  };
  return remembered.once(id, once, ({ status }) => IS_DONE.has(status));
}

// ───────────── topics ─────────────

/** What is said on these is also read: who there is, and how they are. */
const READ_TOPICS: ReadonlySet<string> = new Set(['swarm.announce', 'swarm.health']);

function broadcast({ topic, payload }: typeof broadcastBody._output, { topics, registry }: Rooms): Reply {
  if (READ_TOPICS.has(topic)) note(payload, registry);
  const said = topics.say(topic, payload);
  if (!said) return refusal(429, 'there are too many topics', undefined, { 'retry-after': '10' });
  return json(said);
}

/** What cannot be read is broadcast all the same: it may be for others. */
function note(payload: string, registry: Registry): void {
  const { value } = parsed(payload);
  const about = aboutWorker.safeParse(value);
  if (!about.success) return;
  const announced = registerBody.safeParse(value);
  registry.note(about.data, announced.success ? announced.data.capabilities : []);
}

function subscribe({ request, query }: Asked, { topics }: Rooms): Answered {
  const named = topicName.safeParse(query.get('topic') ?? '');
  if (!named.success)
    return refusal(400, 'topic is missing, or is none', 'GET /v1/subscribe?topic=swarm.announce');
  const { 'last-event-id': last } = request.headers;
  const had = Array.isArray(last) ? last[0] : last;
  if (topics.isFull) return refusal(503, 'too many listen already', undefined, { 'retry-after': '10' });
  return {
    stream: (response) => {
      if (!topics.listen(named.data, had, response)) response.end();
    },
  };
}

// ───────────── who there is ─────────────

function register(body: typeof registerBody._output, { registry }: Rooms): Reply {
  const known = registry.get(body.name);
  if (known?.link) return json({ agent_id: known.id, name: known.name, connected: true });
  const { id, name } = registry.register(body);
  return json({ agent_id: id, name, connected: false });
}

function workers({ registry, now }: Rooms): Reply {
  const at = now();
  const told = registry.all().map((worker) => {
    const { capabilities, health, maxTasks, active, version } = registry.standing(worker);
    return {
      name: worker.name,
      agent_id: worker.id,
      ...(version !== undefined && { version }),
      capabilities,
      connected: worker.link !== undefined,
      healthy: health?.isWell ?? true,
      ...(health?.load !== undefined && { load: health.load }),
      active,
      maxTasks,
      breaker: registry.stateOf(worker, at),
    };
  });
  return json({ workers: told });
}

// ───────────── states ─────────────

const STATE_ROUTE: Route = {
  method: 'GET',
  answer({ path }, { states }) {
    const named = taskName.safeParse(path.slice(STATE.length));
    const state = named.success ? states.get(named.data) : undefined;
    if (state === undefined) return refusal(404, 'nobody has spoken of this task', 'POST /transition');
    return json({ task: named.data, state });
  },
};

function move({ task, next_state: said }: typeof transitionBody._output, { states }: Rooms): Reply {
  const moved = states.move(task, said);
  switch (moved.kind) {
    case 'moved':
      return json({ task, state: moved.state });
    case 'illegal':
      return refusal(409, `${task} is ${moved.from}: it cannot become ${moved.to}`, `GET /state/${task}`);
    case 'unknown':
      return refusal(422, `there is no state ${JSON.stringify(said)}`, 'docs/wire.md lists them');
  }
}
