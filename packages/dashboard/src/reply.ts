/** What every answer carries, and the three kinds of answers there are. */
import type { ServerResponse } from 'node:http';
import { jsonText } from '@swarm/core/views/json-text';
import type { Trouble } from './ports.ts';

/** No script and no style but our own files, nothing of another host, in no frame; nothing is kept by anybody. */
export const SAFE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
};

export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export const json = (value: unknown, status = 200, headers: Reply['headers'] = {}): Reply => ({
  status,
  type: 'application/json; charset=utf-8',
  body: `${jsonText(value)}\n`,
  headers,
});

export const text = (body: string, type = 'text/plain; charset=utf-8'): Reply => ({
  status: 200,
  type,
  body,
});

/** As every refusal is told. */
export const refusal = (status: number, trouble: Trouble, headers: Reply['headers'] = {}): Reply =>
  json({ error: trouble }, status, headers);

export function send(response: ServerResponse, { status, type, body, headers = {} }: Reply): void {
  if (response.headersSent || response.destroyed) return;
  const bytes = Buffer.from(body);
  response.writeHead(status, {
    ...SAFE_HEADERS,
    'content-type': type,
    'content-length': bytes.length,
    ...headers,
  });
  response.end(bytes);
}
