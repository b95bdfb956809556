import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Event } from '@swarm/core/events';
import type { Label, TaskId } from '@swarm/core/model/ids';
import { NO_USAGE } from '@swarm/core/model/usage';
import type { ModelEnd, ModelRequest } from '@swarm/core/ports/models';
import { acceptedTask, LIMITS, openedRun } from '@swarm/core/testing';
import { givenWorld, going, NO_FILES, onTickets } from '../testing.ts';
import { Subplanners } from './subplanner.ts';

const FILES = ['a.ts', 'b.ts', 'c.ts', 'd.ts'];
const T1 = 't1' as TaskId;
const started = (iteration: number, reserved = 0): Event => ({
  type: 'iteration.started',
  iteration,
  owner: T1,
  reason: 'first',
  promptHash: 'h',
  model: 'm',
  reserved: { tokens: reserved, usd: 0 },
});
const part = (id: string, scope: readonly string[], over: object = {}) => ({
  id,
  title: `Do ${id}`,
  scope,
  ...over,
});
const answer = (tasks: readonly object[], rest: object = {}): string =>
  JSON.stringify({ tasks, done: true, ...rest });

/** A run whose t1 is split, and a model that answers so. */
function splitting(says: (request: ModelRequest, n: number) => string | ModelEnd, tokens?: number) {
  const asked: ModelRequest[] = [];
  const rendered: Readonly<Record<string, string>>[] = [];
  const model = onTickets(async (request, { onText, signal }) => {
    asked.push({ ...request, messages: [...request.messages] });
    const usage = { ...NO_USAGE, calls: 1, inputTokens: 1_000 };
    if (signal.aborted) return { end: { kind: 'aborted' }, text: '', usage: NO_USAGE, model: 'm' };
    const said = says(request, asked.length);
    if (typeof said !== 'string') return { end: said, text: '', usage, model: 'm' };
    onText?.(said);
    return { end: { kind: 'stopped' }, text: said, usage, model: 'm' };
  });
  const limits = { ...LIMITS, depth: 2, ...(tokens !== undefined && { tokens }) };
  const root = { by: 'planner', label: 'a' as Label, iteration: 1 } as const;
  const world = givenWorld(
    [
      openedRun({ mode: 'planner', limits }),
      acceptedTask('t1', { scope: FILES, title: 'Build it', acceptance: 'it is built', priority: 3 }, root),
      { type: 'task.expanded', task: T1 },
      started(1, tokens === undefined ? 0 : 10_000),
    ],
    {
      model,
      prompts: {
        render: (name, values) => {
          rendered.push({ name, ...values });
          return { system: `as ${name}`, text: values.sections ?? '', hash: 'h' };
        },
        hash: () => 'h',
      },
      reader: {
        ...NO_FILES,
        files: async () => [
          { path: 'a.ts', kind: 'file', bytes: 3 },
          { path: 'elsewhere.ts', kind: 'file', bytes: 3 },
        ],
        read: async (_, path) => (path === 'a.ts' ? 'let a' : undefined),
      },
    },
  );
  const planners = new Subplanners(world.context);
  const iterate = async (signal = going()): Promise<void> => {
    for (const work of planners.work()) await planners.iterate(work, signal);
  };
  return { world, asked, rendered, planners, iterate };
}

