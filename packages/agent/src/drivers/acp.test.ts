import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { AgentActivity, AgentJob } from '@swarm/core/ports/running';
import { bareRoom, clock, makeFolder, makeJob, makeNotes, usage } from '../../test/support.ts';
import { type AcpParts, createAcpAgent } from './acp.ts';

const FIXTURE = new URL('../../test/acp-agent.fixture.ts', import.meta.url).pathname;
const PASS = { token: 'token-of-t1', socketPath: '/nowhere', usage: () => usage(7, 3) };

const agentWith = (...words: string[]) => [process.execPath, FIXTURE, ...words];
const node = (script: string) => [process.execPath, '-e', script];
const PLAY = (...acts: readonly (readonly unknown[])[]) => ({
  system: '',
  user: `Do it.\nPLAY ${JSON.stringify(acts)}`,
});

/** One attempt's place; each call is a round in it. */
function place(t: TestContext, parts: Partial<AcpParts> & Pick<AcpParts, 'run'>) {
  const folder = makeFolder(t);
  const home = makeFolder(t);
  const workspace = makeFolder(t);
  const activities: AgentActivity[] = [];
  const path = join(folder, 'transcript.ndjson');
  const agent = createAcpAgent({ transcriptPath: () => path, clock, ...parts });
  return {
    workspace,
    home,
    activities,
    transcript: () => readFileSync(path, 'utf8'),
    round: (over: Partial<AgentJob> = {}) =>
      agent.run(
        makeJob(workspace, {
          open: async (needs) => bareRoom(workspace, needs, undefined, needs.keepsHome && home),
          onActivity: (a) => activities.push(a),
          ...over,
        }),
      ),
  };
}

test('an agent of the protocol works in the workspace; what it does is told and kept, and its last words are its claim', async (t) => {
  const at = place(t, { run: agentWith(), gateway: { issue: () => PASS, revoke: () => {} } });
  const prompt = PLAY(['say', 'I write token-of-t1. '], ['sh', 'echo hello | tee a.txt'], ['sh', 'exit 3']);
  const { talk, ...result } = await at.round({ prompt });
  assert.equal(readFileSync(join(at.workspace, 'a.txt'), 'utf8'), 'hello\n');
  assert.deepEqual(result, {
    end: 'finished',
    detail: 'stopped: end_turn',
    claim: { status: 'complete', summary: 'prompt 1 of this session', concerns: [], suggestions: [] },
    usage: PASS.usage(),
    toolCalls: 2,
  });
  assert.deepEqual(
    at.activities.map((a) =>
      a.kind === 'tool' ? [a.tool, a.detail, a.ok] : a.kind === 'cut' ? [a.kind] : [a.kind, a.detail],
    ),
    [
      ['model', 'I write token-of-t1.'],
      ['execute', 'echo hello | tee a.txt', true],
      ['execute', 'exit 3', false],
      ['model', 'prompt 1 of this session'],
    ],
  );
  const lines = at
    .transcript()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  // No files and no terminals of ours are offered.
  assert.equal(lines[0].event.model, 'fixture without 1');
  assert.deepEqual(lines[1].text, 'I write [secret].');
  assert.deepEqual([lines[2].event.type, lines[2].event.args], ['tool.called', 'echo hello | tee a.txt']);
  assert.deepEqual([lines[3].event.ok, lines[3].event.output], [true, 'hello\n']);
});

test('leave is given by the kind of an option, once before always, and anything else it asks does not exist', async (t) => {
  const at = place(t, { run: agentWith() });
  const prompt = PLAY(
    ['leave', ['reject_once', 'allow_always', 'allow_once']],
    ['leave', ['reject_always', 'allow_always']],
    ['leave', ['reject_once']],
    ['request', 'fs/read_text_file'],
    ['request', 'terminal/create'],
    ['request', '_craft/something'],
  );
  const { claim } = await at.round({ prompt });
  assert.equal(
    claim?.summary,
    'leave id-allow_once.leave id-allow_always.leave error -32602.error -32601.error -32601.error -32601.prompt 1 of this session',
  );
});

for (const [word, how] of [
  ['resume', 'without telling it again'],
  ['load', 'whose telling again is not taken for work'],
] as const)
  test(`a second prompt goes into the same session, by ${word}, ${how}`, async (t) => {
    const at = place(t, { run: agentWith(word) });
    const first = await at.round({ prompt: PLAY(['sh', 'touch bad.txt']) });
    const goOn = {
      talk: first.talk!,
      told: 'The gate failed. PLAY [["sh","rm bad.txt"]]',
      log: 'NEEDLE-LOG',
    };
    const second = await at.round({ prompt: PLAY(['sh', 'touch bad.txt']), goOn });
    assert.equal(second.claim?.summary, 'prompt 2 of this session');
    assert.equal(existsSync(join(at.workspace, 'bad.txt')), false);
    assert.match(readFileSync(join(at.home, 'prompt.txt'), 'utf8'), /^The gate failed[\s\S]*checks\.txt/);
    assert.doesNotMatch(at.transcript(), /NEEDLE-REPLAYED/);
    assert.equal(second.talk, first.talk);
  });

