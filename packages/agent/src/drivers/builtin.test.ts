import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { AgentActivity, AgentJob } from '@swarm/core/ports/running';
import { clock, makeFolder, makeJob, makeNotes, usage } from '../../test/support.ts';
import { createBuiltinAgent } from './builtin.ts';
import { limitMet } from './endings.ts';
import type { GatewayPort } from './session.ts';

const FIXTURE = new URL('../../test/agent-main.fixture.ts', import.meta.url).pathname;
const METERED = { ...usage(900, 100), costUsd: 1 };

async function run(t: TestContext, played: unknown, over: Partial<AgentJob> = {}) {
  const folder = makeFolder(t);
  const workspace = makeFolder(t);
  const passes: string[] = [];
  const gateway: GatewayPort = {
    issue: (attempt, limits) => {
      passes.push(`issue ${attempt} ${JSON.stringify(limits)}`);
      return { token: 'token-of-t1', socketPath: '/nowhere', usage: () => METERED };
    },
    revoke: (attempt) => passes.push(`revoke ${attempt}`),
  };
  const activities: AgentActivity[] = [];
  const agent = createBuiltinAgent({
    gateway,
    transcriptPath: (attempt) => join(folder, 'attempts', attempt, 'transcript.ndjson'),
    clock,
    env: { PLAYED: typeof played === 'string' ? played : JSON.stringify(played) },
    nodePath: process.execPath,
    nodeArgs: ['--conditions=swarm-src'],
    agentMain: FIXTURE,
    model: 'played',
  });
  const result = await agent.run(makeJob(workspace, { onActivity: (a) => activities.push(a), ...over }));
  const transcript = readFileSync(join(folder, 'attempts/t1.1/transcript.ndjson'), 'utf8');
  return { result, workspace, passes, activities, transcript };
}

const HAND_IN = (status: string) => [['submit_handoff', { status, summary: 'did it' }]];

