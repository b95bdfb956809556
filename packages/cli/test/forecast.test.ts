/** What a run is likely to use is told before it starts: by its plan, and by the runs that were recorded. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World } from './support/world.ts';

const PLAN = [
  { id: 'a', title: 'Write a', description: 'echo a > a.txt', scope: ['a.txt'] },
  { id: 'b', title: 'Write b', description: 'echo b > b.txt', scope: ['b.txt'], dependsOn: ['a'] },
  { id: 'c', title: 'Write c', description: 'echo c > c.txt', scope: ['c.txt'] },
];

/** Nobody is asked beforehand. */
const MODEL =
  '[models]\ndefault = "m"\n[[endpoints]]\nname = "own"\nbase_url = "http://127.0.0.1:9/v1"\nkey_env = "OWN_KEY"\n';

test('a dry run tells tasks, longest chain, time, tokens and cost as ranges, and what they are made from', async (t) => {
  const world = await World.with(t, { 'README.md': 'A project.\n' });
  await world.configure(MODEL);
  const args = await world.plan(PLAN, '--gate', 'none');

  const unknown = await world.swarm([...args, '--dry-run']);
  assert.match(unknown.stdout, /^forecast: 3 tasks, 2 steps one after another \(a → b\)$/m);
  assert.match(unknown.stdout, /^ {2}tokens {2}700,000 to 2,800,000, most likely 1,400,000$/m);
  assert.match(unknown.stdout, /^ {2}from {4}one published run of another system/m);

  assert.equal((await world.swarm(args)).code, 0);
  const known = await world.swarm([...args, '--dry-run', '--json']);
  const { forecast } = JSON.parse(known.stdout);
  assert.deepEqual(forecast.criticalPath, ['a', 'b']);
  assert.deepEqual(forecast.from, { runs: 1, tasks: 3 });
  // A command of the operator's own asks no model.
  assert.deepEqual(forecast.tokens, { low: 0, likely: 0, high: 0 });
  assert.ok(forecast.wallMs.low > 0 && forecast.wallMs.high <= 4.001 * forecast.wallMs.low);
});

test('a budget that is less than is likely to be used is told before anything is spent', async (t) => {
  const world = await World.with(t, { 'README.md': 'A project.\n' });
  await world.configure(MODEL);
  const args = await world.plan(PLAN, '--gate', 'none', '--budget', '1mtok', '--dry-run');
  const { stdout } = await world.swarm(args);
  assert.match(
    stdout,
    /^ {2}budget\.tokens is less than is likely to be used: the run would stop before its end/m,
  );
});

test('where no model is asked, no tokens are foreseen', async (t) => {
  const world = await World.with(t, { 'README.md': 'A project.\n' });
  const { stdout } = await world.swarm(await world.plan(PLAN, '--gate', 'none', '--dry-run'));
  assert.match(stdout, /^forecast: 3 tasks/m);
  assert.doesNotMatch(stdout, /^ {2}(?:tokens|cost) /m);
});
