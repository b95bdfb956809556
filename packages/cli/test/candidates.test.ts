/** Several that try one task, of which the best is taken, in the real program. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { modelEnvironment } from './support/bicycle.ts';
import { assertLandedOnce } from './support/landings.ts';
import { type Answer, type Call, startModelServer } from './support/model-server.ts';
import { type Owner, World } from './support/world.ts';

const OPEN = ['--gate', 'true', '--setup', 'none', '--agent', 'builtin', '--trust-repo'];
const BELL = {
  id: 'a',
  title: 'Add bell',
  description: 'Write bell.ts.',
  scope: ['bell.ts', 'horn.ts'],
  verify: 'grep -q ring bell.ts',
};

const handsIn = (summary: string): Answer => ({
  tool: { name: 'submit_handoff', arguments: { status: 'complete', summary } },
});
const writes = (path: string, content: string): Answer => ({
  tool: { name: 'write', arguments: { path, content } },
});

const told = ({ messages }: Call): string => messages.map(({ content }) => content ?? '').join('\n');

/** What each model makes of the same task: two that ring, one of them at length, and one that does not. */
const WORK: Readonly<Record<string, string>> = {
  brief: 'ring\n',
  wordy: `ring\n${'and again\n'.repeat(20)}`,
  wrong: 'silence\n',
};

async function planned(t: Owner, config: string, tasks: readonly object[], play: (call: Call) => Answer) {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  await world.configure(config);
  const file = join(world.root, 'plan.json');
  await writeFile(file, JSON.stringify(tasks));
  const server = await startModelServer(t, play, ['test-model', ...Object.keys(WORK)]);
  const base = await world.git('rev-parse', 'HEAD');
  const env = modelEnvironment(server.url);
  const run = (...more: string[]) => world.swarm(['run', '--plan', file, ...OPEN, ...more], { env });
  return { world, server, base, run };
}

test('three models try a task, the smallest change that holds lands, and each other one is told why it lost', async (t) => {
  const { world, base, run } = await planned(
    t,
    '[roles.coder]\ncandidates = 3\nmodels = ["wordy", "wrong", "brief"]\n',
    [BELL, { id: 'b', title: 'Say so', dependsOn: ['a'], scope: ['SAID'], candidates: 1 }],
    ({ turn, model, title }) => {
      if (title === 'Say so') return turn === 0 ? writes('SAID', 'so\n') : handsIn('said');
      return turn === 0 ? writes('bell.ts', WORK[model]!) : handsIn(`by ${model}`);
    },
  );
  const ended = await run();
  assert.equal(ended.code, 0, ended.stderr + ended.stdout);
  assert.match(ended.stdout, /2 of 5 landed, 1 gathered, 2 lost; the head is green/);
  const [bell] = await assertLandedOnce(world, base, ['Add bell', 'Say so']);
  assert.equal(await world.git('show', `${bell!.commit}:bell.ts`), 'ring');

  const tasks = (await world.swarm(['tasks'])).stdout;
  assert.match(
    tasks,
    /^t1 › t3 +cancelled +1 +Add bell +lost to t5: it changes 21 lines in 1 file, and t5 1$/m,
  );
  assert.match(tasks, /^t1 › t4 .* lost to t5: it handed nothing in, for its own verification failed/m);
  const whole = (await world.swarm(['explain', 't1'])).stdout;
  assert.match(
    whole,
    /Several try it, and the best of what they hand in is taken\.[\s\S]*t5 tries it \(contender 3\)\.[\s\S]*t5 is taken: 1 line in 1 file; next came t3/,
  );
  assert.match(whole, /Now: done by t5, of 3 contenders \(complete\)\.$/m);
  const lost = (await world.swarm(['explain', 't3'])).stdout;
  assert.match(lost, /builtin with wordy[\s\S]*It lost to t5[\s\S]*Now: lost to t5\.$/m);
  const report = JSON.parse((await world.swarm(['report', '--json'])).stdout);
  assert.deepEqual(
    [report.verdict, report.lost, report.list[0].verified],
    ['complete', { failed: 0, cancelled: 2 }, 'verified'],
  );
  assert.match((await world.swarm(['report'])).stdout, /\| tasks \| 2 landed, 1 gathered, 2 lost \|/);
  const verified = await world.swarm(['verify']);
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);

  const undone = await world.swarm(['undo', 't1', '--with-dependents']);
  assert.equal(undone.code, 0, undone.stderr);
  assert.equal(await world.git('ls-tree', '--name-only', 'swarm/'.concat(report.run)), 'README.md');
  assert.match((await world.swarm(['tasks'])).stdout, /^t1 +cancelled/m);
});

