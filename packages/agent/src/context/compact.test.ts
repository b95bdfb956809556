import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { ChatMessage, ModelRequest, ModelResult } from '@swarm/core/ports/models';
import { answer, clock, makeFolder, usage } from '../../test/support.ts';
import type { AgentEvent } from '../agent-events.ts';
import type { AgentRun } from '../agent-run.ts';
import { runAgent } from '../loop.ts';
import { readTalk, type Talk, writeTalk } from '../talk.ts';
import { createToolbox } from '../tools/index.ts';

const SIZE = (request: ModelRequest): number =>
  Math.ceil((JSON.stringify(request.messages).length + JSON.stringify(request.tools).length) / 4);
const HAND_IN: [string, unknown][] = [['submit_handoff', { status: 'complete', summary: 'did it' }]];
const SUMMARY = '## Goal\nall\n## Done\nsteps\n## Next\nNEEDLE-NEXT';

/** A server that counts, refuses what is over its window in its own words, and looks at every call for its result. */
function windowModel(window: number, words: (asked: number) => string, play: (step: number) => ModelResult) {
  const seen = { requests: [] as ModelRequest[], refused: 0, summaries: 0, steps: 0 };
  const model: AgentRun['model'] = {
    nameFor: () => 'm',
    async stream(request) {
      seen.requests.push({ ...request, messages: [...request.messages] });
      assertPaired(request.messages);
      const size = SIZE(request);
      if (size > window) {
        seen.refused++;
        return answer({ kind: 'bad-request', why: `HTTP 400: ${words(size)}` }, usage(0, 0));
      }
      if (request.toolChoice === 'none') {
        seen.summaries++;
        return answer(SUMMARY, usage(size, 50));
      }
      return { ...play(seen.steps++), usage: usage(size, 50) };
    },
    whenUp: () => Promise.resolve(),
  };
  return { model, seen };
}

/** As servers have it: each call has its result at once after it, and there is no result without its call. */
function assertPaired(messages: readonly ChatMessage[]): void {
  let open: string[] = [];
  for (const m of messages) {
    if (m.role === 'tool') {
      assert.equal(open.shift(), m.callId, 'a result answers the next open call');
      continue;
    }
    assert.deepEqual(open, [], 'every call has its result before anything else is said');
    if (m.role === 'assistant') open = m.toolCalls.map(({ id }) => id);
  }
  assert.deepEqual(open, [], 'the last calls have their results');
}

async function play(
  t: TestContext,
  { model }: { model: AgentRun['model'] },
  over: Partial<AgentRun> & { windowTokens?: number } = {},
) {
  const workspace = makeFolder(t, { 'long.txt': 'line of text\n'.repeat(8_000) });
  const events: AgentEvent[] = [];
  const { windowTokens, ...rest } = over;
  const ending = await runAgent({
    model,
    tools: createToolbox({ workspace, env: { PATH: process.env.PATH ?? '' }, clock }),
    prompt: { system: `the rules ${'r'.repeat(6_000)}`, user: 'the task' },
    limits: { steps: 300, tokens: 1e9, wallMs: 600_000, ...(windowTokens && { windowTokens }) },
    emit: (event) => events.push(event),
    clock,
    signal: new AbortController().signal,
    ...rest,
  });
  return { ending, events };
}

const read = (n: number): [string, unknown][] => [['read', { path: 'long.txt', offset: n + 1, limit: 300 }]];
const text = ({ messages }: ModelRequest): string => messages.map((m) => m.content).join('\n');
const OPENAI = (window: number) => (size: number) =>
  `This model's maximum context length is ${window} tokens. However, your messages resulted in ${size} tokens.`;

