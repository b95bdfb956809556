import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { Random } from './random.ts';
import { Incarnation, Scheduler, settled } from './scheduler.ts';

const fresh = (seed = 1): Scheduler => new Scheduler(new Random(seed));

async function runOut(s: Scheduler): Promise<void> {
  while (await s.step());
}

test('things happen in the order of their times, whatever order they were asked in', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(100)), async (delays) => {
      const s = fresh();
      const seen: number[] = [];
      for (const d of delays) s.after(d, () => seen.push(d));
      await runOut(s);
      assert.deepEqual(
        seen,
        [...delays].sort((a, b) => a - b),
      );
    }),
  );
});

test('what is due together happens in an order the seed decides', async () => {
  const orders = await Promise.all(
    [1, 1, 2, 3, 4].map(async (seed) => {
      const s = fresh(seed);
      const seen: number[] = [];
      for (let i = 0; i < 6; i++) s.after(5, () => seen.push(i));
      await runOut(s);
      return seen.join('');
    }),
  );
  assert.equal(orders[0], orders[1]);
  assert.ok(new Set(orders).size > 2);
});

test('all that follows without waiting is over before the next thing happens', async () => {
  const s = fresh();
  const seen: string[] = [];
  s.after(1, async () => {
    for (let i = 0; i < 100; i++) await null;
    seen.push('followed');
  });
  s.after(2, () => seen.push('next'));
  await runOut(s);
  assert.deepEqual(seen, ['followed', 'next']);
});

test('what was taken back does not happen', async () => {
  const s = fresh();
  let happened = false;
  s.after(1, () => {
    happened = true;
  })();
  await runOut(s);
  assert.equal(happened, false);
});

test('what a dead process waits for never comes', async () => {
  const s = fresh();
  const inc = new Incarnation(s, new Random(1));
  let woke = false;
  void inc.wait(5).then(() => {
    woke = true;
  });
  inc.clock.after(5, () => {
    woke = true;
  });
  inc.isAlive = false;
  await runOut(s);
  await settled();
  assert.equal(woke, false);
});

test('a wait ends early when its signal fires, and says so', async () => {
  const s = fresh();
  const inc = new Incarnation(s, new Random(1));
  const controller = new AbortController();
  const wait = inc.waitUnless(controller.signal, 1_000_000);
  s.after(10, () => controller.abort());
  await s.step();
  await s.step();
  assert.equal(await wait, false);
  assert.ok(s.now < 10_000);
});

test('time of day moves with virtual time, in whole milliseconds', async () => {
  const s = fresh();
  const { clock } = new Incarnation(s, new Random(1));
  const before = clock.now();
  s.after(1_500, () => {});
  await runOut(s);
  assert.equal(clock.now() - before, 1_500);
});
