/** Many tasks of a plan, eight workers, a gate, and everything that must be true when they have landed. */
import assert from 'node:assert/strict';
import { assertLandedOnce } from './landings.ts';
import { userState } from './untouched.ts';
import type { PlanTask, World } from './world.ts';

export const TASKS = 40;

/** Adds a line to one file, and checks that it is there. */
const marking = (path: string, i: number): PlanTask => ({
  title: `Mark ${path}`,
  description: `printf '\\n// mark ${i}\\n' >> '${path}'`,
  scope: [path],
  verify: `tail -n 1 '${path}' | grep -qx '// mark ${i}'`,
});

export async function landsMany(world: World, files: readonly string[], gate: string): Promise<void> {
  assert.ok(files.length >= 8, 'fewer than there are workers');
  const base = await world.git('rev-parse', 'HEAD');
  const before = await userState(world);
  const args = await world.plan(files.map(marking), '--workers', '8', '--gate', gate);

  const run = await world.swarm(args);

  assert.equal(run.code, 0, run.stderr.slice(-4000) + run.stdout);
  const landed = await assertLandedOnce(
    world,
    base,
    files.map((path) => `Mark ${path}`),
  );
  const again = landed.filter((l) => !l.attempt.endsWith('.1'));
  // At the first try, for no two touch the same file.
  assert.deepEqual(again, [], run.stderr);
  const changed = await world.git('diff', '--name-only', base, await world.branch());
  assert.deepEqual(changed.split('\n').toSorted(), [...files].toSorted());
  const verify = await world.swarm(['verify']);
  assert.equal(verify.code, 0, verify.stdout);
  assert.match(
    verify.stdout,
    new RegExp(`every promise was kept \\(.* \\d+ commits, \\d+ landings, ${files.length} tasks\\)`),
  );
  assert.deepEqual(await userState(world), before);
  assert.deepEqual(await world.workspaces(), []);
  assert.deepEqual(world.strays(), []);
}
