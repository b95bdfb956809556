/** Whose line it is, runs side by side, another prompt on a recorded run, the report as a page: in the real program. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { modelEnvironment } from './support/bicycle.ts';
import { browsed, openedFile } from './support/browser.ts';
import { startModelServer } from './support/model-server.ts';
import { World } from './support/world.ts';

const FLAGS = ['--sandbox', 'none', '--gate', 'true'];

test('a line is explained by its landing, after others committed and moved the file; a person’s line is said to be one', async (t) => {
  const world = await World.with(t, { 'src/a.txt': 'theirs\n' });
  const told = `echo ours >> src/a.txt; printf '{"status":"complete","summary":"NEEDLE-SUMMARY"}' > "$SWARM_HANDOFF"`;
  const task = {
    id: 'a',
    title: 'Add a line',
    description: told,
    scope: ['src/a.txt'],
    verify: 'grep -q ours src/a.txt',
  };
  const ran = await world.swarm(await world.plan([task], ...FLAGS, '--deliver', 'apply'));
  assert.equal(ran.code, 0, ran.stderr);
  await world.git('mv', 'src/a.txt', 'src/b.txt');
  await world.commit({ 'src/b.txt': 'first\ntheirs\nours\n' }, 'A person moves it, and writes above');
  const ours = await world.swarm(['explain', 'src/b.txt:3']);
  assert.equal(ours.code, 0, ours.stderr);
  assert.match(
    ours.stdout,
    /src\/b\.txt:3 \(then src\/a\.txt:2\)[\s\S]*task +t1 of r-[\s\S]*handed in +NEEDLE-SUMMARY[\s\S]*evidence +verified; its own check: grep -q ours[\s\S]*swarm undo t1/,
  );
  const json = JSON.parse(
    (await world.swarm(['explain', 'b.txt:3', '--json'], { cwd: join(world.repository, 'src') })).stdout,
  );
  assert.deepEqual([json.isOurs, json.task, json.verified], [true, 't1', 'verified']);
  const theirs = await world.swarm(['explain', 'src/b.txt:1']);
  assert.match(theirs.stdout, /by owner: A person moves it[\s\S]*It is of no landing/);
  assert.match(
    (await world.swarm(['explain', 'src/b.txt:9'])).stderr,
    /error\[SW0105\]: src\/b\.txt has 3 lines/,
  );
  assert.match(
    (await world.swarm(['explain', 'nope.txt:1'])).stderr,
    /error\[SW0101\]: HEAD has no file "nope\.txt"/,
  );
  const page = await world.swarm(['report', '--format', 'html']);
  assert.match(
    page.stdout,
    /^<!doctype html>[\s\S]*default-src 'none'[\s\S]*NEEDLE-SUMMARY[\s\S]*<\/html>\n$/,
  );
});

test('the report in a browser asks nobody for anything, whatever a task says', browsed, async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const title = '<img src="http://127.0.0.1:9/x.png"><script src="http://127.0.0.1:9/x.js"></script>';
  const style = '<style>@import "http://127.0.0.1:9/x.css";</style>';
  const task = { id: 'a', title, description: `: '${style}'; echo a > a.txt` };
  const ran = await world.swarm(await world.plan([task], ...FLAGS));
  assert.equal(ran.code, 0, ran.stderr);
  const file = join(world.root, 'report.html');
  await writeFile(file, (await world.swarm(['report', '--format', 'html'])).stdout);
  assert.deepEqual(await openedFile(t, file), { asked: [`file://${file}`], said: [] });
});

test('a recorded run’s planner is asked anew with another prompt, its plans are compared, and so are two runs', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const plan = (title: string, scope: string) =>
    JSON.stringify({
      tasks: [{ id: 'a', title, scope: [scope], description: `echo a > ${scope}` }],
      done: true,
    });
  const done = JSON.stringify({ tasks: [], done: true });
  const server = await startModelServer(t, ({ messages }) => {
    const text = JSON.stringify(messages);
    if (text.includes('TRIED-PROMPT')) return { text: plan('Write a', 'b.txt') };
    return { text: text.includes('What is new') ? done : plan('Write a', 'a.txt') };
  });
  const env = modelEnvironment(server.url);
  const run = () =>
    world.swarm(['run', 'write a', '--agent', 'command', '--setup', 'none', ...FLAGS], { env });
  for (const ran of [await run(), await run()]) assert.equal(ran.code, 0, ran.stderr);
  const ids = JSON.parse((await world.swarm(['runs', '--json'])).stdout).map(
    (one: { run: string }) => one.run,
  );
  const table = await world.swarm(['compare', ...ids]);
  assert.equal(table.code, 0, table.stderr);
  assert.match(table.stdout, /landed +1 +1[\s\S]*attempts a landing +1\.00 +1\.00/);
  assert.match((await world.swarm(['compare', ids[0]])).stderr, /error\[SW0101\]: 1 run is not compared/);
  const prompt = await world.swarm(['prompts', 'show', 'planner']);
  const tried = join(world.root, 'tried');
  await mkdir(tried);
  await writeFile(join(tried, 'planner.md'), `${prompt.stdout.trimEnd()}\nTRIED-PROMPT\n`);
  const unasked = await world.swarm(['replay', ids[0], '--prompts', tried], { env });
  assert.equal(unasked.code, 2);
  assert.match(unasked.stderr, /costs tokens[\s\S]*swarm replay --yes/);
  const calls = server.calls.length;
  const before = await world.git('for-each-ref');
  const replayed = await world.swarm(['replay', ids[0], '--prompts', tried, '--iteration', '1', '--yes'], {
    env,
  });
  assert.equal(replayed.code, 0, replayed.stderr);
  assert.match(
    replayed.stdout,
    /iteration 1: 0 kept, 1 re-scoped, 0 new, 0 gone[\s\S]*~ a {2}Write a: a\.txt → b\.txt/,
  );
  assert.equal(server.calls.length, calls + 1);
  assert.equal(await world.git('for-each-ref'), before);
  assert.match(
    (await world.swarm(['replay', ids[0], '--prompts', world.root])).stderr,
    /error\[SW0205\]: there is no planner\.md/,
  );
});
