/** `swarm tell`: what an operator says to a task reaches whoever works on it, live or next, in the real program. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { acpAgent } from './support/acp-agent.ts';
import { modelEnvironment } from './support/bicycle.ts';
import { startModelServer } from './support/model-server.ts';
import { World } from './support/world.ts';

const FILES = { 'README.md': 'shop\n' };
const OPEN = ['--gate', 'true', '--sandbox', 'none', '--setup', 'none'];
const waits = (world: World): string => `until test -e ${world.root}/go; do sleep 0.05; done`;
const HAND_IN = { name: 'submit_handoff', arguments: { status: 'complete', summary: 'it is there' } };

async function tell(world: World, ...args: string[]) {
  const { code, stdout, stderr } = await world.swarm(['tell', ...args]);
  return { code, text: `${stdout}${stderr}`.trimEnd() };
}

test('our own agent is told before its next call of the model, once; explain, journal and --json have it', async (t) => {
  const world = await World.with(t, FILES);
  const file = join(world.root, 'plan.json');
  await writeFile(file, JSON.stringify([{ id: 'a', title: 'Write a', description: 'Write a.txt.' }]));
  const server = await startModelServer(t, ({ turn }) => {
    if (turn === 0)
      return { tool: { name: 'bash', arguments: { command: `${waits(world)}; echo a > a.txt` } } };
    return turn === 1 ? { tool: { name: 'bash', arguments: { command: 'cat a.txt' } } } : { tool: HAND_IN };
  });
  const running = world.start(['run', '--plan', file, ...OPEN], { env: modelEnvironment(server.url) });
  await world.until(() => server.calls.length === 1);
  const told = await tell(world, 't1', 'NEEDLE-TOLD\nin two lines', '--json');
  const { events } = JSON.parse(told.text);
  assert.deepEqual(events, [
    { type: 'task.told', task: 't1', text: 'NEEDLE-TOLD\nin two lines', attempt: 't1.1' },
  ]);
  assert.deepEqual(await tell(world, 't1', 'and NEEDLE-TWO'), {
    code: 0,
    text: 't1.1 is told before its next turn; if it has none any more, the next attempt is',
  });
  await running.line(/t1\.1 is told: and NEEDLE-TWO/);
  await world.release();
  assert.equal((await running.ended).code, 0);
  const said = server.calls.map(({ messages }) => JSON.stringify(messages).split('NEEDLE-TOLD').length - 1);
  assert.deepEqual(said, [0, 1, 1]);
  assert.match(
    JSON.stringify(server.calls[1]!.messages.at(-1)),
    /The operator of this run says, about your task:.*NEEDLE-TOLD.*NEEDLE-TWO/,
  );
  const { stdout } = await world.swarm(['explain', 't1']);
  assert.match(stdout, /The operator said to it, for t1\.1’s next turn: NEEDLE-TOLD/);
  const log = await world.log();
  assert.equal(log.filter(({ event }) => event === 'note.told').length, 1);
  assert.match((await world.swarm(['transcript', 't1'])).stdout, /the operator says[\s\S]*NEEDLE-TOLD/);
});

test('an unknown task and one that is over are told nothing, each with one error', async (t) => {
  const world = await World.with(t, FILES);
  const tasks = [
    { id: 'done', title: 'Be done', description: 'echo a > a.txt' },
    { id: 'open', title: 'Wait', description: `${waits(world)}; echo b > b.txt` },
  ];
  const running = world.start(await world.plan(tasks, ...OPEN.slice(0, 4)));
  await running.line(/landed t1/);
  const unknown = await tell(world, 't9', 'hello');
  assert.equal(unknown.code, 2);
  assert.match(unknown.text, /error\[SW0106\]: there is no task "t9"[\s\S]*fix +swarm tasks/);
  const over = await tell(world, 't1', 'hello');
  assert.equal(over.code, 2);
  assert.match(
    over.text,
    /error\[SW0108\]: t1 is landed: nobody works on it any more[\s\S]*fix +swarm explain t1/,
  );
  assert.match((await tell(world, 't2', '  ')).text, /what it is told is empty/);
  await world.release();
  assert.equal((await running.ended).code, 0);
  assert.match((await tell(world, 't2', 'hello')).text, /error\[SW0104\]: no run is live here/);
});

test('an agent that hears nothing while it works, and a kill -9: the next attempt has it in its prompt', async (t) => {
  const world = await World.with(t, FILES);
  const description = `cp "$PROMPT" ${world.root}/prompt-$(ls ${world.root} | grep -c prompt); ${waits(world)}; echo a > a.txt`;
  const running = world.start(
    await world.plan([{ id: 'a', title: 'Write a', description }], ...OPEN.slice(0, 4)),
  );
  await world.until(() => existsSync(join(world.root, 'prompt-0')));
  const told = await tell(world, 't1', 'NEEDLE-TOLD');
  assert.match(told.text, /^the next attempt at t1 is told, if there is one/);
  running.kill('SIGKILL');
  await running.ended;
  await world.release();
  assert.equal((await world.swarm(['resume'])).code, 0);
  const [first, second] = await Promise.all(
    [0, 1].map((n) => readFile(join(world.root, `prompt-${n}`), 'utf8')),
  );
  assert.doesNotMatch(first!, /NEEDLE-TOLD/);
  assert.equal(second!.split('NEEDLE-TOLD').length, 2);
});

test('an agent of the protocol is told by the next prompt of the same session', async (t) => {
  const world = await World.with(t, FILES);
  const run = await acpAgent(world);
  await world.configure(`[agent.acp]\nrun = ${JSON.stringify(run)}\n`);
  const file = join(world.root, 'plan.json');
  const acts = [['sh', `touch ${world.root}/up; ${waits(world)}; echo a > a.txt`]];
  await writeFile(file, JSON.stringify([{ title: 'Add a', description: `PLAY ${JSON.stringify(acts)}` }]));
  const running = world.start(['run', '--plan', file, '--agent', 'acp', ...OPEN]);
  await world.until(() => existsSync(join(world.root, 'up')));
  await tell(world, 't1', 'Another file too. PLAY [["sh","echo b > b.txt"]]');
  await world.release();
  assert.equal((await running.ended).code, 0);
  assert.equal(await world.git('show', `${await world.branch()}:b.txt`), 'b');
  const { stdout } = await world.swarm(['transcript', 't1']);
  assert.match(stdout, /agent: prompt 1 of this session[\s\S]*agent: prompt 2 of this session/);
});
