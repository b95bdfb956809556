/** A run whose commands are containers. `SWARM_TEST_ENGINE` and `SWARM_TEST_IMAGE` name the engine and the image: see `pnpm test:podman`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World } from './support/world.ts';

const { SWARM_TEST_ENGINE: engine, SWARM_TEST_IMAGE: image } = process.env;
const options = { skip: !(engine && image) && 'no engine and image are named' };

test('a task lands whose agent and gate run in containers, and no container is left', options, async (t) => {
  const world = await World.with(t, { 'test.sh': 'test -f made.txt || test ! -e /workspace/.git/x\n' });
  await world.configure(`[sandbox.docker]\nimage = "${image}"\nengine = "${engine}"\n`);
  const task = { title: 'Make it', description: 'cat /etc/passwd > made.txt; ls -ld / >> made.txt' };
  const ran = await world.swarm(await world.plan([task], '--gate', 'sh test.sh', '--sandbox', 'docker'));
  assert.equal(ran.code, 0, ran.stderr + ran.stdout);
  assert.match(ran.stderr, new RegExp(`sandbox: docker \\(${engine}, image ${image}\\)`));
  const made = await world.git('show', `${await world.branch()}:made.txt`);
  assert.match(made, /^agent:x:/m);
});
