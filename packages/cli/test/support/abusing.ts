/** How a hostile page, program or network says something to `swarm serve`, as bytes; and how its answer is read. */
import { connect } from 'node:net';
import type { Site } from './served.ts';

export interface Aim extends Site {
  /** `127.0.0.1:7420`. */
  readonly host: string;
  readonly port: string;
  readonly cookie: string;
  /** A live run, which every command of these would change. */
  readonly run: string;
}

export interface Abuse {
  readonly name: string;
  /** The status each may be answered with; 0: the connection is closed without a word. */
  readonly gives: readonly number[];
  readonly bytes: (aim: Aim) => string | Buffer;
  /** What must not stand in the answer. */
  readonly never?: RegExp;
}

/** All that comes back until the other side closes; or, where it stays open, until nothing more is expected of it. */
export function thrown(port: string, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(port), '127.0.0.1');
    let text = '';
    const over = (): void => {
      socket.destroy();
      resolve(text);
    };
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (isWhole(text)) over();
    });
    // Cut off in the middle of what is sent: the answer was written before.
    socket.on('error', () => undefined);
    socket.on('close', over);
    socket.write(bytes);
  });
}

/** An answer with all the bytes it names. */
function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, end))?.[1];
  return end >= 0 && length !== undefined && text.length >= end + 4 + Number(length);
}

export const statusIn = (text: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);

// ───────────── requests ─────────────

export type Lines = readonly (readonly [string, string])[];

export interface Said {
  readonly method?: string;
  readonly path?: string;
  /** Undefined: the right one; none: an empty list. */
  readonly host?: readonly string[];
  readonly isAuthorized?: boolean;
  readonly more?: Lines;
  readonly body?: string | Buffer;
}

export function request(aim: Aim, said: Said): Buffer {
  const {
    method = 'GET',
    path = '/api/v1/runs',
    host = [aim.host],
    isAuthorized = true,
    more = [],
    body,
  } = said;
  const lines: Lines = [
    ...host.map((name) => ['Host', name] as const),
    ...(isAuthorized ? [['Authorization', `Bearer ${aim.token}`] as const] : []),
    ...more,
    ...(body === undefined ? [] : [['Content-Length', `${Buffer.byteLength(body)}`] as const]),
  ];
  const head = [`${method} ${path} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`)];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), Buffer.from(body ?? '')]);
}

export const abuse = (
  name: string,
  gives: number | readonly number[],
  said: (aim: Aim) => Said,
  never?: RegExp,
): Abuse => ({
  name,
  gives: [gives].flat(),
  bytes: (aim) => request(aim, said(aim)),
  ...(never && { never }),
});

export const bytes = (
  name: string,
  gives: number | readonly number[],
  of: (aim: Aim) => string | Buffer,
): Abuse => ({
  name,
  gives: [gives].flat(),
  bytes: of,
});

export const JSON_TYPE = ['Content-Type', 'application/json'] as const;
export const PAUSE = '{"type":"pause","reason":"operator","detail":"a page"}';

/** A command that would be taken, but for what is wrong with it. */
export const command = (aim: Aim, said: Said = {}): Said => ({
  method: 'POST',
  path: `/api/v1/runs/${aim.run}/commands`,
  body: PAUSE,
  ...said,
  more: said.more ?? [JSON_TYPE],
});

/** As the operator's own browser would send it, whoever made it do so. */
export const withCookie = ({ port, token }: Aim, ...more: Lines): Said => ({
  isAuthorized: false,
  more: [['Cookie', `swarm_${port}=${token}`], ...more],
});
