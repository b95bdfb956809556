/** `swarm status --metrics`: one run's figures as Prometheus text, from its journal and its log. */
import type { LogLine } from '@swarm/core/log-events';
import { readLog } from '@swarm/telemetry';
import { createMetrics, followBoth } from '@swarm/telemetry/metrics';
import { readRun } from '../finding/opened-run.ts';
import type { Context } from '../program/context.ts';
import type { RunChoice } from '../program/options.ts';

export async function statusMetrics(options: RunChoice, context: Context): Promise<number> {
  const { entries, paths } = await readRun(options, context);
  const metrics = createMetrics();
  await followBoth(metrics.follow(paths.run), entries, linesOf(paths.log));
  context.output.result((await metrics.render()).trimEnd());
  return 0;
}

/** A run may have lost its log: then what only that knows is not told. */
async function* linesOf(path: string): AsyncGenerator<LogLine> {
  try {
    yield* readLog(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
