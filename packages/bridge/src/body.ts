/** The body of a request: bounded before it is read, and read before it is parsed. */
import type { IncomingMessage } from 'node:http';
import { BRIDGE_LIMITS, mistakeIn } from '@swarm/core/rules/bridge/wire';
import type { ZodType } from 'zod';

export type BodyReading<T> =
  | { readonly kind: 'read'; readonly value: T }
  | { readonly kind: 'no'; readonly status: number; readonly what: string };

type No = Extract<BodyReading<never>, { kind: 'no' }>;
const no = (status: number, what: string): No => ({ kind: 'no', status, what });

/** Whatever type it says it has: a page of another origin is refused before. */
export async function readBody<T>(asked: IncomingMessage, schema: ZodType<T>): Promise<BodyReading<T>> {
  const { headers } = asked;
  if (headers['content-encoding'] !== undefined) return no(415, 'a body is sent as it is, not compressed');
  const tooLong = no(413, `a body has at most ${BRIDGE_LIMITS.messageBytes} bytes`);
  if (Number(headers['content-length'] ?? 0) > BRIDGE_LIMITS.messageBytes) return tooLong;
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of asked as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > BRIDGE_LIMITS.messageBytes) return tooLong;
    parts.push(part);
  }
  return parsed(Buffer.concat(parts), schema);
}

function parsed<T>(bytes: Buffer, schema: ZodType<T>): BodyReading<T> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return no(400, 'it is not JSON');
  }
  const { data, error } = schema.safeParse(value);
  return error ? no(422, mistakeIn(error)) : { kind: 'read', value: data as T };
}
