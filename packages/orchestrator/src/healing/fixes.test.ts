import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Event } from '@swarm/core/events';
import type { Finding } from '@swarm/core/model/request';
import { NO_USAGE } from '@swarm/core/model/usage';
import type { ModelEnd, ModelRequest } from '@swarm/core/ports/models';
import { acceptedTask, commit, LIMITS, openedRun } from '@swarm/core/testing';
import { TOOL_ROUNDS_MAX } from '../planning/looking.ts';
import { givenWorld, going, NO_FILES, onTickets } from '../testing.ts';
import { FixTasks } from './fixes.ts';

const finding = (signature: string): Finding => ({
  signature,
  detail: `not ok 1 - ${signature}`,
  head: commit('base'),
});
const found = (...signatures: string[]): readonly Event[] => [
  openedRun({ mode: 'planner', checks: 'check' }),
  ...signatures.map((signature): Event => ({ type: 'finding.opened', finding: finding(signature) })),
];

/** A model that answers every call so. */
function answering(text: string, end: ModelEnd | ((n: number) => ModelEnd) = { kind: 'stopped' }) {
  const asked: ModelRequest[] = [];
  const model = onTickets(async (request) => {
    asked.push({ ...request, messages: [...request.messages] });
    const now = typeof end === 'function' ? end(asked.length) : end;
    return { end: now, text, usage: { ...NO_USAGE, calls: 1, inputTokens: 10 }, model: 'm' };
  });
  const prompts = { render: () => ({ system: 'be brief', text: 'group these', hash: 'h' }), hash: () => 'h' };
  return { asked, ports: { model, prompts, reader: NO_FILES } };
}

const grouped = (...groups: string[][]): string =>
  JSON.stringify({
    tasks: groups.map((signatures, i) => ({
      id: `g${i}`,
      title: `Mend ${signatures[0]}`,
      description: 'the cause',
      signatures,
    })),
  });

const filed = (world: { state: { tasks: Map<string, { source: unknown }> } }): unknown[] =>
  [...world.state.tasks.values()].flatMap(({ source }) => {
    const by = source as { by: string; signatures?: readonly string[] };
    return by.by === 'reconciler' ? [by.signatures] : [];
  });

