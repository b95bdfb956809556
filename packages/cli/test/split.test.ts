/** Tasks that are split by a planner of their own, in the real program: in parts, in parts of parts, or not at all. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FILES, GATE, modelEnvironment, planOf, titleOf, workerAnswer } from './support/bicycle.ts';
import { assertLandedOnce } from './support/landings.ts';
import { type Answer, type Call, startModelServer } from './support/model-server.ts';
import { type Owner, World } from './support/world.ts';

const PARTS = ['frame', 'fork', 'seat', 'chain', 'pedal'];
const scopeOf = (parts: readonly string[]): string[] => parts.map((part) => `parts/${part}.txt`);

/** One task over many files, as the run's planner files it. */
const wide = (label: string, parts: readonly string[], over: object = {}) => ({
  id: label,
  title: `Build the ${label}`,
  description: `Write one file for each of ${parts.join(', ')}.`,
  scope: scopeOf(parts),
  acceptance: 'all of them are there',
  priority: 3,
  ...over,
});

const part = (name: string, over: object = {}) => {
  const [task] = (JSON.parse(planOf([name])) as { tasks: object[] }).tasks;
  return { ...task, ...over };
};

const isSub = ({ messages }: Call): boolean =>
  messages[0]?.content?.startsWith('You split one task of a larger plan') === true;
const told = ({ messages }: Call): string => messages.map(({ content }) => content ?? '').join('\n');
const answer = (tasks: readonly object[], done: boolean): Answer => ({
  text: JSON.stringify({ tasks, scratchpad: '## The whole\nas asked', done }),
});

/** The run's planner files what it was not told of, and is done; who splits a task answers by what that is. */
async function served(t: Owner, root: readonly object[], split: (call: Call) => Answer) {
  const world = await World.with(t, FILES);
  const base = await world.git('rev-parse', 'HEAD');
  const server = await startModelServer(t, (call) => {
    if (call.isWorker) return workerAnswer(call);
    if (isSub(call)) return split(call);
    return answer(told(call).includes('(your id ') ? [] : root, true);
  });
  const run = (...args: string[]) =>
    world.swarm(['run', 'Build a bicycle', '--gate', GATE, ...args], { env: modelEnvironment(server.url) });
  return { world, base, server, run };
}

const THREE = [
  part('frame', { scope: scopeOf(['frame', 'fork']) }),
  part('seat', { dependsOn: ['frame'] }),
  part('chain', { scope: scopeOf(['chain', 'pedal']), dependsOn: ['frame'] }),
];

test('a task of five files is done in three parts, foundations first, and is one handoff again', async (t) => {
  const { world, base, server, run } = await served(t, [wide('bicycle', PARTS)], () => answer(THREE, true));
  const ended = await run('--workers', '4', '--depth', '1');
  assert.equal(ended.code, 0, ended.stderr);
  const landed = await assertLandedOnce(world, base, ['frame', 'seat', 'chain'].map(titleOf));
  assert.equal(landed[0]!.subject, titleOf('frame'));

  const asked = server.calls.filter(isSub);
  const prompt = told(asked[0]!);
  assert.match(prompt, /<task>\nt1: Build the bicycle\nscope: parts\/frame\.txt, parts\/fork\.txt/);
  assert.match(prompt, /<files>\n\(none of them is there yet\)\n<\/files>/);
  assert.match(prompt, /lie in the scope of t1: a part that leaves it is refused/);
  assert.match(prompt, /a part may be split again: no/);
  assert.match(prompt, /At most 10 parts in this answer/);

  const tasks = (await world.swarm(['tasks'])).stdout;
  assert.match(tasks, /^t1 +gathered +0 +Build the bicycle$/m);
  assert.match(tasks, /^t1 › t2 +landed +1 +Add frame/m);
  assert.match(tasks, /^t1 › t4 +landed +1 +Add chain/m);
  const whole = (await world.swarm(['explain', 't1'])).stdout;
  assert.match(whole, /It is split: a planner of its own says what its parts are/);
  assert.match(whole, /Its planner named a part: t2 “Add frame”\./);
  assert.match(whole, /Now: done by its parts t2 landed, t3 landed, t4 landed \(complete\)\./);
  const one = (await world.swarm(['explain', 't3'])).stdout;
  assert.match(
    one,
    /t3 was accepted as a part of t1, whose own planner calls it seat: “Add seat”.*after t2\./,
  );
  assert.match(
    (await world.swarm(['report', '--format', 'md'])).stdout,
    /^\| t1 › t3 \| Add seat \| landed \|/m,
  );
  assert.match(ended.stdout, /landed {2}t1 › t2 {2}Add frame/);
  const msgs = (await world.log()).map(({ msg }) => msg);
  assert.ok(msgs.includes('the planner of t1 is asked, iteration 2 (first)'), msgs.join('\n'));
  assert.ok(msgs.includes('t1 › t2 Add frame'));
  assert.equal((await world.swarm(['verify'])).code, 0);
});

