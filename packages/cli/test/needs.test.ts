/** What needs a person: first in the status, at the end of the live line, in the log; the run goes on meanwhile. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { modelEnvironment } from './support/bicycle.ts';
import { startModelServer } from './support/model-server.ts';
import { World } from './support/world.ts';

const OPEN = ['--gate', 'true', '--sandbox', 'none', '--setup', 'none', '--workers', '1'];
const hands = (status: string, summary: string) => ({
  tool: { name: 'submit_handoff', arguments: { status, summary, concerns: [], suggestions: [] } },
});

test('a blocked task asks with commands that can be typed while the rest goes on, and is answered by retry', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const plan = [
    { id: 'a', title: 'Ask', description: 'Ask.', priority: 1 },
    { id: 'b', title: 'Write b', description: 'Write b.' },
  ];
  await writeFile(join(world.root, 'plan.json'), JSON.stringify(plan));
  const server = await startModelServer(t, ({ title, turn, messages }) => {
    const isAnswered = JSON.stringify(messages).includes('NEEDLE-EUR');
    if (title === 'Ask' && !isAnswered) return hands('blocked', 'Which currency?');
    const wait = title === 'Ask' ? '' : `until test -e ${world.root}/go; do sleep 0.05; done; `;
    const command = `${wait}echo ${title} > '${title}.txt'`;
    return turn === 0 ? { tool: { name: 'bash', arguments: { command } } } : hands('complete', 'there');
  });
  const env = modelEnvironment(server.url);
  const run = world.start(['run', '--plan', join(world.root, 'plan.json'), ...OPEN], { env });
  await run.line(/t1 failed \(blocked\): Which currency\?$/);
  await run.line(/needs you: t1 “Ask” is blocked: Which currency\?; swarm status/);
  await run.line(/t2\.1 started/);
  const { stdout } = await world.swarm(['status']);
  assert.match(
    stdout,
    /^1 thing needs you:\n {2}t1 “Ask” is blocked: Which currency\?\n {6}swarm explain t1 +its whole story\n {6}swarm retry t1 --with "…" +tried again, with your answer\n\nrun /,
  );
  const { needs } = JSON.parse((await world.swarm(['status', '--json'])).stdout);
  assert.deepEqual([needs.count, needs.listed[0].id, needs.listed[0].task], [1, 'blocked t1', 't1']);

  assert.equal((await world.swarm(['retry', 't1', '--with', 'NEEDLE-EUR'])).code, 0);
  await run.line(/needs you no more: t1/);
  await world.release();
  const ended = await run.ended;
  assert.equal(ended.code, 0, ended.stdout);
  assert.doesNotMatch(ended.stdout, /needs? you/);
  const told = (await world.log()).filter(({ event }) => event.startsWith('need.'));
  assert.deepEqual(
    told.map(({ event, task }) => [event, task]),
    [
      ['need.opened', 't1'],
      ['need.met', 't1'],
    ],
  );
});

test('what nobody has decided is told first at the end, and outside, with what takes the run up again', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const command = ['sh', '-c', `cat > ${world.root}/told-$SWARM_EVENT; exit 3`];
  await world.configure(`[notify]\ncommand = ${JSON.stringify(command)}\nwebhook_env = "HOOK"\n`);
  const posted: string[] = [];
  const hook = createServer(async (request, response) => {
    for await (const chunk of request) posted.push(String(chunk));
    response.end();
  }).listen(0, '127.0.0.1');
  await once(hook, 'listening');
  t.after(async () => void hook.close());
  const HOOK = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/NEEDLE-ADDRESS`;
  await writeFile(
    join(world.root, 'plan.json'),
    JSON.stringify([{ id: 'a', title: 'Ask', description: 'Ask.' }]),
  );
  const server = await startModelServer(t, () => hands('blocked', 'Which currency?'));
  const env = { ...modelEnvironment(server.url), HOOK };
  const run = await world.swarm(['run', '--plan', join(world.root, 'plan.json'), ...OPEN], { env });
  assert.equal(run.code, 1);
  const told = await Promise.all(
    ['needs-you', 'closed'].map((event) => readFile(join(world.root, `told-${event}`), 'utf8')),
  );
  assert.deepEqual(told, posted);
  const [first, last] = told.map((text) => JSON.parse(text));
  assert.deepEqual(
    [first.needs[0].task, first.needs[0].choices.at(-1).command, last.event, last.reason],
    ['t1', 'swarm retry t1 --with "…"', 'closed', 'done'],
  );
  const log = JSON.stringify(await world.log());
  assert.match(log, /notify\.failed.*the command of \[notify\] ended with 3/);
  assert.doesNotMatch(log + run.stderr, /NEEDLE-ADDRESS/);
  assert.match(
    run.stdout,
    /^1 thing needs you:\n {2}t1 “Ask” is blocked: Which currency\?\n[\s\S]* {6}swarm resume --retry t1 --with "…"[\s\S]*\nnothing landed/,
  );
});

test('a repository chooses nobody who is told, unless it is trusted', async (t) => {
  const world = await World.with(t, {
    'swarm.toml': '[notify]\ncommand = ["sh", "-c", "touch /tmp/stolen"]\n',
  });
  const run = await world.swarm(
    await world.plan([{ title: 'Write a', description: 'echo a > a.txt' }], ...OPEN),
  );
  assert.match(run.stdout + run.stderr, /SW0309.*the repository wants to choose notify/);
});
