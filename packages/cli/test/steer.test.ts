/** A live run, steered from a second terminal: every command says what it did, and what it could not do. */
import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { assertLandedOnce } from './support/landings.ts';
import { startModelServer } from './support/model-server.ts';
import type { Running } from './support/program.ts';
import { World } from './support/world.ts';

const FILES = { 'README.md': 'shop\n' };
const OPEN = ['--gate', 'true', '--sandbox', 'none'];

/** Its agent waits until the file `go` is there, so that a test holds the run where it wants it. */
const waiting = (world: World, name: string, dependsOn: readonly string[] = []) => ({
  id: name,
  title: `Write ${name}`,
  description: `until test -e ${world.root}/go; do sleep 0.05; done; ${writes(name)}`,
  scope: [`${name}.txt`],
  dependsOn,
});
const writes = (name: string): string => `echo ${name} > ${name}.txt`;

/** A run whose first attempt is under way. */
async function live(t: TestContext, tasks: (world: World) => object[], ...more: string[]) {
  const world = await World.with(t, FILES);
  const args = await world.plan(tasks(world) as never, ...OPEN, ...more);
  const running = world.start(args);
  await running.line(/t1\.1 started/);
  return { world, running };
}

/** What a command says when it did what was asked. */
async function said(world: World, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await world.swarm(args);
  assert.deepEqual([code, stderr], [0, ''], args.join(' '));
  return stdout.trimEnd();
}

/** What a command is told no with: the exit code and the refusal. */
async function refused(world: World, ...args: string[]): Promise<{ code: number | null; text: string }> {
  const { code, stdout, stderr } = await world.swarm(args);
  assert.equal(stdout, '', args.join(' '));
  return { code, text: stderr.trimEnd() };
}

async function end(world: World, running: Running): Promise<number | null> {
  await world.release();
  return (await running.ended).code;
}

test('pause, submit, cancel, retry, scale and continue take effect in a live run, and say which', async (t) => {
  const { world, running } = await live(
    t,
    (w) => [waiting(w, 'a'), waiting(w, 'b'), waiting(w, 'c', ['b'])],
    '--workers',
    '1',
  );
  const base = await world.git('rev-parse', 'main');

  assert.equal(await said(world, 'scale', '2'), '2 workers from now on: 2 at work, 0 free');
  await running.line(/t2\.1 started/);
  assert.equal(
    await said(world, 'pause'),
    'paused: 2 attempts go on to the end, nothing new starts; swarm continue',
  );
  assert.equal(
    await said(world, 'submit', `Write d\n${writes('d')}`, '--scope', 'd.txt', '--depends-on', 't1'),
    'accepted as t4; the run is paused (operator), so it waits: swarm continue',
  );
  assert.equal(
    await said(world, 'cancel', 't2'),
    't2 is cancelled; an attempt at it, if there is one, is being ended\nt3 fails with it',
  );
  await running.line(/t2\.1 .*cancelled/);
  assert.equal(
    await said(world, 'retry', 't2', '--with', 'b stands for bell'),
    't2 is tried again, and told your hint\nt3 goes with it',
  );
  assert.equal(await said(world, 'scale', '1'), '1 worker from now on: 1 at work, 0 free');
  assert.equal(await said(world, 'continue'), 'the run goes on: 3 tasks waiting, 1 worker');

  assert.equal(await end(world, running), 0);
  await assertLandedOnce(
    world,
    base,
    ['a', 'b', 'c', 'd'].map((name) => `Write ${name}`),
  );
  assert.equal((await world.swarm(['verify'])).code, 0);
});

test('what a run cannot do is refused with what was meant and what can be typed', async (t) => {
  const { world, running } = await live(t, (w) => [waiting(w, 'apple'), waiting(w, 'pear', ['apple'])]);
  const rows: [string[], number, RegExp][] = [
    [['cancel', 't12'], 2, /SW0106.*"t12"[\s\S]*its tasks are t1 to t2/],
    [['retry', 'appel'], 2, /SW0106.*"appel"[\s\S]*did you mean t1, which the plan calls apple\?/],
    [['retry', 't1'], 2, /SW0108.*t1 is (assigned|running)[\s\S]*fix {4}swarm explain t1/],
    [['continue'], 2, /SW0108.*not paused[\s\S]*fix {4}swarm status/],
    [['amend', 'and more'], 2, /SW0108.*no planner[\s\S]*fix {4}swarm submit/],
    [['scale', '0'], 2, /SW0105.*1 to 1000, not 0/],
    [['scale', 'many'], 2, /SW0105.*"many" is no number/],
    [['submit', 'Go up', '--scope', '../x'], 65, /SW0202/],
    [['submit', 'Wait', '--depends-on', 't99'], 65, /SW0202.*depends on t99/],
    [['submit'], 2, /SW0101.*neither words nor --file/],
    [['cancel'], 2, /SW0101.*ends the whole run[\s\S]*fix {4}swarm cancel --yes/],
  ];
  for (const [args, code, text] of rows) {
    const no = await refused(world, ...args);
    assert.equal(no.code, code, no.text);
    assert.match(no.text, text);
  }
  const json = await refused(world, 'cancel', 't12', '--json');
  assert.equal(JSON.parse(json.text).errors[0].code, 'SW0106');
  assert.equal(await end(world, running), 0);
  assert.match(
    (await refused(world, 'pause')).text,
    /SW0104.*no run is live[\s\S]*closed \(done\)[\s\S]*swarm run/,
  );
});

