/** How tasks come to be smaller, go through several hands, and find their worker. */

import { CANDIDATES_MAX } from '@swarm/core/model/request';
import { capabilityProblem } from '@swarm/core/rules/capabilities';
import { DISTRIBUTIONS } from '@swarm/core/rules/distribute';
import { STEPS_MAX } from '@swarm/core/rules/pipeline';
import { isRoleName } from '@swarm/core/rules/roles';
import * as z from 'zod';
import { DRIVER_NAMES } from './schema-agent.ts';
import { count, table } from './schema-parts.ts';

export const planner = table('How a request becomes tasks.', {
  depth: count(
    0,
    3,
    'How many levels a task may be split into parts by a planner of its own, where its scope is four files or more. 0: none is. See docs/splitting.md.',
  ).default(0),
  candidates: count(
    1,
    CANDIDATES_MAX,
    'How many a planner may have try one task by `candidates`, each with an attempt of its own to pay for; a wish for more is cut to it. A plan of yours may ask for any. 1: none but the role’s own.',
  ).default(1),
});

export const pipeline = z
  .array(z.string().refine(isRoleName, { error: 'expected the name of a role, such as `coder`' }))
  .max(STEPS_MAX)
  .describe(
    'Roles that do each change one after the other, such as `["researcher", "coder", "tester"]`; a `reviewer` at the end stands for votes before it lands: those of `[review]`, or one. Empty: one worker does it.',
  )
  .default([]);

const capability = z.string().superRefine((text, ctx) => {
  const message = capabilityProblem(text);
  if (message !== undefined) ctx.addIssue({ code: 'custom', message, input: text });
});

const workerKind = table(
  'A kind of worker. Where one is configured, every worker is of one: a task goes to a kind that has all it `requires`, and its `role` where a kind names that.',
  {
    slots: count(1, 1_000, 'How many of it work at the same time; `workers.max` bounds all kinds together.'),
    capabilities: z
      .array(capability)
      .max(20)
      .describe(
        'What it can do, by names, with a version where that matters: `"coder@2.1"`. Every worker is a `coder`, and has the run’s agents.',
      )
      .default([]),
    agent: z
      .enum(DRIVER_NAMES)
      .describe('Who does its tasks, where neither task nor role names an agent.')
      .optional(),
    model: z
      .string()
      .trim()
      .min(1)
      .max(200)
      .describe('The model of its agent, where the role names none.')
      .optional(),
  },
);

export const distribute = table('Which worker does a task.', {
  by: z
    .enum(DISTRIBUTIONS)
    .describe(
      'Of the kinds that can do it and have a slot free: `capability` takes the one that can do least besides, `round-robin` the next in turn, `load` the one with the smallest share of its slots taken.',
    )
    .default('capability'),
  workers: z
    .record(
      z.string().refine((name) => isRoleName(name), {
        error: 'expected lower-case letters and `-`, at most 40, and no name of a prompt of swarm’s own',
      }),
      workerKind,
    )
    .describe('Kinds of workers, by name: `[distribute.workers.strong]`. Without any, all workers are alike.')
    .default({}),
});
