/** What is asked that there is not, or as nobody may: paths, methods, protocols, bodies, heads. */
import {
  type Abuse,
  type Aim,
  abuse,
  bytes,
  command,
  JSON_TYPE,
  type Lines,
  PAUSE,
  request,
  type Said,
  withCookie,
} from './abusing.ts';

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

/** What is asked of the page's own routes, and cannot be answered. */
const views: readonly Abuse[] = [
  ...[
    '?at=0',
    '?at=-1',
    '?at=1e9',
    '?at=999999999999999',
    '?at=x',
    '/tasks?at=0',
    '/tasks?since=-1',
    '/tasks?since=1&at=1',
    '/tasks?since=1&after=t1',
    `/tasks?since=${'9'.repeat(400)}`,
    '/tasks/t1?at=99999',
    '/history?since=x',
    '/history?since=-1',
    '/attempts/t1.1/transcript?from=-1',
    '/attempts/t1.1/transcript?from=1e3',
  ].map((rest) =>
    abuse(`a view ${rest.slice(0, 40)}`, 400, ({ run }) => ({ path: `/api/v1/runs/${run}${rest}` })),
  ),
  ...[
    '/tasks/t99/diff',
    '/tasks/t1/diff/x',
    '/tasks/t1/transcript',
    '/tasks/__proto__/diff',
    '/attempts',
    '/attempts/t1.1',
    '/attempts/t9.9/diff',
    '/attempts/t1.99/transcript',
    '/attempts/t1.1-x.y/transcript',
    '/attempts/constructor/transcript',
    '/attempts/x/y/z',
    '/compare',
    '/compare/x',
    '/compare/__proto__',
    '/compare/r-20200101-aaaa',
    '/history/x',
    '/notes/x',
  ].map((rest) =>
    abuse(`a view ${rest}`, 404, ({ run }) => ({ path: `/api/v1/runs/${run}${rest}` }), PASSWD),
  ),
  ...['/attempts/..%2f..%2fx/transcript', '/attempts/../../x/transcript', '/attempts/t1.1%00/transcript'].map(
    (rest) => abuse(`a view ${rest}`, 400, ({ run }) => ({ path: `/api/v1/runs/${run}${rest}` }), PASSWD),
  ),
  abuse('a run beside itself, while it goes on', 409, ({ run }) => ({
    path: `/api/v1/runs/${run}/compare/${run}`,
  })),
  ...['undo', 'proposals'].flatMap((name) => [
    abuse(`GET for ${name}`, 405, ({ run }) => ({ path: `/api/v1/runs/${run}/${name}` })),
    abuse(`no token, for ${name}`, 401, (aim) => ({ ...said(aim, name, '{}'), isAuthorized: false })),
    abuse(`${name} of another origin`, 403, (aim) => ({
      ...said(aim, name, '{}'),
      more: [JSON_TYPE, ['Origin', 'http://evil.example']],
    })),
    abuse(`${name} as a form`, 415, (aim) => ({
      ...said(aim, name, '{}'),
      more: [['Content-Type', 'text/plain']],
    })),
    abuse(`${name} that are nothing`, 422, (aim) => said(aim, name, '{}')),
    abuse(`${name} that are more`, 422, (aim) =>
      said(aim, name, '{"what":"t1","withDependents":false,"text":"x","by":"planner"}'),
    ),
    abuse(`${name} longer than there is room for`, 413, (aim) =>
      said(aim, name, `{"text":"${'x'.repeat(1 << 20)}"}`),
    ),
  ]),
  abuse('an undo of what has no name', 422, (aim) =>
    said(aim, 'undo', '{"what":"\\u001b[2J","withDependents":true}'),
  ),
  abuse('a change that turns text round', 422, (aim) => said(aim, 'proposals', '{"text":"a\\u202eb"}')),
];

function said({ run }: Aim, name: string, body: string): Said {
  return { method: 'POST', path: `/api/v1/runs/${run}/${name}`, more: [JSON_TYPE], body };
}

export const WHAT: readonly Abuse[] = [...paths, ...views, ...methods, ...upgrades, ...bodies, ...heads];
