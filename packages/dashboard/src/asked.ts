/** What a route is handed, and what all of them read and refuse alike. */
import type { IncomingMessage } from 'node:http';
import type { Busy } from './busy.ts';
import type { Listeners, Listening } from './listeners.ts';
import { type Reply, refusal } from './reply.ts';
import type { Opened, Streams } from './streams.ts';

export interface Served {
  readonly streams: Streams;
  readonly listeners: Listeners;
  /** Prometheus text; absent: there is none. */
  readonly metrics?: (() => Promise<string>) | undefined;
  /** By path; absent: programs alone are served. */
  readonly page?: Page | undefined;
  /** ms since the epoch. */
  readonly now: () => number;
  readonly busy: Busy;
}

/** Files that a browser is given, by path. */
export type Page = ReadonlyMap<string, { readonly type: string; readonly body: string | Buffer }>;

export interface Asked {
  readonly request: IncomingMessage;
  readonly path: string;
  readonly query: URLSearchParams;
}

/** `listen`: the answer goes on for as long as it is listened to. */
export type Answered = Reply | { readonly listen: Listening };

/** A run that was let in. */
export type Run = Extract<Opened, { kind: 'run' }>;

export const CLOSE = { connection: 'close' } as const;
export const NOTHING_HERE = refusal(404, { what: 'there is nothing at this path', fix: 'GET /api/v1/runs' });
export const TOO_BUSY = refusal(
  503,
  { what: 'too much is asked at once', fix: 'ask again' },
  { 'retry-after': '1' },
);
export const notAllowed = (allow: string): Reply =>
  refusal(405, { what: `this path takes ${allow}` }, { allow, ...CLOSE });

export const WRONG = 'wrong';
export const wrong = (what: string): Reply => refusal(400, { code: 'SW0105', what });

export const wholeNumber = (given: string): number | typeof WRONG =>
  /^\d{1,15}$/.test(given) ? Number(given) : WRONG;

export function numberOf(query: URLSearchParams, name: string): number | typeof WRONG | undefined {
  const given = query.get(name);
  return given === null ? undefined : wholeNumber(given);
}

export const noSuchRun = (name: string): Reply =>
  refusal(404, {
    code: 'SW0104',
    what: `there is no run ${name.slice(0, 40)}`,
    fix: 'GET /api/v1/runs',
  });
