/** Kinds of values of the configuration. */
import { isHostName } from '@swarm/sandbox';
import * as z from 'zod';
import { parseBytes, parseDurationMs } from './units.ts';

const DURATION_MAX = '7d';

export const duration = (text: string) =>
  z
    .string()
    .refine((value) => isDuration(value), {
      error: `expected a duration such as "90s", "30m" or "2h", above 0 and at most ${DURATION_MAX}`,
    })
    .describe(text);

function isDuration(value: string): boolean {
  const ms = parseDurationMs(value);
  return ms !== undefined && ms > 0 && ms <= parseDurationMs(DURATION_MAX)!;
}

const BYTES_MIN = '16m';
const BYTES_MAX = '64t';

export const bytes = (text: string) =>
  z
    .string()
    .refine((value) => isBytes(value), {
      error: `expected a size such as "512m" or "4g", at least ${BYTES_MIN} and at most ${BYTES_MAX}`,
    })
    .describe(text);

function isBytes(value: string): boolean {
  const size = parseBytes(value);
  return size !== undefined && size >= parseBytes(BYTES_MIN)! && size <= parseBytes(BYTES_MAX)!;
}

export const command = (text: string) => z.string().trim().min(1).max(10_000).describe(text);
export const count = (min: number, max: number, text: string) => z.int().min(min).max(max).describe(text);
export const table = <S extends z.core.$ZodLooseShape>(text: string, shape: S) =>
  z.strictObject(shape).describe(text);

export const variable = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, { error: 'expected the name of an environment variable' });

/** `*`, `host`, `host:port` or `[address]:port`: exact hosts, no patterns. */
const HOST = /^(?:\*|(?:[\w.-]{1,253}|\[[\da-fA-F:.]{2,45}\])(?::\d{1,5})?)$/;
const HOST_EXPECTED = {
  error: 'expected a host such as "docs.rs", with its port "npm.shop.example:4873", or "*" alone',
};

const host = z
  .string()
  .regex(HOST, HOST_EXPECTED)
  .refine((value) => value === '*' || isHostName(value), HOST_EXPECTED);

export const hosts = (text: string) => z.array(host).max(64).describe(text).default([]);

export function isEndpointUrl(value: string): boolean {
  const url = URL.parse(value);
  return (
    url !== null && (url.protocol === 'http:' || url.protocol === 'https:') && !url.username && !url.password
  );
}
