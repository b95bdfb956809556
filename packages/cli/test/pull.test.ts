/** `--deliver pr`: one pull request with everything that landed, whatever happens on the way to it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withForge } from './support/forge.ts';
import { World } from './support/world.ts';

const FILES = { 'README.md': 'shop\n' };
const PULL = ['--deliver', 'pr', '--gate', 'true'];
const add = (name: string, more: object = {}) => ({
  title: `Add ${name}`,
  description: `echo ${name} > ${name}.txt`,
  scope: [`${name}.txt`],
  ...more,
});

test('swarm run --deliver pr pushes the run’s branch and opens one pull request with the report in it', async (t) => {
  const world = await World.with(t, FILES);
  const forge = await withForge(t, world);
  await forge.protect('main');

  const run = await world.swarm(await world.plan([add('x'), add('y')], ...PULL), { env: forge.env });

  assert.equal(run.code, 0, run.stderr + run.stdout);
  const branch = await world.branch();
  assert.equal(await forge.git('rev-parse', branch), await world.git('rev-parse', branch));
  assert.equal(forge.repository.pulls.length, 1);
  const [pull] = forge.repository.pulls;
  assert.deepEqual([pull?.headBranch, pull?.base, pull?.state], [branch, 'main', 'open']);
  const url = `${forge.fake.web}/acme/shop/pull/1`;
  assert.ok(run.stdout.includes(`delivered to ${url}`), run.stdout);
  for (const part of ['What was asked', 'Not verified', 'Add x', 'How to undo', 'swarm undo t1', 'Swarm-Run: r-'])
    assert.ok(pull?.body.includes(part), `${part}:\n${pull?.body}`);
  const ended = (await world.log()).find(({ event }) => event === 'delivery.ended');
  assert.equal(ended?.data.url, url);
  assert.equal((await world.log()).filter(({ event }) => event === 'branch.pushed').length >= 1, true);
  assert.equal((await world.swarm(['verify'])).code, 0);
});
