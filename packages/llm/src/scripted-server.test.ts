import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { SwarmError } from '@swarm/core/errors';
import { attemptId, taskId } from '@swarm/core/model/ids';
import type { ModelRequest } from '@swarm/core/ports/models';
import { systemClock } from '../test/support/clocks.ts';
import { createModel } from './chat.ts';
import { probeEndpoint } from './probe.ts';
import { readScript } from './scripted-model.ts';
import { type ScriptedServer, startScriptedServer } from './scripted-server.ts';

const servers: ScriptedServer[] = [];
after(() => Promise.all(servers.map((s) => s.close())));

async function play(script: unknown) {
  const server = await startScriptedServer({
    script: readScript(JSON.stringify(script), 's.json'),
    clock: systemClock,
  });
  servers.push(server);
  const model = createModel({
    endpoints: [{ name: 'scripted', baseUrl: server.url }],
    models: { planner: 'scripted', worker: 'scripted', reconciler: 'scripted', reviewer: 'scripted' },
    prices: { asOf: '2026-01-01', currency: 'USD', perMillion: {} },
    clock: systemClock,
    rng: () => 0,
  });
  const signal = new AbortController().signal;
  const ask = (request: Partial<ModelRequest>) =>
    model.stream(
      { role: 'worker', messages: [{ role: 'user', content: 'Do.' }], tools: [], ...request },
      { signal },
    );
  const text = async (request: Partial<ModelRequest>) => (await ask(request)).text;
  return { server, ask, text };
}

const said = { role: 'assistant', content: 'x', toolCalls: [] } as const;
const user = { role: 'user', content: 'Add the login page.' } as const;
const [t1, t12] = [taskId(1), taskId(12)];

