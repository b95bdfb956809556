/** The board for those who listen to their terminal, and for files: how the run stands, then a line for each thing that happens. */

import { followLog, readLog } from '@swarm/telemetry';
import { runIsOver } from '../commands/logs.ts';
import { status } from '../commands/status.ts';
import type { KnownRun } from '../finding/door.ts';
import { lockHolder } from '../finding/opened-run.ts';
import type { Context } from '../program/context.ts';
import { isShown, readable } from '../telling/live.ts';

/** Until the run is over; of one that nobody works on, what was said of it. */
export async function plainBoard({ repository, paths }: KnownRun, context: Context): Promise<number> {
  const { output } = context;
  await status({ repo: repository.repository, run: paths.run }, context);
  const isLive = (await lockHolder(repository))?.run === paths.run;
  output.result('');
  const lines = isLive
    ? followLog(paths.log, { signal: output.closed, from: 'start', isLast: runIsOver() })
    : readLog(paths.log);
  for await (const line of lines) {
    if (output.closed.aborted) break;
    if (isShown(line)) output.result(readable(line, output.ink, output.columns));
  }
  return 0;
}