for (const [how, words] of [
  ['names its window', OPENAI],
  ['names no figure', () => () => 'Your input exceeds the context window of this model.'],
] as const)
  for (const window of [8_000, 32_000, 128_000])
    test(`200 steps hold in a window of ${window} tokens that is not known before, where the refusal ${how}`, async (t) => {
      const made = windowModel(window, words(window), (n) =>
        answer(n === 200 ? HAND_IN : n % 7 === 3 ? [...read(n), ...read(n + 300)] : read(n)),
      );
      const { ending } = await play(t, made);
      assert.deepEqual([ending.reason, ending.steps], ['handed-in', 201]);
      assert.ok(made.seen.refused <= 4, `${made.seen.refused} refusals`);
      assert.ok(made.seen.summaries <= 60, `${made.seen.summaries} summaries`);
      const last = made.seen.requests.at(-1)!.messages;
      assert.match(last[0]!.content, /^the rules/);
      assert.match(last[1]!.content, /^the task/);
    });

test('a window that is known is never met: nothing is refused', async (t) => {
  const made = windowModel(16_000, OPENAI(16_000), (n) => answer(n === 100 ? HAND_IN : read(n)));
  const { ending, events } = await play(t, made, { windowTokens: 16_000 });
  assert.equal(ending.reason, 'handed-in');
  assert.equal(made.seen.refused, 0);
  assert.ok(events.some((e) => e.type === 'elided'));
});

test('at 80 % the turns are summed up: task, summary, plan and failing checks, word for word, stand before the last four', async (t) => {
  const PLAN = [{ text: 'NEEDLE-PLAN', status: 'in_progress' }];
  const talks: string[] = [];
  const made = windowModel(10_000, OPENAI(10_000), (n) => {
    if (n === 0) return answer([['plan', { items: PLAN }]]);
    if (n === 1) return answer([['bash', { command: 'echo NEEDLE-RED; exit 1' }]]);
    // Long words of the agent's own, which no elision takes.
    return { ...answer(n === 40 ? HAND_IN : [['bash', { command: `true ${n}` }]]), text: 'w'.repeat(1_500) };
  });
  const { ending, events } = await play(t, made, {
    windowTokens: 10_000,
    onHandedIn: (talk: Talk) => talks.push(writeTalk(talk)),
  });
  assert.equal(ending.reason, 'handed-in');
  assert.equal(made.seen.refused, 0);
  assert.ok(made.seen.summaries >= 2, 'it was summed up more than once');
  assert.ok(events.some((e) => e.type === 'compacted' && e.by === 'model' && e.after < e.before));
  const asked = made.seen.requests.find((r) => r.toolChoice === 'none')!;
  assert.match(
    asked.messages.at(-1)!.content,
    /## Goal, ## Done, ## Files changed, ## Failing checks, ## Decisions, ## Next/,
  );
  const next = made.seen.requests.at(-1)!;
  assert.deepEqual(
    next.messages.slice(0, 4).map((m) => m.role),
    ['system', 'user', 'user', 'assistant'],
  );
  const told = next.messages[2]!.content;
  for (const needle of [/NEEDLE-NEXT/, /\[>\] NEEDLE-PLAN/, /exit code 1\nNEEDLE-RED/])
    assert.match(told, needle);
  const goesOn = readTalk({ talk: talks[0]!, told: 'no' });
  assert.equal(goesOn.plan, '[>] NEEDLE-PLAN');
  assert.deepEqual(
    goesOn.carried.map((c) => c.text),
    ['exit code 1\nNEEDLE-RED\n'],
  );
});

test('a check that passes later is not told as failing any more', async (t) => {
  const made = windowModel(10_000, OPENAI(10_000), (n) => {
    const command =
      n === 1 || n === 20 ? 'test -f done || { touch done; echo NEEDLE-RED; exit 1; }' : `true ${n}`;
    return { ...answer(n === 40 ? HAND_IN : [['bash', { command }]]), text: 'w'.repeat(1_500) };
  });
  await play(t, made, { windowTokens: 10_000 });
  assert.ok(made.seen.requests.some((r) => /word for word[\s\S]*NEEDLE-RED/.test(text(r))));
  assert.doesNotMatch(text(made.seen.requests.at(-1)!), /exit code 1/);
});