describe('the scripted model', () => {
  it('gives the answer that says most about the caller: task, then attempt, then turn', async () => {
    const { text } = await play({
      answers: [
        { role: 'worker', text: 'any' },
        { role: 'worker', turn: 1, text: 'turn 1' },
        { role: 'worker', attempt: 2, text: 'attempt 2' },
        { role: 'worker', task: 't1', text: 't1' },
        { role: 'worker', task: 't1', attempt: 2, turn: 1, text: 't1.2 turn 1' },
        { role: 'worker', task: 'login page', text: 'by title' },
      ],
    });
    assert.equal(await text({}), 'any');
    assert.equal(await text({ messages: [{ role: 'user', content: 'x' }, said] }), 'turn 1');
    assert.equal(await text({ task: t12, attempt: attemptId(t12, 2) }), 'attempt 2');
    assert.equal(await text({ task: t1, attempt: attemptId(t1, 1) }), 't1');
    assert.equal(
      await text({ task: t1, attempt: attemptId(t1, 2), messages: [{ role: 'user', content: 'x' }, said] }),
      't1.2 turn 1',
    );
    assert.equal(await text({ task: t12, messages: [user] }), 'by title');
  });

  it('takes t1 for a task’s id, never for a part of a text', async () => {
    const { text } = await play({
      answers: [
        { role: 'worker', task: 't1', text: 't1' },
        { role: 'worker', text: 'any' },
      ],
    });
    assert.equal(await text({ task: t12, messages: [{ role: 'user', content: 'Do t12 after t1.' }] }), 'any');
  });

  it('plays equal answers in the order of the file, for each conversation anew, the last one for ever', async () => {
    const { text } = await play({
      answers: [
        { role: 'worker', text: 'one' },
        { role: 'worker', text: 'two' },
      ],
    });
    const first = { task: t1, attempt: attemptId(t1, 1) };
    const second = { task: t12, attempt: attemptId(t12, 1) };
    assert.equal(await text(first), 'one');
    assert.equal(await text(second), 'one');
    assert.deepEqual([await text(first), await text(first), await text(second)], ['two', 'two', 'two']);
  });

  it('counts a planner’s turns by its calls, from 0', async () => {
    const { text, server } = await play({
      answers: [
        { role: 'planner', turn: 1, text: 'second' },
        { role: 'planner', turn: 0, text: 'first', fail: { status: 500, times: 1 } },
      ],
    });
    assert.deepEqual([await text({ role: 'planner' }), await text({ role: 'planner' })], ['first', 'second']);
    assert.deepEqual(
      server.calls.map((c) => [c.turn, c.status]),
      [
        [0, 500],
        [0, 200],
        [1, 200],
      ],
    );
  });

  it('streams tool calls, text and usage', async () => {
    const { ask } = await play({
      answers: [
        {
          role: 'worker',
          text: 'I write.',
          tools: [
            { name: 'write', arguments: { path: 'a', content: 'b' } },
            { name: 'bash', arguments: '{broken' },
          ],
          chunkChars: 3,
          usage: { input: 1000, output: 50 },
        },
      ],
    });
    const result = await ask({});
    assert.deepEqual(result.end, {
      kind: 'tools',
      calls: [
        { id: 'call_1', name: 'write', argumentsJson: '{"path":"a","content":"b"}' },
        { id: 'call_2', name: 'bash', argumentsJson: '{broken' },
      ],
    });
    assert.deepEqual(
      [result.text, result.usage.inputTokens, result.usage.outputTokens],
      ['I write.', 1000, 50],
    );
  });

  it('tears the connection where an answer is cut', async () => {
    const { ask } = await play({
      answers: [{ role: 'worker', text: 'Half a thought', chunkChars: 2, cut: 5 }],
    });
    const result = await ask({});
    assert.deepEqual([result.end.kind, result.text], ['cut', 'Half ']);
  });

  it('answers a plain request with one JSON body', async () => {
    const { server } = await play({ answers: [{ role: 'worker', text: 'hello' }] });
    const response = await fetch(`${server.url}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'scripted', messages: [user] }),
    });
    const body = (await response.json()) as { choices: { message: { content: string } }[] };
    assert.equal(body.choices[0]!.message.content, 'hello');
  });

  it('says what it looked for when it has no answer', async () => {
    const { ask } = await play({ answers: [{ role: 'planner', text: 'x' }] });
    const { end } = await ask({ task: t1, attempt: attemptId(t1, 2) });
    assert.equal(end.kind, 'bad-request');
    assert.match(
      end.kind === 'bad-request' ? end.why : '',
      /no answer for \{"role":"worker","task":"t1","attempt":2,"turn":0\}/,
    );
  });

  it('waits as it is told, and lets nobody wait for another', async () => {
    const late = { role: 'worker', text: 'late', delayMs: 300 };
    const { text } = await play({ answers: [late, { role: 'planner', text: 'early' }] });
    const heard: string[] = [];
    const hear = (answer: string) => heard.push(answer);
    await Promise.all([text({}).then(hear), text({ role: 'planner' }).then(hear)]);
    assert.deepEqual(heard, ['early', 'late']);
  });

  it('lists its models', async () => {
    const { server } = await play({ models: ['a', 'b'], answers: [] });
    const probe = await probeEndpoint({ name: 's', baseUrl: server.url }, { clock: systemClock });
    assert.deepEqual(probe, { kind: 'up', models: ['a', 'b'] });
  });
});

describe('a scripted model’s file', () => {
  const problemsOf = (json: string): string[] => {
    try {
      readScript(json, 'answers.json');
    } catch (error) {
      assert.ok(error instanceof SwarmError);
      return error.problems.map((p) => `${p.code} ${p.where}: ${p.why}`);
    }
    return [];
  };

  it('is refused with the place of every mistake', () => {
    const answers = [
      { role: 'worker' },
      { role: 'boss', text: 'x' },
      { role: 'worker', tools: [{ nme: 'a' }] },
    ];
    const problems = problemsOf(JSON.stringify({ answers })).join('\n');
    assert.match(problems, /SW0206 answers\.json: answers\[0\]: says nothing/);
    assert.match(problems, /SW0206 answers\.json: answers\[1\]\.role: /);
    assert.match(problems, /SW0206 answers\.json: answers\[2\]\.tools\[0\]\.name: /);
  });

  it('is refused when it is not JSON', () => {
    assert.match(problemsOf('{"answers": [').join(), /^SW0206 answers\.json: /);
  });
});
