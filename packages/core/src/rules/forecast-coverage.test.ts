import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forecast, type RecordedRun } from './forecast.ts';

/** Thirty runs that count after four that are only recorded, so often. */
const SERIES = 60;
const RUNS = 30;
const LEARNT = 4;

/** Numbers of a normal distribution, the same ones each time (Box and Muller, 1958). */
function normals(seed: number): () => number {
  let state = seed;
  const random = () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return (state + 1) / 2_147_483_649;
  };
  return () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
}

/** Of every third plan none waits, of every third a third of its tasks does, and the others are a chain. */
const waits = (i: number, n: number): boolean => (i % 3 === 0 ? false : i % 3 === 1 ? n % 3 === 2 : true);

/** Two to nine tasks by two workers, spread by 30 % from run to run and by 50 % from task to task, as in `pnpm bench forecast`. */
function played(i: number, normal: () => number) {
  const ofRun = Math.exp(0.3 * normal());
  const tasks = Array.from({ length: 2 + ((i * 5) % 8) }, (_, n) => ({
    label: `t${n}`,
    dependsOn: n > 0 && waits(i, n) ? [`t${n - 1}`] : [],
    factor: ofRun * Math.exp(0.5 * normal()),
  }));
  const [landed, chain, free] = [new Map<string, number>(), new Map<string, number>(), [0, 0]];
  for (const { label, dependsOn, factor } of tasks) {
    const ms = 500 + 300 * factor;
    const worker = free[0]! <= free[1]! ? 0 : 1;
    const start = Math.max(free[worker]!, ...dependsOn.map((on) => landed.get(on)!));
    free[worker] = start + ms;
    landed.set(label, start + ms + 150);
    chain.set(label, ms + Math.max(0, ...dependsOn.map((on) => chain.get(on)!)));
  }
  const tokens = tasks.reduce((sum, { factor }) => sum + 8_600 * factor, 0);
  const run: RecordedRun = {
    tasks: tasks.length,
    tokens,
    usd: tokens / 100_000,
    activeMs: Math.max(...landed.values()) + 800 * Math.exp(0.2 * normal()),
    workers: 2,
    workMs: tasks.reduce((sum, { factor }) => sum + 500 + 300 * factor, 0),
    chainMs: Math.max(...chain.values()),
  };
  return { tasks, run };
}

test('of runs of many kinds more than eight in ten end within their forecast, which is at most fourfold', () => {
  const normal = normals(11);
  const held = { tokens: 0, wallMs: 0 };
  for (let n = 0; n < SERIES; n++) {
    const recorded: RecordedRun[] = [];
    for (let i = 0; i < LEARNT + RUNS; i++) {
      const { tasks, run } = played(i, normal);
      const told = forecast(tasks as never, 2, recorded);
      recorded.unshift(run);
      if (i < LEARNT) continue;
      for (const [what, used] of [['tokens', run.tokens] as const, ['wallMs', run.activeMs] as const]) {
        const { low, high } = told[what];
        assert.ok(high <= 4.000_001 * low);
        if (low <= used && used <= high) held[what] += 1;
      }
    }
  }
  for (const [what, n] of Object.entries(held))
    assert.ok(n / (SERIES * RUNS) >= 0.85, `${what}: ${n} of ${SERIES * RUNS}`);
});
