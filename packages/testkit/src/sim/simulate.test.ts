import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FAULTS, type Fault, NO_FAULTS } from './faults.ts';
import { MUTANTS } from './mutants.ts';
import { type SimulatedRun, simulate } from './simulate.ts';

/** With SWARM_LONG every step and every call of a run is tried (`pnpm test:long`); else one of so many. */
const EACH = process.env.SWARM_LONG ? 1 : 8;
/** Few, as a first line; `pnpm sim --seeds 100000` is the bar for a release. */
const SEEDS = process.env.SWARM_LONG ? 150 : 60;
/** Fourteen tasks that land in whatever order they come, two of them as a batch each. */
const KILLED = 234;
/** The same from a plan, with a setup. */
const FAILED = 523;

const broken = (run: SimulatedRun): string[] => run.violations.map((v) => `seed ${run.seed}: ${v}`);

test('whatever goes wrong, every promise is kept and the run comes to its end', async () => {
  const seen = new Set<Fault>();
  let [crashes, landed, batches, divided] = [0, 0, 0, 0];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const run = await simulate(seed);
    assert.deepEqual(broken(run), []);
    for (const fault of run.faults.keys()) seen.add(fault);
    crashes += run.crashes;
    landed += run.landed;
    batches += run.batches;
    divided += run.divided;
  }
  const unseen = Object.keys(FAULTS).filter((f) => f !== 'crash' && !seen.has(f as Fault));
  assert.deepEqual(unseen, [], 'every kind of fault occurred');
  assert.ok(crashes > SEEDS && landed > SEEDS, `${crashes} crashes, ${landed} landings`);
  assert.ok(batches > 10 && divided > 0, `${batches} batches landed, ${divided} were divided`);
});

test('killed at any step of a run, it goes on to the same end', async () => {
  const undisturbed = await simulate(KILLED, { faults: NO_FAULTS });
  assert.deepEqual(broken(undisturbed), []);
  assert.deepEqual([undisturbed.landed, undisturbed.batches], [14, 3]);
  for (let step = 1; step < undisturbed.steps; step += EACH) {
    const run = await simulate(KILLED, { faults: NO_FAULTS, killAt: step });
    assert.deepEqual(broken(run), [], `killed at step ${step}`);
    assert.equal(run.crashes, 1, `killed at step ${step}`);
    assert.equal(run.landed, undisturbed.landed, `killed at step ${step}`);
  }
});

test('whichever call to the outside fails, before it had its effect or after, every promise is kept', async () => {
  const { calls, batches } = await simulate(FAILED, { faults: NO_FAULTS });
  assert.ok(calls > 100 && batches > 0, `${calls} calls, ${batches} batches: too few to say anything`);
  for (let call = 1; call <= calls; call += EACH) {
    for (const isDone of [false, true]) {
      const run = await simulate(FAILED, { faults: NO_FAULTS, failAt: { call, isDone } });
      assert.deepEqual(broken(run), [], `call ${call} failed ${isDone ? 'after' : 'before'} its effect`);
    }
  }
});

test('the same seed is the same run, to the last event', async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const [one, two] = [await simulate(seed), await simulate(seed)];
    assert.equal(one.digest, two.digest);
    assert.equal(one.steps, two.steps);
  }
});

test('in another process, time zone and locale too', async () => {
  const here = await simulate(7);
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  const told = execFileSync(
    process.execPath,
    ['--conditions=swarm-src', '--stack-size=2000', main, '--trace', '7'],
    {
      cwd: '/',
      env: { TZ: 'Asia/Kathmandu', LANG: 'tr_TR.UTF-8' },
      encoding: 'utf8',
    },
  );
  assert.ok(told.includes(here.digest));
});

test('two seeds are two runs', async () => {
  assert.notEqual((await simulate(1)).digest, (await simulate(2)).digest);
});

/** Seeds that showed a mutant before are tried first: all others only where that has changed. */
const SHOWN: readonly number[] = [1, 4, 15, 17, 44, 67, 153];
const everySeed = Array.from({ length: 2_000 }, (_, i) => i + 1);

for (const [name, mutant] of Object.entries(MUTANTS)) {
  test(`it is found out when ${mutant.means} (${name})`, async () => {
    for (const seed of [...SHOWN, ...everySeed]) {
      const { violations } = await simulate(seed, { mutant });
      if (violations.length > 0) return;
    }
    assert.fail('2,000 seeds have not found it');
  });
}
