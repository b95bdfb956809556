/** What hostile pages, programs, callers and workers say to a bridge, as bytes; and what they may hear. */
import { connect, type Socket } from 'node:net';

export interface Target {
  /** `127.0.0.1:7420`. */
  readonly host: string;
  readonly port: string;
  /** Absent: the bridge is open. */
  readonly token?: string;
}

export interface Row {
  readonly name: string;
  /** The status each may be answered with; 0: closed without a word. */
  readonly gives: readonly number[];
  readonly bytes: (at: Target) => string | Buffer;
}

type Lines = readonly (readonly [string, string])[];

interface Said {
  readonly method?: string;
  readonly path: string;
  readonly host?: string;
  /** Undefined: the right one. */
  readonly token?: string | null;
  readonly more?: Lines;
  readonly body?: string | Buffer;
}

const UPGRADE: Lines = [
  ['Connection', 'Upgrade'],
  ['Upgrade', 'websocket'],
  ['Sec-WebSocket-Version', '13'],
  ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
];

export function request(at: Target, { method, path, host, token, more = [], body }: Said): Buffer {
  const bearer = token === undefined ? at.token : token;
  const lines: Lines = [
    ['Host', host ?? at.host],
    ...(bearer ? [['Authorization', `Bearer ${bearer}`] as const] : []),
    ...more,
    ...(body === undefined ? [] : [['Content-Length', `${Buffer.byteLength(body)}`] as const]),
  ];
  const first = `${method ?? (body === undefined ? 'GET' : 'POST')} ${path} HTTP/1.1`;
  const head = [first, ...lines.map(([name, value]) => `${name}: ${value}`)];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), Buffer.from(body ?? '')]);
}

const row = (name: string, gives: number | readonly number[], said: Said): Row => ({
  name,
  gives: [gives].flat(),
  bytes: (at) => request(at, said),
});

// ───────────── who may ask: every route ─────────────

const CALL = '{"to":"honest","method":"process","payload":"x"}';
const ENVELOPE = '{"id":"i","source":"s","target":"honest","type":"process","payload":"x"}';

export const ROUTES: readonly Said[] = [
  { path: '/ws', more: UPGRADE },
  { path: '/v1/call', body: CALL },
  {
    path: '/v1/broadcast',
    body: '{"topic":"swarm.health","payload":"{\\"name\\":\\"honest\\",\\"healthy\\":false}"}',
  },
  { path: '/v1/subscribe?topic=swarm.announce' },
  { path: '/v1/workers' },
  { path: '/register', body: '{"name":"planted"}' },
  { path: '/invoke', body: ENVELOPE },
  { path: '/transition', body: '{"task":"planted","next_state":"assigned"}' },
  { path: '/state/planted' },
];

const of = (route: Said, over: Omit<Said, 'path'>): Said => ({
  ...route,
  ...over,
  more: [...(route.more ?? []), ...(over.more ?? [])],
});

const rebound = (route: Said): Row[] =>
  ['evil.test:7420', 'localhost.evil', '127.0.0.1', '[::1]:80', '127.0.0.1:7420.'].map((host) =>
    row(`${route.path} by the name ${host}`, 421, of(route, { host })),
  );

/** Told to a bridge with a token. */
export const UNINVITED: readonly Row[] = ROUTES.flatMap((route) => [
  row(`${route.path} without a token`, 401, of(route, { token: null })),
  row(`${route.path} with another token`, 401, of(route, { token: 'x'.repeat(43) })),
  row(
    `${route.path} by a page of another origin`,
    403,
    of(route, { more: [['Origin', 'http://evil.test']] }),
  ),
  row(`${route.path} by a sandboxed page`, 403, of(route, { more: [['Origin', 'null']] })),
  row(`${route.path} by a page of another port`, 403, of(route, { more: [['Sec-Fetch-Site', 'same-site']] })),
  ...rebound(route),
]);