test('a model that sums nothing up loses its oldest turns, and is told which files it wrote', async (t) => {
  const made = windowModel(10_000, OPENAI(10_000), (n) => {
    const args = { path: `f${n}.txt`, content: 'x' };
    return { ...answer(n === 40 ? HAND_IN : [['write', args]]), text: 'w'.repeat(1_500) };
  });
  const silent = {
    ...made.model,
    stream: async (...given: Parameters<AgentRun['model']['stream']>) => {
      const said = await made.model.stream(...given);
      return given[0].toolChoice === 'none' ? { ...said, text: '' } : said;
    },
  };
  const { ending, events } = await play(t, { model: silent }, { windowTokens: 10_000 });
  assert.equal(ending.reason, 'handed-in');
  assert.ok(events.some((e) => e.type === 'compacted' && e.by === 'itself'));
  assert.match(
    text(made.seen.requests.at(-1)!),
    /turns are left out[\s\S]*Files you wrote or edited in them: .*f\d+\.txt/,
  );
});

test('a refused step is made again and is free; rules and task longer than the window end the attempt in a sentence', async (t) => {
  const made = windowModel(2_000, OPENAI(2_000), () => answer(HAND_IN));
  const { ending, events } = await play(t, made);
  assert.deepEqual([ending.reason, ending.steps, made.seen.refused], ['failed', 1, 3]);
  assert.match(ending.detail, /^rules, task and the last step are longer than the model's window: HTTP 400/);
  assert.equal(events.filter((e) => e.type === 'compacted' && e.by === 'refused').length, 2);
});

test('what was refused comes again at half the window, without a call for a summary', async (t) => {
  const WINDOW = 20_000;
  // Words of its own, of which nothing can be elided.
  const made = windowModel(WINDOW, OPENAI(WINDOW), (n) => ({
    ...answer(n === 60 ? HAND_IN : [['bash', { command: `true ${n}` }]]),
    text: 'w'.repeat(3_000),
  }));
  const { events } = await play(t, made);
  const at = made.seen.requests.findIndex((request) => SIZE(request) > WINDOW);
  const next = made.seen.requests[at + 1]!;
  assert.equal(next.toolChoice, undefined);
  const share = SIZE(next) / WINDOW;
  assert.ok(share <= 0.55 && share > 0.3, `${share}`);
  assert.equal(events.filter((e) => e.type === 'compacted' && e.by === 'refused').length, 1);
});

test('last words are asked for in half a window, however long the conversation became', async (t) => {
  const WINDOW = 20_000;
  const made = windowModel(WINDOW, OPENAI(WINDOW), (n) => ({
    ...answer([['bash', { command: `true ${n}` }]]),
    text: 'w'.repeat(3_000),
  }));
  const limits = { steps: 15, tokens: 1e9, wallMs: 600_000, windowTokens: WINDOW };
  const { ending } = await play(t, made, { limits });
  assert.deepEqual([ending.reason, ending.claim?.summary], ['step-limit', SUMMARY]);
  assert.ok(SIZE(made.seen.requests.at(-2)!) > WINDOW * 0.6, 'the last step had more');
  assert.ok(SIZE(made.seen.requests.at(-1)!) <= WINDOW * 0.55);
});

test('one output has 5 % of the window, and many of one answer a fifth of it together', async (t) => {
  const made = windowModel(20_000, OPENAI(20_000), (n) =>
    answer(n === 0 ? read(1) : n === 1 ? Array.from({ length: 10 }, (_, i) => read(i)[0]!) : HAND_IN),
  );
  await play(t, made, { windowTokens: 20_000 });
  const outputs = made.seen.requests
    .at(-1)!
    .messages.filter((m) => m.role === 'tool')
    .map((m) => m.content);
  assert.equal(outputs.length, 11);
  const perToken = 6;
  assert.ok(
    outputs[0]!.length <= 0.05 * 20_000 * perToken && outputs[0]!.length > 2_000,
    `${outputs[0]!.length}`,
  );
  const together = outputs.slice(1).join('').length;
  assert.ok(together <= 0.2 * 20_000 * perToken, `${together}`);
  assert.match(outputs[1]!, /more lines: read again with offset/);
});
