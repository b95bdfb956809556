import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ModelResult } from '@swarm/core/ports/models';
import { answer, clock, handClock, makeFolder, playModel, usage } from '../test/support.ts';
import type { AgentEvent } from './agent-events.ts';
import type { AgentRun } from './agent-run.ts';
import type { LoopLimits } from './limits.ts';
import { runAgent } from './loop.ts';
import { readTalk, type Talk, writeTalk } from './talk.ts';
import { createToolbox } from './tools/index.ts';

const LIMITS: LoopLimits = {
  steps: 20,
  tokens: 1_000_000,
  wallMs: 60_000,
};
const HAND_IN = answer([['submit_handoff', { status: 'complete', summary: 'did it' }]]);

async function play(t: TestContext, answers: readonly ModelResult[], over: Partial<AgentRun> = {}) {
  const workspace = makeFolder(t);
  const model = playModel(answers);
  const events: AgentEvent[] = [];
  const tools = createToolbox({ workspace, env: { PATH: process.env.PATH ?? '' }, clock });
  t.after(() => tools.close());
  const ending = await runAgent({
    model,
    tools,
    prompt: { system: 'the rules', user: 'the task' },
    limits: LIMITS,
    emit: (event) => events.push(event),
    clock,
    signal: new AbortController().signal,
    ...over,
  });
  const lastMessage = () => model.asked.at(-1)!.messages.at(-1)!.content;
  return { ending, events, model, workspace, lastMessage };
}

test('the agent asks, runs the tools it is told to, and ends with the handoff', async (t) => {
  const { ending, events, model, workspace } = await play(t, [
    answer([['write', { path: 'a.txt', content: 'hello' }]]),
    answer([['bash', { command: 'cat a.txt' }]]),
    HAND_IN,
  ]);
  assert.equal(readFileSync(join(workspace, 'a.txt'), 'utf8'), 'hello');
  assert.equal(model.asked[2]!.messages.at(-1)!.content, 'exit code 0\nhello');
  assert.deepEqual(ending, {
    reason: 'handed-in',
    detail: 'status complete',
    claim: { status: 'complete', summary: 'did it', concerns: [], suggestions: [] },
    usage: { ...usage(30, 15), calls: 3 },
    steps: 3,
    toolCalls: 3,
  });
  assert.deepEqual(
    events.map((e) => e.type).join(' '),
    'started asked answered tool.called tool.ended asked answered tool.called tool.ended asked answered tool.called tool.ended ended',
  );
});

for (const order of [0, 1]) {
  test(`a handoff beside another call is not taken${order ? '' : ', though it comes first'}: the other call runs, and is read first`, async (t) => {
    const write: [string, unknown] = ['write', { path: 'beside.txt', content: '' }];
    const early: [string, unknown] = ['submit_handoff', { status: 'complete', summary: 'unread' }];
    const { ending, model, workspace } = await play(t, [
      answer(order === 0 ? [early, write] : [write, early]),
      HAND_IN,
    ]);
    assert.equal(ending.claim?.summary, 'did it');
    assert.equal(existsSync(join(workspace, 'beside.txt')), true);
    const told = model.asked[1]!.messages.filter((m) => m.role === 'tool').map((m) => m.content);
    assert.match(told[order]!, /^submit_handoff: not taken, because other calls stood beside it/);
    assert.match(told[1 - order]!, /^wrote beside\.txt/);
  });
}

test('an agent whose checks failed goes on in the same conversation: its handoff is answered by what they said', async (t) => {
  const talks: Talk[] = [];
  const first = await play(t, [answer([['glob', { pattern: '*' }]]), HAND_IN], {
    onHandedIn: (talk) => talks.push(talk),
  });
  const talk = readTalk({ talk: writeTalk(talks[0]!), told: 'the gate fails: 1 failure' });
  const { ending, model } = await play(t, [HAND_IN], { talk });
  const { messages } = model.asked[0]!;
  assert.deepEqual(messages.slice(0, -1), first.model.asked.at(-1)!.messages.concat(messages.at(-2)!));
  assert.deepEqual(messages.at(-1)!.content, 'the gate fails: 1 failure');
  assert.deepEqual([ending.reason, ending.steps], ['handed-in', 3]);
});

