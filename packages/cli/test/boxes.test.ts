/** Runs whose commands are contained by something other than bubblewrap. `pnpm test:podman` names engine and image. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { boxChoice } from '@swarm/sandbox/testing';
import { World } from './support/world.ts';

const { SWARM_TEST_ENGINE: engine, SWARM_TEST_IMAGE: image } = process.env;
const named = { skip: !(engine && image) && 'no engine and image are named' };

const FILES = { 'read.me': 'nothing\n' };

test(
  'a task lands whose agent and gate run in containers, and which image it was is said',
  named,
  async (t) => {
    const world = await World.with(t, FILES);
    await world.configure(`[sandbox.docker]\nimage = "${image}"\nengine = "${engine}"\n`);
    const task = { title: 'Make it', description: 'cat /etc/passwd > made.txt' };
    const ran = await world.swarm(await world.plan([task], '--gate', 'true', '--sandbox', 'docker'));
    assert.equal(ran.code, 0, ran.stderr + ran.stdout);
    assert.match(ran.stderr, new RegExp(`sandbox: docker \\(${engine}, image ${image}\\)`));
    assert.match(await world.git('show', `${await world.branch()}:made.txt`), /^agent:x:/m);
  },
);

test('a task lands in a sandbox of the operator’s own, and every box of it is taken away', async (t) => {
  const world = await World.with(t, FILES);
  const { create, exec, destroy } = boxChoice(join(world.root, 'boxes'));
  const lines = Object.entries({ create, exec, destroy }).map(
    ([name, argv]) => `${name} = ${JSON.stringify(argv)}`,
  );
  await world.configure(`[sandbox.command]\n${lines.join('\n')}\n`);
  const task = { title: 'Make it', description: 'cat /proc/1/cmdline | tr "\\0" " " > made.txt' };
  const ran = await world.swarm(await world.plan([task], '--gate', 'true', '--sandbox', 'command'));
  assert.equal(ran.code, 0, ran.stderr + ran.stdout);
  assert.match(await world.git('show', `${await world.branch()}:made.txt`), /^sleep 100000/);
  assert.deepEqual(world.strays(), []);
});
