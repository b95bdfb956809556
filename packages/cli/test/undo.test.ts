/** Landings taken back: each by the real program, on real git, gated like any landing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { userState } from './support/untouched.ts';
import { type PlanTask, World } from './support/world.ts';

const FILES = { 'README.md': 'shop\n', 'list.txt': 'one\n' };
const add = (name: string, more: Partial<PlanTask> = {}): PlanTask => ({
  ...{ id: name, title: `Add ${name}`, description: `echo ${name} > ${name}.txt`, scope: [`${name}.txt`] },
  ...more,
});

/** A finished run of these tasks, one after the other, and its branch. */
async function finished(world: World, tasks: readonly PlanTask[], ...more: string[]): Promise<string> {
  const run = await world.swarm(await world.plan(tasks, '--workers', '1', '--gate', 'true', ...more));
  assert.equal(run.code, 0, run.stderr);
  return world.branch();
}

const filesOn = async (world: World, ref: string): Promise<string[]> =>
  (await world.git('ls-tree', '-r', '--name-only', ref)).split('\n');

test('a landing is taken back by one commit that says so, the rest stays, and the promises are kept', async (t) => {
  const world = await World.with(t, FILES);
  const branch = await finished(world, [add('a'), add('b')]);
  const before = await userState(world);
  const head = await world.git('rev-parse', branch);

  const undo = await world.swarm(['undo', 't1']);

  assert.equal(undo.code, 0, undo.stderr);
  assert.match(undo.stdout, new RegExp(`^t1 is undone: ${branch} is now at [0-9a-f]{10}$`, 'm'));
  assert.deepEqual(await filesOn(world, branch), ['README.md', 'b.txt', 'list.txt']);
  assert.equal(await world.git('rev-parse', `${branch}^`), head);
  const [subject, undoes, gate, tree] = (
    await world.git(
      ...['log', '-1', '--format=%s%n%(trailers:key=Swarm-Undoes,valueonly,separator=%x2C)'],
      ...['--format=%s%n%(trailers:key=Swarm-Undoes,valueonly)%(trailers:key=Swarm-Gate,valueonly)%T', branch],
    )
  ).split('\n') as [string, string, string, string];
  assert.deepEqual([subject, undoes], ['Undo t1: Add a', 't1']);
  assert.match(gate, new RegExp(`^[0-9a-f]{12} ${tree}$`));
  const verify = await world.swarm(['verify']);
  assert.equal(verify.code, 0, verify.stdout);
  const report = JSON.parse((await world.swarm(['report', '--json'])).stdout);
  assert.deepEqual([report.landed, report.tasks.cancelled, report.green], [1, 1, 'unknown']);
  assert.match((await world.swarm(['explain', 't1'])).stdout, /The operator took it back with [0-9a-f]{10}/);
  const after = await userState(world);
  assert.deepEqual({ ...after, refs: undefined }, { ...before, refs: undefined });
});