describe('failures of the target', () => {
  test('get one task each where no model can say what belongs together', async () => {
    const world = givenWorld(found('a', 'b'));
    await new FixTasks(world.context).file(going());
    assert.deepEqual(filed(world), [['a'], ['b']]);
  });

  test('get one task for what has one cause, by the model’s word; what it leaves out gets its own', async () => {
    const { ports } = answering(grouped(['a', 'b']));
    const world = givenWorld(found('a', 'b', 'c'), ports);
    await new FixTasks(world.context).file(going());
    assert.deepEqual(filed(world), [['a', 'b'], ['c']]);
    assert.equal(world.state.spending.used.inputTokens, 10);
  });

  test('are filed once: with a task open for them, nothing is', async () => {
    const world = givenWorld(found('a'));
    await new FixTasks(world.context).file(going());
    await new FixTasks(world.context).file(going());
    assert.deepEqual(filed(world), [['a']]);
  });

  test('a model makes up are not filed', async () => {
    const { ports } = answering(grouped(['nobody saw this']));
    const world = givenWorld(found('a'), ports);
    await new FixTasks(world.context).file(going());
    assert.deepEqual(filed(world), [['a']]);
  });

  test('get plain tasks when the model’s answer is nonsense, or broke off', async () => {
    for (const answer of [
      answering('the weather'),
      answering(grouped(['a']), { kind: 'cut', why: 'gone' }),
    ]) {
      const world = givenWorld(found('a'), answer.ports);
      await new FixTasks(world.context).file(going());
      assert.deepEqual(filed(world), [['a']]);
    }
  });

  test('are filed five at a time', async () => {
    const world = givenWorld(found('a', 'b', 'c', 'd', 'e', 'f', 'g'));
    await new FixTasks(world.context).file(going());
    assert.equal(filed(world).length, 5);
    await new FixTasks(world.context).file(going());
    assert.equal(filed(world).length, 5);
  });

  test('are filed beside other tasks without taking their numbers', async () => {
    const world = givenWorld([...found('a'), acceptedTask('t1')]);
    await new FixTasks(world.context).file(going());
    assert.deepEqual([...world.state.tasks.keys()], ['t1', 't2']);
  });

  test('get plain tasks, and no model is asked, once the budget is reached', async () => {
    const { asked, ports } = answering(grouped(['a']));
    const limits = { ...LIMITS, tokens: 50_000 };
    const reached: Event = { type: 'budget.reached', which: 'tokens', limit: 50_000 };
    const [, ...findings] = found('a');
    const world = givenWorld(
      [openedRun({ mode: 'planner', checks: 'check', limits }), ...findings, reached],
      ports,
    );
    await new FixTasks(world.context).file(going());
    assert.deepEqual([asked.length, filed(world)], [0, [['a']]]);
  });

  test('have their model’s use reserved before the call and settled after it', async () => {
    const { ports } = answering(grouped(['a']));
    const limits = { ...LIMITS, tokens: 50_000 };
    const [, ...findings] = found('a');
    const world = givenWorld([openedRun({ mode: 'planner', checks: 'check', limits }), ...findings], ports);
    await new FixTasks(world.context).file(going());
    assert.deepEqual(
      world.decided.filter((line) => line.startsWith('spend')),
      ['spend.reserved', 'spend.recorded'],
    );
    const { reserved, slices, used } = world.state.spending;
    assert.deepEqual([reserved.tokens, slices.size, used.inputTokens], [0, 0, 10]);
  });

  test('are not filed when the model was stopped: that says nothing of it', async () => {
    const { ports } = answering('', { kind: 'aborted' });
    const world = givenWorld(found('a'), ports);
    await new FixTasks(world.context).file(going());
    assert.deepEqual([filed(world), world.told], [[], []]);
  });

  test('are grouped by a model that first looks at the head with the tools it is told of', async () => {
    const looks: ModelEnd = {
      kind: 'tools',
      calls: [{ id: 'c1', name: 'read', argumentsJson: '{"path":"a.test.ts"}' }],
    };
    const { asked, ports } = answering(grouped(['a', 'b']), (n) => (n === 1 ? looks : { kind: 'stopped' }));
    const read = async (head: string, path: string) => `${path} at ${head === commit('base')}`;
    const world = givenWorld(found('a', 'b'), { ...ports, reader: { ...NO_FILES, read } });
    await new FixTasks(world.context).file(going());
    assert.equal(asked[0]!.messages[0]!.role, 'system');
    assert.deepEqual(
      asked[0]!.tools.map((tool) => tool.name),
      ['list', 'read', 'grep', 'git_log'],
    );
    assert.match(asked[1]!.messages.at(-1)!.content, /a\.test\.ts at true/);
    assert.deepEqual(filed(world), [['a', 'b']]);
    assert.equal(world.state.spending.used.inputTokens, 20);
  });

  test('get a task each when the model looks around for ever: it is told to answer, and its calls have an end', async () => {
    const { asked, ports } = answering('', {
      kind: 'tools',
      calls: [{ id: 'c1', name: 'list', argumentsJson: '{}' }],
    });
    const world = givenWorld(found('a'), ports);
    await new FixTasks(world.context).file(going());
    assert.equal(asked.length, TOOL_ROUNDS_MAX + 1);
    assert.equal(asked.at(-1)!.toolChoice, 'none');
    assert.deepEqual(filed(world), [['a']]);
  });

  test('are grouped by a model that first asks a question: it is told once that nobody can answer', async () => {
    let n = 0;
    const { asked, ports } = answering('');
    const model = onTickets(async (request) => {
      asked.push({ ...request, messages: [...request.messages] });
      const text = n++ === 0 ? 'Which of them first?' : grouped(['a', 'b']);
      return { end: { kind: 'stopped' }, text, usage: NO_USAGE, model: 'm' };
    });
    const world = givenWorld(found('a', 'b'), { ...ports, model });
    await new FixTasks(world.context).file(going());
    assert.match(asked[1]!.messages.at(-1)!.content, /nobody can answer a question/);
    assert.deepEqual(filed(world), [['a', 'b']]);
  });

  test('of an answer that was cut are taken as far as it came, and the rest is asked for', async () => {
    const whole = grouped(['a'], ['b']);
    const cut = whole.slice(0, whole.indexOf('"id":"g1"'));
    let n = 0;
    const { asked, ports } = answering('');
    const model = onTickets(async (request) => {
      asked.push({ ...request, messages: [...request.messages] });
      const first = n++ === 0;
      const text = first ? cut : grouped(['b']).replace('g0', 'g1');
      return { end: { kind: first ? 'length' : 'stopped' }, text, usage: NO_USAGE, model: 'm' };
    });
    const world = givenWorld(found('a', 'b'), { ...ports, model });
    await new FixTasks(world.context).file(going());
    assert.match(asked[1]!.messages.at(-1)!.content, /ended after task g0; go on/);
    assert.deepEqual(filed(world), [['a'], ['b']]);
  });
});