describe('the planner of a task that is split', () => {
  it('is told the whole, the files of its scope and its limits, and has each part accepted as it is named', async () => {
    const { world, asked, rendered, iterate } = splitting(() =>
      answer([part('b', ['b.ts'], { dependsOn: ['a'] }), part('a', ['a.ts'])]),
    );
    await iterate();
    assert.deepEqual(world.decided, ['task.accepted t2', 'task.accepted t3', 'iteration.ended 1 planned']);
    assert.deepEqual(world.state.tasks.get('t3' as TaskId)!.spec.dependsOn, ['t2']);
    const { name, task, files, sections, max_tasks } = rendered[0]!;
    assert.deepEqual([name, max_tasks], ['subplanner', '10']);
    assert.equal(task, 't1: Build it\nscope: a.ts, b.ts, c.ts, d.ts\nacceptance: it is built\npriority: 3');
    assert.equal(files, 'a.ts (3 bytes)\n\n--- a.ts\nlet a');
    assert.match(sections!, /a part may be split again: 1 more times/);
    assert.doesNotMatch(sections!, /<open_tasks>/, 'what others do is not its own to plan around');
    assert.ok(asked[0]!.tools.some((tool) => tool.name === 'grep'));
  });

  it('has its own words for parts, and is told which of them was refused, and why', async () => {
    const { world, asked, iterate } = splitting((_, n) =>
      n === 1
        ? answer([part('a', ['a.ts']), part('x', ['elsewhere.ts'])], { cancel: ['nobody'], done: false })
        : answer([]),
    );
    await iterate();
    assert.deepEqual(
      world.decided.filter((one) => one.startsWith('task.')),
      ['task.accepted t2', 'task.refused x', 'task.refused cancel nobody'],
    );
    assert.equal(world.state.labels.has('a'), true, 'the run’s own a is its whole');
    assert.equal(world.state.plans.get(T1)!.labels.get('a'), 't2');
    // A part has failed: it is asked again, and goes on in the same conversation.
    world.decide({ type: 'failTask', task: 't2' as TaskId, failure: 'attempts', detail: 'no way' });
    world.decide({
      type: 'startIteration',
      owner: T1,
      reason: 'handoffs',
      promptHash: 'h',
      model: 'm',
      reserved: { tokens: 0, usd: 0 },
    });
    await iterate();
    const last = asked.at(-1)!.messages.at(-1)!.content;
    assert.match(last, /^Iteration 2\. What is new:/);
    assert.match(last, /your task x was refused: elsewhere\.ts is outside the scope of t1/);
    assert.match(last, /- t2 failed: Do a\n {2}why \(attempts\): no way/);
  });

  it('spends what is set aside for it, as subplanner, and asks for more', async () => {
    const list: ModelEnd = {
      kind: 'tools',
      calls: [{ id: 'c', name: 'list', argumentsJson: '{"path":""}' }],
    };
    const { world, asked, iterate } = splitting(() => list, 40_000);
    await iterate();
    assert.ok(world.decided.includes('iteration.extended 1'), world.decided.join('; '));
    assert.equal(world.state.spending.used.inputTokens, asked.length * 1_000);
    assert.equal(asked.at(-1)!.toolChoice, 'none');
  });

  it('says nothing any more once its task is not split: the iteration ends as lost', async () => {
    const { world, planners, iterate } = splitting(() => answer([part('a', ['a.ts'])]));
    world.decide({ type: 'cancelTask', task: T1, reason: '', by: 'operator' });
    assert.deepEqual(
      planners.work().map(({ name, isUnwanted }) => [name, isUnwanted]),
      [['subplanner-t1', true]],
    );
    await iterate(AbortSignal.abort('cancelled'));
    assert.equal(world.decided.at(-1), 'iteration.ended 1 lost');
    assert.deepEqual(planners.work(), []);
  });

  it('begins anew after a crash, from its parts, its news and its scratchpad', async () => {
    const { world, rendered, iterate } = splitting(() =>
      answer([part('a', ['a.ts'])], { scratchpad: '## Left\nall of b', done: false }),
    );
    await iterate();
    world.decide({ type: 'failTask', task: 't2' as TaskId, failure: 'attempts', detail: 'no way' });
    world.decide({
      type: 'startIteration',
      owner: T1,
      reason: 'handoffs',
      promptHash: 'h',
      model: 'm',
      reserved: { tokens: 0, usd: 0 },
    });
    const later = new Subplanners(world.context);
    const [work] = later.work();
    await later.iterate(work!, going());
    const told = rendered.at(-1)!.sections!;
    assert.match(
      told,
      /<scratchpad>\n## Left\nall of b\n<\/scratchpad>[\s\S]*<ended>\n- t2 \(your id a\) failed: Do a/,
    );
    assert.match(told, /<news>[\s\S]*- t2 failed: Do a/);
    assert.equal(world.decided.at(-1), 'iteration.ended 2 planned');
  });
});
