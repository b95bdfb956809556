/** What the verdict on a run is made from. */
import * as z from 'zod';
import { table } from './schema-parts.ts';

export const verify = table(
  'What a run is held against, beside its gate and what its tasks are verified by.',
  {
    criteria: z
      .boolean()
      .describe(
        'Look at each criterion a machine can check, those of `--accept` and those of landed tasks: on the base, where it has to fail, and on the head the run would end with. `false` leaves those of tasks unread.',
      )
      .default(true),
    prove: z
      .boolean()
      .describe(
        'Run tests that a task adds or changes on the sources before the change too, where they have to fail; those that pass are said to prove nothing. Costs one more run of the gate for each attempt that changes tests, and keeps nothing from landing.',
      )
      .default(false),
  },
);
