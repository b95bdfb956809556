/** What finished runs leave is removed; what is live, unfinished or yours is not. */
import assert from 'node:assert/strict';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { PRESETS } from '@swarm/agent';
import { userState } from './support/untouched.ts';
import { World } from './support/world.ts';

const TASK = { title: 'Write a', description: 'echo a > a.txt', scope: ['a.txt'] };

interface Cleaned {
  readonly removed: boolean;
  readonly bytes: number;
  readonly items: readonly { kind: string; name: string; bytes: number }[];
  readonly kept: readonly string[];
}

async function stateFolder(world: World): Promise<string> {
  const root = join(world.root, 'state', 'swarm');
  const [name] = (await readdir(root)).filter((entry) => entry.startsWith('shop-'));
  return join(root, name!);
}

/** One finished run, and what a killed one would have left beside it. */
async function afterARun(t: TestContext) {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const run = await world.swarm(await world.plan([TASK], '--gate', 'true'));
  assert.equal(run.code, 0, run.stderr);
  const state = await stateFolder(world);
  await mkdir(join(state, 'workspaces', 't9.1'), { recursive: true });
  await writeFile(join(state, 'workspaces', 't9.1', 'big'), Buffer.alloc(100_000));
  const environment = join(state, 'env', '0123456789abcdef');
  await mkdir(environment, { recursive: true });
  await utimes(environment, 1, 1);
  const runId = (await world.runFolder()).split('/').at(-1);
  const hub = join(state, 'hub.git');
  const base = await world.gitIn(hub, 'rev-parse', `refs/swarm/${runId}/base`);
  await world.gitIn(hub, 'update-ref', `refs/swarm/${runId}/work/t9.1`, base);
  return { world, state };
}

async function clean(world: World, ...args: string[]): Promise<Cleaned> {
  const ended = await world.swarm(['clean', '--json', ...args]);
  assert.equal(ended.code, 0, ended.stderr);
  return JSON.parse(ended.stdout);
}
const kinds = ({ items }: Cleaned): string[] => [...new Set(items.map((item) => item.kind))].sort();

test('clean removes clones, old environments and references, says how much, and leaves run and repository as they were', async (t) => {
  const { world, state } = await afterARun(t);
  const before = await userState(world);
  const branch = await world.git('rev-parse', await world.branch());

  const cleaned = await clean(world, '--yes');
  assert.deepEqual(kinds(cleaned), ['environment', 'intake', 'references', 'workspace']);
  assert.ok(cleaned.bytes >= 100_000, `${cleaned.bytes}`);
  assert.deepEqual(await world.workspaces(), []);
  assert.deepEqual(await readdir(join(state, 'env')), []);

  assert.deepEqual(await userState(world), before);
  assert.equal(await world.git('rev-parse', await world.branch()), branch);
  assert.match((await world.swarm(['report'])).stdout, /Write a/);
  assert.equal((await world.swarm(['verify'])).code, 0);
  assert.equal((await world.swarm(['apply'])).code, 0);
  assert.deepEqual((await clean(world, '--yes')).items, []);
});

test('--dry-run shows the same and removes nothing', async (t) => {
  const { world } = await afterARun(t);
  const shown = await clean(world, '--dry-run');
  assert.deepEqual(
    [shown.removed, kinds(shown)],
    [false, ['environment', 'intake', 'references', 'workspace']],
  );
  assert.deepEqual(await world.workspaces(), ['t9.1']);
});

test('records of a finished run go only with --runs, and only beyond those to keep and when old enough', async (t) => {
  const { world } = await afterARun(t);
  assert.ok(!kinds(await clean(world, '--dry-run')).includes('run'));
  assert.ok(!kinds(await clean(world, '--runs', '--older-than', '1ms', '--dry-run')).includes('run'));
  assert.ok(!kinds(await clean(world, '--runs', '--keep', '0', '--dry-run')).includes('run'));
  assert.ok(
    kinds(await clean(world, '--runs', '--keep', '0', '--older-than', '1ms', '--yes')).includes('run'),
  );
  assert.deepEqual(await readdir(world.runs), []);
});

test('while a run is at work clean refuses, and the run ends as if it had not been asked', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const waiting = `until test -f ${join(world.root, 'go')}; do sleep 0.05; done`;
  const gate = 'true';
  const slow = { ...TASK, description: `${waiting}; echo a > a.txt` };
  const running = world.start(await world.plan([slow], '--gate', gate, '--sandbox', 'none'));
  await running.line(/t1\.1 started/);
  const refused = await world.swarm(['clean', '--yes', '--runs', '--keep', '0', '--older-than', '1ms']);
  assert.equal(refused.code, 75);
  assert.match(refused.stderr, /SW0501/);
  await world.release();
  assert.equal((await running.ended).code, 0);
});

