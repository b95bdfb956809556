/** Answers as values: whoever serves them adds what every answer carries. */
import type { ServerResponse } from 'node:http';

export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A stream of events: the head is sent by whoever serves it. */
export interface Streamed {
  readonly stream: (response: ServerResponse) => void;
}

export type Answered = Reply | Streamed;

export const JSON_TYPE = 'application/json; charset=utf-8';

export const json = (value: unknown, status = 200, headers: Reply['headers'] = {}): Reply => ({
  status,
  type: JSON_TYPE,
  body: `${JSON.stringify(value)}\n`,
  headers,
});

export const refusal = (status: number, what: string, fix?: string, headers: Reply['headers'] = {}): Reply =>
  json({ error: { what, ...(fix !== undefined && { fix }) } }, status, headers);