/** Told to an open bridge: no page may ask, not even its own. */
export const PAGES: readonly Row[] = ROUTES.flatMap((route) => [
  row(
    `${route.path} by a page of another origin`,
    403,
    of(route, { more: [['Origin', 'http://evil.test']] }),
  ),
  {
    name: `${route.path} by its own page`,
    gives: [403],
    bytes: (at: Target) => request(at, of(route, { more: [['Origin', `http://${at.host}`]] })),
  },
  row(
    `${route.path} by a page without an origin`,
    403,
    of(route, { more: [['Sec-Fetch-Site', 'same-origin']] }),
  ),
  row(`${route.path} with a cookie`, 403, of(route, { more: [['Cookie', 'a=b']] })),
  ...rebound(route),
]);

// ───────────── what is asked ─────────────

const said = (path: string, body: unknown): Said => ({
  path,
  body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
});
const call = (over: object): Said =>
  said('/v1/call', { to: 'honest', method: 'process', payload: 'x', ...over });
const MANY = 2 << 20;

/** Told by somebody who may ask. */
export const MALFORMED: readonly Row[] = [
  row('a call that is not JSON', 400, said('/v1/call', '{to:')),
  row('a call that is no text', 400, said('/v1/call', Buffer.from([0x22, 0xff, 0xfe, 0x22]))),
  row('a call that is null', 422, said('/v1/call', 'null')),
  row('a call that is a list', 422, said('/v1/call', [])),
  row(
    'a call nested a hundred thousand deep',
    [400, 422],
    said('/v1/call', `${'['.repeat(100_000)}${']'.repeat(100_000)}`),
  ),
  row('a call to a key of prototypes', 422, call({ to: '__proto__' })),
  row('a call to nobody', 404, call({ to: 'constructor' })),
  row('a call with a line end in its name', 422, call({ to: 'honest\r\nX-Evil: 1' })),
  row('a call of a method with a line end', 422, call({ method: 'a\nb' })),
  row('a call whose payload is an object', 422, call({ payload: {} })),
  row('a call whose payload is too long', 422, call({ payload: 'x'.repeat((1 << 20) + 1) })),
  row('a call that waits for no time', 422, call({ timeout_ms: 0 })),
  row('a call that waits for ever', 422, call({ timeout_ms: 1e15 })),
  row('a call that waits for a text', 422, call({ timeout_ms: '1' })),
  row('a call that asks for no version', 422, call({ requires: ['process@latest'] })),
  row('a call that asks for a thousand things', 422, call({ requires: Array(1_000).fill('process') })),
  row('a body that says it is huge', 413, {
    path: '/v1/call',
    method: 'POST',
    more: [['Content-Length', `${MANY + 1}`]],
  }),
  row('a body that is huge, in pieces', [413, 400], {
    path: '/v1/call',
    method: 'POST',
    more: [
      ['Transfer-Encoding', 'chunked'],
      ['Connection', 'close'],
    ],
  }),
  row('a compressed body', 415, { path: '/v1/call', more: [['Content-Encoding', 'gzip']], body: CALL }),
  row('a body with two lengths', 400, { path: '/v1/call', more: [['Content-Length', '1']], body: CALL }),
  row('a body of a length and in pieces', 400, {
    path: '/v1/call',
    more: [['Transfer-Encoding', 'chunked']],
    body: CALL,
  }),
  row('a call by GET', 405, { path: '/v1/call' }),
  row('workers by DELETE', 405, { path: '/v1/workers', method: 'DELETE' }),
  row('a path that goes on', 404, { path: '/v1/call/x', body: CALL }),
  row('a path that goes up', 400, { path: '/v1/../v1/call', body: CALL }),
  row('a path with a code', 400, { path: '/state/%2e%2e', more: [] }),
  row('a state of a key of prototypes', 404, { path: '/state/__proto__' }),
  row('a state of nothing', 404, { path: '/state/' }),
  row('a move to no state', 422, said('/transition', { task: 'x', next_state: 'constructor' })),
  row('an illegal move', 409, said('/transition', { task: 'x', next_state: 'complete' })),
  row('a move of a task with a line end', 422, said('/transition', { task: 'a\nb', next_state: 'assigned' })),
  row('a topic that is none', 400, { path: '/v1/subscribe' }),
  row('a topic that is too long', 400, { path: `/v1/subscribe?topic=${'x'.repeat(101)}` }),
  row('a broadcast on a topic with a control', 422, said('/v1/broadcast', { topic: 'a\u0000', payload: '' })),
  row('a broadcast of an object', 422, said('/v1/broadcast', { topic: 'a', payload: {} })),
  row('an agent with the name of all', 422, said('/register', { name: 'any' })),
  row('an agent with markup for a name', 422, said('/register', { name: '<img src=x>' })),
  row('an agent with a version that is none', 422, said('/register', { name: 'a', version: 'latest' })),
  row(
    'an agent that takes the name of one that is connected',
    200,
    said('/register', { name: 'honest', capabilities: ['all@9'] }),
  ),
  row('an envelope without an id', 422, said('/invoke', { source: 's', target: 'honest', type: 'process' })),
  row(
    'an envelope whose trace breaks the line',
    422,
    said('/invoke', {
      id: 'e',
      source: 's',
      target: 'any',
      type: 'process',
      metadata: { trace_id: 'a\r\nb' },
    }),
  ),
  row('a socket without a key', 400, {
    path: '/ws',
    more: UPGRADE.filter(([name]) => name !== 'Sec-WebSocket-Key'),
  }),
  row('a socket of an old version', [400, 426], {
    path: '/ws',
    more: UPGRADE.map(([name, value]) => [name, name === 'Sec-WebSocket-Version' ? '7' : value]),
  }),
  row('a socket by POST', [400, 405], { path: '/ws', method: 'POST', more: UPGRADE }),
  row('a socket at another path', 404, { path: '/v1/call', more: UPGRADE }),
  row('another protocol', [400, 404, 426], {
    path: '/ws',
    more: UPGRADE.map(([name, value]) => [name, name === 'Upgrade' ? 'h2c' : value]),
  }),
  row('the path of sockets without one', 426, { path: '/ws' }),
];

