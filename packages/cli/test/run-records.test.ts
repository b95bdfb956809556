/**
 * Where a run's records lie: in the git directory. What people do to a work tree while a run works in it, or after it,
 * reaches none of them; and a run that an older version left in the work tree is used as ever.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import type { LogLine } from '@swarm/core/log-events';
import type { PlanTask } from './support/world.ts';
import { contained, World } from './support/world.ts';
import { difference, everythingIn } from './support/world-state.ts';

const exec = promisify(execFile);
const FILES = { 'README.md': 'shop\n', '.gitignore': '*.log\n' };
const OPEN = ['--gate', 'true', '--sandbox', 'none'];

/** Each adds a file once it may, and each but the first on top of the one before it. */
const inTurn = (world: World, count: number): PlanTask[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `a${i + 1}`,
    title: `Add ${i + 1}`,
    description: `until test -e ${world.root}/go-${i + 1}; do sleep 0.05; done; echo ${i + 1} > ${i + 1}.txt`,
    ...(i > 0 && { dependsOn: [`a${i}`] }),
  }));

const letGo = (world: World, n: number): Promise<void> => writeFile(join(world.root, `go-${n}`), '');

/** The log of the only run, as it is on disk now. */
function logNow({ runs }: World): readonly LogLine[] {
  const [run] = existsSync(runs) ? readdirSync(runs) : [];
  const file = join(runs, run ?? '', 'log.ndjson');
  if (!run || !existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as LogLine);
}

/** Waits for the event, of the task where one is named. */
const logged = (world: World, event: string, task?: string): Promise<void> =>
  world.until(() =>
    logNow(world).some((line) => line.event === event && (task === undefined || line.task === task)),
  );

/** The ways in which people empty a work tree; each finds something of its own there to take. */
async function emptied(world: World, how: readonly string[]): Promise<void> {
  const own = ['left.txt', 'left.log', 'folder/left.txt'];
  await world.write(Object.fromEntries(own.map((path) => [path, 'left\n'])));
  const before = await everythingIn(world.runs);
  await world.git(...how);
  for (const path of own)
    assert.ok(!existsSync(join(world.repository, path)), `${how.join(' ')} took ${path}`);
  // What the run writes meanwhile grows; nothing that was there goes.
  const gone = difference(before, await everythingIn(world.runs)).filter((line) => line.endsWith('→ gone'));
  assert.deepEqual(
    gone.filter((line) => !/\.tmp: /.test(line)),
    [],
  );
  assert.equal(await world.git('status', '--porcelain', '--ignored', '--untracked-files=all'), '');
}

async function endedWell(world: World, stdout: string, at = world.repository): Promise<void> {
  const report = JSON.parse((await world.swarm(['report', '--json'], { cwd: at })).stdout);
  assert.equal(report.verdict, 'complete', stdout);
  const verify = await world.swarm(['verify'], { cwd: at });
  assert.equal(verify.code, 0, verify.stdout + verify.stderr);
}

test('git clean -fdx at any moment of a run, and git stash -a, take nothing of it and find nothing of it', async (t) => {
  const world = await World.with(t, FILES);
  const exclude = join(world.repository, '.git', 'info', 'exclude');
  const before = await readFile(exclude, 'utf8').catch(() => 'none');
  const clean = ['clean', '-fdxq'];
  const running = world.start(await world.plan(inTurn(world, 3), ...OPEN));
  const moments: readonly (readonly [event: string, task?: string, go?: number])[] = [
    ['run.opened'],
    ['base.checked'],
    ['task.accepted', 't3'],
    ['attempt.started', 't1'],
    ['agent.started', 't1', 1],
    ['attempt.ended', 't1'],
    ['landing.started'],
    ['landing.landed'],
    ['attempt.started', 't2'],
    ['agent.started', 't2', 2],
    ['attempt.ended', 't2'],
    ['agent.started', 't3'],
  ];
  for (const [event, task, go] of moments) {
    await logged(world, event, task);
    await emptied(world, clean);
    if (go !== undefined) await letGo(world, go);
  }
  await emptied(world, ['stash', '--all', '--quiet']);
  await letGo(world, 3);
  const { code, stdout, stderr } = await running.ended;
  assert.equal(code, 0, stderr);
  await emptied(world, clean);
  await endedWell(world, stdout);
  assert.equal(await readFile(exclude, 'utf8').catch(() => 'none'), before);
});