test('a call with broken or unfitting arguments is never run; the model is told the path and goes on', async (t) => {
  const { ending, model, workspace } = await play(t, [
    answer([['write', '{"path": "a.txt", "content": "hal']]),
    answer([['write', { path: 'a.txt', content: 7 }]]),
    HAND_IN,
  ]);
  assert.equal(existsSync(join(workspace, 'a.txt')), false);
  assert.match(model.asked[1]!.messages.at(-1)!.content, /^write: not run. Its arguments are not JSON: /);
  const [sent] = model.asked[1]!.messages.flatMap((m) => (m.role === 'assistant' ? m.toolCalls : []));
  assert.deepEqual(JSON.parse(sent!.argumentsJson), { not_json: '{"path": "a.txt", "content": "hal' });
  assert.match(model.asked[2]!.messages.at(-1)!.content, /do not fit: content: .*expected string/);
  assert.equal(ending.reason, 'handed-in');
  assert.equal(ending.toolCalls, 1);
});

test('three unusable answers in a row end as bad output, with the last error', async (t) => {
  const { ending } = await play(t, [answer([['teleport', {}]])]);
  assert.equal(ending.reason, 'bad-output');
  assert.equal(ending.steps, 3);
  assert.match(ending.detail, /there is no tool teleport; there are: bash, bash_output, read, write/);
});

test('a usable answer in between forgives the unusable ones', async (t) => {
  const bad = answer([['teleport', {}]]);
  const good = answer([['glob', { pattern: '*' }]]);
  const { ending } = await play(t, [bad, bad, good, bad, bad, HAND_IN]);
  assert.equal(ending.reason, 'handed-in');
});

test('text without a call is met twice with what to do, then taken as a partial handoff', async (t) => {
  const { ending, events, lastMessage } = await play(t, [answer('All done, I think.')]);
  assert.match(lastMessage(), /call submit_handoff/);
  assert.equal(events.filter((e) => e.type === 'nudged').length, 2);
  assert.equal(ending.reason, 'finished');
  assert.deepEqual(ending.claim, {
    status: 'partial',
    summary: 'All done, I think.',
    concerns: [],
    suggestions: [],
  });
});

for (const [what, end, reason] of [
  ['an empty answer', '', 'bad-output'],
  ['an answer cut at its length', { kind: 'length' }, 'bad-output'],
  ['a refused answer', { kind: 'refused', why: 'policy' }, 'bad-output'],
  ['a stream that breaks', { kind: 'cut', why: 'terminated' }, 'model-down'],
] as const) {
  test(`${what} is repaired twice, then the agent ends as ${reason}`, async (t) => {
    const { ending } = await play(t, [answer(end)]);
    assert.deepEqual([ending.reason, ending.steps], [reason, 3]);
    const { ending: healed } = await play(t, [answer(end), answer(end), HAND_IN]);
    assert.equal(healed.reason, 'handed-in');
  });
}

for (const [kind, reason] of [
  ['down', 'model-down'],
  ['auth', 'model-down'],
  ['quota', 'quota'],
  ['bad-request', 'failed'],
] as const) {
  test(`a model that answers ${kind} ends the agent at once as ${reason}, with the model's words`, async (t) => {
    const { ending } = await play(t, [answer({ kind, why: 'because of the moon' })]);
    assert.deepEqual([ending.reason, ending.steps], [reason, 1]);
    assert.match(ending.detail, /because of the moon/);
  });
}

