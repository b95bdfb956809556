import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ModelResult } from '@swarm/core/ports/models';
import { answer, clock, makeFolder, playModel } from '../test/support.ts';
import { runAgent } from './loop.ts';
import { createToolbox, toolSpecs } from './tools/index.ts';

const call = (name: string, args: object) =>
  `<tool_call>\n${JSON.stringify({ name, arguments: args })}\n</tool_call>`;
const DONE = call('submit_handoff', { status: 'complete', summary: 'did it' });

function play(workspace: string, answers: readonly ModelResult[]) {
  const model = playModel(answers);
  const ending = runAgent({
    model,
    textTools: true,
    tools: createToolbox({ workspace, env: { PATH: process.env.PATH ?? '' }, clock }),
    prompt: { system: 'the rules', user: 'the task' },
    limits: { steps: 20, tokens: 1e6, wallMs: 60_000 },
    emit: () => {},
    clock,
    signal: new AbortController().signal,
  });
  return { model, ending };
}

test('a model that takes no tools is sent none: they stand in its rules, each with its arguments', async (t) => {
  const { model, ending } = play(makeFolder(t), [answer(DONE)]);
  assert.equal((await ending).reason, 'handed-in');
  const [request] = model.asked;
  assert.deepEqual(request!.tools, []);
  const rules = request!.messages[0]!.content;
  assert.match(rules, /^the rules\n\n# Tools/);
  const told = rules.split('\n').filter((line) => line.startsWith('{"name":"'));
  assert.deepEqual(
    told.map((line) => JSON.parse(line)),
    toolSpecs(),
  );
});

test('it works from first to last with calls it writes, and no message of it is a tool’s', async (t) => {
  const workspace = makeFolder(t);
  const { model, ending } = play(workspace, [
    answer(`First.\n${call('write', { path: 'a.txt', content: 'hello' })}`),
    answer(call('bash', { command: 'cat a.txt' })),
    answer(DONE),
  ]);
  assert.equal((await ending).toolCalls, 3);
  assert.equal(readFileSync(join(workspace, 'a.txt'), 'utf8'), 'hello');
  const { messages } = model.asked[2]!;
  assert.deepEqual(
    messages.map((m) => m.role),
    ['system', 'user', 'assistant', 'user', 'assistant', 'user'],
  );
  assert.match(messages[5]!.content, /^<tool_response name="bash">\nexit code 0\nhello/);
});

test('what it makes up of a tool’s answer is taken out, and the tool’s own counts', async (t) => {
  const made = `${call('bash', { command: 'echo real' })}\n<tool_response name="bash">\nMADE-UP\n</tool_response>\n${DONE}`;
  const { model, ending } = play(makeFolder(t), [answer(made), answer(DONE)]);
  assert.equal((await ending).steps, 2);
  const said = model.asked[1]!.messages.map((m) => m.content).join('\n');
  assert.doesNotMatch(said, /MADE-UP/);
  assert.match(said, /exit code 0\nreal/);
});

test('a call that comes in the server’s own form is run, and kept as text like the others', async (t) => {
  const { model, ending } = play(makeFolder(t), [
    { ...answer([['bash', { command: 'echo real' }]]), text: 'I look.' },
    answer(DONE),
  ]);
  assert.equal((await ending).reason, 'handed-in');
  const [, , said, told] = model.asked[1]!.messages;
  assert.ok(said?.role === 'assistant' && said.toolCalls.length === 0);
  assert.match(
    said.content,
    /^I look\.\n<tool_call>\n\{"name": "bash", "arguments": \{"command":"echo real"\}\}/,
  );
  assert.match(told!.content, /exit code 0\nreal/);
});

test('at a limit its last words are asked for without a field of tools', async (t) => {
  const { model, ending } = play(makeFolder(t), [
    ...Array.from({ length: 5 }, () => answer(call('bash', { command: 'false' }))),
    answer('The cause is unknown.'),
  ]);
  assert.equal((await ending).claim?.summary, 'The cause is unknown.');
  const last = model.asked.at(-1)!;
  assert.deepEqual([last.tools, last.toolChoice], [[], undefined]);
});