test('an agent that takes no session up, or has lost it, is told everything again in a new one', async (t) => {
  for (const [words, session] of [
    [[], undefined],
    [['resume'], 'gone'],
  ] as const) {
    const at = place(t, { run: agentWith(...words) });
    const first = await at.round({ prompt: PLAY() });
    const talk = session ? JSON.stringify({ session }) : first.talk!;
    const second = await at.round({ prompt: PLAY(), goOn: { talk, told: 'The gate failed.' } });
    assert.equal(second.claim?.summary, 'prompt 1 of this session');
    assert.match(readFileSync(join(at.home, 'prompt.txt'), 'utf8'), /^Do it\.[\s\S]*The gate failed\.$/);
    assert.match(at.transcript(), /cannot be taken up: a new one is told everything again/);
  }
});

test('an agent that can be pointed at a server asks the gateway, with the attempt’s token', async (t) => {
  const heard: unknown[] = [];
  const server = createServer((request, response) => {
    heard.push([request.url, request.headers.authorization]);
    response.end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const gateway = { issue: () => PASS, revoke: () => {} };
  const at = place(t, { run: agentWith('providers'), gateway });
  const { claim } = await at.round({
    prompt: PLAY(['model', 'm']),
    open: async (needs) => {
      const room = bareRoom(at.workspace, needs);
      const { start } = room;
      return {
        ...room,
        start: (c) => start({ ...c, argv: ['env', `SWARM_GATEWAY_URL=${url}`, ...c.argv] }),
      };
    },
  });
  assert.match(claim?.summary ?? '', /^model 200/);
  assert.deepEqual(heard, [['/v1/chat/completions', 'Bearer token-of-t1']]);
});

test('model and workspace are filled into its command line, and its session gets the mode that is wanted', async (t) => {
  const script = 'process.stderr.write(JSON.stringify(process.argv.slice(1)));';
  const at = place(t, { run: [...node(script), '{model}', '{workspace}/x'], model: 'big' });
  assert.match((await at.round()).detail, new RegExp(`\\["big","${at.workspace}/x"\\]`));
  const inMode = place(t, { run: agentWith(), mode: 'yolo' });
  assert.equal((await inMode.round()).end, 'finished');
  const other = place(t, { run: agentWith(), mode: 'plan' });
  assert.match((await other.round()).detail, /error -32602: .*no such mode/);
});

test('why it stopped decides nothing: it has finished, and what it said is a claim of half the work', async (t) => {
  for (const reason of ['refusal', 'max_tokens', 'max_turn_requests', 'cancelled']) {
    const at = place(t, { run: agentWith() });
    const result = await at.round({
      prompt: PLAY(['sh', 'touch a.txt'], ['say', 'I cannot'], ['stop', reason]),
    });
    assert.deepEqual(
      [result.end, result.detail, result.claim?.status],
      ['finished', `stopped: ${reason}`, 'partial'],
    );
    assert.notEqual(result.talk, undefined);
  }
});

test('called off, it hears of it, what it asks for then is cancelled, and it is gone in time', async (t) => {
  const at = place(t, { run: agentWith() });
  const controller = new AbortController();
  const from = performance.now();
  const result = await at.round({
    prompt: PLAY(['say', 'hanging on'], ['leave', ['allow_once']], ['sh', 'true'], ['hang']),
    signal: controller.signal,
    onActivity: (a) => a.kind === 'tool' && controller.abort(),
  });
  assert.equal(result.end, 'aborted');
  assert.ok(existsSync(join(at.workspace, 'cancelled.txt')));
  assert.match(at.transcript(), /leave cancelled/);
  assert.ok(performance.now() - from < 10_000);
});

const GREET = `const say = (m) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...m }) + '\\n');
const greet = () => say({ id: 0, result: { protocolVersion: 1, agentCapabilities: {} } });
const open = () => say({ id: 1, result: { sessionId: 's' } });
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => on(JSON.parse(line)));
`;
const upTo = (prompt: string) =>
  node(`${GREET}
function on(m) {
  if (m.method === 'initialize') greet();
  if (m.method === 'session/new') open();
  if (m.method === 'session/prompt') { ${prompt} }
}`);
/** Ends the turn as soon as what was written before is out. */
const END = `say({ id: 2, result: { stopReason: 'end_turn' } });`;

for (const [what, run, end, detail] of [
  [
    'that never answers',
    node('setInterval(() => {}, 1000)'),
    'cannot-run',
    /not ready for its prompt within/,
  ],
  ['that is not there', ['no-such-agent'], 'cannot-run', /no-such-agent: not found/],
  ['at a path where nothing is', ['./agent'], 'cannot-run', /not in the repository/],
  ['without a command', [], 'cannot-run', /agent\.acp\.run is empty/],
  [
    'that prints its usage and ends',
    node('console.log("usage"); process.exit(2)'),
    'failed',
    /ended before it answered, with exit code 2/,
  ],
  [
    'that ends in the middle',
    upTo('process.exit(7)'),
    'failed',
    /in the middle of its work, with exit code 7/,
  ],
  ['of another version', agentWith('old'), 'cannot-run', /speaks version 0 of the protocol, and not 1/],
  ['that wants a login', agentWith('login'), 'cannot-run', /error -32000/],
  [
    'whose answer is none',
    upTo(`say({ id: 2, result: { stopReason: [1] } })`),
    'bad-output',
    /answer to session\/prompt cannot be used/,
  ],
  [
    'whose model fails',
    upTo(`say({ id: 2, error: { code: -32603, message: 'no \\x1b[31mmodel' } })`),
    'failed',
    /error -32603: no \[31mmodel/,
  ],
] as const)
  test(`an agent ${what} ends as ${end}, and is said so`, async (t) => {
    const at = place(t, { run, setUpMs: what === 'that never answers' ? 1_000 : 60_000 });
    const result = await at.round();
    assert.deepEqual([result.end, result.talk], [end, undefined], result.detail);
    assert.match(result.detail, detail);
    assert.doesNotMatch(result.detail, /jsonrpc/, 'its messages are no words for people');
  });

test('what is no message of the protocol is kept as text, however it is nested or long, and the turn goes on', async (t) => {
  const printed = t.mock.method(console, 'error');
  const at = place(t, {
    run: upTo(`
      for (const line of ['NEEDLE-BANNER', '{', '[]', 'null', '{"jsonrpc":"2.0"}', '{"jsonrpc":"2.0","id":{},"method":"x"}',
        '{"jsonrpc":"2.0","id":99,"result":{}}', '{"jsonrpc":"1.0","id":2,"result":{}}', '['.repeat(100000), '{"a":'.repeat(100000), 'x'.repeat(3000000)])
        process.stdout.write(line + '\\n');
      const deep = '['.repeat(3000) + ']'.repeat(3000);
      const update = (u) => process.stdout.write('{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"s","update":' + u + '}}\\n');
      for (const u of ['1', '{"sessionUpdate":7}', '{"sessionUpdate":"unheard_of"}', '{"sessionUpdate":"tool_call","toolCallId":"c","title":"t","rawInput":' + deep + '}',
        '{"sessionUpdate":"tool_call_update","toolCallId":"other","status":"completed"}', '{"sessionUpdate":"tool_call_update","toolCallId":"c","status":"completed","content":' + deep + '}'])
        update(u);
      ${END}`),
  });
  const result = await at.round();
  assert.deepEqual([result.end, result.toolCalls], ['finished', 1], result.detail);
  assert.match(at.transcript(), /NEEDLE-BANNER/);
  assert.equal(printed.mock.callCount(), 0, 'an agent cannot make the library print');
});

test('an agent that asks and asks and takes no answer is cut off', async (t) => {
  const at = place(t, {
    run: upTo(
      `process.stdin.pause(); for (let id = 100; id < 5000; id++) say({ id, method: 'x'.repeat(2000) });`,
    ),
  });
  const { end, detail } = await at.round();
  assert.equal(end, 'bad-output');
  assert.match(detail, /it asked 65 things and took no answer/);
});

test('an agent that says nothing for its quiet time is stuck', async (t) => {
  const at = place(t, { run: upTo('') });
  const result = await at.round({ limits: { ...makeJob('/').limits, quietMs: 700 } });
  assert.equal(result.end, 'stuck');
});

test('what the operator says while a turn goes on is the next prompt of the same session, and its last words count', async (t) => {
  const notes = makeNotes();
  const at = place(t, { run: agentWith() });
  const onActivity = (activity: AgentActivity): void => {
    if (activity.kind === 'tool' && activity.detail === 'true')
      notes.say(`Once more.\nPLAY [["sh","echo two > b.txt"]]`);
  };
  const prompt = PLAY(['sh', 'true'], ['say', 'ONE']);
  const result = await at.round({ prompt, notes, onActivity });
  assert.equal(readFileSync(join(at.workspace, 'b.txt'), 'utf8'), 'two\n');
  assert.deepEqual([result.end, result.claim?.summary], ['finished', 'prompt 2 of this session']);
  assert.deepEqual(notes.pending(), []);
});

test('an agent that ended its turn for another reason is not prompted again, and the note stays pending', async (t) => {
  const notes = makeNotes('Once more.');
  const at = place(t, { run: agentWith() });
  const result = await at.round({ prompt: PLAY(['stop', 'max_tokens']), notes });
  assert.equal(result.detail, 'stopped: max_tokens');
  assert.deepEqual(notes.pending(), ['Once more.']);
});
