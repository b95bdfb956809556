/** The control socket, both ends, on the core's own decisions: what it takes, what it refuses, what it outlives. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Command } from '@swarm/core/commands';
import { decide } from '@swarm/core/decide';
import type { UndoAsk } from '@swarm/core/decisions/undo';
import { fold } from '@swarm/core/fold';
import { makeRunId } from '@swarm/core/model/ids';
import { emptyState, type State } from '@swarm/core/state';
import { askLive } from './client.ts';
import { CONNECTIONS_MAX, listen, REQUESTS_A_SECOND_MAX } from './server.ts';
import type { Steered } from './steered.ts';
import { UNDOS_MAX } from './undoing.ts';
import { REQUEST_BYTES_MAX } from './wire.ts';

const RUN = makeRunId(0, () => 0);
const PING = { v: 1, get: 'state' } as const;
const PAUSE = { type: 'pause', reason: 'operator', detail: 'a test' } as const;

interface Live extends Steered {
  readonly path: string;
  /** Commands the core was asked. */
  readonly asked: Command[];
  readonly undos: Undo[];
}

interface Undo {
  readonly what: UndoAsk;
  readonly over: () => void;
}

/** A run with one task, listening in a folder of its own. */
async function live(t: TestContext): Promise<Live> {
  const path = join(await folder(t), 'run.sock');
  const state = emptyState();
  const asked: Command[] = [];
  const undos: Undo[] = [];
  const ask = async (command: Command) => {
    asked.push(command);
    const answer = decide(state, command);
    if (answer.kind === 'decision')
      fold(state, { seq: state.seq + 1, at: 0, cause: 'test', events: answer.events });
    return answer;
  };
  // Over when the test says so.
  const undo: Steered['undo'] = (what) =>
    new Promise((over) => undos.push({ what, over: () => over({ kind: 'stopped' }) }));
  for (const command of OPENING) await ask(command);
  asked.length = 0;
  const propose: Steered['propose'] = async () => ({ kind: 'not-asked', why: 'it is paused' });
  const steered: Steered = {
    run: RUN,
    journal: `${path}.ndjson`,
    state: (): State => state,
    ask,
    undo,
    propose,
    isStopping: () => false,
  };
  const control = await listen(path, steered);
  t.after(() => control.close());
  t.after(() => undos.forEach(({ over }) => void over()));
  return { ...steered, path, asked, undos };
}

async function folder(t: TestContext): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'swarm-control-'));
  t.after(() => rm(made, { recursive: true }));
  return made;
}

const draft = {
  label: 'a',
  title: 'Add a',
  description: '',
  scope: [],
  acceptance: '',
  priority: 5,
} as const;
const OPENING = [
  {
    type: 'openRun',
    run: RUN,
    request: {
      mode: 'plan',
      base: 'b'.repeat(40),
      limits: { workers: 2, attempts: 3, tasks: 10, attemptTokens: 1 },
    },
    version: '0',
    configHash: 'c',
  },
  {
    type: 'acceptTasks',
    drafts: [{ ...draft, dependsOn: [], kind: 'change', requires: [] }],
    from: { by: 'plan' },
    eachAlone: false,
  },
] as unknown as readonly Command[];

/** What comes back for these bytes, until the other side closes; the connection is closed on our side too. */
async function sent(path: string, bytes: string | Buffer): Promise<string> {
  const socket = connect(path);
  // Cut off in the middle of what we send: the reply was written before.
  socket.on('error', () => undefined);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.end(bytes);
  await new Promise((resolve) => socket.on('close', resolve));
  return text;
}

test('a run that listens says who works on it, and what was asked is decided by the core', async (t) => {
  const run = await live(t);
  const reply = await askLive(run.path, PING);
  assert.ok(reply?.ok);
  assert.deepEqual([reply.state.run, reply.state.pid, reply.state.waiting], [RUN, process.pid, 1]);

  const paused = await askLive(run.path, { v: 1, run: RUN, command: PAUSE });
  assert.ok(paused?.ok);
  assert.deepEqual(
    paused.events.map((event) => event.type),
    ['run.paused'],
  );
  assert.equal(paused.state.paused?.reason, 'operator');
  const twice = await askLive(run.path, { v: 1, command: PAUSE });
  assert.deepEqual(twice?.ok === false && twice.problem.code, 'SW0108');
});

