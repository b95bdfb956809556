/** What is told of a run beyond where it stands: how it was, what has changed, what was done. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { SwarmError } from '@swarm/core/errors';
import type { Event } from '@swarm/core/events';
import { acceptedTask, handedIn, landedTask, running, stateOf } from '@swarm/core/testing';
import { serve } from './server.ts';
import { MemoryRun, memoryRuns } from './testing.ts';
import { DIFF_CHARS_MAX } from './work-routes.ts';

const TOKEN = 'a'.repeat(43);

async function served(t: TestContext, ...events: readonly Event[]) {
  const run = new MemoryRun(1);
  for (const event of events) run.add(event);
  const site = await serve({
    runs: memoryRuns([run, new MemoryRun(2)]),
    token: TOKEN,
    host: '127.0.0.1',
    port: 0,
    names: [],
    now: () => 0,
    onFault: (error) => assert.fail(error as Error),
  });
  t.after(() => site.close());
  const ask = async (path: string, body?: object) => {
    const headers = { authorization: `Bearer ${TOKEN}`, ...(body && { 'content-type': 'application/json' }) };
    const how = body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers };
    const response = await fetch(`${site.url}/api/v1/runs/${run.run}${path}`, how);
    // biome-ignore lint/suspicious/noExplicitAny: what a program would do with it, too.
    return { status: response.status, body: (await response.json()) as any };
  };
  return { run, ask };
}

const LIFE = [acceptedTask('t1'), acceptedTask('t2'), ...landedTask('t1', 'l1'), ...running('t2.1')];

test('at any of its entries a run is told as it was then, forwards and backwards', async (t) => {
  const { run, ask } = await served(t, ...LIFE);
  const events = run.entries.flatMap((entry) => entry.events);
  const last = run.entries.length;
  const order = [1, 2, 5, 4, last, 3, 3, 1, last - 1];
  for (const at of order) {
    const then = stateOf(events.slice(0, at));
    const { body: status } = await ask(`?at=${at}`);
    assert.deepEqual([status.seq, status.board.counts.landed, status.holder], [at, then.landedCount, null]);
    const { body: tasks } = await ask(`/tasks?at=${at}`);
    assert.deepEqual(
      tasks.tasks.map(({ id, state }: { id: string; state: string }) => [id, state]),
      [...then.tasks.values()].map(({ id, state }) => [id, state]),
      `at ${at}`,
    );
  }
  const { body: story } = await ask('/tasks/t1?at=4');
  assert.ok(!JSON.stringify(story.story).includes('landed'));
  assert.equal((await ask('/tasks/t2?at=2')).status, 404);
  for (const wrong of ['0', `${last + 1}`, 'x', '-1'])
    for (const view of ['', '/tasks', '/tasks/t1'])
      assert.equal((await ask(`${view}?at=${wrong}`)).status, 400);
});

test('going forward only what lies between is read', async (t) => {
  const { run, ask } = await served(t, ...LIFE);
  await ask('');
  const before = run.reads;
  for (let at = 1; at <= run.entries.length; at++) await ask(`?at=${at}`);
  assert.equal(run.reads, before + 1);
});

test('whoever has the tasks of an entry is told those that are others since, and none is left out', async (t) => {
  const { run, ask } = await served(t, ...LIFE);
  const known = new Map<string, string>();
  let since = 0;
  const catchUp = async (): Promise<readonly string[]> => {
    const { body } = await ask(`/tasks?since=${since}`);
    for (const task of body.tasks) known.set(task.id, task.state);
    since = body.seq;
    return body.tasks.map(({ id }: { id: string }) => id);
  };
  assert.deepEqual(await catchUp(), ['t1', 't2']);
  assert.deepEqual(await catchUp(), []);
  for (const event of [...handedIn('t2.1').slice(2), acceptedTask('t3')]) {
    run.add(event);
    for (let seq = 0; seq < run.entries.length; ) seq = (await ask('')).body.seq;
    await catchUp();
    const { body } = await ask('/tasks');
    assert.deepEqual(
      [...known],
      body.tasks.map(({ id, state }: { id: string; state: string }) => [id, state]),
    );
  }
  assert.deepEqual([...known.values()], ['landed', 'complete', 'pending']);
  const { body } = await ask('/tasks?since=0&limit=2');
  assert.deepEqual([body.tasks.length, body.isMore], [2, true]);
  for (const wrong of ['since=x', 'since=1&after=t1', 'since=1&at=2', 'since=1&limit=0'])
    assert.equal((await ask(`/tasks?${wrong}`)).status, 400, wrong);
});

test('the history is told from the entry that was heard of last', async (t) => {
  const { ask } = await served(t, ...LIFE);
  const { body: all } = await ask('/history');
  assert.deepEqual(
    all.spans.map(({ id }: { id: string }) => id),
    ['t1.1', 'l1', 't2.1'],
  );
  assert.equal(all.points.at(-1).landed, 1);
  const { body: rest } = await ask(`/history?since=${all.seq}`);
  assert.deepEqual([rest.spans, rest.points], [[], []]);
  assert.equal((await ask('/history?since=x')).status, 400);
});

test('a change is told up to a million characters, and whether that is all', async (t) => {
  const { run, ask } = await served(t, ...LIFE);
  run.diff = `${'x'.repeat(99)}\n`.repeat(100);
  const { body: whole } = await ask('/tasks/t1/diff');
  assert.deepEqual([whole.diff, whole.isCut, whole.task], [run.diff, false, 't1']);
  run.diff = `${'x'.repeat(99)}\n`.repeat(DIFF_CHARS_MAX / 50);
  const { body: cut } = await ask('/attempts/t1.1/diff');
  assert.deepEqual([cut.isCut, cut.diff.length <= DIFF_CHARS_MAX, cut.diff.at(-1)], [true, true, '\n']);
  for (const path of ['/tasks/t9/diff', '/attempts/t1.9/diff', '/attempts/x/diff', '/tasks/t1/patch'])
    assert.equal((await ask(path)).status, 404, path);
});

test('a transcript is told in parts, and only of attempts there are', async (t) => {
  const { run, ask } = await served(t, ...LIFE);
  run.transcript = Array.from({ length: 4_500 }, (_, i) => ({ time: '', head: `${i}`, body: '' }));
  const heads: string[] = [];
  for (let from = 0, isEnd = false; !isEnd; ) {
    const { body } = await ask(`/attempts/t2.1/transcript?from=${from}`);
    heads.push(...body.lines.map(({ head }: { head: string }) => head));
    assert.equal(body.isLive, true);
    ({ next: from, isEnd } = body);
  }
  assert.deepEqual(
    heads,
    run.transcript.map(({ head }) => head),
  );
  assert.equal((await ask('/attempts/t1.1/transcript')).body.isLive, false);
  assert.equal((await ask('/attempts/t1.1/transcript?from=-1')).status, 400);
  for (const name of ['t9.1', 't1', 'x', 't9.1-critic'])
    assert.equal((await ask(`/attempts/${name}/transcript`)).status, 404, name);
});

test('an undo and a change of the request are said as a command is, and refused alike', async (t) => {
  const { run, ask } = await served(t, ...LIFE);
  for (const path of ['/commands', '/undo', '/proposals']) {
    const { status, body } = await ask(path, { what: 't1' });
    assert.deepEqual([status, body.said, body.run], [200, 'done', run.run], path);
  }
  run.answer = { kind: 'refused', trouble: { code: 'SW0108', what: 'it cannot be', fix: 'swarm status' } };
  for (const path of ['/commands', '/undo', '/proposals']) {
    const { status, body } = await ask(path, {});
    assert.deepEqual([status, body.error.code], [409, 'SW0108'], path);
    assert.equal((await ask(path)).status, 405, path);
  }
});

test('runs are compared only where that says something, and with one that is there', async (t) => {
  const { ask } = await served(t, ...LIFE);
  const { status, body } = await ask('/compare/r-19700101-aaac');
  assert.ok(status === 409 || status === 404, `${status}`);
  assert.ok(body.error.what);
  for (const name of ['r-20200101-aaaa', 'x', '__proto__'])
    assert.equal((await ask(`/compare/${name}`)).status, 404, name);
});

test('what a command would refuse is refused with its reason', async (t) => {
  const { run, ask } = await served(t, ...LIFE);
  const { source } = run;
  run.source = () => ({
    ...source.call(run),
    diff: () =>
      Promise.reject(new SwarmError({ code: 'SW0108', what: 'it has no work to show', fix: 'swarm tasks' })),
  });
  const { status, body } = await ask('/tasks/t1/diff');
  assert.deepEqual([status, body.error.code, body.error.what], [409, 'SW0108', 'it has no work to show']);
});
