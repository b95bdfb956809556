/** Gates that take everything they can, in a whole run: stopped, named by what it was, and the next one does not notice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { landings } from './support/landings.ts';
import { type PlanTask, World } from './support/world.ts';

const GATE = `case $(cat mode) in
  hang) trap '' TERM; sleep 600 & sleep 600;;
  eat) tail /dev/zero;;
  fork) while :; do sleep 600 & sleep 0.002; done;;
  fill) while :; do head -c 8388608 /dev/zero >> big; done;;
  rewrite) echo changed > value; echo '[core]' > .git/config; rm -rf .git; (setsid sleep 600 &) ; exit 0;;
  *) exit 0;;
esac
`;

test('each is rejected with what it took too much of, and what comes after lands', async (t) => {
  const world = await World.with(t, { mode: 'fine\n', value: 'base\n', 'gate.sh': GATE });
  await world.configure(
    '[workers]\nattempts = 1\npre_gate = false\n[gate]\npolicy = "strict"\nparallel = 1\nflaky_retries = 0\ntimeout = "10s"\nmemory = "128m"\ndisk = "64m"\nprocesses = 60',
  );
  const base = await world.git('rev-parse', 'HEAD');
  const modes = ['hang', 'eat', 'fork', 'fill', 'rewrite'];
  const tasks = modes.map(
    (mode): PlanTask => ({ id: mode, title: mode, description: `echo ${mode} > mode` }),
  );
  // Both change what was changed: the last begins where the one before it landed.
  tasks.push({ title: 'fine again', description: 'echo fine again > mode', dependsOn: ['rewrite'] });

  const run = await world.swarm(await world.plan(tasks, '--gate', 'sh gate.sh', '--workers', '1'));

  assert.equal(run.code, 1, run.stderr);
  const rejected = (await world.log()).filter((line) => line.event === 'landing.rejected');
  assert.deepEqual(
    rejected.map(({ task, data }) => [
      task,
      data.reason,
      /its limit of (\w+)/.exec(String(data.detail))?.[1],
    ]),
    [
      ['t1', 'gate-timeout', undefined],
      ['t2', 'gate-killed', 'memory'],
      ['t3', 'gate-killed', 'processes'],
      ['t4', 'gate-killed', 'disk'],
    ],
  );
  const landed = await landings(world, base, await world.branch());
  assert.deepEqual(
    landed.map((l) => l.subject),
    ['rewrite', 'fine again'],
  );
  assert.equal(
    await world.git('show', `${await world.branch()}:value`),
    'base',
    'what it rewrote is not what landed',
  );
  assert.equal((await world.swarm(['verify'])).code, 0);
  assert.deepEqual(world.strays(), []);
  assert.deepEqual(await world.workspaces(), []);
  // The folder of the control sockets stays, empty.
  assert.deepEqual(await world.leftovers(), [`swarm-${process.getuid!()}`]);
});
