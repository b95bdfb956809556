/** `swarm runs`: every run of a repository, newest last, as its files tell it. */
import { SwarmError } from '@swarm/core/errors';
import type { RunId } from '@swarm/core/model/ids';
import type { State } from '@swarm/core/state';
import { closedWord } from '@swarm/core/views/ending';
import { verdictOf } from '@swarm/core/views/verdict';
import { enterRepository, knownRun } from '../finding/door.ts';
import { holderOf, readKnown } from '../finding/opened-run.ts';
import type { RepositoryPaths, RunPaths } from '../finding/paths.ts';
import { listRuns } from '../finding/runs.ts';
import type { Context } from '../program/context.ts';
import type { RunChoice } from '../program/options.ts';
import { localDate, zoneOf } from '../telling/local-clock.ts';
import { renderTable } from '../telling/table.ts';

type RunsOptions = Omit<RunChoice, 'run'>;

/** `standing`: `live` while a process works on it, `open` while it can be resumed, else how it closed. */
interface RunRow {
  readonly run: RunId;
  readonly openedAt: string | null;
  readonly standing: string;
  readonly verdict: 'complete' | 'incomplete' | 'open' | 'unknown';
  readonly tasks: number;
  readonly landed: number;
  readonly target: string | null;
  readonly request: string;
  readonly folder: string;
}

export async function runs(options: RunsOptions, context: Context): Promise<number> {
  const repository = await enterRepository(options, context);
  const rows: RunRow[] = [];
  // One after another: a journal may be large, and only what a row shows is kept of it.
  for (const run of (await listRuns(repository, context.env)).toReversed())
    rows.push(await rowOf(repository, run, context));
  if (options.json) context.output.json(rows);
  else
    context.output.result(
      rows.length === 0 ? 'no run was begun here yet' : tableOf(rows, context.output.columns),
    );
  return 0;
}

/** Of a run that is not this operator's, or that cannot be read, there is only its name and why. */
async function rowOf(repository: RepositoryPaths, paths: RunPaths, { env }: Context): Promise<RunRow> {
  const { run } = paths;
  try {
    const read = await readKnown(await knownRun(repository, paths, env));
    const isLive = (await holderOf(read)) !== undefined;
    return { run, ...factsOf(read.state, isLive), folder: paths.folder };
  } catch (error) {
    if (!(error instanceof SwarmError)) throw error;
    const request = error.problems[0]?.what ?? '';
    const nothing = { openedAt: null, verdict: 'unknown', tasks: 0, landed: 0, target: null } as const;
    return { run, ...nothing, standing: 'unreadable', request, folder: paths.folder };
  }
}

function factsOf(state: State, isLive: boolean): Omit<RunRow, 'run' | 'folder'> {
  const { run } = state;
  return {
    openedAt: run ? new Date(run.openedAt).toISOString() : null,
    standing: isLive ? 'live' : (closedWord(state) ?? 'open'),
    verdict: verdictOf(state),
    tasks: state.tasks.size,
    landed: state.landedCount,
    target: run?.request.target ?? null,
    request: run?.request.text ?? '',
  };
}

const tableOf = (rows: readonly RunRow[], columns: number | undefined): string =>
  renderTable(
    ['run', 'begun', 'state', 'landed', 'request'],
    rows.map(({ run, openedAt, standing, landed, tasks, request }) => [
      run,
      openedAt ? begunText(Date.parse(openedAt)) : '',
      standing,
      `${landed} of ${tasks}`,
      request,
    ]),
    { columns, flexible: [4] },
  );

const begunText = (at: number): string => `${localDate(at).slice(0, 16)} ${zoneOf(at)}`;
