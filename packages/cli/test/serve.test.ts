/** `swarm serve` and `swarm run --serve`: the real program over real HTTP, beside runs that begin, die, go on and end. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { asked, type Heard, listen, type Site, servedBy } from './support/served.ts';
import { World } from './support/world.ts';

const FILES = { 'README.md': 'shop\n' };
const WAIT = (world: World): string => `until test -e ${world.root}/go; do sleep 0.05; done`;

async function served(t: TestContext, world: World, ...args: string[]): Promise<Site> {
  return servedBy(t, world.start(['serve', '--port', '0', '--json', ...args]));
}

const seqs = (heard: readonly Heard[]): number[] => heard.map(({ id }) => id);

test('the stream goes through a kill and a resume, gives each entry once, and goes on after a break where it was', async (t) => {
  const world = await World.with(t, FILES);
  const plan = [
    { title: 'Write a', description: 'echo a > a.txt', scope: ['a.txt'] },
    { title: 'Write b', description: `${WAIT(world)}; echo b > b.txt`, scope: ['b.txt'] },
  ];
  const site = await served(t, world);
  assert.deepEqual((await asked(site, '/api/v1/runs')).body, { runs: [] });
  const run = world.start(await world.plan(plan, '--gate', 'true', '--sandbox', 'none', '--workers', '1'));
  await run.line(/t2\.1 started/);
  const id = (await world.runFolder()).split('/').at(-1)!;
  // The list is made anew once a second.
  let listed: { run: string; standing: string }[] = [];
  while (listed.length === 0) listed = (await asked(site, '/api/v1/runs')).body.runs;
  assert.deepEqual([listed[0]!.run, listed[0]!.standing], [id, 'live']);

  const all = listen(site, `/api/v1/runs/${id}/events`);
  const early = listen(site, `/api/v1/runs/${id}/events`);
  await early.until(({ data }) => data.events.some(({ attempt }) => attempt === 't2.1'));
  early.close();
  run.kill('SIGKILL');
  await run.ended;
  await world.release();
  assert.equal((await world.swarm(['resume'])).code, 0);
  await all.until(({ data }) => data.events.some(({ event }) => event === 'delivery.ended'));

  const journal = (await readFile(join(world.runs, id, 'journal.ndjson'), 'utf8')).trim().split('\n');
  const entries = journal.map((line) => JSON.parse(line) as { seq: number; events: { type: string }[] });
  assert.deepEqual(
    seqs(all.heard),
    entries.map(({ seq }) => seq),
  );
  assert.deepEqual(
    all.heard.map(({ data }) => data.events.map(({ event }) => event)),
    entries.map(({ events }) => events.map(({ type }) => type)),
  );
  const last = seqs(early.heard).at(-1)!;
  const later = listen(site, `/api/v1/runs/${id}/events?from=1`, { 'last-event-id': `${last}` });
  await later.until(({ data }) => data.events.some(({ event }) => event === 'delivery.ended'));
  assert.deepEqual(seqs([...early.heard, ...later.heard]), seqs(all.heard));
});

test('a run that goes on is measured from where it was read to, and as status measures it', async (t) => {
  const world = await World.with(t, FILES);
  const plan = [
    { title: 'Write a', description: 'echo a > a.txt', scope: ['a.txt'] },
    { title: 'Write b', description: `${WAIT(world)}; echo b > b.txt`, scope: ['b.txt'] },
  ];
  const site = await served(t, world);
  const figures = async (): Promise<string> => {
    const told = await fetch(`${site.url}/metrics`, { headers: { authorization: `Bearer ${site.token}` } });
    assert.equal(told.status, 200);
    return told.text();
  };
  const run = world.start(await world.plan(plan, '--gate', 'true', '--sandbox', 'none', '--workers', '1'));
  await run.line(/landed t1/);
  assert.match(await figures(), /^swarm_landings_total\{.*outcome="landed".*\} 1$/m);
  await world.release();
  assert.equal((await run.ended).code, 0);
  const { stdout } = await world.swarm(['status', '--metrics']);
  assert.match(stdout, /^swarm_landings_total\{.*outcome="landed".*\} 2$/m);
  assert.equal((await figures()).trim(), stdout.trim());
  assert.equal((await figures()).trim(), stdout.trim());
});

test('what is told of a run is what the commands tell, and a task’s story is its own', async (t) => {
  const world = await World.with(t, FILES);
  const plan = [
    { title: 'Write a', description: 'echo a > a.txt' },
    { title: 'Fail', description: 'exit 1', scope: ['b.txt'] },
  ];
  await world.swarm(await world.plan(plan, '--gate', 'true', '--sandbox', 'none'));
  const id = (await world.runFolder()).split('/').at(-1)!;
  const site = await served(t, world);
  const at = `/api/v1/runs/${id}`;
  const told = async (...args: string[]) => JSON.parse((await world.swarm([...args, '--json'])).stdout);

  const { folder: _, board, ...status } = await told('status');
  const { seq, board: here, ...own } = (await asked(site, at)).body;
  assert.deepEqual(own, status);
  assert.deepEqual(here, board);
  assert.ok(seq > 10);
  const { folder: __, ...row } = (await told('runs'))[0];
  assert.deepEqual((await asked(site, '/api/v1/runs')).body.runs, [row]);
  const tasks = await told('tasks');
  assert.deepEqual((await asked(site, `${at}/tasks`)).body, { run: id, seq, total: 2, tasks, next: null });
  const page = (await asked(site, `${at}/tasks?limit=1`)).body;
  assert.deepEqual([page.tasks.length, page.next], [1, 't1']);
  assert.deepEqual((await asked(site, `${at}/tasks?after=t1`)).body.tasks, [tasks[1]]);
  assert.deepEqual((await asked(site, `${at}/report`)).body, await told('report'));
  const { task, story } = (await asked(site, `${at}/tasks/t2`)).body;
  assert.equal(task.state, 'failed');
  // Programs get times in UTC.
  assert.deepEqual({ task, story }, await told('explain', 't2'));
  assert.equal((await asked(site, `${at}/tasks/t99`)).status, 404);
});

test('what was done is told as the commands tell it: changes, words of agents, notes, a comparison', async (t) => {
  const world = await World.with(t, FILES);
  const plan = [
    { title: 'Write a', description: 'echo looking; echo a > a.txt' },
    { title: 'Fail', description: 'echo half > b.txt; exit 1', scope: ['b.txt'] },
  ];
  for (const _ of [1, 2]) await world.swarm(await world.plan(plan, '--gate', 'true', '--sandbox', 'none'));
  const site = await served(t, world);
  const [id, other] = (await asked(site, '/api/v1/runs')).body.runs.map(({ run }: { run: string }) => run);
  const at = `/api/v1/runs/${id}`;
  const told = async (...args: string[]) => JSON.parse((await world.swarm([...args, '--json'])).stdout);

  const { isCut, ...change } = (await asked(site, `${at}/tasks/t1/diff`)).body;
  const { diff, ...facts } = await told('diff', 't1');
  assert.deepEqual({ ...change, diff: '' }, { ...facts, diff: '' });
  // For a person, without what a program needs to apply it.
  assert.equal(isCut, false);
  assert.deepEqual(change.diff.match(/^[+-]\w.*$/gm), diff.match(/^[+-]\w.*$/gm));
  const none = await asked(site, `${at}/attempts/t2.9/diff`);
  assert.equal(none.status, 404);

  const { lines, isEnd } = (await asked(site, `${at}/attempts/t1.1/transcript`)).body;
  const { stdout } = await world.swarm(['transcript', 't1.1']);
  assert.equal(isEnd, true);
  assert.deepEqual(
    lines.map(({ time, head }: { time: string; head: string }) => `${time}  ${head}`),
    stdout.trim().split('\n').slice(1),
  );
  assert.deepEqual((await asked(site, `${at}/notes`)).body.notes, (await told('notes')).notes);
  assert.deepEqual((await asked(site, `${at}/compare/${other}`)).body, await told('compare', id, other));

  // A server holds no lock: nobody but a live run takes a landing back here.
  const undo = await asked(site, `${at}/undo`, {
    method: 'POST',
    body: '{"what":"t1","withDependents":false}',
  });
  assert.deepEqual([undo.status, undo.body.error.code], [409, 'SW0104']);
  assert.equal(undo.body.error.fix, `swarm undo t1 --run ${id}`);
});

test('a command is decided as on the terminal: 200, 409 with its reason, 422 for what is none; 409 once the run is over', async (t) => {
  const world = await World.with(t, FILES);
  const plan = [{ title: 'Write a', description: `${WAIT(world)}; echo a > a.txt` }];
  const run = world.start(await world.plan(plan, '--gate', 'true', '--sandbox', 'none'));
  await run.line(/t1\.1 started/);
  const id = (await world.runFolder()).split('/').at(-1)!;
  const site = await served(t, world);
  const say = (command: unknown) =>
    asked(site, `/api/v1/runs/${id}/commands`, { method: 'POST', body: JSON.stringify(command) });
  const pause = { type: 'pause', reason: 'operator', detail: 'a page' };
  const paused = await say(pause);
  assert.equal(paused.status, 200);
  assert.deepEqual([paused.body.events[0].type, paused.body.state.paused.reason], ['run.paused', 'operator']);
  const twice = await say(pause);
  assert.deepEqual(
    [twice.status, twice.body.error.code, twice.body.error.fix],
    [409, 'SW0108', 'swarm continue'],
  );
  const unknown = await say({ type: 'cancelTask', task: 't9', reason: 'a page', by: 'operator' });
  assert.deepEqual([unknown.status, unknown.body.error.code], [409, 'SW0106']);
  for (const none of [
    { type: 'land', landing: 'l1' },
    { type: 'closeRun', reason: 'done', green: true },
    { ...pause, reason: 'quota' },
    { ...pause, more: 1 },
    { type: 'continue', by: 'itself' },
    { type: 'cancelTask', task: 't1', reason: 'x', by: 'planner' },
    [pause],
    null,
  ])
    assert.equal((await say(none)).status, 422, JSON.stringify(none));
  assert.equal((await say({ type: 'continue', by: 'operator' })).status, 200);
  await world.release();
  assert.equal((await run.ended).code, 0);
  const late = await say(pause);
  assert.deepEqual(
    [late.status, late.body.error.code, late.body.error.why],
    [409, 'SW0104', 'it is closed (done)'],
  );
});

test('a run that came with the repository is listed as unreadable, and nothing of it is told', async (t) => {
  const other = await World.with(t, FILES);
  await other.swarm(
    await other.plan(
      [{ title: 'Write a', description: 'echo a > a.txt' }],
      '--gate',
      'true',
      '--sandbox',
      'none',
    ),
  );
  const world = await World.with(t, FILES);
  const folder = await other.runFolder();
  const id = folder.split('/').at(-1)!;
  const { cp } = await import('node:fs/promises');
  await cp(folder, join(world.runs, id), { recursive: true });
  const site = await served(t, world);
  const [row] = (await asked(site, '/api/v1/runs')).body.runs;
  assert.deepEqual([row.run, row.standing, row.trouble.code], [id, 'unreadable', 'SW0315']);
  for (const view of ['', '/tasks', '/tasks/t1', '/report', '/events']) {
    const { status, body } = await asked(site, `/api/v1/runs/${id}${view}`);
    assert.deepEqual([status, body.error.code], [409, 'SW0315'], view);
  }
  const said = await asked(site, `/api/v1/runs/${id}/commands`, {
    method: 'POST',
    body: '{"type":"continue","by":"operator"}',
  });
  assert.deepEqual([said.status, said.body.error.code], [409, 'SW0315']);
});

test('a journal that is damaged while it is watched is unreadable from then on, and the others are not', async (t) => {
  const world = await World.with(t, FILES);
  const plan = [{ title: 'Write a', description: 'echo a > a.txt' }];
  for (const _ of [1, 2]) await world.swarm(await world.plan(plan, '--gate', 'true', '--sandbox', 'none'));
  const site = await served(t, world);
  const [newest, oldest] = (await asked(site, '/api/v1/runs')).body.runs.map(
    ({ run }: { run: string }) => run,
  );
  const stream = listen(site, `/api/v1/runs/${newest}/events`);
  await stream.until(({ data }) => data.events.some(({ event }) => event === 'delivery.ended'));
  const { appendFile } = await import('node:fs/promises');
  await appendFile(join(world.runs, newest, 'journal.ndjson'), 'what is no entry\n');
  await stream.ended;
  const { status, body } = await asked(site, `/api/v1/runs/${newest}`);
  assert.deepEqual([status, body.error.code], [409, 'SW0203']);
  assert.equal((await asked(site, `/api/v1/runs/${oldest}`)).status, 200);
  const rows = (await asked(site, '/api/v1/runs')).body.runs;
  assert.deepEqual(
    rows.map(({ standing }: { standing: string }) => standing),
    ['unreadable', 'done'],
  );
});

test('the page is made of files of its own, of no other host and with nothing inline, and only who has the token is given them', async (t) => {
  const world = await World.with(t, FILES);
  const site = await served(t, world);
  const html = await asked(site, '/');
  assert.deepEqual([html.status, html.headers['content-type']], [200, 'text/html; charset=utf-8']);
  assert.doesNotMatch(html.text, /<script(?! type="module" src="\/)|<style|style=|onload|https?:/);
  const linked = [...html.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path!);
  assert.deepEqual(linked, ['/icon.svg', '/page.css', '/page.js']);
  for (const path of ['/', ...linked]) {
    const { status, text } = await asked(site, path);
    assert.equal(status, 200, path);
    // Names of the formats themselves are no addresses that are asked.
    assert.deepEqual(text.match(/https?:\/\/(?!www\.w3\.org\/)[^"'`\s]*/g), null, path);
    assert.doesNotMatch(text, /\beval\(|new Function/, path);
    assert.equal((await asked(site, path, { token: null })).status, 401, path);
    assert.equal((await asked(site, path, { method: 'POST', body: '{}' })).status, 405, path);
  }
});

