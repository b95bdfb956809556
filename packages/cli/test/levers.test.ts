/** What an operator does with runs that are not live: lists them, ends them, gives them more, tries a task again. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { World } from './support/world.ts';

const OPEN = ['--gate', 'true', '--sandbox', 'none'];

const empty = (t: TestContext): Promise<World> => World.with(t, { 'README.md': 'shop\n' });

interface Row {
  readonly run: string;
  readonly standing: string;
  readonly verdict: string;
  readonly tasks: number;
  readonly landed: number;
}

async function runsOf(world: World): Promise<readonly Row[]> {
  const { code, stdout, stderr } = await world.swarm(['runs', '--json']);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

/** A run that was killed while its only attempt waited for the file `go`. */
async function killed(world: World): Promise<void> {
  const waits = [
    { title: 'Wait', description: `until test -e ${world.root}/go; do sleep 0.05; done; date > a.txt` },
  ];
  const running = world.start(await world.plan(waits, ...OPEN));
  await running.line(/t1\.1 started/);
  running.kill('SIGKILL');
  await running.ended;
}

const events = async (folder: string): Promise<readonly string[]> =>
  (await readFile(join(folder, 'journal.ndjson'), 'utf8'))
    .split('\n')
    .filter(Boolean)
    .flatMap((line) =>
      (JSON.parse(line) as { events: { type: string }[] }).events.map((event) => event.type),
    );

test('runs are listed newest last, their names sort so, and each says how it went', async (t) => {
  const world = await empty(t);
  assert.deepEqual(await runsOf(world), []);
  await world.swarm(await world.plan([{ title: 'Write a', description: 'echo a > a.txt' }], ...OPEN));
  await world.swarm(await world.plan([{ title: 'Fail', description: 'false' }], ...OPEN));
  await killed(world);
  const rows = await runsOf(world);
  assert.deepEqual(
    rows.map((row) => row.run).toSorted(),
    rows.map((row) => row.run),
  );
  assert.deepEqual(
    rows.map(({ standing, verdict, landed, tasks }) => [standing, verdict, landed, tasks]),
    [
      ['done', 'complete', 1, 1],
      ['incomplete', 'incomplete', 0, 1],
      ['open', 'open', 0, 1],
    ],
  );
  const { stdout } = await world.swarm(['runs']);
  const lines = stdout.trimEnd().split('\n');
  assert.match(lines[0]!, /^run +begun +state +landed +request$/);
  assert.match(lines[2]!, new RegExp(`^${rows[1]!.run} .* incomplete +0 of 1 +the plan`));
});

test('a run that was left is ended by cancel: its journal closes, what landed stays, and clean takes the rest', async (t) => {
  const world = await empty(t);
  await killed(world);
  const folder = await world.runFolder();
  const run = folder.split('/').at(-1)!;
  assert.match(
    (await world.swarm(['clean', '--yes'])).stderr,
    new RegExp(`${run} is not over: .* swarm cancel --run ${run}`),
  );
  const { code, stdout, stderr } = await world.swarm(['cancel', '--yes', '--run', run]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, new RegExp(`^${run} is cancelled: 1 task will not be done`));
  assert.deepEqual((await events(folder)).slice(-2), ['run.closed', 'delivery.ended']);
  assert.deepEqual(
    (await runsOf(world)).map((row) => row.standing),
    ['cancelled'],
  );
  assert.equal((await world.swarm(['verify'])).code, 0);
  assert.deepEqual(await world.workspaces(), []);
  const cleaned = await world.swarm(['clean', '--yes', '--runs', '--keep', '0', '--older-than', '0s']);
  assert.equal(cleaned.code, 0, cleaned.stderr);
  assert.equal(existsSync(folder), false);
});

