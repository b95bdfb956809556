/**
 * A run's figures as Prometheus text: what `status` and `report` say of the same journal. Each entry is looked at once;
 * what follows from the state alone is read from it when somebody asks.
 */
import type { Entry } from '@swarm/core/events';
import type { LogLine } from '@swarm/core/log-events';
import type { State } from '@swarm/core/state';
import { MetricRegistry } from './registry.ts';
import { RunFigures } from './run-figures.ts';

export interface MetricsOptions {
  /** The figures of this process besides: memory, processor time, the event loop. */
  readonly hasProcess?: boolean;
}

/** One run, as whoever reads its files tells it. */
export interface FollowedRun {
  /** The next entry of its journal; one that was told before is left out. Throws SW0203 on a gap. */
  entry(entry: Entry): void;
  /** The next line of its log: what happened before an entry is told before it. */
  line(line: LogLine): void;
}

export interface Metrics {
  /**
   * The same run again is the same one.
   * @param state what the caller folds each entry into before it tells it here. Absent: it is folded here.
   */
  follow(run: string, state?: State): FollowedRun;
  forget(run: string): void;
  /** All runs that are followed. @returns Prometheus text. */
  render(): Promise<string>;
  /** What an answer over HTTP says it is. */
  readonly contentType: string;
}

export function createMetrics({ hasProcess = false }: MetricsOptions = {}): Metrics {
  const registry = new MetricRegistry(hasProcess);
  const runs = new Map<string, RunFigures>();
  return {
    follow(run, state) {
      const known = runs.get(run) ?? new RunFigures(run, registry, state);
      runs.set(run, known);
      return known;
    },
    forget(run) {
      runs.delete(run);
      registry.forget(run);
    },
    render() {
      for (const run of runs.values()) run.refresh();
      return registry.text();
    },
    contentType: registry.contentType,
  };
}

/** Lines and entries of one run in the order in which they came: an entry before the lines that are later than it. */
export async function followBoth(
  run: FollowedRun,
  entries: readonly Entry[],
  lines: AsyncIterable<LogLine> | Iterable<LogLine>,
): Promise<void> {
  let next = 0;
  for await (const line of lines) {
    const at = Date.parse(line.ts);
    for (; next < entries.length && entries[next]!.at < at; next++) run.entry(entries[next]!);
    run.line(line);
  }
  for (; next < entries.length; next++) run.entry(entries[next]!);
}
