/** What is told of one run, and what is said to it. */
import { parseRunId, parseTaskId } from '@swarm/core/model/ids';
import { sharedNotes } from '@swarm/core/rules/shared-notes';
import type { State } from '@swarm/core/state';
import { explainTask } from '@swarm/core/views/explain';
import { status } from '@swarm/core/views/status';
import {
  type Answered,
  type Asked,
  CLOSE,
  NOTHING_HERE,
  noSuchRun,
  notAllowed,
  numberOf,
  type Run,
  type Served,
  TOO_BUSY,
  WRONG,
  wholeNumber,
  wrong,
} from './asked.ts';
import { FULL } from './busy.ts';
import { said } from './command-routes.ts';
import { json, type Reply, refusal } from './reply.ts';
import { entriesUntil } from './stream.ts';
import { compared, diffOf, transcriptOf } from './work-routes.ts';

/** @param name the path's part behind the route's own, where it has one. */
type OfRun = (run: Run, asked: Asked, served: Served, name: string) => Promise<Answered> | Answered;

interface Route {
  readonly method: 'GET' | 'POST';
  readonly answer: OfRun;
}

const get = (answer: OfRun): Route => ({ method: 'GET', answer });
const post = (answer: OfRun): Route => ({ method: 'POST', answer });

/** By the path behind the run; `*` is a name of whatever it stands behind. */
const OF_RUN: Readonly<Record<string, Route>> = {
  '': get(statusOf),
  tasks: get(tasksOf),
  'tasks/*': get(storyOf),
  'tasks/*/diff': get(diffOf),
  'attempts/*/diff': get(diffOf),
  'attempts/*/transcript': get(transcriptOf),
  history: get(historyOf),
  notes: get(({ source, stream }) =>
    json({ run: source.run, seq: stream.seq, notes: sharedNotes(stream.state) }),
  ),
  report: get(({ stream }) => json(stream.report())),
  'compare/*': get(compared),
  events: get(listen),
  commands: post((run, asked, served) => said(run, asked, served, 'ask')),
  undo: post((run, asked, served) => said(run, asked, served, 'undo')),
  proposals: post((run, asked, served) => said(run, asked, served, 'propose')),
};

export async function ofRun(
  asked: Asked,
  run: string,
  rest: readonly string[],
  served: Served,
): Promise<Answered> {
  const parts = rest.at(-1) === '' ? rest.slice(0, -1) : rest;
  const view = parts.map((part, i) => (i === 1 ? '*' : part)).join('/');
  const found = parts.length <= 3 && Object.hasOwn(OF_RUN, view) ? OF_RUN[view] : undefined;
  if (!found) return NOTHING_HERE;
  const { method = '' } = asked.request;
  const isHead = method === 'HEAD' && found.method === 'GET' && view !== 'events';
  if (method !== found.method && !isHead) return notAllowed(found.method);
  const opened = parseRunId(run) ? await served.streams.open(run) : ({ kind: 'unknown' } as const);
  if (opened.kind === 'unknown') return noSuchRun(run);
  if (opened.kind === 'unreadable') return refusal(409, opened.trouble, CLOSE);
  return found.answer(opened, asked, served, parts[1] ?? '');
}

// ───────────── now, and at one of its entries ─────────────

/** The state of before stays good only while it is its turn: what is told of it is made within. */
async function at(
  run: Run,
  { query }: Asked,
  { busy }: Served,
  tell: (state: State) => Reply | Promise<Reply>,
): Promise<Reply | undefined> {
  const seq = numberOf(query, 'at');
  if (seq === undefined) return undefined;
  const last = run.stream.seq;
  if (seq === WRONG || seq < 1 || seq > last) return wrong(`at is the seq of an entry, from 1 to ${last}`);
  const reply = await busy.reading(async () => tell(await run.past.at(seq)));
  return reply === FULL ? TOO_BUSY : reply;
}