test('the agent stops at its step limit, and is told before to hand in', async (t) => {
  const { ending, model } = await play(t, [answer([['bash', { command: 'date +%s%N' }]])], {
    limits: { ...LIMITS, steps: 5 },
  });
  assert.deepEqual([ending.reason, ending.steps], ['step-limit', 5]);
  assert.equal(ending.claim, undefined, 'its last answer was a call again, and said nothing');
  const said = model.asked[4]!.messages.filter((m) =>
    /Used so far: 2 of 5 answers.*submit_handoff/.test(m.content),
  );
  assert.deepEqual(
    said.map(({ role }) => role),
    ['tool'],
    'where the last result ends: some servers take nothing of the user’s after one',
  );
});

for (const [reason, limits] of [
  ['step-limit', { steps: 2 }],
  ['token-limit', { tokens: 34 }],
] as const) {
  test(`at its ${reason} it is asked once more, without tools, and what it says is kept`, async (t) => {
    const look = answer([['glob', { pattern: '*' }]]);
    const { ending, model } = await play(t, [look, look, answer('Half is done. The rest: b.ts.')], {
      limits: { ...LIMITS, ...limits },
    });
    assert.equal(ending.reason, reason);
    assert.equal(ending.claim?.summary, 'Half is done. The rest: b.ts.');
    assert.equal(ending.usage.calls, 3);
    const last = model.asked.at(-1)!;
    assert.deepEqual([last.toolChoice, last.tools.length > 0, model.asked.length], ['none', true, 3]);
    assert.match(last.messages.at(-1)!.content, /what is left, and what you found out/);
  });
}

test('what a provider sent along with an answer goes back with it, and with it alone', async (t) => {
  const bag = { endpoint: 'e', model: 'm', fields: { reasoning_content: 'Hm.' }, calls: {} };
  const thought = { ...answer([['glob', { pattern: '*' }]]), bag };
  const { model } = await play(t, [thought, answer('Done?'), HAND_IN]);
  const bags = model.asked.at(-1)!.messages.map((m) => (m.role === 'assistant' ? m.bag : undefined));
  assert.deepEqual(
    bags.filter((b) => b !== undefined),
    [bag],
  );
  assert.deepEqual(bags[2], bag);
});

test('the agent stops once its tokens are spent', async (t) => {
  const { ending } = await play(t, [answer([['glob', { pattern: '*' }]], usage(90, 10))], {
    limits: { ...LIMITS, tokens: 250 },
  });
  assert.deepEqual([ending.reason, ending.steps], ['token-limit', 3]);
});

test('time running out stops a call to the model under way', async (t) => {
  const time = handClock();
  const model = playModel([]);
  const hanging = {
    ...model,
    stream: (_: unknown, { signal }: { signal: AbortSignal }) =>
      new Promise<ModelResult>((resolve) => {
        signal.addEventListener('abort', () => resolve(answer({ kind: 'aborted' })));
        time.move(60_000);
      }),
  };
  const { ending, events } = await play(t, [], { model: hanging, clock: time });
  assert.deepEqual([ending.reason, ending.detail], ['timeout', 'its 60 s were over']);
  assert.equal(ending.claim, undefined);
  assert.equal(events.filter((e) => e.type === 'waiting').length, 4, 'a sign of life every 15 s');
});

test('an agent told to stop kills the command under way and ends as aborted', async (t) => {
  const controller = new AbortController();
  const { ending } = await play(t, [answer([['bash', { command: 'sleep 60' }]])], {
    signal: controller.signal,
    emit: (event) => event.type === 'tool.called' && setImmediate(() => controller.abort()),
  });
  assert.equal(ending.reason, 'aborted');
});

test('a fault of the model client ends as failed, and is said', async (t) => {
  const model = { ...playModel([]), stream: () => Promise.reject(new Error('boom')) };
  const { ending, events } = await play(t, [], { model });
  assert.equal(ending.detail, "a fault of the agent's own: Error: boom");
  assert.equal(events.at(-1)!.type, 'ended');
});