test('nothing of a live run is touched by cancelling another', async (t) => {
  const world = await empty(t);
  await killed(world);
  const left = (await runsOf(world))[0]!.run;
  const waits = [
    { title: 'Wait more', description: `until test -e ${world.root}/go; do sleep 0.05; done; date > b.txt` },
  ];
  const running = world.start(await world.plan(waits, ...OPEN));
  await running.line(/t1\.1 started/);
  const { code, stderr } = await world.swarm(['cancel', '--yes', '--run', left]);
  assert.equal(code, 75, stderr);
  await world.release();
  assert.equal((await running.ended).code, 0);
  assert.deepEqual(
    (await runsOf(world)).map((row) => row.standing),
    ['open', 'done'],
  );
});

test('a task that failed is tried again after the end: the run opens, lands it and closes anew', async (t) => {
  const world = await empty(t);
  const flaky = { title: 'Write a', description: `test -e ${world.root}/go; echo a > a.txt` };
  const ended = await world.swarm(await world.plan([flaky], ...OPEN));
  assert.equal(ended.code, 1, ended.stderr);
  const folder = await world.runFolder();
  const run = folder.split('/').at(-1)!;
  await world.release();
  const no = await world.swarm(['retry', 't1']);
  assert.match(no.stderr, /it is closed \(incomplete\)[\s\S]*fix {4}swarm resume --retry t1$/m);
  const wrong = await world.swarm(['resume', '--retry', 't9']);
  assert.match(wrong.stderr, /SW0106.*"t9"/);
  const again = await world.swarm(['resume', '--retry', 't1', '--with', 'it is there now']);
  assert.equal(again.code, 0, again.stderr);
  assert.match(again.stderr, new RegExp(`opening ${run} again`));
  assert.match(again.stdout, /1 landed/);
  const told = await events(folder);
  assert.ok(told.includes('run.reopened') && told.filter((type) => type === 'run.closed').length === 2);
  assert.equal((await world.swarm(['verify'])).code, 0);
  const nothing = await world.swarm(['resume']);
  assert.deepEqual([nothing.code, /is closed: there is nothing to resume/.test(nothing.stderr)], [2, true]);
});

test('a run whose time was up goes on with more of it, and what had failed for it lands', async (t) => {
  const world = await empty(t);
  const tasks = [
    { title: 'Wait', description: `until test -e ${world.root}/go; do sleep 0.05; done; date > a.txt` },
    { title: 'Write b', description: 'echo b > b.txt' },
  ];
  const running = world.start(await world.plan(tasks, ...OPEN, '--workers', '1', '--time', '2s'));
  await running.line(/the limit of 2000 ms is reached/);
  await world.release();
  const ended = await running.ended;
  assert.equal(ended.code, 79, ended.stderr);
  const nothing = await world.swarm(['resume']);
  assert.match(nothing.stderr, /fix {4}swarm resume --time \+\S+ --run r-\S+/);
  const less = await world.swarm(['resume', '--time', '1s']);
  assert.deepEqual([less.code, /SW0105.*is not more/.test(less.stderr)], [2, true], less.stderr);
  const none = await world.swarm(['resume', '--budget', '5usd']);
  assert.match(none.stderr, /no limit on usd/);
  const again = await world.swarm(['resume', '--time', '5m']);
  assert.equal(again.code, 0, again.stderr);
  assert.match(again.stderr, /the run may use more: 5m 0s in all/);
  assert.match(again.stdout, /2 landed/);
});

test('a gate that cannot be run is replaced when the run is taken up again, and only before anything has landed', async (t) => {
  const world = await empty(t);
  const tasks = [{ title: 'Write a', description: 'echo a > a.txt' }];
  const broken = await world.swarm(await world.plan(tasks, '--gate', 'no-such-gate', '--sandbox', 'none'));
  assert.equal(broken.code, 80, broken.stderr);
  const same = await world.swarm(['resume', '--gate', 'no-such-gate']);
  assert.match(same.stderr, /SW0108.*is the gate of r-\S+ already/);
  const again = await world.swarm(['resume', '--gate', 'test -e README.md']);
  assert.equal(again.code, 0, again.stderr);
  assert.match(again.stderr, /the gate is now: test -e README\.md/);
  const verified = await world.swarm(['verify']);
  assert.equal(verified.code, 0, verified.stdout);
  const late = await world.swarm(['resume', '--gate', 'true']);
  assert.match(late.stderr, /SW0108.*another gate is another run/);
  assert.match((await world.swarm(['status'])).stdout, /closed \(done\)/);
});