// ───────────── frames ─────────────

const MASK = Buffer.from([1, 2, 3, 4]);

interface Frame {
  readonly opcode?: number;
  readonly isLast?: boolean;
  readonly isMasked?: boolean;
  readonly reserved?: number;
  /** What it says of its length. Absent: the truth. */
  readonly claims?: number;
}

export function frame(
  data: string | Buffer,
  { opcode = 1, isLast = true, isMasked = true, reserved = 0, claims }: Frame = {},
): Buffer {
  const bytes = Buffer.from(data);
  const size = claims ?? bytes.length;
  const bit = isMasked ? 0x80 : 0;
  const head = Buffer.alloc(size < 126 ? 2 : size < 65_536 ? 4 : 10);
  head[0] = (isLast ? 0x80 : 0) | (reserved << 4) | opcode;
  head[1] = bit | (size < 126 ? size : size < 65_536 ? 126 : 127);
  if (head.length === 4) head.writeUInt16BE(size, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(size), 2);
  const masked = isMasked ? bytes.map((byte, i) => byte ^ MASK[i % 4]!) : bytes;
  return Buffer.concat([head, isMasked ? MASK : Buffer.alloc(0), masked]);
}

export const text = (message: unknown): Buffer => frame(JSON.stringify(message));

const REGISTER = { type: 'register', name: 'evil' };
const registering = (over: object): Buffer => text({ ...REGISTER, ...over });
const registered = (...frames: readonly Buffer[]): Buffer => Buffer.concat([text(REGISTER), ...frames]);

