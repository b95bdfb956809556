/** What a run may use up: the whole, each role's part of it, and each task. */
import { SPEND_ROLES } from '@swarm/core/model/request';
import * as z from 'zod';
import { count, duration, table } from './schema-parts.ts';
import { parsePart } from './units.ts';

const usd = (text: string) => z.number().positive().max(1_000_000).describe(text).optional();

const part = z.string().refine((value) => parsePart(value) !== undefined, {
  error:
    'expected a share of the whole such as "20%", or an amount such as "1usd", "2Mtok" or both with a comma',
});

export const budget = table('What a run may use up. A key that is not set does not bound it.', {
  usd: usd('US dollars; needs a known price for every model used.'),
  tokens: count(1, 1_000_000_000_000, 'Input and output tokens together.').optional(),
  time: duration('Wall time of the run.').optional(),
  soft: z
    .number()
    .gt(0)
    .max(1)
    .describe(
      'The share of money, tokens and time at which nothing new opens: what runs may finish, what is done lands, the target is left green. `1`: only the limit itself ends that. See docs/budgets.md.',
    )
    .default(0.85),
  task_tokens: count(
    10_000,
    1_000_000_000_000,
    'The most tokens all attempts of one task may use together.',
  ).optional(),
  task_usd: usd('The most money all attempts of one task may use together.'),
  roles: z
    .partialRecord(z.enum(SPEND_ROLES), part)
    .describe(
      'The most of it each role may use: `planner = "20%"`, `reviewer = "1usd"`, `reconciler = "200ktok"`. A share grows when the whole is raised.',
    )
    .default({}),
});
