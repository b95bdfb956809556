/** The keys of `[journal]`. */
import * as z from 'zod';
import { duration, table } from './schema-parts.ts';

export const journal = table('Where a run’s journal is kept besides its folder. See docs/carrying.md.', {
  ref: z
    .boolean()
    .describe(
      '`true`: the reference `refs/swarm/<run>` of the repository carries run.json, journal and report, so that the run can go on elsewhere; where landings are pushed, it is pushed too. Whoever can read the repository can read it.',
    )
    .default(false),
  every: duration('How often it is written while the run goes on, where there is something new.').default(
    '30s',
  ),
});
