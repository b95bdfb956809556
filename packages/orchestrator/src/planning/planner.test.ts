import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Event } from '@swarm/core/events';
import type { TaskId } from '@swarm/core/model/ids';
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
  readonly tokens?: number;
}

/** A run of a planner that answers so, each call for a thousand tokens where it is not said. */
function planning(
  budget: number | undefined,
  reserved: number,
  says: (request: ModelRequest, n: number) => Said,
) {
  const asked: ModelRequest[] = [];
  const kept: string[] = [];
  const model = onTickets(async (request, { onText }) => {
    asked.push({ ...request, messages: [...request.messages] });
    const { end, text = '', tokens = 1_000 } = says(request, asked.length);
    if (text !== '') onText?.(text);
    return { end, text, usage: { ...NO_USAGE, calls: 1, inputTokens: tokens }, model: 'm' };
  });
  const limits = { ...LIMITS, workers: 2, ...(budget !== undefined && { tokens: budget }) };
  const world = givenWorld([openedRun({ mode: 'planner', limits }), iteration(reserved)], {
    model,
    prompts: {
      render: () => ({ system: 'plan so', text: 'plan this'.padEnd(2_000), hash: 'h' }),
      hash: () => 'h',
    },
    reader: {
      list: async () => ['a.ts'],
      files: async () => [{ path: 'a.ts', kind: 'file', bytes: 1 }],
      log: async () => [],
      changes: async () => new Map(),
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
  it('has its last calls not obeyed, a plan beside them taken, and what it looked at left out of the next iteration', async () => {
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
    assert.deepEqual(
      history.map(({ role }) => role),
      ['system', 'user', 'assistant', 'user'],
    );
    assert.match(history.at(-1)!.content, /<open_tasks>\n- t1 \(your id a\) pending: Do a/);
    assert.equal(rounds, TOOL_ROUNDS_MAX, 'each round but the last');
  });
});

describe('a planner that reads more than its model can hold', () => {
  /** A server with a window of so many characters; a planner that reads a long file again and again, then plans. */
  const reading = (window: number, rounds: number) => {
    const read = planning(undefined, 0, ({ messages }, n) => {
      const size = messages.reduce((sum, m) => sum + m.content.length, 0);
      if (size > window)
        return { end: { kind: 'bad-request', why: `maximum context length is ${window} characters` } };
      if (n > rounds) return { end: { kind: 'stopped' }, text: PLAN };
      const call = { id: `c${n}`, name: 'read', argumentsJson: '{"path":"a.ts"}' };
      return { end: { kind: 'tools', calls: [call] } };
    });
    Object.assign(read.world.context.ports.reader, { read: async () => 'x'.repeat(8_000) });
    return read;
  };
  const outputs = ({ messages }: ModelRequest) => messages.filter(({ role }) => role === 'tool');

  it('goes on inside its window: what it read first is left out, and every call keeps its answer', async () => {
    const { asked, world, planner } = reading(1_000_000, 12);
    await planner.iterate(1, going());
    assert.equal(world.decided.at(-1), 'iteration.ended 1 planned');
    const last = asked.at(-1)!;
    assert.ok(last.messages.reduce((n, m) => n + m.content.length, 0) < 40_000);
    assert.equal(outputs(last).length, 12);
    assert.match(outputs(last)[0]!.content, /^\[\d+ characters of output left out/);
    assert.match(outputs(last).at(-1)!.content, /xxx/);
  });
  it('is not ended by a server that refuses what is too long: the same step is asked again, shorter', async () => {
    const { asked, world, planner } = reading(12_000, 3);
    await planner.iterate(1, going());
    assert.equal(world.decided.at(-1), 'iteration.ended 1 planned');
    assert.deepEqual(world.halts, []);
    assert.equal(outputs(asked.at(-1)!).length, 2);
  });
  it('learns its window from a server that leaves out what is too long and says nothing, and that is told once', async () => {
    const { asked, world, planner } = planning(undefined, 0, (_, n) => {
      const call = { id: `c${n}`, name: 'read', argumentsJson: '{"path":"a.ts"}' };
      const said: Said =
        n === 5
          ? { end: { kind: 'stopped' }, text: PLAN }
          : { end: n === 1 ? { kind: 'tools', calls: [call] } : LIST };
      return { ...said, tokens: 2_000 };
    });
    Object.assign(world.context.ports.reader, { read: async () => 'a b '.repeat(4_000) });
    await planner.iterate(1, going());
    assert.deepEqual(
      world.told.filter(({ name }) => name === 'model.cut').map(({ fields }) => fields.msg),
      [
        'the server of m read about 2000 tokens of a prompt of at least 8018, and said nothing: give it a larger window, or write [models.profiles."m"] window = 2000',
      ],
    );
    assert.deepEqual(
      asked.map((request) => outputs(request)[0]?.content.slice(0, 2)),
      [undefined, 'a.', 'a.', '[1', '[1'],
    );
  });
  it('is halted where even the first message is too long', async () => {
    const { world, planner } = reading(500, 3);
    await planner.iterate(1, going());
    assert.deepEqual(
      [world.decided.at(-1), world.halts.map(({ why }) => why)],
      ['iteration.ended 1 failed', ['bad-request']],
    );
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
      // An answer that is no plan is asked for once more, and what is kept is the last one.
      assert.deepEqual([...new Set(kept)], text === '' ? [] : [`1: ${text.slice(0, 64_000)}`]);
    }
  });
});

describe('a planner whose answer is not the last word', () => {
  const task = (id: string, ...dependsOn: string[]): string =>
    JSON.stringify({ id, title: `Do ${id}`, description: 'as said', scope: [`${id}.ts`], dependsOn });
  const planOf = (...tasks: string[]): string => `{"tasks":[${tasks.join(',')}],"done":false}`;
  const stopped: ModelEnd = { kind: 'stopped' };

  it('has tasks beside a tool call accepted, and is told so; one that waits for another is kept until that comes', async () => {
    const { asked, world, planner } = planning(undefined, 0, (_, n) =>
      n === 1
        ? { end: LIST, text: planOf(task('b', 'later'), task('a')) }
        : { end: stopped, text: planOf(task('later')) },
    );
    await planner.iterate(1, going());
    const told = asked[1]!.messages.at(-1)!;
    assert.equal(told.role, 'tool');
    assert.match(told.content, /do not send them again: a is t1\./);
    assert.match(told.content, /Kept until what they depend on is filed: b \(depends on later\)/);
    assert.deepEqual(world.decided, [
      'task.accepted t1',
      'task.accepted t2',
      'task.accepted t3',
      'iteration.ended 1 planned',
    ]);
    assert.deepEqual(world.state.tasks.get('t3' as TaskId)?.spec.dependsOn, ['t2']);
  });

  it('goes on after its length limit: it is told after which task it ended, and the iteration is planned', async () => {
    const whole = planOf(task('a'), task('b'), task('c'));
    const { asked, world, planner } = planning(undefined, 0, (_, n) =>
      n === 1
        ? { end: { kind: 'length' }, text: whole.slice(0, whole.indexOf('"id":"c"') + 20) }
        : { end: stopped, text: planOf(task('c')) },
    );
    await planner.iterate(1, going());
    assert.match(asked[1]!.messages.at(-1)!.content, /ended after task b; go on with those that are missing/);
    assert.equal(world.state.tasks.size, 3);
    assert.equal(world.decided.at(-1), 'iteration.ended 1 planned');
  });

  it('is asked so often to go on, and no more', async () => {
    const { asked, world, planner } = planning(undefined, 0, () => ({
      end: { kind: 'length' },
      text: '{"tasks":[',
    }));
    await planner.iterate(1, going());
    assert.deepEqual([asked.length, world.decided], [4, ['iteration.ended 1 cut']]);
  });

  it('asks a question and is told that nobody can answer: one more turn of the same conversation', async () => {
    const { asked, world, planner } = planning(undefined, 0, (_, n) => ({
      end: stopped,
      text: n === 1 ? 'ES modules or CommonJS?' : planOf(task('a')),
    }));
    await planner.iterate(1, going());
    const { messages } = asked[1]!;
    assert.deepEqual(
      messages.map((m) => m.role),
      ['system', 'user', 'assistant', 'user'],
    );
    assert.match(messages.at(-1)!.content, /nobody can answer a question/);
    assert.equal(world.decided.at(-1), 'iteration.ended 1 planned');
    const again = planning(undefined, 0, () => ({ end: stopped, text: 'Tell me first.' }));
    await again.planner.iterate(1, going());
    assert.deepEqual([again.asked.length, again.world.decided], [2, ['iteration.ended 1 unreadable']]);
  });

  it('says done over what its own list has open: it is told which, once, and what it then says counts', async () => {
    const open = `{"tasks":[${task('a')}],"requirements":[{"id":"R1","text":"Dates are read","tasks":["a"]}],"done":false}`;
    const done = (more: string) => `{"tasks":[],${more}"done":true}`;
    const next = {
      ...({ type: 'startIteration', reason: 'idle', promptHash: 'h', model: 'm' } as const),
      reserved: { tokens: 0, usd: 0 },
    };
    const said = [open, done(''), done('"requirements":[{"id":"R1","status":"dropped"}],')];
    const { asked, world, planner } = planning(undefined, 0, (_, n) => ({
      end: stopped,
      text: said[n - 1]!,
    }));
    await planner.iterate(1, going());
    assert.deepEqual(world.decided, [
      'task.accepted t1',
      'requirements.written 1',
      'iteration.ended 1 planned',
    ]);
    assert.deepEqual(world.state.planning.requirements.get('R1')?.tasks, ['t1']);
    await world.context.ask(next);
    await planner.iterate(2, going());
    assert.equal(asked.length, 3);
    assert.match(asked[2]!.messages.at(-1)!.content, /You say `done`[\s\S]*- R1: Dates are read/);
    assert.equal(world.state.planning.requirements.get('R1')?.status, 'dropped');
    const stubborn = planning(undefined, 0, (_, n) => ({ end: stopped, text: n === 1 ? open : done('') }));
    await stubborn.planner.iterate(1, going());
    await stubborn.world.context.ask(next);
    await stubborn.planner.iterate(2, going());
    assert.equal(stubborn.asked.length, 3, 'told once');
  });

  it('cancels what no task is called: it is told so, and nothing is cancelled', async () => {
    const text = '{"tasks":[],"cancel":["none"],"done":false}';
    const { world, planner } = planning(undefined, 0, () => ({ end: stopped, text }));
    await planner.iterate(1, going());
    assert.deepEqual(world.state.planning.news, [
      { kind: 'refused', label: 'cancel none', problem: 'no task is called none' },
    ]);
  });
});
