/** What ends a run that had begun: told as refusals are, with a run on record and nothing of the user's touched. */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { test } from 'node:test';
import { goldensIn } from '../support/golden.ts';
import { userState } from '../support/untouched.ts';
import { type HowStarted, World } from '../support/world.ts';
import { mounted, withoutMounts } from './mounts.ts';

const FILES = { 'README.md': 'shop\n' };
const ADD = [{ title: 'Add x', description: 'echo x > x.txt' }];
const goldens = goldensIn(`${import.meta.dirname}/golden/stops`);

/** The refusal alone: what was narrated before it differs from run to run. */
async function refusalOf(world: World, args: readonly string[], how: HowStarted = {}): Promise<string> {
  const run = await world.swarm(args, how);
  const at = run.stderr.indexOf('error[');
  assert.ok(at >= 0, run.stderr);
  const text = run.stderr.slice(at).trimEnd().replaceAll(world.root, '<root>');
  const named = text.replaceAll(/r-\d{8}-[a-z2-7]{4}/g, '<run>');
  return `${named.replaceAll(/prompts\/[0-9a-f]{12}/g, 'prompts/<prompt>')}\n\nexit ${run.code}\n`;
}

test('a base on which the gate fails is refused before any agent is started', async (t) => {
  const world = await World.with(t, FILES);
  const before = await userState(world);
  goldens.compare('red', await refusalOf(world, await world.plan(ADD, '--gate', 'echo this is red; false')));
  const events = (await world.log()).map((line) => line.event);
  assert.ok(!events.includes('attempt.started') && !events.includes('landing.started'), events.join(' '));
  assert.deepEqual(await userState(world), before);
  assert.equal(await world.git('for-each-ref', '--format=%(refname)'), 'refs/heads/main');
  assert.deepEqual(await world.workspaces(), []);
});

test('a setup that fails on the base is refused before any agent is started', async (t) => {
  const world = await World.with(t, FILES);
  const before = await userState(world);
  const args = await world.plan(ADD, '--gate', 'true', '--setup', 'echo no such package; exit 3');
  goldens.compare('setup', await refusalOf(world, args));
  assert.deepEqual(await userState(world), before);
});

test('a disk that is full ends the run with what to type, and nothing of the user’s is touched', {
  skip: (await withoutMounts()) ?? false,
}, async (t) => {
  const world = await World.with(t, FILES);
  await mkdir(world.runs, { recursive: true });
  const before = await userState(world);
  const full = mounted(`mount -t tmpfs -o size=16k none ${world.runs}`);
  goldens.compare(
    'disk-full',
    await refusalOf(world, await world.plan(ADD, '--gate', 'true'), { through: full }),
  );
  assert.deepEqual(await userState(world), before);
});

goldens.testNoneLeftOver();