test('a live run is given more time, and a limit it has not is not raised', async (t) => {
  const world = await empty(t);
  const waits = [
    { title: 'Wait', description: `until test -e ${world.root}/go; do sleep 0.05; done; date > a.txt` },
  ];
  const running = world.start(await world.plan(waits, ...OPEN, '--time', '10m'));
  await running.line(/t1\.1 started/);
  const raised = await world.swarm(['budget', '--time', '20m']);
  assert.deepEqual(
    [raised.code, raised.stdout.trim()],
    [0, 'the run may use up 20m 0s of time'],
    raised.stderr,
  );
  const rows: [string[], RegExp][] = [
    [['budget', '--time', '5m'], /SW0105.*is not more/],
    [['budget', '5usd'], /SW0108.*no limit on usd/],
    [['budget', 'lots'], /SW0102.*"lots" cannot be read/],
    [['budget', '--time', 'long'], /SW0101.*"long" cannot be read/],
    [['budget'], /SW0101.*no limit is named/],
  ];
  for (const [args, text] of rows) {
    const no = await world.swarm(args);
    assert.equal(no.code, 2, no.stderr);
    assert.match(no.stderr, text);
  }
  await world.release();
  assert.equal((await running.ended).code, 0);
  const left = await world.swarm(['budget', '--time', '30m']);
  assert.match(left.stderr, /it is closed \(done\)[\s\S]*swarm resume --time 1800000ms/);
});

test('logs of a task that is not there are refused by its name', async (t) => {
  const world = await empty(t);
  await world.swarm(await world.plan([{ title: 'Write a', description: 'echo a > a.txt' }], ...OPEN));
  const { code, stderr } = await world.swarm(['logs', '--task', 't99']);
  assert.equal(code, 2);
  assert.match(stderr, /SW0106.*"t99"[\s\S]*its only task is t1/);
  assert.match((await world.swarm(['logs', '--task', 't1'])).stdout, /Write a/);
});

test('once the target has moved, apply says how the run’s branch lands on it, and that is so', async (t) => {
  const world = await empty(t);
  await world.swarm(await world.plan([{ title: 'Write a', description: 'echo a > a.txt' }], ...OPEN));
  await world.commit({ 'b.txt': 'b\n' }, 'Theirs');
  const { code, stderr } = await world.swarm(['apply']);
  assert.equal(code, 1);
  const typed = /fix {4}swarm (land \S+ --target main --deliver apply)$/m.exec(stderr)?.[1];
  assert.ok(typed, stderr);
  const landed = await world.swarm([...typed.split(' '), '--gate', 'true', '--sandbox', 'none']);
  assert.equal(landed.code, 0, landed.stderr);
  assert.deepEqual(
    [existsSync(join(world.repository, 'a.txt')), existsSync(join(world.repository, 'b.txt'))],
    [true, true],
  );
});

test('an endpoint whose key is named and not set is asked without one, and that is said', async (t) => {
  const world = await empty(t);
  const { createServer } = await import('node:http');
  const server = createServer((_, response) => response.end('{"data":[{"id":"m"}]}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  await world.configure(
    `[models]\ndefault = "m"\n[[endpoints]]\nname = "own"\nbase_url = "http://127.0.0.1:${port}/v1"\nkey_env = "OWN_KEY"\n`,
  );
  const args = await world.plan([{ title: 'Write a' }], ...OPEN, '--dry-run');
  const { stderr } = await world.swarm(args.map((word) => (word === 'command' ? 'builtin' : word)));
  assert.match(stderr, /note: endpoint own is asked without a key: OWN_KEY is not set/);
});
