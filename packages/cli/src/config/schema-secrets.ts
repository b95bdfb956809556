/** The keys of `[secrets]`. */
import { allowProblem } from '@swarm/telemetry';
import * as z from 'zod';
import { table } from './schema-parts.ts';

export const secrets = table('What is looked for in work before any of it is taken. See docs/secrets.md.', {
  rules: z
    .enum(['on', 'off'])
    .describe(
      'Whether work is looked through for what has the form of a secret. Secrets of yours that are known by value are looked for in any case.',
    )
    .default('on'),
  allow: z
    .array(
      z
        .string()
        .max(400)
        .superRefine((entry, context) => {
          const message = allowProblem(entry);
          if (message !== undefined) context.addIssue({ code: 'custom', message });
        }),
    )
    .max(200)
    .describe(
      'What the rules leave alone: paths as globs of `**`, `*` and `?` (`test/fixtures/**`), a rule (`rule:basicauth`), or a rule in paths (`rule:basicauth docs/**`).',
    )
    .default([]),
});
