/** Who may not ask: without the token, under another name, from another origin. */
import { type Abuse, type Aim, abuse, bytes, command, JSON_TYPE, PAUSE, withCookie } from './abusing.ts';

/** What nobody is told who may not ask. */
export const NO_DATA = /"run"|"tasks"|Set-Cookie/i;

const tokens: readonly Abuse[] = [
  abuse('no token', 401, () => ({ isAuthorized: false }), NO_DATA),
  abuse(
    'another token',
    401,
    () => ({ isAuthorized: false, more: [['Authorization', `Bearer ${'A'.repeat(43)}`]] }),
    NO_DATA,
  ),
  abuse(
    'the token but for its last character',
    401,
    ({ token }) => ({
      isAuthorized: false,
      more: [['Authorization', `Bearer ${token.slice(0, -1)}`]],
    }),
    NO_DATA,
  ),
  abuse(
    'the token and one character more',
    401,
    ({ token }) => ({
      isAuthorized: false,
      more: [['Authorization', `Bearer ${token}x`]],
    }),
    NO_DATA,
  ),
  abuse(
    'an empty token',
    401,
    () => ({ isAuthorized: false, more: [['Authorization', 'Bearer ']] }),
    NO_DATA,
  ),
  abuse(
    'the token as a password',
    401,
    ({ token }) => ({
      isAuthorized: false,
      more: [['Authorization', `Basic ${Buffer.from(`x:${token}`).toString('base64')}`]],
    }),
    NO_DATA,
  ),
  abuse(
    'the token in the address of the API',
    401,
    ({ token }) => ({
      isAuthorized: false,
      path: `/api/v1/runs?token=${token}`,
    }),
    NO_DATA,
  ),
  abuse(
    'a cookie with another token',
    401,
    ({ port }) => ({
      isAuthorized: false,
      more: [['Cookie', `swarm_${port}=${'A'.repeat(43)}`]],
    }),
    NO_DATA,
  ),
  abuse(
    'the token in a cookie of another name',
    401,
    ({ token }) => ({
      isAuthorized: false,
      more: [['Cookie', `swarm=${token}; swarm_1=${token}`]],
    }),
    NO_DATA,
  ),
  abuse('no token, for measurements', 401, () => ({ isAuthorized: false, path: '/metrics' }), NO_DATA),
  abuse('no token, for the page', 401, () => ({ isAuthorized: false, path: '/' }), NO_DATA),
  abuse('no token, for what is not there', 401, () => ({ isAuthorized: false, path: '/nothing' }), NO_DATA),
  abuse(
    'no token, for the stream',
    401,
    ({ run }) => ({
      isAuthorized: false,
      path: `/api/v1/runs/${run}/events`,
    }),
    NO_DATA,
  ),
  abuse('no token, for a command', 401, (aim) => command(aim, { isAuthorized: false }), NO_DATA),
  abuse(
    'a link with another token',
    401,
    () => ({ isAuthorized: false, path: `/?token=${'A'.repeat(43)}` }),
    NO_DATA,
  ),
  abuse(
    'a link with two tokens',
    401,
    ({ token }) => ({
      isAuthorized: false,
      path: `/?token=${token}&token=x`,
    }),
    NO_DATA,
  ),
  abuse(
    'a link that is only looked at',
    401,
    ({ token }) => ({
      isAuthorized: false,
      method: 'HEAD',
      path: `/?token=${token}`,
    }),
    NO_DATA,
  ),
];

const names: readonly Abuse[] = [
  ...(
    [
      ['a name of somebody else, bound to this address', () => 'evil.example'],
      ['such a name with the port', ({ port }) => `evil.example:${port}`],
      ['the address without the port', () => '127.0.0.1'],
      ['another port', () => '127.0.0.1:1'],
      ['a name that begins as ours', ({ port }) => `localhost.evil.example:${port}`],
      ['a name with a dot at the end', ({ port }) => `localhost.:${port}`],
      ['an address that was not bound', ({ port }) => `[::1]:${port}`],
      ['every address', ({ port }) => `0.0.0.0:${port}`],
      ['the address as one number', ({ port }) => `2130706433:${port}`],
      ['the address before a name', ({ host }) => `${host}@evil.example`],
      ['an empty name', () => ''],
    ] satisfies readonly (readonly [string, (aim: Aim) => string])[]
  ).map(([name, host]) => abuse(`Host: ${name}`, [400, 421], (aim) => ({ host: [host(aim)] }), NO_DATA)),
  abuse('no Host', 421, () => ({ host: [] }), NO_DATA),
  bytes(
    'no Host, in the protocol that needs none',
    421,
    ({ token }) => `GET /api/v1/runs HTTP/1.0\r\nAuthorization: Bearer ${token}\r\n\r\n`,
  ),
  abuse('two Hosts', [400, 421], ({ host }) => ({ host: [host, 'evil.example'] }), NO_DATA),
  abuse(
    'the right Host only as a proxy would name it',
    421,
    ({ host }) => ({
      host: ['evil.example'],
      more: [['X-Forwarded-Host', host]],
    }),
    NO_DATA,
  ),
  abuse(
    'another Host, where no token is wanted',
    421,
    () => ({ host: ['evil.example'], path: '/healthz' }),
    /status/,
  ),
  abuse('another Host, for measurements', 421, () => ({ host: ['evil.example'], path: '/metrics' })),
  abuse(
    'a whole address of another server',
    400,
    () => ({ path: 'http://evil.example/api/v1/runs' }),
    NO_DATA,
  ),
  abuse('a whole address of ours', 400, ({ host }) => ({ path: `http://${host}/api/v1/runs` }), NO_DATA),
];

