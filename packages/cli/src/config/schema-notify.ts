/** The keys of `[notify]`. */
import * as z from 'zod';
import { table, variable } from './schema-parts.ts';

export const notify = table(
  'Who is told when the run needs a person, and when it has closed. See docs/steering.md.',
  {
    command: z
      .array(z.string().max(4_000))
      .min(1)
      .max(100)
      .describe(
        'Program and arguments, run as you, for at most 10 seconds: what happened is JSON on its stdin, and `needs-you` or `closed` in `SWARM_EVENT`.',
      )
      .optional(),
    webhook_env: variable
      .describe('The variable that holds an http or https address to which the same JSON is posted.')
      .optional(),
  },
);
