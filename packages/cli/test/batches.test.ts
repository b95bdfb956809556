import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World } from './support/world.ts';

/** Slow enough that handoffs wait for one another. */
const GATE = 'sleep 1; ! grep -q broken f*.txt';
const COUNT = 12;
const BROKEN = [3, 8];
const GOOD = Array.from({ length: COUNT }, (_, i) => i + 1).filter((n) => !BROKEN.includes(n));

const plan = Array.from({ length: COUNT }, (_, i) => i + 1).map((n) => ({
  title: `Write f${n}`,
  description: `echo ${BROKEN.includes(n) ? 'broken' : 'fine'} > f${n}.txt`,
  scope: [`f${n}.txt`],
}));

test('handoffs that wait land as batches, each one tested merge, and only the culprits are refused', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  await world.configure('[workers]\nmax = 8\nattempts = 1\npre_gate = false\n[gate]\nparallel = 2\n');
  const ended = await world.swarm([...(await world.plan(plan)), '--gate', GATE]);
  assert.equal(ended.code, 1, ended.stderr);
  const branch = await world.branch();
  const files = await world.git('ls-tree', '--name-only', branch);
  assert.deepEqual(
    files.split('\n').sort(),
    ['README.md', ...GOOD.map((n) => `f${n}.txt`)].sort(),
    ended.stderr,
  );

  const line = (await world.git('log', '--first-parent', '--format=%p|%s', `main..${branch}`)).split('\n');
  const merges = line.filter((commit) => / .*\|Land \d+ tasks: t\d+(, t\d+)+$/.test(commit));
  assert.ok(merges.length > 0, `no batch landed: ${line.join('; ')}`);
  const gates = (await world.log()).filter((entry) => entry.event === 'gate.started');
  // The base, and at the very worst each alone and each culprit twice: how many wait together is the machine's affair.
  assert.ok(gates.length <= 1 + COUNT + 2 * BROKEN.length, `${gates.length} runs of the gate`);
  const verified = await world.swarm(['verify']);
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
});

test('with gate.policy = "none" everything lands untested, and the run says so', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  await world.configure('[gate]\npolicy = "none"\ncommand = "false"\n');
  const ended = await world.swarm([...(await world.plan(plan.slice(0, 2)))]);
  assert.equal(ended.code, 0, ended.stderr);
  assert.match(ended.stderr, /there is no gate: everything lands untested/);
  assert.match(await world.git('log', '-1', '--format=%B', await world.branch()), /^Swarm-Gate: none /m);
  assert.equal((await world.swarm(['verify'])).code, 0);
});
