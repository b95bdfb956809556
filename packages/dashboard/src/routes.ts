/** What stands at which path. Who may ask is decided before, by the guard. */
import type { IncomingMessage } from 'node:http';
import { parseRunId, parseTaskId } from '@swarm/core/model/ids';
import { hasBody, readJson } from './body.ts';
import type { Listeners, Listening } from './listeners.ts';
import type { Trouble } from './ports.ts';
import { json, type Reply, refusal, text } from './reply.ts';
import type { Opened, Streams } from './streams.ts';

export interface Served {
  readonly streams: Streams;
  readonly listeners: Listeners;
  /** Prometheus text; absent: there is none. */
  readonly metrics?: (() => Promise<string>) | undefined;
  /** By path; absent: programs alone are served. */
  readonly page?: Page | undefined;
  /** ms since the epoch. */
  readonly now: () => number;
  /** Commands at a time, and stories, which read a whole journal. */
  readonly busy: Busy;
}

/** Files that a browser is given, by path. */
export type Page = ReadonlyMap<string, { readonly type: string; readonly body: string | Buffer }>;

export interface Asked {
  readonly request: IncomingMessage;
  readonly path: string;
  readonly query: URLSearchParams;
}

/** `listen`: the answer goes on for as long as it is listened to. */
export type Answered = Reply | { readonly listen: Listening };

type Run = Extract<Opened, { kind: 'run' }>;

export async function answer(asked: Asked, served: Served): Promise<Answered> {
  const { request, path } = asked;
  const { method = '' } = request;
  const isRead = method === 'GET' || method === 'HEAD';
  if (isRead && hasBody(request)) return refusal(400, { what: 'a question has no body' }, CLOSE);
  const [first, second, third, run, ...rest] = path.split('/').slice(1);
  if (first === 'api' && second === 'v1' && third === 'runs')
    return run === undefined || run === '' ? listed(method, served) : ofRun(asked, run, rest, served);
  const file = served.page?.get(path);
  if (file) return isRead ? { status: 200, ...file } : notAllowed('GET, HEAD');
  const whole = Object.hasOwn(WHOLE, path) ? WHOLE[path] : undefined;
  if (!whole) return NOTHING_HERE;
  return isRead ? whole(served) : notAllowed('GET, HEAD');
}

const CLOSE = { connection: 'close' } as const;
const NOTHING_HERE = refusal(404, { what: 'there is nothing at this path', fix: 'GET /api/v1/runs' });
const notAllowed = (allow: string): Reply =>
  refusal(405, { what: `this path takes ${allow}` }, { allow, ...CLOSE });

const WHOLE: Readonly<Record<string, (served: Served) => Promise<Reply> | Reply>> = {
  '/': () => text(INDEX),
  '/healthz': health,
  '/readyz': health,
  '/metrics': async ({ metrics }) =>
    metrics ? text(await metrics(), 'text/plain; version=0.0.4; charset=utf-8') : NOTHING_HERE,
};

const INDEX = `swarm serve

GET  /api/v1/runs
GET  /api/v1/runs/RUN
GET  /api/v1/runs/RUN/tasks
GET  /api/v1/runs/RUN/tasks/TASK
GET  /api/v1/runs/RUN/report
GET  /api/v1/runs/RUN/events      a stream; Last-Event-ID goes on after a break
POST /api/v1/runs/RUN/commands
GET  /healthz, /readyz
`;

/** Says which part fails, and nothing of where it lies: nobody has shown a token yet. */
async function health({ streams }: Served): Promise<Reply> {
  try {
    await streams.look();
    return json({ status: 'ok' });
  } catch {
    return json({ status: 'failing', failing: 'the repository’s runs cannot be listed' }, 503);
  }
}

async function listed(method: string, { streams }: Served): Promise<Reply> {
  if (method !== 'GET' && method !== 'HEAD') return notAllowed('GET, HEAD');
  return json({ runs: await streams.list() });
}

// ───────────────────────── one run ─────────────────────────

type OfRun = (run: Run, asked: Asked, served: Served) => Promise<Answered> | Answered;

const OF_RUN: Readonly<Record<string, { readonly method: 'GET' | 'POST'; readonly answer: OfRun }>> = {
  '': { method: 'GET', answer: (run, _, { now }) => statusOf(run, now()) },
  tasks: { method: 'GET', answer: (run, { query }) => tasksOf(run, query) },
  report: { method: 'GET', answer: ({ stream }) => json(stream.report()) },
  events: { method: 'GET', answer: listen },
  commands: { method: 'POST', answer: command },
};

async function ofRun(asked: Asked, name: string, rest: readonly string[], served: Served): Promise<Answered> {
  const [view = '', task, ...more] = rest;
  const isTask = view === 'tasks' && task !== undefined && task !== '';
  const found = Object.hasOwn(OF_RUN, view) ? OF_RUN[view] : undefined;
  if (!found || more.length > 0 || (task !== undefined && !isTask)) return NOTHING_HERE;
  const { method = '' } = asked.request;
  const isHead = method === 'HEAD' && found.method === 'GET' && view !== 'events';
  if (method !== found.method && !isHead) return notAllowed(found.method);
  const opened = parseRunId(name) ? await served.streams.open(name) : ({ kind: 'unknown' } as const);
  if (opened.kind === 'unknown')
    return refusal(404, {
      code: 'SW0104',
      what: `there is no run ${name.slice(0, 40)}`,
      fix: 'GET /api/v1/runs',
    });
  if (opened.kind === 'unreadable') return refusal(409, opened.trouble, CLOSE);
  return isTask ? storyOf(opened, task, served) : found.answer(opened, asked, served);
}

