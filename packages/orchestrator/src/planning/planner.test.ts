import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Event } from '@swarm/core/events';
import { NO_USAGE } from '@swarm/core/model/usage';
import type { ModelEnd, ModelRequest } from '@swarm/core/ports/models';
import { LIMITS, openedRun } from '@swarm/core/testing';
import { givenWorld, going, onTickets } from '../testing.ts';
import { TOOL_ROUNDS_MAX } from './looking.ts';
import { Planner } from './planner.ts';

const PLAN = '{"tasks":[{"id":"a","title":"Do a","description":"as said"}],"done":false}';
const LIST: ModelEnd = {
  kind: 'tools',
  calls: [{ id: 'c1', name: 'list', argumentsJson: '{"path":""}' }],
};
const iteration = (tokens: number): Event => ({
  type: 'iteration.started',
  iteration: 1,
  reason: 'first',
  promptHash: 'h',
  model: 'm',
  reserved: { tokens, usd: 0 },
});

interface Said {
  readonly end: ModelEnd;
  readonly text?: string;
}

/** A run of a planner that answers so, each call for a thousand tokens. */
function planning(
  budget: number | undefined,
  reserved: number,
  says: (request: ModelRequest, n: number) => Said,
) {
  const asked: ModelRequest[] = [];
  const kept: string[] = [];
  const model = onTickets(async (request, { onText }) => {
    asked.push({ ...request, messages: [...request.messages] });
    const { end, text = '' } = says(request, asked.length);
    if (text !== '') onText?.(text);
    return { end, text, usage: { ...NO_USAGE, calls: 1, inputTokens: 1_000 }, model: 'm' };
  });
  const limits = { ...LIMITS, workers: 2, ...(budget !== undefined && { tokens: budget }) };
  const world = givenWorld([openedRun({ mode: 'planner', limits }), iteration(reserved)], {
    model,
    prompts: { render: () => ({ system: 'plan so', text: 'plan this', hash: 'h' }), hash: () => 'h' },
    reader: {
      list: async () => ['a.ts'],
      files: async () => [{ path: 'a.ts', kind: 'file', bytes: 1 }],
      log: async () => [],
    },
    files: { writePlannerAnswer: async (n, text) => void kept.push(`${n}: ${text}`) },
  });
  return { asked, kept, world, planner: new Planner(world.context) };
}

describe('a planner that calls tools for ever', () => {
  it('is told to answer after so many rounds, with the tools still named, and its iteration ends', async () => {
    const { asked, world, planner } = planning(undefined, 0, () => ({ end: LIST }));
    await planner.iterate(1, going());
    assert.equal(asked.length, TOOL_ROUNDS_MAX + 1);
    const last = asked.at(-1)!;
    assert.equal(last.toolChoice, 'none');
    assert.ok(last.tools.length > 0);
    assert.match(last.messages.at(-1)!.content, /Answer now/);
    assert.deepEqual(world.decided, ['iteration.ended 1 failed']);
  });
  it('is ended by the budget: it spends what is reserved for it, asks for more, and stops when there is none', async () => {
    const { asked, world, planner } = planning(30_000, 10_000, () => ({ end: LIST }));
    await planner.iterate(1, going());
    assert.ok(asked.length <= 30, `${asked.length} calls of 1,000 tokens`);
    assert.equal(asked.at(-1)!.toolChoice, 'none');
    assert.equal(world.state.spending.used.inputTokens, asked.length * 1_000);
    assert.ok(world.decided.includes('iteration.extended 1'), world.decided.join('; '));
    assert.equal(world.state.spending.reserved.tokens, 0);
  });
  it('has its last calls answered and not obeyed, and a plan beside them is taken', async () => {
    let listed = 0;
    const { asked, world, planner } = planning(undefined, 0, (request) =>
      request.toolChoice === 'none' ? { end: LIST, text: PLAN } : { end: LIST },
    );
    const { reader } = world.context.ports;
    const list = reader.list.bind(reader);
    Object.assign(reader, {
      list: (...given: Parameters<typeof list>) => {
        listed += 1;
        return list(...given);
      },
    });
    await planner.iterate(1, going());
    assert.deepEqual(world.decided, ['task.accepted t1', 'iteration.ended 1 planned']);
    const rounds = listed;
    await planner.iterate(1, going());
    const history = asked[TOOL_ROUNDS_MAX + 1]!.messages;
    assert.match(history.at(-2)!.content, /none was run/);
    assert.equal(rounds, TOOL_ROUNDS_MAX, 'each round but the last');
  });
});

describe('a planner whose part of the budget is too small', () => {
  it('is given a further part while the run has one, and plans', async () => {
    const { world, planner } = planning(100_000, 0, () => ({ end: { kind: 'stopped' }, text: PLAN }));
    await planner.iterate(1, going());
    assert.deepEqual(world.decided, [
      'iteration.extended 1',
      'task.accepted t1',
      'iteration.ended 1 planned',
    ]);
  });
  it('is not asked at all when the run has none', async () => {
    const { asked, world, planner } = planning(5_000, 0, () => ({ end: { kind: 'stopped' }, text: PLAN }));
    await planner.iterate(1, going());
    assert.deepEqual([asked.length, world.decided], [0, ['iteration.ended 1 failed']]);
  });
});

describe('a tool that does not exist', () => {
  it('is answered by the names of those that do', async () => {
    const { asked, planner } = planning(undefined, 0, (_, n) =>
      n === 1
        ? { end: { kind: 'tools', calls: [{ id: 'c1', name: 'delete', argumentsJson: '{}' }] } }
        : { end: { kind: 'stopped' }, text: PLAN },
    );
    await planner.iterate(1, going());
    assert.match(asked[1]!.messages.at(-1)!.content, /there is no tool delete; there are list, read, grep/);
  });
});

describe('what a planner said', () => {
  it('is kept with the run, capped, be it a plan or not; a look beforehand and silence keep nothing', async () => {
    for (const text of [PLAN, 'tell me how', `${'x'.repeat(70_000)}`, '']) {
      const { kept, planner } = planning(undefined, 0, () => ({ end: { kind: 'stopped' }, text }));
      await planner.iterate(1, going());
      assert.deepEqual(kept, text === '' ? [] : [`1: ${text.slice(0, 64_000)}`]);
    }
  });
});
