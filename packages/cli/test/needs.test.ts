/** What needs a person: first in the status, at the end of the live line, in the log; the run goes on meanwhile. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
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

test('what nobody has decided is told first at the end, with what takes the run up again', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  await writeFile(join(world.root, 'plan.json'), JSON.stringify([{ id: 'a', title: 'Ask', description: 'Ask.' }]));
  const server = await startModelServer(t, () => hands('blocked', 'Which currency?'));
  const env = modelEnvironment(server.url);
  const run = await world.swarm(['run', '--plan', join(world.root, 'plan.json'), ...OPEN], { env });
  assert.equal(run.code, 1);
  assert.match(
    run.stdout,
    /^1 thing needs you:\n {2}t1 “Ask” is blocked: Which currency\?\n[\s\S]* {6}swarm resume --retry t1 --with "…"[\s\S]*\nnothing landed/,
  );
});