/** What is said over a socket, and the code it is closed with. */
export const FRAMES: readonly (readonly [name: string, code: number, bytes: Buffer])[] = [
  ['what is not JSON', 4400, frame('{type:')],
  ['what is binary', 4400, frame(JSON.stringify(REGISTER), { opcode: 2 })],
  ['what is no text', 1007, frame(Buffer.from([0xff, 0xfe]))],
  ['a list', 4400, text([REGISTER])],
  ['null', 4400, text(null)],
  ['a message of no kind', 4400, text({ type: 'become_admin' })],
  ['a message whose kind is a key of prototypes', 4400, frame('{"type":"__proto__"}')],
  ['a message nested deep', 4400, frame(`${'['.repeat(50_000)}${']'.repeat(50_000)}`)],
  ['an answer of nobody', 4400, text({ type: 'call_response', correlation_id: 'x', payload: '' })],
  ['a name that is a key of prototypes', 4400, registering({ name: '__proto__' })],
  ['the name of all', 4400, registering({ name: 'any' })],
  ['a name with markup', 4400, registering({ name: '<b>' })],
  ['a name with a line end', 4400, registering({ name: 'a\nb' })],
  ['a name of many letters', 4400, registering({ name: 'x'.repeat(65) })],
  ['a name that is a list', 4400, registering({ name: ['honest'] })],
  ['a name that is taken', 4409, registering({ name: 'honest' })],
  ['credits of nothing', 4400, registering({ maxTasks: 0 })],
  ['credits without end', 4400, registering({ maxTasks: 1e9 })],
  ['credits that are no number', 4400, frame('{"type":"register","name":"evil","maxTasks":1e999}')],
  ['a version that is none', 4400, registering({ version: '$(id)' })],
  ['a capability that is none', 4400, registering({ capabilities: ['process@>=1'] })],
  ['capabilities without end', 4400, registering({ capabilities: Array(51).fill('a') })],
  ['another name after the first', 4400, registered(registering({ name: 'other' }))],
  [
    'a hundred and one answers to calls of others',
    4429,
    registered(...Array(101).fill(text({ type: 'call_response', correlation_id: 'x', payload: '' }))),
  ],
  [
    'an answer whose payload is an object',
    4400,
    registered(text({ type: 'call_response', correlation_id: 'x', payload: {} })),
  ],
  [
    'an answer whose id is long',
    4400,
    registered(text({ type: 'call_error', correlation_id: 'x'.repeat(129), error: '' })),
  ],
  ['a frame that is not masked', 1002, frame('{}', { isMasked: false })],
  ['a frame with reserved bits', 1002, frame('{}', { reserved: 4 })],
  ['a frame of no kind', 1002, frame('{}', { opcode: 3 })],
  ['a control frame in pieces', 1002, frame('', { opcode: 9, isLast: false })],
  ['a control frame that is long', 1002, frame('x'.repeat(126), { opcode: 9 })],
  ['a piece of nothing', 1002, frame('x', { opcode: 0 })],
  ['a frame that says it is huge', 1009, frame('', { claims: 2 ** 31 })],
  ['a frame that says it is endless', 1009, frame('', { claims: 2 ** 53 })],
  [
    'a message that is huge in pieces',
    1009,
    Buffer.concat([
      frame('x'.repeat(1 << 20), { isLast: false }),
      ...[1, 2].map(() => frame('x'.repeat(1 << 20), { opcode: 0, isLast: false })),
    ]),
  ],
];

/** A socket whose upgrade is done, and what comes over it: text messages, and the code it is closed with; 1006 where it says none. */
export class RawSocket {
  readonly heard: string[] = [];
  readonly #socket: Socket;
  #rest: Buffer = Buffer.alloc(0);
  #status = 0;
  #code = 1006;
  readonly closed: Promise<number>;

  constructor(at: Target) {
    this.#socket = connect(Number(at.port), '127.0.0.1');
    this.#socket.write(request(at, { path: '/ws', more: UPGRADE }));
    this.#socket.on('data', (data) => this.#read(Buffer.concat([this.#rest, data])));
    this.#socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => this.#socket.once('close', () => resolve(this.#code)));
  }

  get status(): number {
    return this.#status;
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(data: Buffer): void {
    this.#rest = data;
    if (this.#status === 0) {
      const end = data.indexOf('\r\n\r\n');
      if (end < 0) return;
      this.#status = Number(/^HTTP\/1\.1 (\d{3})/.exec(data.toString('latin1'))?.[1]);
      this.#rest = data.subarray(end + 4);
    }
    while (this.#status === 101 && this.#frame());
  }

  #frame(): boolean {
    const [rest, small] = [this.#rest, this.#rest[1]! & 0x7f];
    if (rest.length < 2) return false;
    const head = small < 126 ? 2 : small === 126 ? 4 : 10;
    if (rest.length < head) return false;
    const size = small < 126 ? small : small === 126 ? rest.readUInt16BE(2) : Number(rest.readBigUInt64BE(2));
    if (rest.length < head + size) return false;
    const data = rest.subarray(head, head + size);
    const opcode = rest[0]! & 0x0f;
    if (opcode === 1) this.heard.push(data.toString());
    if (opcode === 8) {
      if (size >= 2) this.#code = data.readUInt16BE(0);
      this.#socket.end();
    }
    this.#rest = rest.subarray(head + size);
    return true;
  }
}
