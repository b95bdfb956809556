/**
 * `GET /metrics`: the figures of the newest runs. Of what was told before, the log is not read again; the journal is, but
 * its lines are passed over unparsed.
 */
import { SwarmError } from '@swarm/core/errors';
import type { Entry } from '@swarm/core/events';
import { presentEntries } from '@swarm/journal';
import { logFrom } from '@swarm/telemetry';
import { enterRepository, knownRun } from '../finding/door.ts';
import type { RepositoryPaths, RunPaths } from '../finding/paths.ts';
import { listRuns } from '../finding/runs.ts';
import type { Context } from '../program/context.ts';

/** Each has series of its own: with every run there ever was they would grow without end. */
const RUNS_MAX = 20;

interface Place {
  readonly paths: RunPaths;
  /** The journal's next entry. */
  seq: number;
  /** The log's next byte. */
  byte: number;
}

/** Whoever asks while an answer is made is given that one. */
export function servedMetrics(repository: RepositoryPaths, context: Context): () => Promise<string> {
  const places = new Map<string, Place>();
  let last: Promise<string> | undefined;

  async function text(): Promise<string> {
    // Loaded for the first who asks: most pages are never measured.
    const { createMetrics, followBoth } = await import('@swarm/telemetry/metrics');
    metrics ??= createMetrics();
    const newest = await readable(repository, context);
    for (const run of [...places.keys()].filter((name) => !newest.has(name))) {
      places.delete(run);
      metrics.forget(run);
    }
    for (const [run, paths] of newest) {
      const place = places.get(run) ?? { paths, seq: 1, byte: 0 };
      places.set(run, place);
      const { lines, byte } = await logFrom(paths.log, place.byte);
      const entries: Entry[] = [];
      for await (const entry of presentEntries(paths.journal, place.seq)) entries.push(entry);
      await followBoth(metrics.follow(run), entries, lines);
      place.byte = byte;
      place.seq = (entries.at(-1)?.seq ?? place.seq - 1) + 1;
    }
    return metrics.render();
  }
  let metrics: import('@swarm/telemetry').Metrics | undefined;

  return () => {
    last ??= text().finally(() => {
      last = undefined;
    });
    return last;
  };
}

/** By the door, as every command: of what is not this operator's nothing is told. Names of runs sort by time. */
async function readable(
  { repository }: RepositoryPaths,
  context: Context,
): Promise<ReadonlyMap<string, RunPaths>> {
  const here = await enterRepository({ repo: repository }, context);
  const all = [...(await listRuns(here, context.env))].sort((a, b) => (a.run < b.run ? -1 : 1));
  const found = new Map<string, RunPaths>();
  for (const paths of all.slice(-RUNS_MAX))
    try {
      await knownRun(here, paths, context.env);
      found.set(paths.run, paths);
    } catch (error) {
      const isGone = (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (!isGone && !(error instanceof SwarmError)) throw error;
    }
  return found;
}