test('the token is the operator’s alone, the same at every start, and another one where others could read it', async (t) => {
  const world = await World.with(t, FILES);
  const first = await served(t, world);
  assert.equal((await stat(first.tokenFile)).mode & 0o777, 0o600);
  assert.equal((await readFile(first.tokenFile, 'utf8')).trim(), first.token);
  assert.equal((await served(t, world)).token, first.token);
  await chmod(first.tokenFile, 0o644);
  const third = await served(t, world);
  assert.notEqual(third.token, first.token);
  assert.equal((await stat(third.tokenFile)).mode & 0o777, 0o600);
  await writeFile(third.tokenFile, 'guessed');
  assert.notEqual((await served(t, world)).token, 'guessed');
});

test('the link is printed once and the port is told where it is taken; a signal ends it with 0', async (t) => {
  const world = await World.with(t, FILES);
  const serving = world.start(['serve', '--port', '0']);
  const link = await serving.line(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}$/);
  const port = new URL(link).port;
  const second = await world.swarm(['serve', '--port', port]);
  assert.equal(second.code, 74);
  assert.match(second.stderr, /SW0705.*127\.0\.0\.1:\d+ already[\s\S]*fix +swarm serve --port 0/);
  for (const [flag, value] of [
    ['--port', '70000'],
    ['--port', 'x'],
    ['--host', 'a b'],
    ['--host', 'http://x/'],
  ] as const)
    assert.equal((await world.swarm(['serve', flag, value])).code, 2, `${flag} ${value}`);
  assert.equal((await world.swarm(['serve', '--host', '192.0.2.1', '--port', '0'])).code, 74);
  serving.kill('SIGINT');
  const ended = await serving.ended;
  assert.equal(ended.code, 0);
  assert.equal(ended.stdout, `${link}\n`);
  assert.ok(!existsSync(join(world.repository, '.swarm')));
});

