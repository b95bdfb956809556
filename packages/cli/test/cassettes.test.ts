/** A run that is recorded, and the same run again from its cassette: offline, in a fresh clone, without a key. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FILES, GATE, modelEnvironment, planOf, workerAnswer } from './support/bicycle.ts';
import { type Answer, type Call, type ModelServer, startModelServer } from './support/model-server.ts';
import { type Owner, World } from './support/world.ts';

const mayMount = process.getuid?.() === 0 ? {} : { skip: 'only root can mount a small disk' };
const FLAGS = ['--workers', '2', '--gate', GATE];
const REQUEST = 'Build a bicycle';
const KEY = 'sk-live-0123456789-secret';

/** Two tasks at once, one more when they have landed, then nothing. */
function model(t: Owner, answer: (call: Call) => Answer | undefined = () => undefined): Promise<ModelServer> {
  const open = (parts: readonly string[]): string => planOf(parts).replace('"done": true', '"done": false');
  const plans = [open(['axle', 'bell']), open(['rim']), '{"tasks":[],"done":true}'];
  let asked = 0;
  return startModelServer(t, (call) => {
    const other = answer(call);
    if (other) return other;
    return call.isWorker ? workerAnswer(call) : { text: plans[asked++]! };
  });
}

interface Recorded {
  readonly world: World;
  readonly tape: string;
  readonly tree: string;
}

async function record(
  t: Owner,
  answer?: (call: Call) => Answer | undefined,
  ...more: string[]
): Promise<Recorded> {
  const world = await World.with(t, FILES);
  const server = await model(t, answer);
  const tape = join(world.root, 'run.cassette');
  const args = ['run', REQUEST, ...FLAGS, '--record', tape, ...more];
  const run = await world.swarm(args, { env: { ...modelEnvironment(server.url), OPENAI_API_KEY: KEY } });
  assert.equal(run.code, 0, run.stderr);
  await server.down(true);
  return { world, tape, tree: await world.git('rev-parse', `${await world.branch()}^{tree}`) };
}

/** Another machine: its own home, no endpoint, no key, a clone of the target. */
async function cloneOf(t: Owner, { repository }: World): Promise<World> {
  const world = await World.make(t);
  await world.gitIn(world.root, 'clone', '--quiet', '--branch', 'main', repository, world.repository);
  return world;
}

test('a recorded run replays offline, without endpoint, key or request, to the same landed tree', async (t) => {
  // What a command prints is never the same again.
  const prints = ({ isWorker, turn }: Call): Answer | undefined =>
    isWorker && turn === 1
      ? { tool: { name: 'bash', arguments: { command: 'cat /proc/uptime; git log -1; ls -l parts' } } }
      : undefined;
  const { world, tape, tree } = await record(t, prints);
  const clone = await cloneOf(t, world);
  const replay = await clone.swarm(['run', ...FLAGS, '--replay', tape]);
  assert.equal(replay.code, 0, replay.stderr);
  assert.equal(await clone.git('rev-parse', `${await clone.branch()}^{tree}`), tree);
  assert.match(
    replay.stderr,
    /what tools gave back differs from line \d+ of the cassette; answered all the same/,
  );
  assert.equal((await clone.swarm(['verify'])).code, 0);

  const again = await clone.swarm(['resume']);
  assert.equal(again.code, 2);
  assert.match(again.stderr, /replays a cassette, and a replay is not taken up in its middle/);
  assert.match(again.stderr, /fix {4}swarm run --replay .*run\.cassette/);
});

test('a prompt that was changed is the first divergence: who asked, which line, the words', async (t) => {
  const { world, tape } = await record(t);
  const clone = await cloneOf(t, world);
  const text = await readFile(join(import.meta.dirname, '../../../prompts/worker.md'), 'utf8');
  const [was] = /^You are a worker: .*$/m.exec(text)!;
  await clone.write({ '.swarm/prompts/worker.md': text.replace(was, was.replace('a worker', 'one worker')) });
  const replay = await clone.swarm(['run', '--replay', tape, ...FLAGS, '--trust-repo']);
  assert.equal(replay.code, 65, replay.stderr);
  assert.match(replay.stderr, /^error\[SW0208\]: the run asks something else than the recorded one$/m);
  assert.match(
    replay.stderr,
    /worker of t[12]\.1, request 1: messages\[0\]\.content is not as in .*run\.cassette:\d+$/m,
  );
  assert.match(replay.stderr, /^ +- You are a worker: /m);
  assert.match(replay.stderr, /^ +\+ You are one worker: /m);
  assert.match(replay.stderr, /^ +fix +swarm prompts /m);
});

test('a key stands in no cassette: not from a prompt, a tool, or an answer', async (t) => {
  const echo = ({ isWorker, turn }: Call): Answer | undefined =>
    isWorker && turn === 1 ? { tool: { name: 'bash', arguments: { command: `echo ${KEY}` } } } : undefined;
  const { tape } = await record(t, echo);
  const text = await readFile(tape, 'utf8');
  assert.ok(!text.includes(KEY));
  assert.match(text, /echo \[redacted\]/);
});