async function statusOf(run: Run, asked: Asked, served: Served): Promise<Reply> {
  const { source, stream } = run;
  const then = await at(run, asked, served, (state) => {
    const about = { holder: undefined, waits: [], now: state.at };
    return json({ run: source.run, seq: state.seq, ...status(state, about) });
  });
  return then ?? json({ run: source.run, ...(await stream.status(served.now())) });
}

async function storyOf(run: Run, asked: Asked, served: Served, name: string): Promise<Reply> {
  const { source, stream } = run;
  const then = await at(run, asked, served, async (state) => {
    const entries = await entriesUntil(source, state.seq);
    return toldTask(run, state, name, (task) => explainTask(state, entries, task));
  });
  if (then) return then;
  const reply = await served.busy.reading(() =>
    toldTask(run, stream.state, name, (task) => stream.story(task)),
  );
  return reply === FULL ? TOO_BUSY : reply;
}

type Stories = (task: NonNullable<ReturnType<typeof parseTaskId>>) => unknown;

async function toldTask({ source }: Run, state: State, name: string, tell: Stories): Promise<Reply> {
  const id = parseTaskId(name);
  const task = id && state.tasks.get(id);
  if (!task) return noSuchTask(name, source.run);
  const story = await tell(task.id);
  const attempts = [...state.attempts.values()]
    .filter((one) => one.task === id)
    .map((one) => ({
      attempt: one.id,
      worker: one.worker,
      driver: one.driver ?? null,
      ending: one.state === 'ended' ? one.ending : null,
    }));
  return json({ run: source.run, seq: state.seq, task, story, attempts });
}

const noSuchTask = (name: string, run: string): Reply =>
  refusal(404, {
    code: 'SW0106',
    what: `there is no task ${name.slice(0, 40)} in ${run}`,
    fix: `GET /api/v1/runs/${run}/tasks`,
  });

/** What changed after `since`: spans and points, as views/history.ts has them. */
function historyOf({ source, stream }: Run, { query }: Asked): Reply {
  const since = numberOf(query, 'since') ?? 0;
  if (since === WRONG) return wrong('since is the seq of an entry, or 0');
  return json({ run: source.run, seq: stream.seq, ...stream.history(since) });
}

// ───────────── tasks ─────────────

const PAGE = 1_000;
const PAGE_MAX = 10_000;

/** A page of them, in the order they were accepted in; `next` is what to ask after for more. */
async function tasksOf(run: Run, asked: Asked, served: Served): Promise<Reply> {
  const { query } = asked;
  const since = numberOf(query, 'since');
  if (since === WRONG) return wrong('since is the seq of an entry, or 0');
  if (since !== undefined && (query.has('after') || query.has('at')))
    return wrong('since goes with neither after nor at');
  const then = await at(run, asked, served, (state) => pageOf(run, state, query));
  return then ?? (since === undefined ? pageOf(run, run.stream.state, query) : changedOf(run, since, query));
}

function pageOf({ source }: Run, { tasks, seq }: State, query: URLSearchParams): Reply {
  const limit = limitOf(query);
  const after = query.get('after');
  if (limit === WRONG) return WRONG_LIMIT;
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
  return json({ run: source.run, seq, total: tasks.size, tasks: page, next });
}

/** Those that are other than they were after this entry. `isMore`: not all of them are told; ask for pages instead. */
function changedOf({ source, stream }: Run, since: number, query: URLSearchParams): Reply {
  const limit = limitOf(query);
  if (limit === WRONG) return WRONG_LIMIT;
  const changed = stream.tasksSince(since);
  const [seq, total] = [stream.seq, stream.state.tasks.size];
  return json({
    run: source.run,
    seq,
    total,
    tasks: changed.slice(0, limit),
    isMore: changed.length > limit,
  });
}

const WRONG_LIMIT = wrong(`limit is a whole number from 1 to ${PAGE_MAX}`);

function limitOf(query: URLSearchParams): number | typeof WRONG {
  const limit = numberOf(query, 'limit') ?? PAGE;
  return limit === WRONG || limit < 1 || limit > PAGE_MAX ? WRONG : limit;
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
