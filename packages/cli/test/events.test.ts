/** `swarm events`: the run's decisions and its workers' announcements as one stream, in the real program. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World } from './support/world.ts';

const parsed = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

test('the stream goes through a kill and a resume, gives each entry once, and ends with the run', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const wait = `until test -e ${world.root}/go; do sleep 0.05; done`;
  const plan = [
    { title: 'Write a', description: 'echo a > a.txt', scope: ['a.txt'] },
    { title: 'Write b', description: `${wait}; echo b > b.txt`, scope: ['b.txt'] },
  ];
  const run = world.start(await world.plan(plan, '--gate', 'true', '--sandbox', 'none', '--workers', '1'));
  await run.line(/t2\.1 started/);
  const following = world.start(['events', '-f', '--json']);
  const landings = world.start(['events', '-f', '--json', '--topic', 'landing']);
  await following.line(/"attempt\.started".*t2\.1|t2\.1.*"attempt\.started"/);
  run.kill('SIGKILL');
  await run.ended;
  await world.release();
  assert.equal((await world.swarm(['resume'])).code, 0);

  const all = await following.ended;
  assert.deepEqual([all.code, all.stderr], [0, '']);
  const lines = parsed(all.stdout);
  const decided = lines.filter(({ seq }) => seq !== undefined);
  const whole = parsed((await world.swarm(['events', '--json'])).stdout);
  assert.deepEqual(
    decided,
    whole.filter(({ seq }) => seq !== undefined),
  );
  assert.ok(decided.every(({ seq }, i) => i === 0 || seq >= decided[i - 1].seq));
  assert.ok(
    lines.some(({ seq, topic, attempt }) => seq === undefined && topic === 'worker' && attempt === 't1.1'),
  );
  const landed = parsed((await landings.ended).stdout);
  assert.ok(landed.length > 0 && landed.every(({ topic }) => topic === 'landing'));
  assert.deepEqual(
    landed.filter(({ event }) => event === 'landing.landed').map(({ data }) => data.members[0].task),
    ['t1', 't2'],
  );

  const text = (await world.swarm(['events', '--topic', 'task'])).stdout;
  assert.match(text, /^\S+ \S+ task {4}task\.accepted {5}t1 Write a$/m);
  const { seq } = decided.at(-1);
  assert.deepEqual(
    parsed((await world.swarm(['events', '--json', '--from', `${seq}`])).stdout).map((line) => line.seq),
    decided.filter((line) => line.seq === seq).map((line) => line.seq),
  );
  const wrong = await world.swarm(['events', '--topic', 'gossip']);
  assert.match(
    wrong.stdout + wrong.stderr,
    /SW0101.*no topic "gossip"[\s\S]*run, task, worker, landing, notes/,
  );
});