test('the control socket is private, named in run.json, and gone when the run is', async (t) => {
  const { world, running } = await live(t, (w) => [waiting(w, 'a')]);
  const { control } = JSON.parse(await readFile(join(await world.runFolder(), 'run.json'), 'utf8'));
  assert.ok(Buffer.byteLength(control) < 104, control);
  const [socket, folder] = [await stat(control), await stat(join(control, '..'))];
  assert.deepEqual([socket.isSocket(), socket.mode & 0o777, folder.mode & 0o777], [true, 0o600, 0o700]);
  assert.equal(await end(world, running), 0);
  await assert.rejects(stat(control), /ENOENT/);
});

test('a person’s pause outlasts kill -9 and resume, and idle is said', async (t) => {
  const { world, running } = await live(t, (w) => [waiting(w, 'a'), waiting(w, 'b', ['a'])]);
  await said(world, 'pause');
  running.kill('SIGKILL');
  await running.ended;

  const dead = await refused(world, 'continue');
  assert.deepEqual(
    [dead.code, /SW0104.*nobody works on[\s\S]*fix {4}swarm resume/.test(dead.text)],
    [2, true],
  );

  await world.release();
  const again = world.start(['resume']);
  await again.line(/paused by the operator since .*Z, and nothing is in flight: swarm continue/);
  assert.match(await said(world, 'status'), /paused \(operator\), worked on by process/);
  await said(world, 'continue');
  assert.equal((await again.ended).code, 0);
});

test('cancelling a run ends what is at work, closes it with exit 1, and keeps what has landed', async (t) => {
  const { world, running } = await live(
    t,
    (w) => [{ id: 'a', title: 'Write a', description: writes('a') }, waiting(w, 'b'), waiting(w, 'c')],
    '--workers',
    '1',
    '--deliver',
    'apply',
  );
  const base = await world.git('rev-parse', 'main');
  await running.line(/landed t1/);
  await running.line(/t2\.1 started/);
  assert.match(
    await said(world, 'cancel', '--yes'),
    /^r-.* is cancelled: 2 tasks will not be done; it closes when what is in flight has ended/,
  );
  const { code, stdout } = await running.ended;
  assert.equal(code, 1, stdout);
  assert.match(
    stdout,
    /the run was cancelled; .*\n {2}incomplete: .*\n {2}1 landed, 2 cancelled in [\s\S]*not delivered .*the run was cancelled/,
  );
  assert.equal(await world.git('rev-parse', 'main'), base);
  await assertLandedOnce(world, base, ['Write a']);
  assert.deepEqual(await world.workspaces(), []);
  assert.equal((await world.swarm(['verify'])).code, 0);
});

test('an amended request is read by the planner, and tasks of a file join a planned run', async (t) => {
  const world = await World.with(t, FILES);
  const script = (id: string) => ({
    id,
    title: `Write ${id}`,
    description: writes(id),
    scope: [`${id}.txt`],
  });
  const server = await startModelServer(t, (call) => {
    const last = String(call.messages.at(-1)?.content);
    const tasks = last.includes('and b') ? [script('b')] : call.turn === 0 ? [waiting(world, 'a')] : [];
    return { text: JSON.stringify({ tasks, scratchpad: '', done: true }) };
  });
  const env = { OPENAI_API_KEY: 'key', OPENAI_BASE_URL: server.url, SWARM_MODEL: 'test-model' };
  const base = await world.git('rev-parse', 'main');
  const running = world.start(['run', 'Write a', '--agent', 'command', '--setup', 'none', ...OPEN], { env });
  await running.line(/t1\.1 started/);

  const amended = await world.swarm(['amend', 'and b', '--yes']);
  assert.match(
    amended.stdout,
    /^what would change:\n {2}new {8}t2 {2}Write b[\s\S]*\nthe request is amended: t2 new\n$/,
  );
  await running.line(/Write b/);
  await writeFile(
    join(world.root, 'more.json'),
    JSON.stringify([script('c'), { ...script('d'), dependsOn: ['c', 't1'] }]),
  );
  const reply = JSON.parse(await said(world, 'submit', '--file', join(world.root, 'more.json'), '--json'));
  assert.deepEqual(
    reply.events.map((event: { task: string; spec: { dependsOn: string[] } }) => [
      event.task,
      event.spec.dependsOn,
    ]),
    [
      ['t3', []],
      ['t4', ['t3', 't1']],
    ],
  );
  assert.equal(reply.state.tasks, 4);
  assert.equal(await end(world, running), 0);
  await assertLandedOnce(
    world,
    base,
    ['a', 'b', 'c', 'd'].map((name) => `Write ${name}`),
  );
});
