import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { forecast, PUBLISHED, type RecordedRun } from './forecast.ts';

const task = (label: string, ...dependsOn: string[]) => ({ label, dependsOn });
const many = (n: number) => Array.from({ length: n }, (_, i) => task(`t${i}`));

/** Ten tasks of a minute each by two workers: five minutes, and as much again between them. */
const run = (more: Partial<RecordedRun> = {}): RecordedRun => ({
  tasks: 10,
  tokens: 100_000,
  usd: 1,
  activeMs: 600_000,
  workers: 2,
  workMs: 600_000,
  chainMs: 60_000,
  ...more,
});

test('a plan is likely to use what its number of tasks used before', () => {
  const told = forecast(many(20), 2, [run(), run(), run()]);
  assert.equal(told.tokens.likely, 200_000);
  assert.equal(told.usd?.likely.toFixed(6), '2.000000');
  assert.equal(told.wallMs.likely, 1_200_000);
  assert.deepEqual(told.from, { runs: 3, tasks: 30 });
});

test('a task that several try costs as much as so many tasks, and is one', () => {
  const told = forecast([{ ...task('a'), candidates: 3 }, task('b')], 2, [run(), run(), run()]);
  assert.equal(told.tasks, 2);
  assert.equal(told.tokens.likely, 40_000);
  assert.equal(told.usd?.likely.toFixed(6), '0.400000');
});

test('more workers make it shorter down to its longest chain, and never cheaper', () => {
  const chain = [task('a'), task('b', 'a'), task('c', 'b'), task('d'), task('e'), task('f')];
  const [two, six, many] = [2, 6, 100].map((workers) => forecast(chain, workers, [run()]));
  assert.deepEqual(two!.criticalPath, ['a', 'b', 'c']);
  assert.equal(two!.wallMs.likely, six!.wallMs.likely);
  assert.equal(six!.wallMs.likely, many!.wallMs.likely);
  assert.equal(six!.wallMs.likely, 2 * 3 * 60_000);
  assert.equal(two!.tokens.likely, many!.tokens.likely);
});

/** Twenty seconds whatever it does, and six for each task by two workers; its tasks took so much more than others. */
const begun = (tasks: number, factor = 1) => {
  const workMs = tasks * 12_000 * factor;
  return run({ tasks, workMs, chainMs: 12_000 * factor, activeMs: 20_000 + workMs / 2 });
};

test('what a run takes whatever it does is not multiplied with its tasks', () => {
  const recorded = [2, 9, 4, 7, 3].map((tasks) => begun(tasks));
  for (const n of [2, 10]) {
    const { likely } = forecast(many(n), 2, recorded).wallMs;
    assert.ok(Math.abs(likely - (20_000 + n * 6_000)) < 1_000, `${n}: ${likely}`);
  }
});

test('a range of time has in it how much tasks differ from run to run', () => {
  const recorded = [1, 1.8, 0.6, 1.4, 0.7, 1.5].map((factor) => begun(6, factor));
  const { low, high } = forecast(many(6), 2, recorded).wallMs;
  for (const { activeMs } of recorded) assert.ok(low <= activeMs && activeMs <= high);
  assert.ok(high / low > 1.8);
});

test('runs of about one size do not tell that a larger one takes no longer', () => {
  const sizes = [
    [10, 600_000],
    [10, 610_000],
    [11, 590_000],
  ] as const;
  const recorded = sizes.map(([tasks, activeMs]) => run({ tasks, activeMs, workMs: tasks * 60_000 }));
  const { likely } = forecast(many(100), 2, recorded).wallMs;
  assert.ok(likely >= 0.5 * 9 * 600_000, `${likely}`);
});

test('before a first run the figures are those of a published one, and no price is told', () => {
  const told = forecast(many(2), 1, []);
  assert.equal(told.tokens.likely, 2 * PUBLISHED.tokens);
  assert.equal(told.wallMs.likely, 2 * PUBLISHED.workMs);
  assert.equal(told.usd, undefined);
  assert.deepEqual(told.from, { runs: 0, tasks: 0 });
});

test('a run whose calls had no price tells nothing of money', () => {
  assert.equal(forecast(many(10), 2, [run({ usd: undefined })]).usd, undefined);
  assert.equal(forecast(many(10), 2, [run({ usd: undefined }), run({ usd: 3 })]).usd?.likely, 3);
});

test('a range is never wider than fourfold, holds what is likely, and is narrower where runs were alike', () => {
  const runs = fc.array(
    fc.record({ tasks: fc.integer({ min: 0, max: 50 }), tokens: fc.nat(1e9), activeMs: fc.nat(1e9) }),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(runs, fc.nat(200), fc.integer({ min: 1, max: 100 }), (recorded, n, workers) => {
      const told = forecast(many(n), workers, recorded.map(run));
      for (const { low, likely, high } of [told.tokens, told.wallMs, told.usd!].filter(Boolean)) {
        assert.ok(low <= likely && likely <= high);
        assert.ok(high <= low * 4.000_001);
      }
    }),
    { examples: [0, 3].map((activeMs) => [[{ tasks: 1, tokens: 0, activeMs }], 0, 1]) },
  );
  const width = (runs: readonly RecordedRun[]) => {
    const { low, high } = forecast(many(10), 2, runs).tokens;
    return high / low;
  };
  const alike = [100, 101, 99, 100].map((k) => run({ tokens: k * 1_000 }));
  const unlike = [100, 180, 60, 140].map((k) => run({ tokens: k * 1_000 }));
  assert.ok(width(alike) < 1.1);
  assert.ok(width(alike) < width(unlike));
});

/** Three standard deviations of how often eight in ten would hold among the runs that are drawn. */
const HELD_AT_LEAST = 0.8 - 3 * Math.sqrt((0.8 * 0.2) / 400);

test('of runs that differ as they were seen to differ, at least eight in ten end within', () => {
  let seed = 7;
  const random = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed / 2_147_483_648;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const drawn = () => run({ tokens: 100_000 * Math.exp(0.35 * normal()) });
  let held = 0;
  for (let i = 0; i < 400; i++) {
    const { low, high } = forecast(many(10), 2, Array.from({ length: 8 }, drawn)).tokens;
    const { tokens } = drawn();
    if (low <= tokens && tokens <= high) held += 1;
  }
  assert.ok(held / 400 >= HELD_AT_LEAST, `${held} of 400`);
});