test('of very many calls in one answer the first 32 are taken and the model is told', async (t) => {
  const many = Array.from({ length: 1000 }, (): [string, unknown] => ['glob', { pattern: '*' }]);
  const { ending, lastMessage } = await play(t, [answer(many), HAND_IN]);
  assert.equal(ending.toolCalls, 33);
  assert.match(
    lastMessage(),
    /\n\nOnly the first 32 of your 1000 calls were taken; the rest were not run\.$/,
  );
});

test('a long conversation loses its oldest tool outputs, never the task or the last turns', async (t) => {
  const big = answer([['bash', { command: 'printf %5000s "$(date +%s%N)"' }]]);
  const { ending, model, events } = await play(t, [...Array.from({ length: 18 }, () => big), HAND_IN], {
    limits: { ...LIMITS, windowTokens: 18_000 },
  });
  assert.equal(ending.reason, 'handed-in');
  const { messages } = model.asked.at(-1)!;
  assert.deepEqual(
    messages.slice(0, 2).map((m) => m.content),
    ['the rules', 'the task'],
  );
  assert.match(messages[3]!.content, /^\[5012 characters of output left out to save room/);
  assert.ok(messages.slice(-6).every((m) => m.role !== 'tool' || m.content.length > 5000));
  assert.ok(events.some((e) => e.type === 'elided' && e.parts > 0 && e.chars > 4000));
});

test('an agent that does the same again and again is told, then ended as stuck, with last words', async (t) => {
  const again = answer([['bash', { command: 'false' }]]);
  const { ending, model } = await play(t, [
    ...Array.from({ length: 5 }, () => again),
    answer('The cause is unknown.'),
  ]);
  assert.deepEqual(
    [ending.reason, ending.steps, ending.claim?.summary],
    ['stuck', 5, 'The cause is unknown.'],
  );
  const told = model.asked[3]!.messages.at(-1)!;
  assert.deepEqual(
    [told.role, /same call three times with the same result/.test(told.content)],
    ['tool', true],
  );
  assert.doesNotMatch(model.asked[2]!.messages.at(-1)!.content, /three times/);
});

test('calls written as text run, their results come back as the user’s, and a handoff among them counts', async (t) => {
  const call = (name: string, args: object) =>
    `<tool_call>\n${JSON.stringify({ name, arguments: args })}\n</tool_call>`;
  const { ending, model, workspace } = await play(t, [
    answer(`I write it.\n${call('write', { path: 'a.txt', content: 'hello' })}`),
    answer(call('submit_handoff', { status: 'complete', summary: 'did it' })),
  ]);
  assert.equal(readFileSync(join(workspace, 'a.txt'), 'utf8'), 'hello');
  assert.deepEqual([ending.reason, ending.toolCalls], ['handed-in', 2]);
  const last = model.asked[1]!.messages.at(-1)!;
  assert.deepEqual(
    [last.role, last.content],
    ['user', '<tool_response name="write">\nwrote a.txt: 1 lines, 5 bytes\n</tool_response>'],
  );
});

test('when time is up between two calls each has its answer, so that the last words can be asked for', async (t) => {
  const time = handClock();
  const both: [string, unknown][] = [
    ['bash', { command: 'true' }],
    ['bash', { command: 'echo b' }],
  ];
  const toolbox = createToolbox({ workspace: makeFolder(t), env: {}, clock: time });
  const tools = {
    ...toolbox,
    run: (...given: Parameters<typeof toolbox.run>) => {
      time.move(60_000);
      return toolbox.run(...given);
    },
  };
  const { ending, model } = await play(t, [answer(both), answer('Half.')], { clock: time, tools });
  assert.deepEqual([ending.reason, ending.claim?.summary], ['timeout', 'Half.']);
  const results = model.asked.at(-1)!.messages.filter((m) => m.role === 'tool');
  assert.deepEqual([results.length, results[1]!.content], [2, 'not run: the attempt is over']);
});

test('a model that writes the same call over and over keeps its work when the call works, and is stuck when it fails', async (t) => {
  const written = (command: string) =>
    answer(`<tool_call>${JSON.stringify({ name: 'bash', arguments: { command } })}</tool_call>`);
  const works = await play(t, [written('echo a > a.txt')]);
  assert.deepEqual(
    [works.ending.reason, works.ending.claim?.status, works.ending.steps],
    ['finished', 'partial', 5],
  );
  const fails = await play(t, [written('false')]);
  assert.equal(fails.ending.reason, 'stuck');
});

test('calls that only read run at the same time, and a call that may change something waits for them', async (t) => {
  const workspace = makeFolder(t, { 'a.txt': 'a', 'b.txt': 'b' });
  const box = createToolbox({ workspace, env: { PATH: process.env.PATH ?? '' }, clock });
  const order: string[] = [];
  const started = Promise.withResolvers<void>();
  const tools: typeof box = {
    ...box,
    async run(call, ...rest) {
      const { path } = JSON.parse(call.argumentsJson) as { path?: string };
      order.push(`${call.name} ${path ?? ''}`);
      // The first ends only after the second has begun: one after the other they would never end.
      if (path === 'b.txt') started.resolve();
      if (path === 'a.txt') await started.promise;
      const outcome = await box.run(call, ...rest);
      order.push(`${call.name} ${path ?? ''} done`);
      return outcome;
    },
  };
  const { model } = await play(
    t,
    [
      answer([
        ['read', { path: 'a.txt' }],
        ['read', { path: 'b.txt' }],
        ['bash', { command: 'true' }],
      ]),
      HAND_IN,
    ],
    { tools },
  );
  assert.deepEqual(order.slice(0, 2), ['read a.txt', 'read b.txt']);
  assert.equal(order.indexOf('bash '), 4, 'after both reads are done');
  const results = model.asked[1]!.messages.filter((m) => m.role === 'tool').map((m) => m.content);
  assert.match(results[0]!, /^a\.txt: lines 1-1/);
  assert.match(results[1]!, /^b\.txt: lines 1-1/);
});

test('to wait for a background command again and again is no repetition', async (t) => {
  const wait = answer([['bash_output', { id: 'bg1', waitMs: 0 }]]);
  const { ending } = await play(t, [
    answer([['bash', { command: 'sleep 1000', background: true }]]),
    ...Array.from({ length: 8 }, () => wait),
    answer([['bash_output', { id: 'bg1', stop: true }]]),
    HAND_IN,
  ]);
  assert.deepEqual([ending.reason, ending.steps], ['handed-in', 11]);
});

test('what the operator says is told before the next call of the model, once, and said in an event', async (t) => {
  const given: string[][] = [[], ['Keep the old names.', 'And no tabs.'], []];
  let taken = 0;
  const notes = {
    take: () => {
      const fresh = given.shift() ?? [];
      taken += fresh.length;
      return fresh;
    },
    get taken() {
      return taken;
    },
  };
  const answers = [
    answer([['bash', { command: 'echo one' }]]),
    answer([['bash', { command: 'echo two' }]]),
    HAND_IN,
  ];
  const { model, events } = await play(t, answers, { notes });
  const last = (call: number) => model.asked[call]!.messages.at(-1)!.content;
  assert.doesNotMatch(last(0), /operator/);
  assert.equal(
    last(1),
    'exit code 0\none\n\n\nThe operator of this run says, about your task:\n\nKeep the old names.\n\nAnd no tabs.',
  );
  assert.equal(last(2), 'exit code 0\ntwo\n');
  const heard = events.filter((event) => event.type === 'heard');
  assert.deepEqual(heard, [
    { type: 'heard', step: 2, notes: 2, text: 'Keep the old names.\n\nAnd no tabs.' },
  ]);
});