test('a run that is killed leaves whole lines, and goes on recording in the same file when it is resumed', async (t) => {
  const world = await World.with(t, FILES);
  const hold = Promise.withResolvers<void>();
  let isKilled = false;
  const server = await model(t, ({ isWorker, turn, title }) => {
    if (isKilled || !isWorker || title !== 'Add bell' || turn !== 1) return undefined;
    return { text: 'I think.', onSent: () => hold.promise };
  });
  const tape = join(world.root, 'run.cassette');
  const env = modelEnvironment(server.url);
  const run = world.start(['run', REQUEST, ...FLAGS, '--record', tape], { env });
  await run.line(/landed t1/);
  run.kill('SIGKILL');
  await run.ended;
  isKilled = true;
  hold.resolve();
  const lines = (await readFile(tape, 'utf8')).split('\n');
  assert.equal(lines.pop(), '');
  for (const line of lines) JSON.parse(line);

  const resumed = await world.swarm(['resume'], { env });
  assert.equal(resumed.code, 0, resumed.stderr);
  const after = (await readFile(tape, 'utf8')).trimEnd().split('\n');
  assert.deepEqual(after.slice(0, lines.length), lines);
  const more = after.slice(lines.length).map((line) => JSON.parse(line) as { kind: string });
  assert.equal(more[0]?.kind, 'resumed');
  assert.ok(more.some(({ kind }) => kind === 'call'));
});

test('a run whose cassette is gone says so when it is resumed, and goes on without where that is wanted', async (t) => {
  const world = await World.with(t, FILES);
  const server = await model(t);
  const tape = join(world.root, 'run.cassette');
  const env = modelEnvironment(server.url);
  const run = world.start(['run', REQUEST, ...FLAGS, '--record', tape], { env });
  await run.line(/t1\.1 started/);
  run.kill('SIGKILL');
  await run.ended;
  await rm(tape);
  const refused = await world.swarm(['resume'], { env });
  assert.equal(refused.code, 65, refused.stderr);
  assert.match(refused.stderr, /error\[SW0207\]: the cassette that this run records cannot be gone on with/);
  assert.match(refused.stderr, /fix {4}swarm resume --no-record/);
  const resumed = await world.swarm(['resume', '--no-record'], { env });
  assert.equal(resumed.code, 0, resumed.stderr);
  await assert.rejects(readFile(tape));
});

test(
  'a disk with no room for the cassette stops the run, and with room it is gone on with',
  mayMount,
  async (t) => {
    const world = await World.with(t, FILES);
    const server = await model(t);
    const disk = await mkdtemp(join(tmpdir(), 'swarm-disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32k', 'tmpfs', disk]);
    t.after(async () => {
      execFileSync('umount', ['-l', disk]);
      await rm(disk, { recursive: true });
    });
    const tape = join(disk, 'run.cassette');
    const env = modelEnvironment(server.url);
    const run = await world.swarm(['run', REQUEST, ...FLAGS, '--record', tape], { env });
    assert.equal(run.code, 74, run.stderr);
    assert.match(run.stderr, /error\[SW0701\]: the cassette takes no more, and the run was to be recorded/);
    assert.match(run.stderr, /why {4}.*run\.cassette: ENOSPC/);
    execFileSync('mount', ['-o', 'remount,size=4m', disk]);
    const resumed = await world.swarm(['resume'], { env });
    assert.equal(resumed.code, 0, resumed.stderr);
    for (const line of (await readFile(tape, 'utf8')).trimEnd().split('\n')) JSON.parse(line);
  },
);

test('what cannot be recorded or replayed is refused before anything is asked', async (t) => {
  const world = await World.with(t, FILES);
  const [there, bad] = [join(world.root, 'there'), join(world.root, 'bad')];
  await writeFile(there, 'mine\n');
  await writeFile(bad, '{"kind":"journal"}\n');
  const refused: readonly (readonly [readonly string[], number, RegExp, RegExp])[] = [
    [
      ['--record', 'a', '--replay', 'b'],
      2,
      /SW0101\]: --record and --replay do not go together/,
      /--replay b/,
    ],
    [['--record', 'a', '--dry-run'], 2, /SW0101\]: --record and --dry-run do not go together/, /--record a/],
    [['--replay', bad, '--dry-run'], 2, /SW0101\]: --replay and --dry-run do not go together/, /--replay/],
    [['--record', there], 2, /SW0101\]: .*there is there already/, /--record .*there\.2/],
    [['--record', 'no/folder/x'], 2, /SW0101\]: no\/folder\/x cannot be made/, /mkdir -p .*no\/folder/],
    [['--replay', bad], 65, /SW0207\]: .*bad is no cassette that can be played/, /--record run\.cassette/],
    [['--replay', 'gone'], 65, /SW0207\]: the cassette .*gone cannot be read/, /--record run\.cassette/],
  ];
  for (const [args, code, what, fix] of refused) {
    const ended = await world.swarm(['run', REQUEST, ...FLAGS, ...args], { env: { SWARM_MODEL: 'm' } });
    assert.equal(ended.code, code, ended.stderr);
    assert.match(ended.stderr, what);
    assert.match(ended.stderr, new RegExp(`^ +fix +.*${fix.source}`, 'm'));
  }
  assert.equal(await readFile(there, 'utf8'), 'mine\n');
});