test('where nobody listens is told apart from a run that does not answer', async (t) => {
  const path = join(await folder(t), 'run.sock');
  assert.equal(await askLive(path, PING), undefined);
  await writeFile(path, '');
  assert.equal(await askLive(path, PING), undefined);
  await rm(path);
  const mute = createServer((socket) => socket.end()).listen(path);
  await once(mute, 'listening');
  t.after(() => mute.close());
  await assert.rejects(askLive(path, PING), /SW0704/);
});

test('only what a person may ask is taken, and only in the operator’s name', async (t) => {
  const run = await live(t);
  const commands: object[] = [
    { type: 'land', landing: 'l1' },
    { type: 'closeRun', reason: 'done', green: true },
    { type: 'endAttempt', attempt: 't1.1', reason: 'handed-in', detail: '', usage: {} },
    { type: 'openRun' },
    { ...PAUSE, reason: 'quota' },
    { ...PAUSE, more: 1 },
    { type: 'continue', by: 'itself' },
    { type: 'cancelTask', task: 't1', reason: 'no', by: 'planner' },
    { type: 'cancelTask', task: 't1\u001b[2J', reason: 'no', by: 'operator' },
    { type: 'acceptTasks', drafts: [draft], from: { by: 'planner', iteration: 1 }, eachAlone: false },
    { type: 'acceptTasks', drafts: [draft], from: { by: 'operator' }, eachAlone: true },
    { type: 'acceptTasks', drafts: [], from: { by: 'operator' }, eachAlone: false },
    {
      type: 'acceptTasks',
      drafts: [{ ...draft, scope: ['../x'] }],
      from: { by: 'operator' },
      eachAlone: false,
    },
    { type: 'retry', task: 't1', hint: 'x'.repeat(20_000), by: 'operator' },
    { type: 'amend', text: 'a\u202eb' },
    { type: 'scale', workers: 1.5, reason: 'x' },
  ];
  for (const command of commands) {
    const reply = JSON.parse(await sent(run.path, `${JSON.stringify({ v: 1, command })}\n`));
    assert.equal(reply.problem?.code, 'SW0101', JSON.stringify(command));
  }
  for (const line of [
    '',
    '7',
    'null',
    '[]',
    '{}',
    '{"v":2,"get":"state"}',
    '{"v":1,"get":"key"}',
    '{"v":1}',
    '{"v":1,"undo":"t1"}',
    '{"v":1,"get":"entries"}',
    '{"v":1,"get":"entries","from":0}',
    '{"v":1,"get":"entries","from":1.5}',
    '{"v":1,"get":"entries","from":1,"more":1}',
    '{"v":1,"get":"state","from":1}',
    '{"v":1,"undo":{"what":"t1"}}',
    '{"v":1,"undo":{"what":"t1\\n","withDependents":false}}',
    '{"v":1,"undo":{"what":"t1","withDependents":false,"by":"reconciler"}}',
    '{"v":1,"undo":{"what":"t1","withDependents":false},"get":"state"}',
    '{',
  ])
    assert.doesNotMatch(await sent(run.path, `${line}\n`), /"ok":true/, line);
  assert.deepEqual([run.asked, run.undos], [[], []]);
});

test('an undo is answered when it is over, and until then whoever asked is told that it goes on', async (t) => {
  const run = await live(t);
  const waited: number[] = [];
  const asked = askLive(run.path, { v: 1, undo: { what: 'run', withDependents: false } }, (ms) => {
    waited.push(ms);
    if (waited.length === 2) run.undos[0]!.over();
  });
  const reply = await asked;
  assert.deepEqual(reply?.ok && [reply.events, reply.undone], [[], { kind: 'stopped' }]);
  assert.deepEqual(run.undos[0]?.what, { what: 'run', withDependents: false, by: 'operator' });
  assert.equal(waited.length, 2);
});

test(`no more than ${UNDOS_MAX} undos wait in one run, though nobody listens for their end`, async (t) => {
  const run = await live(t);
  const ask = { v: 1, undo: { what: 't1', withDependents: false } } as const;
  for (let i = 0; i < UNDOS_MAX; i++) {
    const gone = connect(run.path);
    gone.end(`${JSON.stringify(ask)}\n`);
    await once(gone, 'data');
    gone.destroy();
  }
  const reply = await askLive(run.path, { ...ask, undo: { what: 'run', withDependents: false } });
  assert.match(reply?.ok === false ? reply.problem.what : '', /16 undos wait already/);
  assert.equal(run.undos.length, UNDOS_MAX);
  run.undos[0]!.over();
  const next = askLive(run.path, { ...ask, undo: { what: 'run', withDependents: false } }, () =>
    run.undos.at(-1)!.over(),
  );
  assert.ok((await next)?.ok);
});

