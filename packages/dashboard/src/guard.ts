/**
 * Who may ask what: decided from the request's head alone, before anything of it is done. A page of another origin, a name
 * that was bound to this address by somebody else, another program of this machine: each is told no.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export interface Guarded {
  /** What may stand in `Host`, in lower case: `127.0.0.1:7420`. */
  readonly hosts: ReadonlySet<string>;
  readonly token: string;
  readonly cookie: string;
  /** Paths that want no token, and that no page may ask, of whatever origin. Absent: there are none. */
  readonly isOpen?: (path: string) => boolean;
  /** Paths that a worker may ask with a token of its own. Absent: there are none. */
  readonly isWorkers?: (path: string) => boolean;
}

export type Verdict =
  | {
      readonly kind: 'go';
      readonly path: string;
      readonly query: URLSearchParams;
      /** By a token of one worker’s own: it may be that worker, and nobody else. */
      readonly worker?: string;
    }
  /** The link that was printed: it becomes a cookie. */
  | { readonly kind: 'link' }
  | { readonly kind: 'no'; readonly status: number; readonly what: string; readonly fix?: string };

export const OPEN_PATHS: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

const TARGET_MAX = 2_000;
/** All headers together are bounded in bytes; nobody honest sends so many. */
const HEADERS_MAX = 100;
/** Paths are made of these alone: what would have to be decoded names nothing here. */
const PATH = /^(?:\/[A-Za-z0-9._-]+)*\/?$/;

export function judge(asked: IncomingMessage, guarded: Guarded): Verdict {
  const { method = '', url = '', rawHeaders } = asked;
  if (rawHeaders.length > 2 * HEADERS_MAX) return no(431, `there are more than ${HEADERS_MAX} headers`);
  if (!hostOf(asked, guarded)) return no(421, 'this address is served under another name', FIXES.host);
  if (!isOwnOrigin(asked)) return no(403, 'pages of another origin are not answered', FIXES.origin);
  const [path = '', query = ''] = url.split('?', 2);
  const isPath = url.length <= TARGET_MAX && PATH.test(path) && !/(^|\/)\.{1,2}(\/|$)/.test(path);
  if (!isPath) return no(400, 'that is no path of this server');
  const params = new URLSearchParams(query);
  const isRead = method === 'GET' || method === 'HEAD';
  if (!isSent(asked, isRead && path === '/'))
    return no(403, 'pages of another site are not answered', FIXES.origin);
  if (OPEN_PATHS.has(path)) return { kind: 'go', path, query: params };
  if (guarded.isOpen?.(path))
    return isPage(asked) ? no(403, 'pages are not answered here') : { kind: 'go', path, query: params };
  const linked = method === 'GET' && path === '/' ? params.getAll('token') : [];
  if (linked.length === 1 && isSame(linked[0]!, guarded.token)) return { kind: 'link' };
  const worker = guarded.isWorkers?.(path) ? workerOf(asked, guarded) : undefined;
  if (worker !== undefined) return { kind: 'go', path, query: params, worker };
  if (!tokensOf(asked, guarded).some((token) => isSame(token, guarded.token)))
    return no(401, 'the token is missing, or is another one', FIXES.token);
  return { kind: 'go', path, query: params };
}

const FIXES = {
  host: 'use the address that swarm serve printed; swarm serve --host <name> serves under another one',
  origin: 'use the page of this server itself, or a program that sends no Origin',
  token:
    'open the link that swarm serve printed, or send: Authorization: Bearer <token>; swarm serve --json shows it',
} as const;

const no = (status: number, what: string, fix?: string): Verdict => ({
  kind: 'no',
  status,
  what,
  ...(fix !== undefined && { fix }),
});

/** Every value of a header, also where it was sent again. */
function valuesOf({ rawHeaders }: IncomingMessage, name: string): readonly string[] {
  const found: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (rawHeaders[i]!.toLowerCase() === name) found.push(rawHeaders[i + 1]!);
  return found;
}

/** A name that somebody else bound to this address is another origin's, whatever address it leads to. */
function hostOf(asked: IncomingMessage, { hosts }: Guarded): string | undefined {
  const named = valuesOf(asked, 'host');
  const host = named[0]?.toLowerCase();
  return named.length === 1 && hosts.has(host!) ? host : undefined;
}

/** Browsers send it with everything that changes something, and with what another origin's page asks for. */
function isOwnOrigin(asked: IncomingMessage): boolean {
  const origins = valuesOf(asked, 'origin');
  const host = valuesOf(asked, 'host')[0]!.toLowerCase();
  return origins.length === 0 || (origins.length === 1 && origins[0]!.toLowerCase() === `http://${host}`);
}

/**
 * Other ports of this machine are the same site to a browser: cookies go along with what their pages ask for. Where the
 * browser says who asks, it must be our own page or a person; a person may come from anywhere to the page itself.
 */
function isSent(asked: IncomingMessage, isPage: boolean): boolean {
  const [site, ...more] = valuesOf(asked, 'sec-fetch-site');
  if (site === undefined) return true;
  if (more.length === 0 && (site === 'same-origin' || site === 'none')) return true;
  const isVisit = valuesOf(asked, 'sec-fetch-mode')[0] === 'navigate';
  return isPage && isVisit && valuesOf(asked, 'sec-fetch-dest')[0] === 'document';
}

/** What only a browser sends for a page; a program that opens a socket says `Sec-Fetch-Mode` at most. */
const isPage = (asked: IncomingMessage): boolean =>
  ['origin', 'sec-fetch-site', 'cookie'].some((name) => valuesOf(asked, name).length > 0);

function tokensOf(asked: IncomingMessage, { cookie }: Pick<Guarded, 'cookie'>): readonly string[] {
  const bearers = valuesOf(asked, 'authorization').flatMap(
    (value) => /^Bearer +(\S+)$/i.exec(value)?.[1] ?? [],
  );
  const cookies = valuesOf(asked, 'cookie')
    .flatMap((value) => value.split(';'))
    .map((pair) => pair.trim())
    .flatMap((pair) => (pair.startsWith(`${cookie}=`) ? [pair.slice(cookie.length + 1)] : []));
  return [...bearers, ...cookies].slice(0, 10);
}

/** Made of the pages' token, which nobody finds out by it: with another one all of these are others. */
export const workerToken = (token: string, worker: string): string =>
  `${worker}:${createHmac('sha256', token).update(`worker of the bridge: ${worker}`).digest('base64url')}`;

function workerOf(asked: IncomingMessage, { token, cookie }: Guarded): string | undefined {
  for (const given of tokensOf(asked, { cookie })) {
    const name = given.slice(0, Math.max(0, given.lastIndexOf(':')));
    if (name !== '' && isSame(given, workerToken(token, name))) return name;
  }
  return undefined;
}

/** In the same time for any two texts. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