test('a run that was killed goes on after its work tree was cleaned', async (t) => {
  const world = await World.with(t, FILES);
  const running = world.start(await world.plan(inTurn(world, 2), ...OPEN));
  await logged(world, 'agent.started', 't1');
  running.kill('SIGKILL');
  await running.ended;
  await emptied(world, ['clean', '-fdxq']);
  await letGo(world, 1);
  await letGo(world, 2);
  const { code, stdout, stderr } = await world.swarm(['resume']);
  assert.equal(code, 0, stderr);
  await endedWell(world, stdout);
});

test('git’s own housekeeping says nothing of the runs and leaves them as they are', async (t) => {
  const world = await World.with(t, FILES);
  await Promise.all([1, 2].map((n) => letGo(world, n)));
  assert.equal((await world.swarm(await world.plan(inTurn(world, 2), ...OPEN))).code, 0);
  const before = await everythingIn(world.runs);
  const { repository: cwd } = world;
  for (const args of [
    ['gc', '--quiet', '--prune=now'],
    ['fsck', '--full', '--strict', '--no-progress'],
    ['worktree', 'prune', '--verbose'],
    ['pack-refs', '--all'],
  ]) {
    const { stdout, stderr } = await exec('git', args, { cwd, env: world.environment() });
    assert.deepEqual([stdout, stderr], ['', ''], args.join(' '));
  }
  const refs = await world.git('for-each-ref', '--format=%(refname)');
  assert.deepEqual(refs.split('\n'), ['refs/heads/main', `refs/heads/${await world.branch()}`]);
  assert.deepEqual(difference(before, await everythingIn(world.runs)), []);
});

// ───────────── linked work trees ─────────────

async function withLinked(t: TestContext): Promise<{ world: World; linked: string }> {
  const world = await World.with(t, FILES);
  const linked = join(world.root, 'linked');
  await world.git('worktree', 'add', '--quiet', '-b', 'topic', linked);
  return { world, linked };
}

test('a run is of the work tree it was begun in, and by its name it is found from every other', async (t) => {
  const { world, linked } = await withLinked(t);
  await letGo(world, 1);
  const run = await world.swarm(await world.plan(inTurn(world, 1), ...OPEN), { cwd: linked });
  assert.equal(run.code, 0, run.stderr);
  const id = (await world.runFolder()).split('/').at(-1)!;
  const runsAt = async (cwd: string) =>
    JSON.parse((await world.swarm(['runs', '--json'], { cwd })).stdout).map(
      (row: { run: string }) => row.run,
    );
  assert.deepEqual([await runsAt(linked), await runsAt(world.repository)], [[id], []]);
  const unnamed = await world.swarm(['status']);
  assert.match(unnamed.stderr, /SW0104.*there is no run here yet/);
  for (const command of ['status', 'report', 'verify', 'logs']) {
    const named = await world.swarm([command, '--run', id]);
    assert.equal(named.code, 0, named.stderr);
  }
  assert.equal(await world.git('status', '--porcelain', '--ignored'), '');
});

test('a linked work tree is removed, and its run goes on from another with all it had', async (t) => {
  const { world, linked } = await withLinked(t);
  await letGo(world, 1);
  const running = world.start(await world.plan(inTurn(world, 2), ...OPEN), { cwd: linked });
  await logged(world, 'landing.landed');
  await logged(world, 'agent.started', 't2');
  running.kill('SIGKILL');
  await running.ended;
  await world.git('worktree', 'remove', linked);
  assert.match((await world.swarm(['status'])).stdout, /no process works on it: swarm resume/);
  await letGo(world, 2);
  const { code, stdout, stderr } = await world.swarm(['resume']);
  assert.equal(code, 0, stderr);
  await endedWell(world, stdout);
  // The hub is the one the run began with: what was made there is not made again.
  const states = (await readdir(join(world.root, 'state', 'swarm'))).filter((name) =>
    /^(shop|linked)-/.test(name),
  );
  assert.deepEqual(
    states.map((name) => name.split('-')[0]),
    ['linked'],
  );
  const applied = await world.swarm(['apply']);
  assert.equal(applied.code, 0, applied.stderr);
  assert.equal(await world.git('show', 'topic:2.txt'), '2');
  const undone = await world.swarm(['undo', 't2']);
  assert.equal(undone.code, 0, undone.stderr);
});

