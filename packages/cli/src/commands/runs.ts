/** `swarm runs`: every run of a repository, newest last, as its files tell it. */
import { SwarmError } from '@swarm/core/errors';
import type { RunId } from '@swarm/core/model/ids';
import { type RunRow, runRow, unreadableRow } from '@swarm/core/views/run-row';
import { enterRepository, knownRun } from '../finding/door.ts';
import { holderOf, readKnown } from '../finding/opened-run.ts';
import type { RepositoryPaths, RunPaths } from '../finding/paths.ts';
import { listRuns } from '../finding/runs.ts';
import type { Context } from '../program/context.ts';
import type { RunChoice } from '../program/options.ts';
import { localDate, zoneOf } from '../telling/local-clock.ts';
import { renderTable } from '../telling/table.ts';

type RunsOptions = Omit<RunChoice, 'run'>;

type Row = RunRow & { readonly run: RunId; readonly folder: string };

export async function runs(options: RunsOptions, context: Context): Promise<number> {
  const repository = await enterRepository(options, context);
  const rows: Row[] = [];
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
async function rowOf(repository: RepositoryPaths, paths: RunPaths, { env }: Context): Promise<Row> {
  const { run, folder } = paths;
  try {
    const read = await readKnown(await knownRun(repository, paths, env));
    const isLive = (await holderOf(read)) !== undefined;
    return { run, ...runRow(read.state, isLive), folder };
  } catch (error) {
    if (!(error instanceof SwarmError)) throw error;
    return { run, ...unreadableRow(error.problems[0]?.what ?? ''), folder };
  }
}

const tableOf = (rows: readonly Row[], columns: number | undefined): string =>
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