test('a run that was killed keeps its work and its records, and can be resumed after a clean', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const waiting = `until test -f ${join(world.root, 'go')}; do sleep 0.05; done`;
  const tasks = [TASK, { title: 'Wait', description: `${waiting}; echo b > b.txt`, scope: ['b.txt'] }];
  const running = world.start(await world.plan(tasks, '--gate', 'true', '--sandbox', 'none'));
  await running.line(/landed t1/);
  running.kill('SIGKILL');
  await running.ended;

  const cleaned = await clean(world, '--yes', '--runs', '--keep', '0', '--older-than', '1ms');
  assert.ok(!kinds(cleaned).includes('run') && !kinds(cleaned).includes('references'), kinds(cleaned).join());
  assert.match(cleaned.kept.join('\n'), /is not over: swarm resume --run r-/);
  await world.release();
  const resumed = await world.swarm(['resume']);
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.match(resumed.stdout, /2 landed/);
});

test('where nobody can be asked, clean without --yes removes nothing', async (t) => {
  const { world } = await afterARun(t);
  const refused = await world.swarm(['clean']);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /nobody can be asked[\s\S]*fix +swarm clean --dry-run/);
  assert.deepEqual(await world.workspaces(), ['t9.1']);
});

/** A run of a work tree that is removed afterwards, and where its state is. */
async function afterAGoneWorkTree(t: TestContext) {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const gone = join(world.root, 'gone');
  await world.git('worktree', 'add', '--quiet', gone);
  const run = await world.swarm(await world.plan([TASK], '--gate', 'true'), { cwd: gone });
  assert.equal(run.code, 0, run.stderr);
  await world.git('worktree', 'remove', '--force', gone);
  const root = join(world.root, 'state', 'swarm');
  const name = (await readdir(root)).find((entry) => entry.startsWith('gone-'))!;
  return { world, gone, state: join(root, name) };
}
const states = ({ items }: Cleaned) => items.filter(({ kind }) => kind === 'state');

test('what is kept of a removed work tree goes by clean alone, named and with its size; its runs are told and taken back as before', async (t) => {
  const { world, gone, state } = await afterAGoneWorkTree(t);
  const other = await world.swarm(await world.plan([{ ...TASK, title: 'Other' }], '--gate', 'true'));
  assert.equal(other.code, 0, other.stderr);
  assert.ok((await readdir(state)).includes('hub.git'), 'nothing else removes it');

  const [shown] = states(await clean(world, '--dry-run'));
  assert.deepEqual([shown?.name, shown!.bytes > 10_000], [gone, true]);
  assert.match((await world.swarm(['clean', '--dry-run'])).stdout, new RegExp(`^state +${gone} +\\d`, 'm'));
  await clean(world, '--yes');
  await assert.rejects(readdir(state), /ENOENT/);
  assert.deepEqual(states(await clean(world, '--dry-run')), []);

  const run = (await readdir(world.runs)).find((id) => !other.stdout.includes(id))!;
  assert.equal((await world.swarm(['verify', '--run', run])).code, 0);
  const undone = await world.swarm(['undo', 't1', '--run', run]);
  assert.equal(undone.code, 0, undone.stderr);
});

test('what is kept of a removed work tree stays while a run of it is not over, and while its work tree is there', async (t) => {
  const { world, state } = await afterAGoneWorkTree(t);
  const there = join(world.root, 'there');
  await world.git('worktree', 'add', '--quiet', there);
  const held = [
    { ...TASK, description: `until test -f ${world.root}/go; do sleep 0.05; done; echo a > a.txt` },
  ];
  const running = world.start(await world.plan(held, '--gate', 'true', '--sandbox', 'none'), { cwd: there });
  await running.line(/t1\.1 started/);
  running.kill('SIGKILL');
  await running.ended;
  const names = async () => states(await clean(world, '--dry-run')).map(({ name }) => name);
  assert.deepEqual(await names(), [join(world.root, 'gone')], 'its work tree is there');
  await world.git('worktree', 'remove', '--force', there);
  assert.deepEqual(await names(), [join(world.root, 'gone')], 'its run is not over');
  await world.release();
  const resumed = await world.swarm(['resume']);
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.deepEqual(await names(), [join(world.root, 'gone'), there]);
  await clean(world, '--yes');
  await assert.rejects(readdir(state), /ENOENT/);
});

test('agents that swarm installed go once another version is tried and they are old; what nobody installed stays', async (t) => {
  const { world } = await afterARun(t);
  const folder = join(world.root, 'state', 'swarm', 'agents');
  const tried = `claude-${PRESETS.claude.npm.version}`;
  const names = ['claude-1.0.0', 'codex-0.1.0.4711', tried, 'mine', 'claude-code', 'pi-2.0.0'];
  for (const name of names) {
    await mkdir(join(folder, name, 'node_modules'), { recursive: true });
    if (name !== 'pi-2.0.0') await utimes(join(folder, name), 1, 1);
  }
  const agents = ({ items }: Cleaned) => items.filter(({ kind }) => kind === 'agent').map(({ name }) => name);
  assert.deepEqual(agents(await clean(world, '--yes')), ['claude-1.0.0', 'codex-0.1.0.4711']);
  assert.deepEqual((await readdir(folder)).sort(), ['claude-code', tried, 'mine', 'pi-2.0.0'].sort());
});
