/** The two kinds of run that are killed, and everything that must be true when they are done. */
import assert from 'node:assert/strict';
import { FILES, GATE, modelEnvironment, plannerAnswer, titleOf, workerAnswer } from './bicycle.ts';
import { killedAndResumed, type Survived } from './kills.ts';
import { assertLandedOnce } from './landings.ts';
import { startModelServer } from './model-server.ts';
import { userState } from './untouched.ts';
import { type Owner, type PlanTask, World } from './world.ts';

export interface KillCase {
  readonly name: string;
  /** @param moments ms after each start; the first is the run's, the others the resumes'. */
  run(t: Owner, moments: readonly number[]): Promise<Survived>;
}

/** A plan by the script agent; the last task waits for the first two. */
export const planCase = (tasks: number): KillCase => ({
  name: 'plan',
  async run(t, moments) {
    const world = await World.with(t, FILES);
    const plan = Array.from({ length: tasks }, (_, i): PlanTask => {
      const id = `n${i + 1}`;
      return {
        id,
        title: `Write ${id}`,
        scope: [`${id}.txt`],
        description: `echo ${id} > ${id}.txt`,
        verify: `grep -qx ${id} ${id}.txt`,
        dependsOn: i === tasks - 1 ? ['n1', 'n2'] : [],
      };
    });
    const args = await world.plan(plan, '--workers', '3', '--gate', GATE);
    const titles = plan.map((task) => task.title);
    return held(world, titles, () => killedAndResumed(world, args, moments));
  },
});

/** A request in words, planner and built-in workers. */
export const requestCase = (parts: readonly string[]): KillCase => ({
  name: 'request',
  async run(t, moments) {
    const world = await World.with(t, FILES);
    const server = await startModelServer(t, (call) =>
      call.isWorker ? workerAnswer(call) : { ...plannerAnswer(call, parts), overMs: 500 },
    );
    const args = ['run', 'Build a bicycle', '--workers', '2', '--gate', GATE];
    const env = modelEnvironment(server.url);
    return held(world, parts.map(titleOf), () => killedAndResumed(world, args, moments, env));
  },
});

/** Every title landed once, the promises are kept, nothing is left, and nothing of the user's has moved. */
async function held(
  world: World,
  titles: readonly string[],
  killed: () => Promise<Survived>,
): Promise<Survived> {
  const base = await world.git('rev-parse', 'HEAD');
  const before = await userState(world);
  const survived = await killed();
  assert.equal(survived.last.code, 0, survived.last.stderr);
  await assertLandedOnce(world, base, titles);
  const verify = await world.swarm(['verify']);
  assert.equal(verify.code, 0, verify.stdout);
  assert.deepEqual([await world.workspaces(), world.strays()], [[], []]);
  assert.deepEqual(await userState(world), before);
  return survived;
}
