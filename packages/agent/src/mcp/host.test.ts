import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { clock, makeFolder } from '../../test/support.ts';
import type { AgentEvent } from '../agent-events.ts';
import { createToolbox } from '../tools/index.ts';
import { toolsOfHost } from './host.ts';

const LOOK = { name: 'mcp__web__look', description: 'Looks.', parameters: { type: 'object' } };

/** The agent's own toolbox with one tool of a server; `answer` is what the driver does with a call. */
function toolbox(t: TestContext, answer: (id: number, input: PassThrough) => void) {
  const input = new PassThrough();
  const events: AgentEvent[] = [];
  const more = toolsOfHost([LOOK], input, (event) => {
    events.push(event);
    if (event.type === 'mcp.called') answer(event.id, input);
  });
  const tools = createToolbox({ workspace: makeFolder(t), env: {}, clock, more });
  t.after(() => input.end());
  const call = (argumentsJson: string, signal = new AbortController().signal) =>
    tools.run({ id: 'c', name: LOOK.name, argumentsJson }, signal);
  return { tools, events, call };
}

const says = (id: number, input: PassThrough): void =>
  void input.write(`${JSON.stringify({ id, ok: true, output: 'found' })}\n`);

test('a tool of a server is offered beside the agent’s own, and its arguments go as they stand', async (t) => {
  const { tools, events, call } = toolbox(t, says);
  assert.deepEqual(tools.specs.at(-1), LOOK);
  const given = '{"description":"kept","timeout":3}';
  assert.deepEqual(await call(given), { ok: true, output: 'found', wasRun: true });
  assert.deepEqual(await call(''), { ok: true, output: 'found', wasRun: true });
  assert.deepEqual(events, [
    { type: 'mcp.called', id: 1, tool: LOOK.name, args: given },
    { type: 'mcp.called', id: 2, tool: LOOK.name, args: '{}' },
  ]);
});

test('arguments that are no object are not sent, nor are those no event can hold', async (t) => {
  const { events, call } = toolbox(t, says);
  for (const args of ['[1]', '"x"', '{', 'null']) {
    const { wasRun, output } = await call(args);
    assert.equal(wasRun, false);
    assert.match(output, /no JSON object/);
  }
  assert.match(
    (await call(JSON.stringify({ q: 'x'.repeat(16_000) }))).output,
    /longer than 16000 characters/,
  );
  assert.deepEqual(events, []);
});

test('a call that is called off, or that nobody answers any more, has failed', async (t) => {
  const controller = new AbortController();
  const { call } = toolbox(t, () => controller.abort());
  assert.match((await call('{}', controller.signal)).output, /called off/);
  assert.match((await call('{}', controller.signal)).output, /called off/);
  const gone = toolbox(t, (_, input) => input.end());
  assert.match((await gone.call('{}')).output, /nobody answers any more/);
});