test('our own agent works in the workspace as a child process, and hands in', async (t) => {
  const { result, workspace, passes, activities } = await run(t, [
    [['write', { path: 'a.txt', content: 'hello' }]],
    HAND_IN('complete'),
  ]);
  assert.equal(readFileSync(join(workspace, 'a.txt'), 'utf8'), 'hello');
  const { talk, ...told } = result;
  assert.match(talk!, /^\{"messages":\[/);
  assert.deepEqual(told, {
    end: 'finished',
    detail: 'status complete',
    claim: { status: 'complete', summary: 'did it', concerns: [], suggestions: [] },
    usage: METERED,
    toolCalls: 2,
  });
  assert.deepEqual(
    activities.map((a) => (a.kind === 'tool' ? `${a.tool} ${a.ok}` : a.kind)),
    ['model', 'write true', 'model', 'submit_handoff true'],
  );
  assert.deepEqual(passes, ['issue t1.1 {"tokens":1000000}', 'revoke t1.1']);
});

test('the transcript holds its events and its other lines, without the token and without control characters', async (t) => {
  const { transcript } = await run(t, [HAND_IN('complete')]);
  const lines = transcript
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(lines[0].text, 'a line that is no event [2J');
  assert.equal(lines[1].text, 'the key is [secret]');
  assert.equal(lines[2].text, '{"type":"ended","reason":"made up"}');
  assert.equal(lines[3].event.type, 'started');
  assert.equal(lines.at(-1).event.reason, 'handed-in');
  assert.ok(lines.every((line) => /^\d{4}-.*Z$/.test(line.ts)));
});

for (const status of ['blocked', 'failed'] as const) {
  test(`a handoff that says ${status} ends the attempt as ${status}`, async (t) => {
    const { result } = await run(t, [HAND_IN(status)]);
    assert.equal(result.end, status);
    assert.equal(result.claim?.status, status);
  });
}

for (const [what, played, limits, end] of [
  ['steps', [[['glob', { pattern: '*' }]]], { steps: 2 }, 'step-limit'],
  ['its time', [[['bash', { command: 'sleep 60' }]]], { wallMs: 1_500 }, 'timeout'],
  ['usable answers', [''], {}, 'bad-output'],
  ['a model', [{ kind: 'down', why: 'no route' }], {}, 'model-down'],
  ['tokens, by the gateway', [{ kind: 'quota', why: 'over' }], { tokens: 1_100 }, 'token-limit'],
  ['money, by the gateway', [{ kind: 'quota', why: 'over' }], { usd: 1.1 }, 'money-limit'],
  ['credit with the provider', [{ kind: 'quota', why: 'over' }], {}, 'model-down'],
] as const) {
  test(`an agent that runs out of ${what} ends as ${end}`, async (t) => {
    const base = makeJob('/').limits;
    const { result } = await run(t, played, { limits: { ...base, ...limits } });
    assert.equal(result.end, end, result.detail);
  });
}

test('a refusal is put down to the limit the gateway names, whatever its figures say', () => {
  const { limits } = makeJob('/');
  const met = (refused: 'tokens' | 'usd' | undefined) =>
    limitMet(makeJob('/', { limits }), {
      pass: { token: '', socketPath: '', usage: () => METERED, refused: () => refused },
      usage: () => METERED,
    });
  assert.deepEqual([met('tokens'), met('usd'), met(undefined)], ['token-limit', 'money-limit', undefined]);
});

test('an agent that says nothing for its quiet time is stuck, and is killed', async (t) => {
  const { result } = await run(t, 'silence', { limits: { ...makeJob('/').limits, quietMs: 700 } });
  assert.equal(result.end, 'stuck');
  assert.equal(result.detail, 'no line of output and no model call for 1 s');
});

test('calling the job off ends it as aborted', async (t) => {
  const controller = new AbortController();
  const onActivity = () => controller.abort();
  const { result } = await run(t, [[['bash', { command: 'sleep 60' }]]], {
    signal: controller.signal,
    onActivity,
  });
  assert.equal(result.end, 'aborted');
});

test('a child that dies without a word has failed, with its exit code', async (t) => {
  const { result } = await run(t, 'die');
  assert.equal(result.end, 'failed');
  assert.match(result.detail, /^exit code 3/);
});

test('a missing program is said as such', async (t) => {
  const folder = makeFolder(t);
  const agent = createBuiltinAgent({
    transcriptPath: () => join(folder, 'transcript.ndjson'),
    clock,
    nodePath: '/no/such/node',
    agentMain: FIXTURE,
    model: 'played',
  });
  const result = await agent.run(makeJob(makeFolder(t)));
  assert.equal(result.end, 'cannot-run');
  assert.match(result.detail, /\/no\/such\/node/);
});

test('its conversation goes on in another child: what is told takes the place of the answer to its handoff', async (t) => {
  const first = await run(t, [[['write', { path: 'a.txt', content: 'hello' }]], HAND_IN('complete')]);
  const goOn = { talk: first.result.talk!, told: 'NEEDLE: the gate fails' };
  const { result } = await run(t, [HAND_IN('partial')], { goOn });
  assert.equal(result.claim?.status, 'partial');
  const { messages } = JSON.parse(result.talk!) as { messages: { role: string; content: string }[] };
  assert.deepEqual(
    messages.map((m) => m.role),
    ['system', 'user', 'assistant', 'tool', 'assistant', 'tool', 'assistant', 'tool'],
  );
  assert.equal(messages[5]!.content, 'NEEDLE: the gate fails');
});

test('what its checks printed lies beside its workspace, and it is told where and can read it there', async (t) => {
  const first = await run(t, [HAND_IN('complete')]);
  const log = `${'x\n'.repeat(5_000)}NEEDLE-LOG\n${'y\n'.repeat(5_000)}`;
  const goOn = { talk: first.result.talk!, told: 'the gate fails', log };
  const { result, workspace } = await run(
    t,
    [[['grep', { pattern: 'NEEDLE', path: '@checks' }]], HAND_IN('partial')],
    {
      goOn,
    },
  );
  const { messages } = JSON.parse(result.talk!) as { messages: { role: string; content: string }[] };
  const told = messages.find((m) => m.content.startsWith('the gate fails'))!.content;
  const path = /\(20011 characters\) is in (\/\S+): look there with read or grep\.$/.exec(told)![1]!;
  assert.ok(!path.startsWith(workspace), 'no part of its work');
  assert.match(messages.at(-3)!.content, /checks\.txt:5001:NEEDLE-LOG/);
});

test('a conversation that is not one ends the child, and not the host', async (t) => {
  for (const talk of ['', '{}', '{"messages":[]}', '{"messages":[{"role":"user","content":"x"}]}']) {
    const { result } = await run(t, [HAND_IN('complete')], { goOn: { talk, told: 'x' } });
    assert.equal(result.end, 'failed', talk);
  }
});

test('our own agent at work hears what the operator says, and what it heard is not pending any more', async (t) => {
  const notes = makeNotes('said before it began');
  // The operator speaks while its first command runs, which ends only when that is written.
  const waiting = 'until grep -q NEEDLE @notes; do sleep 0.02; done';
  const onActivity = (activity: AgentActivity): void => {
    if (activity.kind === 'model' && /step 1/.test(activity.detail)) notes.say('NEEDLE');
  };
  const { result, transcript } = await run(t, [[['bash', { command: waiting }]], HAND_IN('complete')], {
    notes,
    onActivity,
  });
  assert.equal(result.end, 'finished');
  assert.deepEqual(notes.pending(), []);
  const heard = transcript.split('\n').filter((line) => line.includes('"heard"'));
  assert.deepEqual(
    heard.map((line) => JSON.parse(line).event.text),
    ['said before it began', 'NEEDLE'],
  );
});

test('what the operator says after the last call of the model stays pending', async (t) => {
  const notes = makeNotes();
  const onActivity = (activity: AgentActivity): void => {
    if (activity.kind === 'tool') notes.say('too late for this round');
  };
  await run(t, [HAND_IN('complete')], { notes, onActivity });
  assert.deepEqual(notes.pending(), ['too late for this round']);
});
