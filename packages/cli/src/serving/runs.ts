/** The runs of one repository for the server: each request comes in by the door, as every command does. */
import { stat } from 'node:fs/promises';
import { SwarmError } from '@swarm/core/errors';
import type { AttemptId, TaskId } from '@swarm/core/model/ids';
import { quotasNow } from '@swarm/core/views/quotas';
import type { Entered, RunSource, RunsPort, WorkDiff } from '@swarm/dashboard';
import { workDiff } from '@swarm/git';
import { presentEntries } from '@swarm/journal';
import { pinnedOf } from '../commands/compare.ts';
import { enterRepository, type KnownRun, knownRun } from '../finding/door.ts';
import { lockHolder, type ReadRun, readKnown } from '../finding/opened-run.ts';
import type { RepositoryPaths, RunPaths } from '../finding/paths.ts';
import { listRuns } from '../finding/runs.ts';
import { lostWork, placesOf, toldWork, workOf } from '../finding/task-work.ts';
import { openingProblem } from '../finding/trust.ts';
import type { Context } from '../program/context.ts';
import { lastLines, signsIn } from '../telling/last-signs.ts';
import { entriesAsTheyCome } from './entries.ts';
import { sayCommand, sayProposal, sayUndo } from './saying.ts';
import { transcriptPart } from './transcript-part.ts';

/** A list that many ask for is made once in so long. */
const LIST_MS = 1_000;

/** @param repository entered by the caller. */
export function servedRuns(repository: RepositoryPaths, context: Context): RunsPort {
  const list = atMostEvery(LIST_MS, async () => {
    const here = await enterRepository({ repo: repository.repository }, context);
    return listRuns(here, context.env);
  });
  return {
    list: async () => (await list()).map(({ run }) => run),
    async enter(run) {
      const paths = (await list()).find((one) => one.run === run);
      return paths ? entered(repository, paths, context) : { kind: 'unknown' };
    },
  };
}

async function entered(here: RepositoryPaths, paths: RunPaths, context: Context): Promise<Entered> {
  try {
    const known = await knownRun(here, paths, context.env);
    return { kind: 'run', source: sourceOf(here, known, context) };
  } catch (error) {
    if (error instanceof SwarmError) return { kind: 'unreadable', trouble: error.problems[0]! };
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { kind: 'unknown' };
    throw error;
  }
}

/** A run that was let in by the door. */
export function sourceOf(
  here: RepositoryPaths,
  { repository, paths, file }: KnownRun,
  context: Context,
): RunSource {
  const { run, journal } = paths;
  const control = async (): Promise<string | undefined> =>
    (await knownRun(here, paths, context.env)).file.control;
  const saying = { run, repo: here.repository, context };
  return {
    run,
    async mark() {
      const { size, mtimeMs } = await stat(journal);
      return `${size} ${mtimeMs}`;
    },
    present: (from) => presentEntries(journal, from),
    follow: (from, signal) => entriesAsTheyCome({ run, journal, from, signal, control }),
    objection: (state) => openingProblem(file, paths.folder, state),
    async holder() {
      const holder = await lockHolder(repository);
      return holder?.run === run ? { pid: holder.pid, since: holder.since } : undefined;
    },
    heard: async (now) => {
      const lines = await lastLines(paths.log);
      return { signs: signsIn(lines), quotas: quotasNow(lines, now) };
    },
    pinned: async () => pinnedOf({ file }),
    diff: async (of) => workDiffOf(of, await readKnown({ repository, paths, file })),
    transcript: (of, fromByte) => transcriptPart(paths.attempts, of, fromByte),
    ask: (asked) => sayCommand(asked, saying),
    undo: (asked) => sayUndo(asked, saying),
    propose: (asked) => sayProposal(asked, saying),
  };
}

/** As `swarm diff` has it. */
async function workDiffOf(of: TaskId | AttemptId, read: ReadRun): Promise<WorkDiff> {
  const work = workOf(of, read);
  const diff = await workDiff(placesOf(read), work, false);
  if (diff === undefined) throw new SwarmError(lostWork(work, read));
  return { ...toldWork(work), diff };
}

/** Whoever asks meanwhile, or soon after, is given the same; what failed is asked anew. */
function atMostEvery<T>(ms: number, ask: () => Promise<T>): () => Promise<T> {
  let last: Promise<T> | undefined;
  let until = 0;
  return () => {
    if (last && performance.now() < until) return last;
    const made = ask();
    [last, until] = [made, Number.POSITIVE_INFINITY];
    made.then(
      () => {
        until = performance.now() + ms;
      },
      () => {
        last = undefined;
      },
    );
    return made;
  };
}
