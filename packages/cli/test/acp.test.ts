/** Whole runs whose agent speaks the Agent Client Protocol. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { acpAgent } from './support/acp-agent.ts';
import { modelEnvironment } from './support/bicycle.ts';
import { startModelServer } from './support/model-server.ts';
import { contained, World } from './support/world.ts';

/** Fails while bad.txt is there, and says what an agent has to do about it. */
const FILES = {
  'check.sh': `test ! -f bad.txt || { echo 'bad.txt is here. PLAY [["sh","rm bad.txt"]]'; exit 1; }\n`,
};

async function worldWith(t: TestContext, ...words: string[]) {
  const world = await World.with(t, FILES);
  const run = await acpAgent(world, ...words);
  await world.configure(`[workers]\nattempts = 1\n[agent.acp]\nrun = ${JSON.stringify(run)}\n`);
  const play = async (acts: unknown, ...more: string[]) => {
    const file = join(world.root, 'plan.json');
    await writeFile(file, JSON.stringify([{ title: 'Add a', description: `PLAY ${JSON.stringify(acts)}` }]));
    const args = ['run', '--plan', file, '--agent', 'acp', '--setup', 'none', '--gate', 'sh check.sh'];
    return [...args, ...more];
  };
  return { world, play };
}

test(
  'an agent of the protocol lands a task, and what a failed check said is the second prompt of the same session',
  contained,
  async (t) => {
    const { world, play } = await worldWith(t, 'resume');
    const run = await world.swarm(await play([['sh', 'echo a > a.txt; echo x > bad.txt; pwd; ls -a ~']]));
    assert.equal(run.code, 0, run.stderr);
    assert.equal(await world.git('show', `${await world.branch()}:a.txt`), 'a');
    assert.equal((await world.log()).filter(({ event }) => event === 'attempt.reworked').length, 1);
    const { stdout } = await world.swarm(['transcript', 't1']);
    assert.match(stdout, /started with fixture without 1/);
    assert.match(stdout, /execute\n\s+echo a > a\.txt/);
    assert.match(stdout, /execute gives\n\s+\/workspace/, 'it works in the sandbox');
    assert.match(stdout, /agent: prompt 1 of this session[\s\S]*agent: prompt 2 of this session/);
    assert.equal((await world.log()).find(({ event }) => event === 'agent.started')?.data.driver, 'acp');
    assert.equal((await world.swarm(['verify'])).code, 0);
    assert.deepEqual([world.strays(), await world.workspaces()], [[], []]);
  },
);

test('one that takes no session up is told everything again, and lands as well', async (t) => {
  const { world, play } = await worldWith(t);
  const run = await world.swarm(await play([['sh', 'echo a > a.txt; echo x > bad.txt']]));
  assert.equal(run.code, 0, run.stderr);
  const { stdout } = await world.swarm(['transcript', 't1']);
  assert.match(stdout, /prompt 1 of this session[\s\S]*prompt 1 of this session/);
});

test('one that can be pointed at a server meets the gateway alone: what it used is in the report, its key the attempt’s', async (t) => {
  const { world, play } = await worldWith(t, 'providers');
  const server = await startModelServer(t, () => ({ text: 'hello' }));
  const run = await world.swarm(
    await play([
      ['model', 'any-model'],
      ['sh', 'echo a > a.txt'],
    ]),
    { env: modelEnvironment(server.url) },
  );
  assert.equal(run.code, 0, run.stderr);
  assert.deepEqual(
    server.calls.map(({ key, messages }) => [key, messages.at(-1)?.content]),
    [['key', 'NEEDLE-ASKED']],
  );
  const { used } = JSON.parse((await world.swarm(['report', '--format', 'json'])).stdout);
  assert.deepEqual([used.calls, used.inputTokens, used.outputTokens], [1, 100, 20]);
  assert.match((await world.swarm(['transcript', 't1'])).stdout, /model 200/);
});

test('a run may mix agents: each task is done by the one it names', async (t) => {
  const { world } = await worldWith(t);
  const tasks = [
    { title: 'Add a', description: 'PLAY [["sh","echo a > a.txt"]]', agent: 'acp' },
    { title: 'Add b', description: 'echo b > b.txt', agent: 'command' },
  ];
  const run = await world.swarm(await world.plan(tasks, '--gate', 'sh check.sh'));
  assert.equal(run.code, 0, run.stderr);
  const drivers = (await world.log())
    .filter(({ event }) => event === 'agent.started')
    .map(({ task, data }) => `${task} ${data.driver}`);
  assert.deepEqual(drivers.sort(), ['t1 acp', 't2 command']);
});

test('one that dies, asks for more than there is, or is not there, ends the attempt with the cause', async (t) => {
  const { world, play } = await worldWith(t);
  const died = await world.swarm(
    await play([
      ['sh', 'echo a > a.txt'],
      ['raw', 'no message'],
      ['die', ''],
    ]),
  );
  assert.equal(died.code, 1, died.stderr);
  assert.match(
    (await world.swarm(['explain', 't1'])).stdout,
    /ended in the middle of its work, with exit code 7/,
  );
  await world.configure('[workers]\nattempts = 1\n[agent.acp]\nrun = ["no-such-agent", "--acp"]\n');
  const missing = await world.swarm(await play([]));
  assert.equal(missing.code, 1);
  assert.match((await world.swarm(['explain', 't1'])).stdout, /no-such-agent: not found/);
});

test('Ctrl-C ends a run whose agent is at work, and nothing of it is left', async (t) => {
  const { world, play } = await worldWith(t);
  const running = world.start(await play([['hang', '']]));
  await running.line(/t1\.1 started/);
  await running.insist('SIGINT', running.line(/ending what is in flight/));
  assert.equal((await running.ended).code, 130);
  assert.deepEqual(world.strays(), []);
});