test('beyond this machine it is served only when asked for, with one warning', async (t) => {
  const world = await World.with(t, FILES);
  const serving = world.start(['serve', '--port', '0', '--host', '0.0.0.0', '--json']);
  const site = await servedBy(t, serving);
  assert.equal((await asked(site, '/api/v1/runs')).status, 200);
  serving.kill('SIGTERM');
  const { stderr } = await serving.ended;
  assert.equal(stderr.match(/^note: /gm)?.length, 1);
});

test('a run that is served while it goes on prints its link, and ends as any other', async (t) => {
  const world = await World.with(t, FILES);
  const plan = [{ title: 'Write a', description: `${WAIT(world)}; echo a > a.txt` }];
  const run = world.start(await world.plan(plan, '--gate', 'true', '--sandbox', 'none', '--serve'));
  const link = (await run.line(/the run as a page: http/)).split('page: ')[1]!;
  await run.line(/t1\.1 started/);
  const { origin, searchParams } = new URL(link);
  const site = { url: origin, token: searchParams.get('token')!, tokenFile: '', link };
  const [row] = (await asked(site, '/api/v1/runs')).body.runs;
  assert.equal(row.standing, 'live');
  const stream = listen(site, `/api/v1/runs/${row.run}/events`);
  await stream.until(({ data }) => data.events.some(({ event }) => event === 'attempt.started'));
  await world.release();
  assert.equal((await run.ended).code, 0);
  await stream.ended;
});
