import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { modelOver, startServer } from '../test/support/asking.ts';
import { systemClock } from '../test/support/clocks.ts';
import * as fault from '../test/support/fault-server.ts';
import type { HealthChange } from './endpoints.ts';

const never = new AbortController().signal;
const isProbe = (seen: fault.Seen): boolean => !fault.isNoProbe(seen);
const poisonous = (seen: fault.Seen): boolean => JSON.stringify(seen.body).includes('poison');
const poison = { messages: [{ role: 'user' as const, content: 'poison' }] };

/** Lists its models whatever happens; a completion is answered by the plan. */
const listing =
  (plan: fault.Plan): fault.Plan =>
  (response, seen) =>
    (seen.method === 'GET' ? fault.json({ data: [{ id: 'small' }] }) : plan)(response, seen);

describe('an outage', () => {
  it('is told once, ends calls as down at once, and is over when an endpoint finishes a small call', async () => {
    const changes: HealthChange[] = [];
    let isUp = false;
    const server = await startServer((response, seen) =>
      (isUp ? fault.says('fine') : fault.status(500))(response, seen),
    );
    const { model, ask, probes } = modelOver([server], { onHealth: (c) => changes.push(c) });
    assert.equal((await ask()).end.kind, 'down');
    assert.deepEqual(
      [server.seen.filter(fault.isNoProbe).length, server.seen.filter(isProbe).length],
      [3, 1],
    );
    isUp = true;
    await model.whenUp(never);
    assert.equal((await ask()).text, 'fine');
    assert.deepEqual(
      changes.map((c) => c.kind),
      ['down', 'up'],
    );
    assert.deepEqual(
      probes.map((p) => p.doesAnswer),
      [false, true],
    );
  });

  it('is not over while the list of models is all that works', async () => {
    const server = await startServer(listing(fault.status(500)));
    const { model, ask } = modelOver([server]);
    assert.equal((await ask()).end.kind, 'down');
    const controller = new AbortController();
    let isOver = false;
    const waiting = model.whenUp(controller.signal).then(() => (isOver = true));
    const before = server.seen.length;
    while (server.seen.length < before + 10) await new Promise(setImmediate);
    assert.equal(isOver, false);
    assert.equal(
      server.seen.some((s) => s.method === 'GET'),
      false,
    );
    controller.abort();
    await waiting;
  });

  it('is looked after by a call of one token to the model that failed, which names no role of the run', async () => {
    const server = await startServer(fault.status(500));
    await modelOver([server]).ask({ role: 'planner' });
    const { body, headers } = server.seen.find(isProbe)!;
    assert.deepEqual([body.model, body.max_tokens, body.stream], ['big', 1, true]);
    assert.equal(headers['x-swarm-role'], 'probe');
  });

  it('is over too where the key or the small request is what is refused: the next call says so', async () => {
    for (const status of [401, 400]) {
      let calls = 0;
      const server = await startServer((response, seen) =>
        fault.status(calls++ < 4 ? 500 : status)(response, seen),
      );
      const { model, ask } = modelOver([server]);
      assert.equal((await ask()).end.kind, 'down');
      await model.whenUp(never);
      assert.equal((await ask()).end.kind, status === 401 ? 'auth' : 'bad-request');
    }
  });

  it('that comes and goes three times without one finished call has an end', async () => {
    // Small calls are finished while somebody waits for them, and none is while a call is under way.
    let isWaiting = false;
    const server = await startServer((response, seen) =>
      (isProbe(seen) && isWaiting ? fault.says('1') : fault.status(500))(response, seen),
    );
    const changes: HealthChange[] = [];
    const { model, ask } = modelOver([server], { onHealth: (c) => changes.push(c) });
    const ends: string[] = [];
    while (ends.length < 10 && !ends.includes('bad-request')) {
      isWaiting = false;
      ends.push((await ask()).end.kind);
      isWaiting = true;
      if (ends.at(-1) === 'down') await model.whenUp(never);
    }
    assert.deepEqual(ends, ['down', 'down', 'down', 'bad-request']);
    assert.deepEqual(
      changes.map((c) => c.fruitless),
      [0, 1, 1, 2, 2, 3, 3],
    );
  });

  it('is forgotten with the first finished call', async () => {
    let plan = fault.status(500);
    const server = await startServer((response, seen) => plan(response, seen));
    const { model, ask } = modelOver([server]);
    for (let i = 0; i < 5; i++) {
      plan = fault.status(500);
      assert.equal((await ask()).end.kind, 'down');
      plan = fault.says('fine');
      await model.whenUp(never);
      assert.equal((await ask()).text, 'fine');
    }
  });
});

