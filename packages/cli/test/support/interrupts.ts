/** A run that Ctrl-C stops once, at a given moment, and that is taken up again until it is done. */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { assertLandedOnce } from './landings.ts';
import type { Ended } from './program.ts';
import { userState } from './untouched.ts';
import { type Owner, type PlanTask, World } from './world.ts';

/** Longer than a test waits for anything, so that each part of a run is met: setup, base, work, gates, delivery. */
const SETUP = 'sleep 0.4; mkdir -p deps && seq 20000 > deps/list';
const GATE = 'sleep 0.3; test -s deps/list && ! grep -rq BROKEN .';
const NAMES = ['a', 'b', 'c', 'd'];

export interface Interrupted {
  /** What the last screen said when it was stopped; undefined: it was over. */
  readonly at: string | undefined;
  readonly tookMs: number;
}

/** ms after the start, or the first line that matches. */
type Moment = number | RegExp;

/** @param at undefined: nobody stops it. */
export async function interrupted(t: Owner, at: Moment | undefined): Promise<Interrupted> {
  const world = await World.with(t, { 'README.md': 'shop\n', '.gitignore': 'deps/\n' });
  const plan = NAMES.map((id): PlanTask => {
    const description = `sleep 0.3; echo ${id} > ${id}.txt`;
    return {
      id,
      title: `Write ${id}`,
      scope: [`${id}.txt`],
      description,
      verify: `grep -qx ${id} ${id}.txt`,
    };
  });
  const args = await world.plan(
    plan,
    '--workers',
    '2',
    '--setup',
    SETUP,
    '--gate',
    GATE,
    '--deliver',
    'apply',
  );
  const base = await world.git('rev-parse', 'HEAD');
  const before = await userState(world);
  const began = Date.now();
  const stopped = await pressed(world, args, at);
  const tookMs = Date.now() - began;
  const isOver = stopped.code === 0;
  if (!isOver) await goesOn(world, args, stopped);
  await assertLandedOnce(
    world,
    base,
    plan.map(({ title }) => title),
  );
  const verify = await world.swarm(['verify']);
  assert.equal(verify.code, 0, verify.stdout);
  assert.deepEqual([await world.workspaces(), world.strays()], [[], []]);
  // The target was delivered to the checkout: head, index and references are what they should be, and no more is.
  const { config, exclude, status } = await userState(world);
  assert.deepEqual([config, exclude, status], [before.config, before.exclude, before.status]);
  return { at: isOver ? undefined : lastSaid(stopped), tookMs };
}

/** As a terminal does it: every process of the group gets the signal. */
async function pressed(world: World, args: readonly string[], at: Moment | undefined): Promise<Ended> {
  const running = world.start(args, { through: ['setsid'] });
  if (at !== undefined) {
    const isOver = running.ended.then(() => true);
    const isDue =
      at instanceof RegExp ? running.line(at).then(() => false) : pause(at, false, { ref: false });
    if (!(await Promise.race([isOver, isDue]))) process.kill(-running.pid, 'SIGINT');
  }
  return running.ended;
}

async function goesOn(world: World, args: readonly string[], stopped: Ended): Promise<void> {
  // Before a run is begun nothing holds the signal: it ends the program by itself, which a shell calls 130 too.
  assert.equal(stopped.signal === 'SIGINT' ? 130 : stopped.code, 130, stopped.stderr);
  assert.doesNotMatch(
    stopped.stderr,
    /SW08\d\d|cannot be copied|fault/,
    'what a person does is no fault of ours',
  );
  assert.deepEqual([await world.workspaces(), world.strays()], [[], []]);
  const isBegun = await world.runFolder().then(
    () => true,
    () => false,
  );
  const again = await world.swarm(isBegun ? ['resume'] : [...args]);
  assert.equal(again.code, 0, again.stderr);
}

const lastSaid = ({ stderr }: Ended): string =>
  stderr
    .trimEnd()
    .split('\n')
    .filter((line) => !/stopping|stopped|^next:/.test(line))
    .at(-1)
    ?.slice(0, 70) ?? '';