test('one worker gets through parts of parts; a part that leaves the scope of its whole is refused by name', async (t) => {
  const wheels = ['rim', 'spoke', 'hub', 'tyre'];
  const { world, base, server, run } = await served(t, [wide('bicycle', ['frame', ...wheels])], (call) => {
    if (told(call).includes('<task>\nt1: '))
      return answer([part('frame'), wide('wheels', wheels, { dependsOn: ['frame'] }), part('bell')], true);
    return answer(
      wheels.map((name) => part(name)),
      true,
    );
  });
  const ended = await run('--workers', '1', '--depth', '2');
  assert.equal(ended.code, 0, ended.stderr);
  await assertLandedOnce(world, base, ['frame', ...wheels].map(titleOf));
  const tasks = (await world.swarm(['tasks'])).stdout;
  assert.match(
    tasks,
    /^t1 +gathered[\s\S]*^t1 › t2 +landed[\s\S]*^t1 › t3 +gathered +0 +Build the wheels\nt1 › t3 › t4 +landed/m,
  );
  const refused = (await world.log()).filter(({ event }) => event === 'task.refused');
  assert.match(refused[0]!.msg, /bell.*parts\/bell\.txt is outside the scope of t1/);
  assert.match((await world.swarm(['explain', 't4'])).stdout, /as a part of t3/);
  // Nobody splits what is two levels down.
  assert.ok(!server.calls.some((call) => isSub(call) && told(call).includes('<task>\nt4: ')));
});

test('a task whose planner finds nothing to split is done as one', async (t) => {
  const { world, base, run } = await served(t, [wide('bicycle', PARTS, { title: 'Add frame' })], () =>
    answer([], true),
  );
  const ended = await run('--depth', '3');
  assert.equal(ended.code, 0, ended.stderr);
  const [one] = await assertLandedOnce(world, base, ['Add frame']);
  assert.equal(one!.attempt, 't1.1');
  assert.match(
    (await world.swarm(['explain', 't1'])).stdout,
    /It is not split: its planner says that it is one piece of work\./,
  );
});

test('without a depth nobody is asked to split anything', async (t) => {
  const { server, run } = await served(t, [wide('bicycle', PARTS, { title: 'Add frame' })], () =>
    answer([], true),
  );
  assert.equal((await run()).code, 0);
  assert.equal(server.calls.some(isSub), false);
  const wrong = await run('--depth', '4');
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /--depth/);
});

test('killed while a task is being split, a run goes on: what was named stays, and nothing is done twice', async (t) => {
  const named = Promise.withResolvers<void>();
  const killed = Promise.withResolvers<void>();
  let asked = 0;
  const { world, base, server } = await served(t, [wide('bicycle', PARTS)], (call) => {
    asked += 1;
    if (asked > 1) return answer(THREE.slice(told(call).includes('Add frame') ? 1 : 0), true);
    const text = JSON.stringify({ tasks: THREE.slice(0, 2), done: false });
    const first = text.indexOf('},{') + 2;
    // The first part is accepted, and the answer never ends.
    const onSent = async (sent: string): Promise<void> => {
      if (sent.length < first) return;
      named.resolve();
      await killed.promise;
    };
    return { text, onSent };
  });
  const env = modelEnvironment(server.url);
  const first = world.start(['run', 'Build a bicycle', '--gate', GATE, '--depth', '1'], { env });
  await named.promise;
  await first.line(/t1 › t2 Add frame/, 180_000);
  first.kill('SIGKILL');
  await first.ended;
  killed.resolve();

  await world.release();
  const resumed = await world.swarm(['resume'], { env });
  assert.equal(resumed.code, 0, resumed.stderr);
  await assertLandedOnce(world, base, ['frame', 'seat', 'chain'].map(titleOf));
  assert.match((await world.swarm(['tasks'])).stdout, /^t1 +gathered/m);
  assert.ok(asked >= 2);
});