describe('what fails at every try while the endpoint answers others', () => {
  for (const [name, plan] of [
    ['a status', fault.status(500, { error: { message: 'Jinja Exception: cannot render' } })],
    ['an answer nobody can read', fault.raw('data: nonsense\n\n')],
    ['an error inside the stream', fault.raw(fault.event({ error: { message: 'tokenizer crashed' } }))],
    ['a connection that is torn', fault.cut()],
  ] as [string, fault.Plan][])
    it(`is the request’s fault: ${name}`, async () => {
      const server = await startServer((response, seen) =>
        (poisonous(seen) ? plan : fault.says('fine'))(response, seen),
      );
      const changes: string[] = [];
      const { ask } = modelOver([server], { onHealth: (c) => changes.push(c.kind) });
      const { end } = await ask(poison);
      assert.equal(end.kind, 'bad-request');
      assert.match(
        end.kind === 'bad-request' ? end.why : '',
        /on each of its 6 tries, while the endpoint answers other calls/,
      );
      assert.deepEqual([server.seen.filter(poisonous).length, changes], [6, []]);
      assert.equal((await ask()).text, 'fine');
    });

  it('is not the request’s fault where nobody is answered', async () => {
    const server = await startServer(fault.status(500));
    assert.equal((await modelOver([server]).ask(poison)).end.kind, 'down');
  });

  it('is known without a look of its own where other calls are answered meanwhile', async () => {
    const server = await startServer(async (response, seen) => {
      if (!poisonous(seen)) return fault.says('fine')(response, seen);
      await over.ask();
      return fault.status(500)(response, seen);
    });
    const over = modelOver([server]);
    assert.equal((await over.ask(poison)).end.kind, 'bad-request');
    assert.deepEqual(over.probes, []);
  });

  it('is asked about once, however many calls fail together', async () => {
    const server = await startServer((response, seen) =>
      (poisonous(seen) ? fault.status(500) : fault.stall(': 1\n\n'))(response, seen),
    );
    const { model, ask } = modelOver([server], { clock: systemClock, rng: () => 0 });
    const controller = new AbortController();
    const calls = Array.from({ length: 20 }, () =>
      model.stream({ role: 'worker', tools: [], ...poison }, { signal: controller.signal }),
    );
    while (!server.seen.some(isProbe)) await new Promise(setImmediate);
    while (server.seen.filter(poisonous).length < 20) await new Promise(setImmediate);
    assert.equal(server.seen.filter(isProbe).length, 1);
    controller.abort();
    assert.deepEqual(new Set((await Promise.all(calls)).map((r) => r.end.kind)), new Set(['aborted']));
    void ask;
  });

  it('but for a call that is told to wait, which is held', async () => {
    const server = await startServer((response, seen) =>
      (poisonous(seen) ? fault.status(429) : fault.says('fine'))(response, seen),
    );
    assert.equal((await modelOver([server]).ask(poison)).end.kind, 'down');
  });
});

describe('the end of a run’s time', () => {
  it('ends a call that waits for another try, and begins none', async () => {
    const until = new AbortController();
    const server = await startServer(fault.status(500));
    const { ask } = modelOver([server], {
      until: until.signal,
      clock: systemClock,
      rng: () => 0.999,
      onCall: (report) => report.kind === 'retried' && setImmediate(() => until.abort()),
    });
    assert.equal((await ask()).end.kind, 'down');
    assert.equal(server.seen.length, 1);
    assert.equal((await ask()).end.kind, 'down');
    assert.equal(server.seen.length, 1);
  });

  it('lets a call under way come to its end', async () => {
    const until = new AbortController();
    const server = await startServer((response, seen) => {
      until.abort();
      return fault.says('fine')(response, seen);
    });
    assert.equal((await modelOver([server], { until: until.signal }).ask()).text, 'fine');
  });
});