test('a linked work tree that is removed while a run works in it takes nothing of the run with it', async (t) => {
  const { world, linked } = await withLinked(t);
  const running = world.start(await world.plan(inTurn(world, 2), ...OPEN), { cwd: linked });
  await logged(world, 'agent.started', 't1');
  await world.git('worktree', 'remove', linked);
  await letGo(world, 1);
  await letGo(world, 2);
  const { code, stdout, stderr } = await running.ended;
  assert.equal(code, 0, stderr);
  await endedWell(world, stdout);
});

// ───────────── what older versions left ─────────────

/** As they left it: in the work tree, by a line of ours in `info/exclude`, with a record that names no git directory. */
async function asOlder(world: World): Promise<string> {
  const folder = await world.runFolder();
  const id = folder.split('/').at(-1)!;
  const old = join(world.repository, '.swarm', 'runs', id);
  await mkdir(dirname(old), { recursive: true });
  await rename(folder, old);
  await writeFile(join(world.repository, '.git', 'info', 'exclude'), '*.mine\n/.swarm/runs/\n');
  const file = join(world.root, 'state', 'swarm', 'known-runs', `${id}.json`);
  const { gitDir: _, gitFolder: __, ...record } = JSON.parse(await readFile(file, 'utf8'));
  await writeFile(file, JSON.stringify(record));
  return old;
}

test('a run that an older version left in the work tree is read, resumed and removed there; a new one begins elsewhere', async (t) => {
  const world = await World.with(t, FILES);
  await letGo(world, 1);
  const running = world.start(await world.plan(inTurn(world, 2), ...OPEN));
  await logged(world, 'agent.started', 't2');
  running.kill('SIGKILL');
  await running.ended;
  const old = await asOlder(world);
  const id = old.split('/').at(-1)!;
  await letGo(world, 2);
  const { code, stdout, stderr } = await world.swarm(['resume']);
  assert.equal(code, 0, stderr);
  await endedWell(world, stdout);
  for (const name of ['report.md', 'report.json', 'journal.ndjson'])
    assert.ok(existsSync(join(old, name)), name);
  assert.deepEqual(await readdir(world.runs), []);
  for (const args of [
    ['status'],
    ['runs'],
    ['logs'],
    ['tasks'],
    ['explain', 't1'],
    ['apply'],
    ['undo', 't2'],
  ]) {
    const ended = await world.swarm(args);
    assert.equal(ended.code, 0, `${args.join(' ')}: ${ended.stderr}`);
  }

  const next = await world.swarm(
    await world.plan([{ title: 'Add b', description: 'echo b > b.txt' }], ...OPEN),
  );
  assert.equal(next.code, 0, next.stderr);
  const fresh = (await world.runFolder()).split('/').at(-1)!;
  const rows = JSON.parse((await world.swarm(['runs', '--json'])).stdout);
  assert.deepEqual(
    rows.map((row: { run: string; folder: string }) => [row.run, row.folder]),
    [
      [id, old],
      [fresh, join(world.runs, fresh)],
    ],
  );
  assert.equal(
    await readFile(join(world.repository, '.git', 'info', 'exclude'), 'utf8'),
    '*.mine\n/.swarm/runs/\n',
  );
  const cleaned = await world.swarm(['clean', '--runs', '--keep', '1', '--older-than', '0s', '--yes']);
  assert.equal(cleaned.code, 0, cleaned.stderr);
  assert.deepEqual([existsSync(old), existsSync(join(world.runs, fresh))], [false, true]);
});

// ───────────── the sandbox ─────────────

test('no agent and no gate is shown the records of its run', contained, async (t) => {
  const world = await World.with(t, FILES);
  const hidden = `test ! -e ${world.repository} && test ! -e ${world.runs}`;
  const task = { title: 'Look', description: `${hidden} && echo hidden > seen.txt`, verify: hidden };
  const { code, stderr } = await world.swarm(await world.plan([task], '--gate', hidden));
  assert.equal(code, 0, stderr);
  assert.equal(await world.git('show', `${await world.branch()}:seen.txt`), 'hidden');
});
