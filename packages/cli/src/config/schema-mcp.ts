/** The keys of `[mcp]`. */
import * as z from 'zod';
import { duration, isEndpointUrl, table, variable } from './schema-parts.ts';

const mcpServer = table('A server of the Model Context Protocol.', {
  run: z
    .array(z.string())
    .min(1)
    .max(100)
    .describe('Program and arguments of a server that speaks on its stdin and stdout.')
    .optional(),
  url: z
    .string()
    .refine(isEndpointUrl, { error: 'expected an http or https URL without a user name or password in it' })
    .describe('Address of a server that speaks HTTP; it is reached from outside of the sandbox.')
    .optional(),
  where: z
    .enum(['inside', 'outside'])
    .describe(
      'Where the program runs: `inside` the sandbox of each attempt, without a network, or `outside`, as you, with all that you may do.',
    )
    .default('inside'),
  env: z
    .array(variable)
    .max(64)
    .describe('Variables of yours that the program is given, by name. Inside, agents can read their values.')
    .default([]),
  key_env: variable
    .describe('The variable that holds the key that `url` is asked with, as a bearer token.')
    .optional(),
  tools: z
    .array(z.string().min(1).max(200))
    .max(64)
    .describe('Names of the tools that are offered. Without it, all of them.')
    .optional(),
  timeout: duration('The most time its start may take, and one call.').default('1m'),
});

export const mcp = table(
  'Servers whose tools driver `builtin` is offered. Only in your own configuration, never in a repository’s.',
  {
    servers: z
      .record(z.string(), mcpServer)
      .refine((servers) => Object.keys(servers).every((name) => /^[A-Za-z0-9_-]{1,30}$/.test(name)), {
        error: 'expected names of letters, digits, `_` or `-`, at most 30',
      })
      .refine((servers) => Object.keys(servers).length <= 16, { error: 'expected at most 16 servers' })
      .describe('By name: a tool is offered as `mcp__NAME__tool`.')
      .default({}),
  },
);
