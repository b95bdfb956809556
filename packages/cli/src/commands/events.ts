/** `swarm events`: the run's decisions and what its workers announce, as one stream by topic, and as it happens. */
import { SwarmError } from '@swarm/core/errors';
import type { Entry } from '@swarm/core/events';
import { fold } from '@swarm/core/fold';
import type { LogLine } from '@swarm/core/log-events';
import { emptyState, type State } from '@swarm/core/state';
import { tellEvent } from '@swarm/core/views/telling';
import { isAnnouncement, TOPICS, type Topic, topicOf } from '@swarm/core/views/topics';
import { followJournal } from '@swarm/journal';
import { followLog, readLog } from '@swarm/telemetry';
import { type ReadRun, readRun } from '../finding/opened-run.ts';
import type { Context } from '../program/context.ts';
import type { EventsOptions } from '../program/options.ts';
import { localTime, zoneOf } from '../telling/local-clock.ts';
import { jsonText, sanitizeLine } from '../telling/output.ts';
import { runIsOver } from './logs.ts';

/** One line of the stream. */
interface Told {
  readonly v: 1;
  /** RFC 3339. */
  readonly ts: string;
  /** Of the journal's entry; absent in what the journal does not have. */
  readonly seq?: number;
  readonly topic: Topic;
  readonly event: string;
  readonly task?: string;
  readonly attempt?: string;
  readonly msg: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export async function events(options: EventsOptions, context: Context): Promise<number> {
  const topics = topicsOf(options.topic);
  const from = fromOf(options.from);
  const run = await readRun(options, context);
  const say = (told: Told): void => {
    const isWanted = topics.has(told.topic) && (told.seq === undefined || told.seq >= from);
    if (isWanted) context.output.result(options.json ? jsonText(told) : textOf(told, context));
  };
  // Told after a place in the journal, what has no place there would come again.
  const isWithWorkers = topics.has('worker') && from === 1;
  if (options.follow) await follow(run, isWithWorkers, say, context.output.closed);
  else for (const told of await all(run, isWithWorkers)) say(told);
  return 0;
}

/** Each in its own order; between the two there is none but the time they are read. */
async function follow(
  { paths }: ReadRun,
  isWithWorkers: boolean,
  say: (told: Told) => void,
  signal: AbortSignal,
): Promise<void> {
  const decisions = async (): Promise<void> => {
    const reader = new EntryReader();
    for await (const entry of followJournal(paths.journal, { signal, isLast: () => reader.isOver }))
      for (const told of reader.read(entry)) say(told);
  };
  const announcements = async (): Promise<void> => {
    const how = { signal, from: 'start', isLast: runIsOver() } as const;
    for await (const line of followLog(paths.log, how)) if (isOfWorker(line)) say(announced(line));
  };
  await Promise.all([decisions(), ...(isWithWorkers ? [announcements()] : [])]);
}

async function all({ paths, entries }: ReadRun, isWithWorkers: boolean): Promise<readonly Told[]> {
  const reader = new EntryReader();
  const decided = entries.flatMap((entry) => reader.read(entry));
  const said: Told[] = [];
  if (isWithWorkers)
    for await (const line of readLog(paths.log)) if (isOfWorker(line)) said.push(announced(line));
  // Decisions keep their order, whatever the clock did.
  return said.length === 0 ? decided : merged(decided, said);
}

function merged(decided: readonly Told[], said: readonly Told[]): readonly Told[] {
  const out: Told[] = [];
  let at = 0;
  for (const told of decided) {
    while (at < said.length && said[at]!.ts < told.ts) out.push(said[at++]!);
    out.push(told);
  }
  return [...out, ...said.slice(at)];
}

class EntryReader {
  readonly #state: State = emptyState();

  /** Closed, and what it made is delivered or could not be. */
  get isOver(): boolean {
    return this.#state.closed !== undefined && this.#state.delivered !== undefined;
  }

  read(entry: Entry): Told[] {
    fold(this.#state, entry);
    const ts = new Date(entry.at).toISOString();
    return entry.events.map((event): Told => {
      const { msg, task, attempt, data = {} } = tellEvent(event, this.#state);
      const about = { ...(task && { task }), ...(attempt && { attempt }) };
      return { v: 1, ts, seq: entry.seq, topic: topicOf(event.type), event: event.type, ...about, msg, data };
    });
  }
}

const isOfWorker = ({ event, attempt }: LogLine): boolean => attempt !== undefined && isAnnouncement(event);

const announced = ({ ts, event, task, attempt, msg, data }: LogLine): Told => ({
  v: 1,
  ts,
  topic: 'worker',
  event,
  ...(task !== undefined && { task }),
  ...(attempt !== undefined && { attempt }),
  msg,
  data,
});

function textOf({ ts, topic, event, msg }: Told, { output: { ink } }: Context): string {
  const at = Date.parse(ts);
  const time = ink.dim(`${localTime(at)} ${zoneOf(at)}`);
  return `${time} ${topic.padEnd(7)} ${event.padEnd(17)} ${sanitizeLine(msg, 2_000)}`;
}

// ───────────── what is asked for ─────────────

function topicsOf(asked: readonly string[] = []): ReadonlySet<Topic> {
  const unknown = asked.find((topic) => !(TOPICS as readonly string[]).includes(topic));
  if (unknown !== undefined)
    throw new SwarmError({
      code: 'SW0101',
      what: `there is no topic ${JSON.stringify(sanitizeLine(unknown, 40))}`,
      where: '--topic',
      why: `there are: ${TOPICS.join(', ')}`,
      fix: '--topic task',
    });
  return new Set(asked.length === 0 ? TOPICS : (asked as readonly Topic[]));
}

function fromOf(from: number | string | undefined): number {
  if (from === undefined) return 1;
  if (typeof from === 'number' && Number.isInteger(from) && from >= 1) return from;
  throw new SwarmError({
    code: 'SW0101',
    what: `--from ${JSON.stringify(from)} cannot be used`,
    where: '--from',
    why: 'it is the `seq` of an entry, 1 or more',
    fix: '--from 120',
  });
}