test('a request for another run is refused: the address may have been another’s', async (t) => {
  const run = await live(t);
  const reply = await askLive(run.path, { v: 1, run: 'r-20261121-zzzz', command: PAUSE });
  assert.match(reply?.ok === false ? reply.problem.what : '', new RegExp(`this is ${RUN}`));
  assert.deepEqual(run.asked, []);
});

test('several requests on one connection are answered in their order, the last without its newline not at all', async (t) => {
  const run = await live(t);
  const lines = [PING, { v: 1, command: PAUSE }, { v: 1, command: PAUSE }].map((r) => JSON.stringify(r));
  const replies = (await sent(run.path, `${lines.join('\n')}\n${lines[0]}`)).trim().split('\n');
  assert.deepEqual(
    replies.map((reply) => JSON.parse(reply).ok),
    [true, true, false],
  );
});

test('hostile bytes are refused or cut off, and the run answers on', async (t) => {
  const run = await live(t);
  const line = (text: string): Buffer => Buffer.from(`${text}\n`);
  const hostile: (string | Buffer)[] = [
    Buffer.alloc(100_000),
    Buffer.from([0xff, 0xfe, 0xc0, 0x80, 10]),
    Buffer.from(Array.from({ length: 65_536 }, (_, i) => (i * 7_919) % 256)),
    '\n'.repeat(100_000),
    line('['.repeat(500_000)),
    line(`{"v":1,"command":{"type":"amend","text":"${'x'.repeat(900_000)}"}}`),
    line('{"v":1,"__proto__":{"get":"state"},"constructor":{}}'),
    'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
    '{"v":1,"get":"sta',
  ];
  for (const bytes of hostile) assert.doesNotMatch(await sent(run.path, bytes), /"ok":true/);
  assert.match(await sent(run.path, 'x'.repeat(REQUEST_BYTES_MAX)), /longer than 1048576 bytes/);
  await sent(run.path, 'x'.repeat(8 * REQUEST_BYTES_MAX));
  for (let i = 0; i < 10; i++) {
    const gone = connect(run.path);
    gone.write(`${JSON.stringify(PING)}\n`, () => gone.destroy());
    await new Promise((resolve) => gone.on('close', resolve));
  }
  assert.ok((await askLive(run.path, PING))?.ok);
  assert.deepEqual(run.asked, []);
});

test(`more than ${CONNECTIONS_MAX} connections at a time are turned away, and there is room when one ends`, async (t) => {
  const run = await live(t);
  const open: Socket[] = [];
  t.after(() => open.forEach((socket) => void socket.destroy()));
  for (let i = 0; i < CONNECTIONS_MAX; i++) {
    const socket = connect(run.path);
    open.push(socket);
    socket.write(`${JSON.stringify(PING)}\n`);
    await once(socket, 'data');
  }
  await assert.rejects(askLive(run.path, PING), /SW0704/);
  open[0]!.end();
  await once(open[0]!, 'close');
  assert.ok((await askLive(run.path, PING))?.ok);
});

test('a flood is answered only so often in a second', async (t) => {
  const run = await live(t);
  // Twenty seconds' worth, in one piece.
  const replies = await sent(run.path, `${JSON.stringify(PING)}\n`.repeat(REQUESTS_A_SECOND_MAX * 20));
  assert.match(replies, /more than 200 requests in a second/);
  assert.ok((await askLive(run.path, PING))?.ok);
});

test('the socket a dead run left behind is replaced; what is no socket is left alone', async (t) => {
  const path = join(await folder(t), 'run.sock');
  const no = (): never => assert.fail();
  const steered: Steered = {
    run: RUN,
    journal: '',
    state: emptyState,
    ask: no,
    undo: no,
    propose: no,
    isStopping: () => false,
  };
  // A socket nobody listens on any more, as `kill -9` leaves it: bound by another process that is gone.
  const bind = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', bind]);
  assert.ok((await stat(path)).isSocket());

  const control = await listen(path, steered);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.match(JSON.stringify(await askLive(path, PING)), /still being opened/);
  await control.close();
  await assert.rejects(stat(path), /ENOENT/);

  await writeFile(path, 'mine');
  await assert.rejects(listen(path, steered), /SW0701.*no socket/);
});
