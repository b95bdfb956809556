/** What a hostile page, program or network says to `swarm serve`, as bytes; and what it may hear. */
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

type Lines = readonly (readonly [string, string])[];

interface Said {
  readonly method?: string;
  readonly path?: string;
  /** Undefined: the right one; none: an empty list. */
  readonly host?: readonly string[];
  readonly isAuthorized?: boolean;
  readonly more?: Lines;
  readonly body?: string | Buffer;
}

function request(aim: Aim, said: Said): Buffer {
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

const abuse = (
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

const bytes = (
  name: string,
  gives: number | readonly number[],
  of: (aim: Aim) => string | Buffer,
): Abuse => ({
  name,
  gives: [gives].flat(),
  bytes: of,
});

const JSON_TYPE = ['Content-Type', 'application/json'] as const;
const PAUSE = '{"type":"pause","reason":"operator","detail":"a page"}';

/** A command that would be taken, but for what is wrong with it. */
const command = (aim: Aim, said: Said = {}): Said => ({
  method: 'POST',
  path: `/api/v1/runs/${aim.run}/commands`,
  body: PAUSE,
  ...said,
  more: said.more ?? [JSON_TYPE],
});

/** As the operator's own browser would send it, whoever made it do so. */
const withCookie = ({ port, token }: Aim, ...more: Lines): Said => ({
  isAuthorized: false,
  more: [['Cookie', `swarm_${port}=${token}`], ...more],
});

const NO_DATA = /"run"|"tasks"|Set-Cookie/i;

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

const PASSWD = /root:|journal|BEGIN/;

const paths: readonly Abuse[] = [
  ...[
    '/../../../../etc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/api/v1/runs/..%2f..%2f..%2fetc%2fpasswd',
    '/api/v1/runs/../../../etc/passwd',
    '/api/v1/runs/.',
    '/..\\..\\etc\\passwd',
    '/api/v1/runs/x%00.json',
    '/api/v1/runs/\u0001',
    '//evil.example/api/v1/runs',
    '/api//v1/runs',
    '/api/v1/runs;a=b',
    '/api/v1/runs/%c0%ae%c0%ae/',
    '/page/<script>',
    `/${'a/'.repeat(999)}!`,
    `/${'a'.repeat(1_990)}!`,
    `/${'a'.repeat(8_000)}`,
    '*',
  ].map((path) =>
    abuse(`the path ${path.slice(0, 40)}, ${path.length} bytes`, 400, () => ({ path }), PASSWD),
  ),
  ...[
    '/api/v1/runs/__proto__',
    '/api/v1/runs/constructor/tasks',
    '/API/V1/RUNS',
    '/api/v1/runs/r-20200101-aaaa',
    '/__proto__',
    '/hasOwnProperty',
  ].map((path) => abuse(`the path ${path}`, 404, () => ({ path }))),
  ...[
    '/__proto__',
    '/constructor',
    '/tasks/__proto__',
    '/tasks/t1/x',
    '/report/x',
    '/tasks/t01',
    '/tasks/t-1',
  ].map((rest) => abuse(`of the run ${rest}`, 404, ({ run }) => ({ path: `/api/v1/runs/${run}${rest}` }))),
  ...[
    'limit=1e9',
    'limit=0',
    'limit=-1',
    'limit=99999',
    'after=../x',
    'after=t99',
    `limit=${'9'.repeat(400)}`,
  ].map((query) =>
    abuse(`of the tasks ?${query.slice(0, 20)}`, 400, ({ run }) => ({
      path: `/api/v1/runs/${run}/tasks?${query}`,
    })),
  ),
  ...['-1', '1.5', '1e3', 'x', '999999999999999', '9'.repeat(30), '0x1', '1, 2'].map((id) =>
    abuse(`Last-Event-ID: ${id}`, 400, ({ run }) => ({
      path: `/api/v1/runs/${run}/events`,
      more: [['Last-Event-ID', id]],
    })),
  ),
  abuse('a stream from before the beginning', 400, ({ run }) => ({
    path: `/api/v1/runs/${run}/events?from=0`,
  })),
];

const methods: readonly Abuse[] = [
  ...['PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND', 'POST'].map((method) =>
    abuse(`${method} for the list`, 405, () => ({ method }), /Bearer/),
  ),
  ...['POST', 'HEAD', 'DELETE'].map((method) =>
    abuse(`${method} for the stream`, 405, ({ run }) => ({ method, path: `/api/v1/runs/${run}/events` })),
  ),
  abuse('GET for a command', 405, ({ run }) => ({ path: `/api/v1/runs/${run}/commands` })),
  abuse('a command to /healthz', 405, () => ({ method: 'POST', path: '/healthz' })),
  abuse('a method that there is not', 400, () => ({ method: 'FOO' })),
  abuse('a tunnel to elsewhere', [400, 401, 404, 421], () => ({
    method: 'CONNECT',
    path: 'evil.example:443',
  })),
];

const upgrade = (name: string, gives: number, said: (aim: Aim) => Said): Abuse =>
  abuse(
    `an upgrade ${name}`,
    gives,
    (aim) => {
      const { more = [], ...rest } = said(aim);
      const asks: Lines = [
        ['Connection', 'Upgrade'],
        ['Upgrade', 'websocket'],
        ['Sec-WebSocket-Version', '13'],
        ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
      ];
      return { ...rest, more: [...asks, ...more] };
    },
    /101 Switching/,
  );

const upgrades: readonly Abuse[] = [
  upgrade('with the token', 404, () => ({ path: '/ws' })),
  upgrade('without a token', 401, () => ({ isAuthorized: false, path: '/ws' })),
  upgrade('under another name', 421, () => ({ host: ['evil.example'], path: '/ws' })),
  upgrade('of another origin', 403, (aim) => withCookie(aim, ['Origin', 'http://evil.example'])),
  upgrade('of the measurements', 401, () => ({ isAuthorized: false, path: '/metrics' })),
  upgrade('of /healthz under another name', 421, () => ({ host: ['evil.example'], path: '/healthz' })),
];

const bodies: readonly Abuse[] = [
  ...(
    [
      ['nothing', ''],
      ['no JSON', '{'],
      ['half of a command', PAUSE.slice(0, -1)],
      ['a list of commands', `[${PAUSE}]`],
      ['a number', '7'],
      ['depth', '['.repeat(500_000)],
      ['no text', Buffer.from([0xff, 0xfe, 0x7b, 0x7d])],
      ['a prototype', '{"__proto__":{"type":"pause","reason":"operator","detail":"x"}}'],
      ['a command and more', PAUSE.replace('}', ',"by":"planner"}')],
      ['a command that no person may say', '{"type":"land","landing":"l1"}'],
      ['another one’s name', '{"type":"cancelTask","task":"t1","reason":"x","by":"planner"}'],
      ['what moves a cursor', '{"type":"cancelTask","task":"t1","reason":"\\u001b[2J","by":"operator"}'],
      ['what turns text round', '{"type":"amend","text":"a\\u202eb"}'],
      ['a type that objects have', '{"type":"constructor"}'],
    ] satisfies readonly (readonly [string, string | Buffer])[]
  ).map(([name, body]) => abuse(`a command that is ${name}`, 422, (aim) => command(aim, { body }))),
  abuse('a command longer than there is room for', 413, (aim) =>
    command(aim, { body: `{"type":"amend","text":"${'x'.repeat(1 << 20)}"}` }),
  ),
  bytes(
    'a command that says that it is that long',
    413,
    (aim) =>
      `POST /api/v1/runs/${aim.run}/commands HTTP/1.1\r\nHost: ${aim.host}\r\nAuthorization: Bearer ${aim.token}\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n`,
  ),
  bytes('a command in pieces, without an end', 413, (aim) => {
    const piece = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    return `POST /api/v1/runs/${aim.run}/commands HTTP/1.1\r\nHost: ${aim.host}\r\nAuthorization: Bearer ${aim.token}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${piece.repeat(20)}`;
  }),
  abuse('a compressed command', 415, (aim) =>
    command(aim, { more: [JSON_TYPE, ['Content-Encoding', 'gzip']], body: Buffer.from([0x1f, 0x8b]) }),
  ),
  abuse('a question with a body', 400, () => ({ body: PAUSE })),
  abuse('a body of two lengths', 400, (aim) => command(aim, { more: [JSON_TYPE, ['Content-Length', '1']] })),
  abuse('a body with a length and in pieces', 400, (aim) =>
    command(aim, { more: [JSON_TYPE, ['Transfer-Encoding', 'chunked']] }),
  ),
  abuse('pieces of no size', 400, (aim) => ({
    ...command(aim, { more: [JSON_TYPE, ['Transfer-Encoding', 'chunked']] }),
    body: 'zz\r\n',
  })),
  bytes('a second request inside a refused one', 401, (aim) => {
    const inner = request(aim, command(aim)).toString('latin1');
    return `POST /x HTTP/1.1\r\nHost: ${aim.host}\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`;
  }),
];

const heads: readonly Abuse[] = [
  abuse('a header of 20,000 bytes', 431, () => ({ more: [['X-Long', 'x'.repeat(20_000)]] })),
  abuse('a path of 100,000 bytes', 431, () => ({ path: `/${'a'.repeat(100_000)}` })),
  abuse('5,000 headers', 431, () => ({
    more: Array.from({ length: 5_000 }, (_, i) => [`X-${i}`, 'x'] as const),
  })),
  abuse('150 short headers', 431, () => ({
    more: Array.from({ length: 150 }, (_, i) => [`X-${i}`, 'x'] as const),
  })),
  abuse('a header that goes on in the next line', 400, () => ({ more: [['X-Folded', 'a\r\n b']] })),
  abuse('a header with a blank before its colon', 400, ({ host }) => ({ host: [], more: [['Host ', host]] })),
  bytes('another protocol’s first bytes', 400, () => Buffer.from('160301020001000001fc0303', 'hex')),
  bytes('the preface of HTTP/2', 400, () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  bytes('HTTP of before there were headers', [400, 421], () => 'GET /api/v1/runs\r\n\r\n'),
  bytes('bytes of any kind', 400, () =>
    Buffer.from(Array.from({ length: 65_536 }, (_, i) => (i * 7_919) % 256)),
  ),
  bytes('a head that never ends', 408, ({ host }) => `GET / HTTP/1.1\r\nHost: ${host}\r\nX-Slow: `),
  bytes(
    'a body that never ends',
    408,
    (aim) =>
      `POST /api/v1/runs/${aim.run}/commands HTTP/1.1\r\nHost: ${aim.host}\r\nAuthorization: Bearer ${aim.token}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
  ),
  bytes('nothing at all', 408, () => ''),
];

export const ABUSES: readonly Abuse[] = [
  ...tokens,
  ...names,
  ...origins,
  ...paths,
  ...methods,
  ...upgrades,
  ...bodies,
  ...heads,
];