test('two agents try a task in turn: the one whose work fails the task’s own check loses, and nobody votes on it', async (t) => {
  const { world, server, base, run } = await planned(
    t,
    '[review]\nreviewers = 1\nquorum = 1\n[roles.coder]\nagents = ["command", "builtin"]\n',
    [{ ...BELL, description: 'echo silence > bell.ts', candidates: 2 }],
    (call) => {
      if (told(call).includes('<how_to_vote>'))
        return { text: JSON.stringify({ vote: 'approve', confidence: 1, findings: [] }) };
      return call.turn === 0 ? writes('bell.ts', 'ring\n') : handsIn('it rings');
    },
  );
  const ended = await run();
  assert.equal(ended.code, 0, ended.stderr);
  await assertLandedOnce(world, base, ['Add bell']);
  const log = await world.log();
  const drivers = log
    .filter(({ event }) => event === 'agent.started')
    .map(({ task, data }) => `${task} ${data.driver}`);
  assert.deepEqual(drivers.toSorted(), ['t2 command', 't3 builtin']);
  assert.deepEqual(
    log.filter(({ event }) => event === 'review.asked').map(({ task }) => task),
    ['t3'],
  );
  assert.equal(server.calls.filter((call) => told(call).includes('<how_to_vote>')).length, 1);
});

test('killed while one of two is at work, a resume keeps what the other handed in and has only the lost one do it again', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const base = await world.git('rev-parse', 'HEAD');
  const isSlow = `grep -q 'Task t[3]:' $PROMPT`;
  const description = `if ${isSlow}; then test -e ${world.root}/go || sleep 599; echo b > b.txt; else printf 'b\nb\n' > b.txt; fi`;
  const args = await world.plan(
    [{ id: 'a', title: 'Write b', description, candidates: 2 }],
    ...['--gate', 'true', '--sandbox', 'none'],
  );
  const first = world.start(args);
  await first.line(/t2\.1 delivered a commit/);
  await world.until(() => world.strays().some((line) => line.includes('sleep 599')));
  first.kill('SIGKILL');
  await first.ended;

  await world.release();
  const resumed = await world.swarm(['resume']);
  assert.equal(resumed.code, 0, resumed.stderr);
  const [landed] = await assertLandedOnce(world, base, ['Write b']);
  assert.equal(landed!.attempt, 't3.2');
  const started = (await world.log()).filter(({ event }) => event === 'attempt.started');
  assert.deepEqual(started.map(({ attempt }) => attempt).toSorted(), ['t2.1', 't3.1', 't3.2']);
});

test('where none holds the task fails with what each came to, needs a person once, and is tried again as a whole', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  await world.configure('[workers]\nattempts = 1\n');
  const description = `cp "$PROMPT" ${world.root}/told; test -e ${world.root}/go && echo b > b.txt || echo a > a.txt`;
  const task = { id: 'a', title: 'Write b', description, verify: 'test -e b.txt', candidates: 2 };
  const ended = await world.swarm(await world.plan([task], '--gate', 'true', '--sandbox', 'none'));
  assert.equal(ended.code, 1, ended.stderr);
  const failed = (await world.swarm(['explain', 't1'])).stdout;
  assert.match(
    failed,
    /None of those that tried it handed anything in \(round 1\)\. t2: it handed nothing in, for its own verification failed/,
  );
  const alone = await world.swarm(['resume', '--retry', 't2']);
  assert.match(alone.stderr, /it is t1 that can be tried again/);
  await world.release();
  const again = await world.swarm(['resume', '--retry', 't1']);
  assert.equal(again.code, 0, again.stderr);
  // Who tries it now knows what those before came to.
  assert.match(
    await readFile(join(world.root, 'told'), 'utf8'),
    /Others tried this same task[\s\S]*Attempt t2\.1 its own verification failed[\s\S]*Attempt t3\.1 its own/,
  );
  assert.match((await world.swarm(['tasks'])).stdout, /^t1 +gathered[\s\S]*^t1 › t4 +landed/m);
});

test('what cannot be tried by several is refused by name, before anything is spent', async (t) => {
  const { run, server } = await planned(
    t,
    '',
    [{ id: 'a', title: 'one', kind: 'answer', candidates: 2 }],
    () => handsIn('no'),
  );
  const refused = await run();
  assert.equal(refused.code, 65);
  assert.match(refused.stderr, /2 are to try it, and its product is an answer: only changes are compared/);
  assert.equal(server.calls.length, 0);
});
