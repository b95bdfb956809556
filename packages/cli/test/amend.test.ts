/** `swarm amend`: what follows for the plan is shown first, and counts after a yes, all at once; in the real program. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { modelEnvironment } from './support/bicycle.ts';
import { assertLandedOnce } from './support/landings.ts';
import { type Answer, startModelServer } from './support/model-server.ts';
import { onTerminal, startOnTerminal } from './support/terminal.ts';
import { World } from './support/world.ts';

const OPEN = [
  '--gate',
  'true',
  '--sandbox',
  'none',
  '--setup',
  'none',
  '--agent',
  'command',
  '--workers',
  '1',
];
const wait = (world: World): string => `until test -e ${world.root}/go; do sleep 0.05; done`;
const task = (id: string, more: object = {}) => ({
  id,
  title: `Write ${id}`,
  description: `echo ${id} > ${id}.txt`,
  scope: [`${id}.txt`],
  ...more,
});
const answer = (tasks: readonly object[], more: object = {}): Answer => ({
  text: JSON.stringify({ tasks, scratchpad: '', done: true, ...more }),
});

/** Three tasks of a planner, the first at work and waiting; asked about a change it says what `changed` gives. */
async function live(t: TestContext, changed: (n: number) => Answer) {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  let asked = 0;
  const server = await startModelServer(t, ({ messages, turn }) => {
    if (messages.some(({ content }) => String(content).includes('wants to change the request')))
      return changed(++asked);
    const first = { description: `${wait(world)}; echo a > a.txt`, priority: 1 };
    return turn === 0 ? answer([task('a', first), task('b'), task('c', { dependsOn: ['b'] })]) : answer([]);
  });
  const env = modelEnvironment(server.url);
  const base = await world.git('rev-parse', 'main');
  const run = world.start(['run', 'Write them', ...OPEN], { env });
  await run.line(/t1\.1 started/);
  await run.line(/t3 Write c/);
  return { world, server, env, run, base, asked: () => asked };
}

const CHANGED = () =>
  answer([task('c', { title: 'Write see', dependsOn: [] }), task('d')], { cancel: ['b'] });
const journalOf = async (world: World) => JSON.stringify((await world.log()).map(({ event }) => event));

test('without a terminal it is a look that changes nothing; with --yes all of it counts at once', async (t) => {
  const { world, run, base } = await live(t, CHANGED);
  const look = await world.swarm(['amend', 'no b, and d']);
  assert.equal(look.code, 0, look.stderr);
  assert.match(
    look.stdout,
    /^what would change:\n {2}new {8}t4 {2}Write d {2}d\.txt\n {2}changed {4}t3 {2}Write see {2}called “Write c” before; after: t2 → none\n {2}cancelled {2}t2 {2}Write b {2}pending\n {2}kept {7}1 task: t1\nleft to do: 3 tasks as it is planned, 3 tasks with the change\n {2}tokens {2}[\s\S]*asking the planner took 120 tokens/,
  );
  assert.match(look.stderr, /the planner has been asked what would change[\s\S]*with --yes it is applied/);
  assert.doesNotMatch(await journalOf(world), /request\.amended|task\.rescoped|task\.cancelled/);

  const json = JSON.parse((await world.swarm(['amend', 'no b, and d', '--json'])).stdout);
  assert.deepEqual(
    [json.isApplied, json.diff.added.length, json.plan.cancel, json.forecast.after.tasks],
    [false, 1, ['b'], 3],
  );
  const yes = JSON.parse((await world.swarm(['amend', 'no b, and d', '--json', '--yes'])).stdout);
  assert.deepEqual(
    yes.events.map(({ type, task: id }: { type: string; task?: string }) => [type, id].join(' ').trim()),
    ['request.amended', 'task.rescoped t3', 'task.accepted t4', 'task.cancelled t2'],
  );
  await world.release();
  const ended = await run.ended;
  assert.equal(ended.code, 0, ended.stderr);
  await assertLandedOnce(world, base, ['Write a', 'Write see', 'Write d']);
  assert.equal((await world.swarm(['verify'])).code, 0);
});

test('a kill between the proposal and the yes leaves nothing half done, and what was spent is on record', async (t) => {
  const { world, env, run, base } = await live(t, CHANGED);
  const before = JSON.parse((await world.swarm(['status', '--json'])).stdout);
  assert.equal((await world.swarm(['amend', 'no b, and d'])).code, 0);
  run.kill('SIGKILL');
  await run.ended;
  const { board, spending } = JSON.parse((await world.swarm(['status', '--json'])).stdout);
  assert.deepEqual(board.counts, before.board.counts);
  assert.equal(spending.used.inputTokens, before.spending.used.inputTokens + 100);
  await world.release();
  assert.equal((await world.swarm(['resume'], { env })).code, 0);
  await assertLandedOnce(world, base, ['Write a', 'Write b', 'Write c']);
});

test('an answer that is no plan, a pause and a run without a planner are refused, each with what can be typed', async (t) => {
  const { world, run, asked } = await live(t, () => ({ text: 'What do you mean?' }));
  const none = await world.swarm(['amend', 'more', '--yes']);
  assert.match(
    none.stdout + none.stderr,
    /error\[SW0108\]: the planner gave no changed plan, and nothing is changed/,
  );
  assert.deepEqual([none.code, asked()], [2, 2]);
  await world.swarm(['pause']);
  const paused = await world.swarm(['amend', 'more', '--yes']);
  assert.match(
    paused.stdout + paused.stderr,
    /SW0108[\s\S]*nothing new starts now[\s\S]*fix +swarm continue; then amend again/,
  );
  assert.doesNotMatch(await journalOf(world), /request\.amended/);
  await world.swarm(['continue']);
  await world.release();
  assert.equal((await run.ended).code, 0);
});

test('on a terminal a person is asked, and a no changes nothing', onTerminal, async (t) => {
  const { world, run, base } = await live(t, CHANGED);
  const no = startOnTerminal(world, ['amend', 'no b, and d']);
  await no.shows(/cancelled {2}t2[\s\S]*Apply it\? \[y\/N\]/);
  no.type('n\n');
  assert.equal(await no.code, 1);
  assert.match(no.text(), /nothing is changed/);
  const yes = startOnTerminal(world, ['amend', 'no b, and d']);
  await yes.shows(/Apply it\? \[y\/N\]/);
  yes.type('y\n');
  await yes.shows(/the request is amended: t4 new; t3 changed; t2 cancelled/);
  assert.equal(await yes.code, 0);
  await world.release();
  assert.equal((await run.ended).code, 0);
  await assertLandedOnce(world, base, ['Write a', 'Write see', 'Write d']);
});
