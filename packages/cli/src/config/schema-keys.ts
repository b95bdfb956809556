/** Where keys of model servers come from, and how they are shown. */
import * as z from 'zod';
import { table } from './schema-parts.ts';

export const NAME = /^[A-Za-z0-9._-]{1,64}$/;
export const NAME_EXPECTED = { error: 'expected letters, digits, `.`, `_` or `-`, at most 64' };

/** One of them, or none. */
export const keyed = {
  key_env: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'expected the name of an environment variable, not a key' })
    .describe(
      'The environment variable that holds the key. Without it, `key_file` or `key_command`, no key is sent.',
    )
    .optional(),
  key_file: z
    .string()
    .regex(/^(\/|~\/)[^\0]{1,4000}$/, { error: 'expected an absolute path, or one that begins with `~/`' })
    .describe(
      'A file that holds the key and nothing else, yours alone (mode 600). Only in your own configuration, never in a repository’s.',
    )
    .optional(),
  key_command: z
    .array(z.string())
    .min(1)
    .max(100)
    .describe(
      'Program and arguments that print the key, such as those of a keychain: asked once a run, and again when a server rejects a key that worked before, for at most a minute. Only in your own configuration, never in a repository’s.',
    )
    .optional(),
};

export const auth = z
  .enum(['bearer'])
  .describe(
    '`bearer` shows the key as `Authorization: Bearer`, for servers that want another header than their dialect’s.',
  )
  .optional();

export const account = table('One key of several at an endpoint.', {
  name: z
    .string()
    .regex(NAME, NAME_EXPECTED)
    .describe('What log, status and report call it, behind the endpoint’s.'),
  ...keyed,
  auth,
});
