import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock } from '../test/support/clocks.ts';
import { createEndpointPool, type EndpointConfig } from './endpoints.ts';
import { route, type Tried } from './route.ts';
import { type CallLimits, PRIORITY, Slots } from './slots.ts';

const NEVER = new AbortController().signal;
const turn = (): Promise<void> => new Promise((next) => setImmediate(next));

describe('the slots of an endpoint', { timeout: 10_000 }, () => {
  it('let in as many calls as there are, and of those that wait the planner’s first', async () => {
    const slots = new Slots({ maxConcurrent: 2 });
    const entered: string[] = [];
    const enter = (name: string, role: keyof typeof PRIORITY) =>
      slots.enter(PRIORITY[role], NEVER).then((leave) => {
        entered.push(name);
        return leave!;
      });
    const first = [enter('w1', 'worker'), enter('w2', 'worker')];
    const waiting = [enter('w3', 'worker'), enter('r', 'reconciler'), enter('p', 'planner')];
    const leaves = await Promise.all(first);
    await turn();
    assert.deepEqual([entered, slots.isFull], [['w1', 'w2'], true]);
    for (const leave of leaves) leave();
    for (const next of [waiting[2]!, waiting[1]!, waiting[0]!]) (await next)();
    assert.deepEqual(entered, ['w1', 'w2', 'p', 'r', 'w3']);
    await turn();
    assert.equal(slots.isFull, false);
  });

  it('are given back by whoever stops waiting, and not by whoever is in', async () => {
    const slots = new Slots({ maxConcurrent: 1 });
    const [inside, waiting] = [new AbortController(), new AbortController()];
    const leave = await slots.enter(0, inside.signal);
    const givesUp = slots.enter(0, waiting.signal);
    const next = slots.enter(0, NEVER);
    inside.abort();
    waiting.abort();
    assert.equal(await givesUp, undefined);
    assert.equal(slots.isFull, true);
    leave!();
    assert.ok(await next);
  });

  it('space calls evenly over a minute', async () => {
    const slots = new Slots({ ratePerMinute: 1_200 });
    const begun = performance.now();
    for (let i = 0; i < 4; i += 1) (await slots.enter(0, NEVER))!();
    assert.ok(performance.now() - begun >= 3 * 50 - 5, `${performance.now() - begun} ms for four calls`);
  });
});

/** Calls that end when they are told to. */
function over(limits: Readonly<Record<string, CallLimits>>) {
  const open: { readonly name: string; readonly end: (tried: Tried<string>) => void }[] = [];
  const endpoints: EndpointConfig[] = Object.entries(limits).map(([name, own]) => ({
    name,
    baseUrl: 'http://127.0.0.1:1/v1',
    limits: own,
  }));
  const pool = createEndpointPool({ endpoints, clock: systemClock, rng: () => 0 });
  const call = () =>
    route<string>(
      {
        pool,
        kind: { model: 'm', form: 'events' },
        clock: systemClock,
        rng: () => 0,
        maxTries: 6,
        signal: NEVER,
      },
      ({ name }) => new Promise((end) => open.push({ name, end })),
    );
  return { open, call };
}

describe('calls to an endpoint with a bound', { timeout: 10_000 }, () => {
  it('go to another one that has room', async () => {
    const { open, call } = over({ a: { maxConcurrent: 1 }, b: {} });
    void call();
    await turn();
    void call();
    await turn();
    assert.deepEqual(
      open.map(({ name }) => name),
      ['a', 'b'],
    );
  });

  it('hold their slot until the rest of the answer has come', async () => {
    const { open, call } = over({ a: { maxConcurrent: 1 } });
    const [first, second] = [call(), call()];
    await turn();
    const rest = Promise.withResolvers<void>();
    open[0]!.end({ kind: 'done', value: 'begun', over: rest.promise });
    await first;
    await turn();
    assert.equal(open.length, 1);
    rest.resolve();
    await turn();
    await turn();
    open[1]!.end({ kind: 'done', value: 'yes' });
    assert.equal((await second).kind, 'done');
  });

  it('that waited are not made once it has no quota left', async () => {
    const { open, call } = over({ a: { maxConcurrent: 1 } });
    const calls = [call(), call(), call()];
    await turn();
    open[0]!.end({ kind: 'quota', why: 'no credit' });
    assert.deepEqual(
      (await Promise.all(calls)).map(({ kind }) => kind),
      ['quota', 'quota', 'quota'],
    );
    assert.equal(open.length, 1);
  });
});