const statusOf = async ({ source, stream }: Run, now: number): Promise<Reply> =>
  json({ run: source.run, ...(await stream.status(now)) });

// ───────────── tasks ─────────────

const PAGE = 1_000;
const PAGE_MAX = 10_000;

/** A page of them, in the order they were accepted in; `next` is what to ask after for more. */
function tasksOf({ source, stream }: Run, query: URLSearchParams): Reply {
  const { tasks } = stream.state;
  const limit = numberOf(query, 'limit') ?? PAGE;
  const after = query.get('after');
  if (limit === WRONG || limit < 1 || limit > PAGE_MAX)
    return wrong(`limit is a whole number from 1 to ${PAGE_MAX}`);
  const last = after === null ? undefined : parseTaskId(after);
  if (after !== null && !(last && tasks.has(last))) return wrong('after names no task of this run');
  const page = [];
  let isPast = last === undefined;
  let isMore = false;
  for (const task of tasks.values()) {
    if (isPast && page.length === limit) isMore = true;
    if (isMore) break;
    if (isPast) page.push(task);
    isPast ||= task.id === last;
  }
  const next = isMore ? page.at(-1)!.id : null;
  return json({ run: source.run, seq: stream.seq, total: tasks.size, tasks: page, next });
}

async function storyOf({ source, stream }: Run, name: string, { busy }: Served): Promise<Reply> {
  const id = parseTaskId(name);
  const task = id && stream.state.tasks.get(id);
  if (!task)
    return refusal(404, {
      code: 'SW0106',
      what: `there is no task ${name.slice(0, 40)} in ${source.run}`,
      fix: `GET /api/v1/runs/${source.run}/tasks`,
    });
  const story = await busy.story(() => stream.story(task.id));
  return story === FULL ? TOO_BUSY : json({ run: source.run, seq: stream.seq, task, story });
}

// ───────────── events ─────────────

/** `Last-Event-ID` wins: whoever comes back asks the same address again. */
function listen({ source, stream }: Run, { request, query }: Asked, { listeners }: Served): Answered {
  const { 'last-event-id': last } = request.headers;
  const [header] = Array.isArray(last) ? last : [last];
  const from = numberOf(query, 'from') ?? 1;
  if (from === WRONG || from < 1) return wrong('from is the seq of an entry, 1 or more');
  const had = header === undefined || header === '' ? undefined : wholeNumber(header);
  if (had === WRONG) return wrong('Last-Event-ID is the seq of an entry');
  const next = had === undefined ? from : had + 1;
  if (next > stream.seq + 1) return wrong(`this run has ${stream.seq} entries yet`);
  if (listeners.isFull)
    return refusal(
      503,
      { what: 'too many listen already', fix: 'close other pages' },
      { 'retry-after': '10' },
    );
  return { listen: { source, stream, from: next } };
}

const WRONG = 'wrong';
const wrong = (what: string): Reply => refusal(400, { code: 'SW0105', what });

const wholeNumber = (given: string): number | typeof WRONG =>
  /^\d{1,15}$/.test(given) ? Number(given) : WRONG;

function numberOf(query: URLSearchParams, name: string): number | typeof WRONG | undefined {
  const given = query.get(name);
  return given === null ? undefined : wholeNumber(given);
}

// ───────────── commands ─────────────

async function command({ source }: Run, { request }: Asked, { busy }: Served): Promise<Reply> {
  const reading = await readJson(request);
  if (reading.kind === 'no') {
    const trouble: Trouble = { code: 'SW0101', what: reading.what, fix: 'docs/serve.md shows one of each' };
    return refusal(reading.status, trouble, reading.status === 413 ? CLOSE : {});
  }
  const answered = await busy.command(() => source.ask(reading.value));
  if (answered === FULL) return TOO_BUSY;
  switch (answered.kind) {
    case 'decided':
      return json({ run: source.run, events: answered.events, state: answered.state });
    case 'refused':
      return refusal(409, answered.trouble);
    case 'malformed':
      return refusal(422, answered.trouble);
  }
}

// ───────────── how much at a time ─────────────

const FULL = Symbol('full');
const TOO_BUSY = refusal(
  503,
  { what: 'too much is asked at once', fix: 'ask again' },
  { 'retry-after': '1' },
);

const COMMANDS_MAX = 16;
/** A story reads a whole journal: one after the other. */
const STORIES_MAX = 16;

export class Busy {
  #commands = 0;
  #stories = 0;
  #lastStory: Promise<unknown> = Promise.resolve();

  async command<T>(work: () => Promise<T>): Promise<T | typeof FULL> {
    if (this.#commands >= COMMANDS_MAX) return FULL;
    this.#commands += 1;
    return work().finally(() => {
      this.#commands -= 1;
    });
  }

  async story<T>(work: () => Promise<T>): Promise<T | typeof FULL> {
    if (this.#stories >= STORIES_MAX) return FULL;
    this.#stories += 1;
    const told = this.#lastStory.then(work).finally(() => {
      this.#stories -= 1;
    });
    this.#lastStory = told.catch(() => undefined);
    return told;
  }
}
