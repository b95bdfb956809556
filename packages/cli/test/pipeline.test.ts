/** Changes that go through several roles, roles with few tools, and kinds of workers, in the real program. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { modelEnvironment } from './support/bicycle.ts';
import { assertLandedOnce } from './support/landings.ts';
import { type Answer, type Call, startModelServer } from './support/model-server.ts';
import { type Owner, World } from './support/world.ts';

const OPEN = ['--gate', 'true', '--setup', 'none', '--agent', 'builtin', '--trust-repo'];
const say = (summary: string): Answer => ({
  tool: { name: 'submit_handoff', arguments: { status: 'complete', summary } },
});
const write = (path: string): Answer => ({ tool: { name: 'write', arguments: { path, content: '1\n' } } });
const told = ({ messages }: Call): string => messages.map(({ content }) => content ?? '').join('\n');

async function planned(t: Owner, config: string, tasks: readonly object[], play: (call: Call) => Answer) {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  await world.configure(config);
  const file = join(world.root, 'plan.json');
  await writeFile(file, JSON.stringify(tasks));
  const server = await startModelServer(t, play, ['test-model', 'large']);
  const base = await world.git('rev-parse', 'HEAD');
  const env = modelEnvironment(server.url);
  const run = (...more: string[]) => world.swarm(['run', '--plan', file, ...OPEN, ...more], { env });
  return { world, server, base, run };
}

test('a change is looked into, done and tested by one role after the other, each told what the one before handed over', async (t) => {
  const task = {
    id: 'a',
    title: 'Add bell',
    description: 'Write bell.ts.',
    scope: ['bell.ts'],
    verify: 'test -e bell.ts',
  };
  const { world, server, base, run } = await planned(
    t,
    'pipeline = ["researcher", "coder", "tester"]\n',
    [task],
    (call) => {
      const { title, turn } = call;
      if (title === 'Look into: Add bell') {
        if (turn === 0) return write('bell.ts');
        if (turn === 1) return { tool: { name: 'bash', arguments: { command: 'echo 1 > bell.ts' } } };
        return say('NEEDLE-1: the horn shows how it is done');
      }
      if (title === 'Add bell') return turn === 0 ? write('bell.ts') : say('NEEDLE-2: it rings');
      // The tester’s first try changes the work itself, and comes back.
      const isAgain = told(call).includes('it may add to tests');
      const mended = { tool: { name: 'bash', arguments: { command: 'rm horn.ts; echo 1 > bell.test.ts' } } };
      if (turn === 0) return isAgain ? mended : write('horn.ts');
      return say('it is tested');
    },
  );
  const ended = await run();
  assert.equal(ended.code, 0, ended.stderr);
  const landed = await assertLandedOnce(world, base, ['Add bell', 'Test: Add bell']);
  const files = await world.git('ls-tree', '--name-only', landed.at(-1)!.commit);
  assert.ok(files.includes('bell.test.ts'), files);
  assert.match(
    (await world.swarm(['tasks'])).stdout,
    /^t1 +gathered[\s\S]*^t1 › t2 +answered[\s\S]*^t1 › t3 +landed[\s\S]*^t1 › t4 +landed/m,
  );

  const of = (title: string) => server.calls.filter((call) => call.title === title);
  assert.match(
    told(of('Look into: Add bell')[0]!),
    /Change nothing\. Your answer is the summary of your handoff\.[\s\S]*The task, t1: Add bell/,
  );
  const refused = told(of('Look into: Add bell').at(-1)!);
  assert.match(refused, /there is no tool write; there are: read, grep, glob, plan, submit_handoff/);
  assert.match(refused, /there is no tool bash/);
  assert.match(told(of('Add bell')[0]!), /<upstream>[\s\S]*t2 Look into: Add bell: NEEDLE-1/);
  assert.match(told(of('Test: Add bell')[0]!), /<upstream>[\s\S]*t3 Add bell: NEEDLE-2/);

  const whole = (await world.swarm(['explain', 't1'])).stdout;
  assert.match(
    whole,
    /It is done in steps, by one role after the other\.[\s\S]*Its step for the tester is t4\./,
  );
  assert.match(
    (await world.swarm(['explain', 't4'])).stdout,
    /it may add to tests and change nothing else, and changed horn\.ts/,
  );
  assert.equal((await world.swarm(['verify'])).code, 0);
});

test('kinds of workers: what a task requires picks its worker, and that its model; what nobody has is refused', async (t) => {
  const kinds = [
    '[distribute]\nby = "load"',
    '[distribute.workers.plain]\nslots = 2',
    '[distribute.workers.strong]\nslots = 1\ncapabilities = ["coder@2.1", "gpu"]\nmodel = "large"\n',
  ].join('\n');
  const tasks = [
    { id: 'a', title: 'one', requires: ['coder@>=2'], scope: ['one.txt'] },
    { id: 'b', title: 'two', scope: ['two.txt'], requires: ['gpu'] },
    { id: 'c', title: 'three', scope: ['three.txt'] },
  ];
  const { world, run } = await planned(t, kinds, tasks, ({ turn, title }) =>
    turn === 0 ? write(`${title}.txt`) : say('it is there'),
  );
  const ended = await run();
  assert.equal(ended.code, 0, ended.stderr);
  const log = await world.log();
  const workers = log
    .filter(({ event }) => event === 'attempt.started')
    .map(({ task, data }) => [task, data.worker]);
  assert.deepEqual(workers.toSorted(), [
    ['t1', 'strong-1'],
    ['t2', 'strong-1'],
    ['t3', 'plain-1'],
  ]);
  const models = log
    .filter(({ event }) => event === 'model.called')
    .map(({ task, data }) => `${task} ${data.model}`);
  assert.deepEqual([...new Set(models)].toSorted(), ['t1 large', 't2 large', 't3 test-model']);

  await writeFile(
    join(world.root, 'plan.json'),
    JSON.stringify([{ id: 'a', title: 'one', requires: ['coder@>=3'] }]),
  );
  const wanting = await run();
  assert.equal(wanting.code, 65);
  assert.match(
    wanting.stderr,
    /no worker has all of "coder@>=3", which it asks for; there are: plain \(coder\); strong \(coder@2\.1, gpu\)/,
  );
});

test('pipelines, tools and workers that cannot be are refused by name, before anything is spent', async (t) => {
  const config = 'pipeline = ["tester", "poet"]\n[roles.scribe]\nagent = "command"\ntools = ["read"]\n';
  const { run, server, world } = await planned(
    t,
    config,
    [{ id: 'a', title: 'one', role: 'researcher' }],
    () => say('no'),
  );
  const refused = await run();
  assert.equal(refused.code, 2);
  assert.match(
    refused.stderr,
    /there is no role "poet"; there are: coder, researcher, reviewer, tester, scribe/,
  );
  assert.match(
    refused.stderr,
    /the role scribe is done by command, whose tools are its own[\s\S]*fix +\[roles\.scribe\] agent = "builtin"/,
  );
  assert.match(
    refused.stderr,
    /the role "researcher" has no tool that changes files \(it has read, grep, glob\)/,
  );
  await world.configure('[roles.coder]\ntools = ["read", "fly"]\n');
  const unknown = await run();
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /roles\.coder\.tools/);
  assert.equal(server.calls.length, 0);
});

test('a reviewer at the end of a pipeline votes on each step that would land', async (t) => {
  const task = { id: 'a', title: 'Add bell', description: 'Write bell.ts.', scope: ['bell.ts'] };
  const isVote = (call: Call): boolean => told(call).includes('<how_to_vote>');
  const { world, server, base, run } = await planned(
    t,
    'pipeline = ["coder", "reviewer"]\n',
    [task],
    (call) => {
      if (isVote(call)) return { text: JSON.stringify({ vote: 'approve', confidence: 1, findings: [] }) };
      return call.turn === 0 ? write('bell.ts') : say('it rings');
    },
  );
  const ended = await run();
  assert.equal(ended.code, 0, ended.stderr);
  assert.match(ended.stderr, /votes: 1 reviewer on each change/);
  await assertLandedOnce(world, base, ['Add bell']);
  assert.equal(server.calls.filter(isVote).length, 1);
});
