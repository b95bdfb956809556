/** What was done: a change, what its agent said, and one run beside another. All of it was written by others, and is bounded. */
import { parseAttemptId, parseRunId, parseTaskId } from '@swarm/core/model/ids';
import { attemptVotedOn, isReviewerName } from '@swarm/core/rules/reviewing';
import { comparedRun, doubts, incomparable } from '@swarm/core/views/compare';
import {
  type Answered,
  type Asked,
  noSuchRun,
  numberOf,
  type Run,
  type Served,
  TOO_BUSY,
  WRONG,
  wrong,
} from './asked.ts';
import { FULL } from './busy.ts';
import { json, type Reply, refusal } from './reply.ts';
import { entriesUntil } from './stream.ts';

/** Characters of a diff; a page that shows more helps nobody. */
export const DIFF_CHARS_MAX = 1_000_000;

const unknown = (name: string, run: string): Reply =>
  refusal(404, {
    code: 'SW0106',
    what: `there is no ${name.slice(0, 40)} in ${run}`,
    fix: `GET /api/v1/runs/${run}/tasks`,
  });

/** Of a task what landed, else what was last left; of an attempt its own. `isCut`: it goes on. */
export async function diffOf({ source, stream }: Run, _: Asked, { busy }: Served, name: string) {
  const [task, attempt] = [parseTaskId(name), parseAttemptId(name)];
  const { tasks, attempts } = stream.state;
  const of = task && tasks.has(task) ? task : attempt && attempts.has(attempt) ? attempt : undefined;
  if (!of) return unknown(name, source.run);
  const work = await busy.reading(() => source.diff(of));
  if (work === FULL) return TOO_BUSY;
  const isCut = work.diff.length > DIFF_CHARS_MAX;
  const diff = isCut ? cutAtLine(work.diff) : work.diff;
  return json({ run: source.run, ...work, diff, isCut });
}

const cutAtLine = (text: string): string =>
  text.slice(0, text.lastIndexOf('\n', DIFF_CHARS_MAX) + 1 || DIFF_CHARS_MAX).toWellFormed();

/** `from` is a byte of the file; `next` is where the next part begins. */
export async function transcriptOf(
  { source, stream }: Run,
  { query }: Asked,
  { busy }: Served,
  name: string,
): Promise<Answered> {
  const from = numberOf(query, 'from') ?? 0;
  if (from === WRONG) return wrong('from is a byte of the transcript, or 0');
  const { attempts, liveAttempts } = stream.state;
  const named = parseAttemptId(name);
  const isVote = isReviewerName(name) && attempts.has(attemptVotedOn(name));
  const attempt = isVote ? (name as NonNullable<typeof named>) : named;
  if (!attempt || !(isVote || attempts.has(attempt))) return unknown(name, source.run);
  const part = await busy.reading(() => source.transcript(attempt, from));
  if (part === FULL) return TOO_BUSY;
  return json({ run: source.run, attempt, isLive: liveAttempts.has(attempt), ...part });
}

/** Refused where their figures would say nothing of one another, as `swarm compare` does. */
export async function compared(run: Run, _: Asked, { streams, busy }: Served, name: string): Promise<Reply> {
  const other = parseRunId(name) ? await streams.open(name) : ({ kind: 'unknown' } as const);
  if (other.kind === 'unknown') return noSuchRun(name);
  if (other.kind === 'unreadable') return refusal(409, other.trouble);
  const rows = await busy.reading(async () => [await rowOf(run), await rowOf(other)]);
  if (rows === FULL) return TOO_BUSY;
  const runs = rows.flatMap((row) => row ?? []);
  if (runs.length < 2) return noSuchRun(name);
  const why = incomparable(runs);
  if (why.length > 0)
    return refusal(409, {
      code: 'SW0108',
      what: `these runs are not to be compared: ${why.join('; ')}`,
      why: 'figures of runs that were not asked the same say nothing of agents, models or prompts',
      fix: 'swarm runs   # name runs of one request that have ended',
    });
  return json({ runs, doubts: doubts(runs) });
}

async function rowOf({ source, stream }: Run) {
  const entries = await entriesUntil(source, stream.seq);
  return comparedRun(stream.state, entries, await source.pinned());
}