const CORS = /access-control-/i;

const origins: readonly Abuse[] = [
  abuse('a question of another origin', 403, () => ({ more: [['Origin', 'http://evil.example']] }), CORS),
  abuse(
    'a command of another origin',
    403,
    (aim) => command(aim, { more: [JSON_TYPE, ['Origin', 'http://evil.example']] }),
    CORS,
  ),
  abuse('no origin at all, as a sandboxed frame says it', 403, () => ({ more: [['Origin', 'null']] }), CORS),
  abuse(
    'our origin under another scheme',
    403,
    ({ host }) => ({ more: [['Origin', `https://${host}`]] }),
    CORS,
  ),
  abuse('our origin on another port', 403, () => ({ more: [['Origin', 'http://127.0.0.1:3000']] }), CORS),
  abuse(
    'our other name as the origin',
    403,
    ({ port }) => ({ more: [['Origin', `http://localhost:${port}`]] }),
    CORS,
  ),
  abuse(
    'our origin and another',
    403,
    ({ host }) => ({
      more: [
        ['Origin', `http://${host}`],
        ['Origin', 'http://evil.example'],
      ],
    }),
    CORS,
  ),
  abuse(
    'another origin behind more headers than are looked at',
    431,
    () => ({
      more: [
        ...Array.from({ length: 500 }, (_, i) => [`X-${i}`, 'x'] as const),
        ['Origin', 'http://evil.example'],
      ],
    }),
    CORS,
  ),
  abuse(
    'what a browser asks before a command of another origin',
    403,
    (aim) => ({
      ...command(aim, {
        more: [
          ['Origin', 'http://evil.example'],
          ['Access-Control-Request-Method', 'POST'],
        ],
      }),
      method: 'OPTIONS',
    }),
    CORS,
  ),
  abuse(
    'the same for our own origin',
    405,
    (aim) => ({
      method: 'OPTIONS',
      path: `/api/v1/runs/${aim.run}/commands`,
      more: [['Origin', `http://${aim.host}`]],
    }),
    CORS,
  ),
  abuse('a form of another page, as text', 415, (aim) =>
    command(aim, withCookie(aim, ['Content-Type', 'text/plain'])),
  ),
  abuse('a form of another page, as a form', 415, (aim) =>
    command(aim, {
      ...withCookie(aim, ['Content-Type', 'application/x-www-form-urlencoded']),
      body: `${PAUSE}=`,
    }),
  ),
  abuse('a form of another page, in parts', 415, (aim) =>
    command(aim, withCookie(aim, ['Content-Type', 'multipart/form-data; boundary=x'])),
  ),
  abuse('no type at all', 415, (aim) => command(aim, { more: [] })),
  abuse('a type that only begins as JSON', 415, (aim) =>
    command(aim, { more: [['Content-Type', 'application/jsonx']] }),
  ),
  abuse(
    'a picture’s address on a page of another port',
    403,
    (aim) => withCookie(aim, ['Sec-Fetch-Site', 'same-site']),
    NO_DATA,
  ),
  abuse(
    'a script’s address on a foreign page',
    403,
    (aim) => withCookie(aim, ['Sec-Fetch-Site', 'cross-site']),
    NO_DATA,
  ),
  abuse(
    'two words on who asks',
    403,
    (aim) => withCookie(aim, ['Sec-Fetch-Site', 'same-origin'], ['Sec-Fetch-Site', 'cross-site']),
    NO_DATA,
  ),
  abuse(
    'a link of a foreign page to the API',
    403,
    (aim) =>
      withCookie(
        aim,
        ['Sec-Fetch-Site', 'cross-site'],
        ['Sec-Fetch-Mode', 'navigate'],
        ['Sec-Fetch-Dest', 'document'],
      ),
    NO_DATA,
  ),
  abuse('the page in a foreign frame', 403, (aim) => ({
    ...withCookie(
      aim,
      ['Sec-Fetch-Site', 'cross-site'],
      ['Sec-Fetch-Mode', 'navigate'],
      ['Sec-Fetch-Dest', 'iframe'],
    ),
    path: '/',
  })),
];

export const WHO: readonly Abuse[] = [...tokens, ...names, ...origins];
