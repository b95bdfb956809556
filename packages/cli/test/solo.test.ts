/** A request that is one task, without a planner; and what agents that only a plan names cost, in the real program. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { modelEnvironment } from './support/bicycle.ts';
import { type Answer, type Call, startModelServer } from './support/model-server.ts';
import { World } from './support/world.ts';

const OPEN = ['--gate', 'test "$(cat a.txt)" = right', '--sandbox', 'none', '--setup', 'none'];
const REQUEST = 'Write a.txt\n\nIt says: right.';
const HAND_IN = { name: 'submit_handoff', arguments: { status: 'complete', summary: 'it is there' } };

/** The worker writes this, looks what the gate says, and writes that. */
async function given(t: TestContext, ...texts: readonly string[]) {
  const world = await World.with(t, { 'a.txt': 'right\n', 'README.md': 'shop\n' });
  await world.configure();
  const play = ({ turn }: Call): Answer => {
    const text = texts[turn / 2];
    return turn % 2 === 0 && text !== undefined
      ? { tool: { name: 'write', arguments: { path: 'a.txt', content: text } } }
      : { tool: HAND_IN };
  };
  const server = await startModelServer(t, play, ['test-model']);
  return { world, server, env: modelEnvironment(server.url) };
}

const SOLO = ['run', '--solo', REQUEST, '--agent', 'builtin', ...OPEN, '--workers', '4'];

test('solo, the request is the only task and no planner is asked; what the gate says goes to its worker', async (t) => {
  const { world, server, env } = await given(t, 'wrong\n', 'right');
  const { code, stderr, stdout } = await world.swarm(SOLO, { env });
  assert.equal(code, 0, `${stderr}${stdout}`);
  assert.match(stderr, /solo: one worker does the whole request, and no planner is asked/);
  const report = JSON.parse((await world.swarm(['report', '--json'])).stdout);
  assert.deepEqual(
    report.list.map(({ title, state }: { title: string; state: string }) => [title, state]),
    [['Write a.txt', 'landed']],
  );
  assert.ok(server.calls.length > 0);
  for (const { messages } of server.calls) assert.match(messages[0]!.content ?? '', /^You are a worker/);
  assert.match(JSON.stringify(server.calls[0]!.messages), /It says: right\./);
  assert.equal(await world.git('show', `${await world.branch()}:a.txt`), 'right');
});

test('solo, what fails the gate does not land', async (t) => {
  const { world, env } = await given(t, 'wrong\n');
  const { code, stdout } = await world.swarm(SOLO, { env });
  assert.equal(code, 1, stdout);
  const report = JSON.parse((await world.swarm(['report', '--json'])).stdout);
  assert.deepEqual([report.list.length, report.landed], [1, 0]);
});

test('solo goes with words, and not with a plan', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const args = await world.plan([{ title: 'one', description: 'true' }]);
  const both = await world.swarm([...args, '--solo']);
  assert.equal(both.code, 2);
  assert.match(both.stderr, /error\[SW0101\]: --solo makes one task of the request, and --plan brings tasks/);
  const none = await world.swarm(['run', '--solo', '--agent', 'command', '--gate', 'true']);
  assert.match(none.stderr, /error\[SW0103\]/);
});

const NO_PRICE = /error\[SW0102\]: a money budget needs prices, and there is none for ([^\n]+)/;

test('under a budget of money the models of agents that only a task of the plan names need a price', async (t) => {
  const { world, env } = await given(t);
  const roles = '[roles.poet]\nagent = "builtin"\nmodel = "small"\n[roles.scribe]\nmodel = "unheard"\n';
  await world.configure(roles);
  const file = join(world.root, 'plan.json');
  const asked = async (task: object): Promise<string | undefined> => {
    await writeFile(file, JSON.stringify([{ id: 'a', title: 'a', description: 'true', ...task }]));
    const args = ['run', '--plan', file, '--agent', 'command', ...OPEN, '--budget', '5usd', '--dry-run'];
    return NO_PRICE.exec((await world.swarm(args, { env })).stderr)?.[1];
  };
  assert.equal(await asked({}), undefined, 'a command asks no model');
  assert.equal(await asked({ agent: 'builtin' }), 'test-model');
  assert.equal(await asked({ role: 'poet' }), 'small', 'of the role’s agent, the role’s model');
  assert.equal(await asked({ role: 'poet', agent: 'builtin' }), 'small');
  assert.equal(await asked({ role: 'scribe' }), undefined, 'its agent is the command');
  const prices = {
    asOf: '2026-11-21',
    currency: 'USD',
    perMillion: { 'test-model': { input: 1, output: 2 } },
  };
  await writeFile(join(world.root, 'config', 'swarm', 'prices.json'), JSON.stringify(prices));
  assert.equal(await asked({ agent: 'builtin' }), undefined, 'it has one');
});
