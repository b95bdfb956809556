/** The body of a request: bounded before it is read, and read before it is parsed. */
import type { IncomingMessage } from 'node:http';

/** What one command may take, as on the control socket. */
export const BODY_BYTES_MAX = 1 << 20;

export type BodyReading =
  | { readonly kind: 'read'; readonly value: unknown }
  | { readonly kind: 'no'; readonly status: number; readonly what: string };

const no = (status: number, what: string): BodyReading => ({ kind: 'no', status, what });

export async function readJson(asked: IncomingMessage): Promise<BodyReading> {
  const { headers } = asked;
  if (!/^application\/json *(;|$)/i.test(headers['content-type'] ?? ''))
    return no(415, 'a command is sent as application/json');
  if (headers['content-encoding'] !== undefined) return no(415, 'a command is sent as it is, not compressed');
  const tooLong = no(413, `a command has at most ${BODY_BYTES_MAX} bytes`);
  if (Number(headers['content-length'] ?? 0) > BODY_BYTES_MAX) return tooLong;
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of asked as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > BODY_BYTES_MAX) return tooLong;
    parts.push(part);
  }
  return parsed(Buffer.concat(parts));
}

function parsed(bytes: Buffer): BodyReading {
  try {
    return { kind: 'read', value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) };
  } catch {
    return no(422, 'it is not JSON');
  }
}

/** Those who only read have nothing to say. */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
