/** Whole runs over several endpoints: one dies, one limits, one crawls; and none has any quota left. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Usage } from '@swarm/core/model/usage';
import { FILES, GATE, plannerAnswer, titleOf, workerAnswer } from './support/bicycle.ts';
import { assertLandedOnce } from './support/landings.ts';
import { type Answer, type Call, type ModelServer, startModelServer } from './support/model-server.ts';
import { World } from './support/world.ts';

const ARGS = ['run', 'Build a bicycle', '--gate', GATE];
const KEY = { MODEL_KEY: 'key' };
/** USD per million tokens; a call of the server's is 100 tokens of prompt and 20 of answer. */
const PRICE = { input: 100, output: 1_000 };
const CALL_USD = (100 * PRICE.input + 20 * PRICE.output) / 1e6;

/** A whole second, as headers tell times. */
const inSeconds = (n: number): number => (Math.ceil(Date.now() / 1_000) + n) * 1_000;

const table = (name: string, { url }: ModelServer): string =>
  `[[endpoints]]\nname = "${name}"\nbase_url = "${url}"`;

async function worldOver(t: Parameters<typeof World.with>[0], servers: Record<string, ModelServer>) {
  const world = await World.with(t, FILES);
  const tables = Object.entries(servers).map(
    ([name, server]) => `${table(name, server)}\nkey_env = "MODEL_KEY"`,
  );
  await world.configure(`[models]\ndefault = "test-model"\n${tables.join('\n')}`);
  const prices = { asOf: '2026-11-21', currency: 'USD', perMillion: { 'test-model': PRICE } };
  await writeFile(join(world.root, 'config', 'swarm', 'prices.json'), JSON.stringify(prices));
  return world;
}

describe('several endpoints', { concurrency: true }, () => {
  test('of which one dies, one limits and one crawls finish a run of 50 calls, in order and at its price', async (t) => {
    const parts = Array.from({ length: 17 }, (_, i) => `part-${i}`);
    const finished: Call[] = [];
    const answerTo = (call: Call): Answer => {
      finished.push(call);
      return call.isWorker ? workerAnswer(call) : plannerAnswer(call, parts);
    };
    const dies = await startModelServer(t, (call) => {
      if (dies.calls.length <= 4) return answerTo(call);
      void dies.down(true);
      return {};
    });
    const limits = await startModelServer(t, (call) =>
      limits.calls.length % 3 === 0 ? { status: 429, headers: { 'retry-after': '1' } } : answerTo(call),
    );
    const crawls = await startModelServer(t, (call) => ({
      ...(call.isWorker && { text: 'I think about it. '.repeat(8) }),
      ...answerTo(call),
      overMs: 200,
    }));
    const world = await worldOver(t, { dies, limits, crawls });
    const base = await world.git('rev-parse', 'HEAD');

    const run = await world.swarm([...ARGS, '--workers', '4'], { env: KEY });

    assert.equal(run.code, 0, run.stderr);
    await assertLandedOnce(world, base, parts.map(titleOf));
    assert.ok(finished.length >= 50, `${finished.length} calls`);
    for (const part of parts) {
      const turns = finished.filter((call) => call.title === titleOf(part)).map((call) => call.turn);
      assert.deepEqual(turns, [0, 1, 2], part);
    }
    for (const { calls } of [dies, limits, crawls]) assert.ok(calls.length > 3, `${calls.length} calls`);
    const { calls, costUsd, inputTokens } = await spentBy(world);
    assert.deepEqual([calls, inputTokens], [finished.length, finished.length * 100]);
    assert.ok(Math.abs(costUsd - finished.length * CALL_USD) < 1e-6, `${costUsd} USD`);
    const reasons = (await world.log()).filter((l) => l.event === 'attempt.ended').map((l) => l.data.reason);
    assert.deepEqual(new Set(reasons), new Set(['handed-in']));
  });

  test('with a bound on calls at the same time are asked no more than that', async (t) => {
    const parts = ['axle', 'spoke', 'pedal', 'chain'];
    const counted = { now: 0, most: 0 };
    const server = await startModelServer(t, (call) => {
      counted.now += 1;
      counted.most = Math.max(counted.most, counted.now);
      const answer = call.isWorker ? workerAnswer(call) : plannerAnswer(call, parts);
      // Counted out before the last piece goes, after which another call may come.
      const onSent = (text: string): void => {
        if (text === SAID) counted.now -= 1;
      };
      if (!call.isWorker) counted.now -= 1;
      return call.isWorker ? { ...answer, text: SAID, overMs: 100, onSent } : answer;
    });
    const world = await World.with(t, FILES);
    await world.configure(
      `[models]\ndefault = "test-model"\n${table('narrow', server)}\nkey_env = "MODEL_KEY"\nmax_concurrent = 1`,
    );
    const base = await world.git('rev-parse', 'HEAD');
    const run = await world.swarm([...ARGS, '--workers', '4'], { env: KEY });
    assert.equal(run.code, 0, run.stderr);
    await assertLandedOnce(world, base, parts.map(titleOf));
    assert.equal(counted.most, 1);
  });

  test('that all have no quota left stop the run once, and it goes on at the time they name', async (t) => {
    const parts = ['axle', 'spoke', 'pedal', 'chain'];
    let backAt = Number.POSITIVE_INFINITY;
    const refused: number[] = [];
    const early: Call[] = [];
    const answer = (call: Call): Answer => {
      if (call.isWorker && call.turn === 1 && call.title !== titleOf('axle') && backAt === Infinity)
        // No slow machine gets there before the run has stopped.
        backAt = inSeconds(120);
      else if (isStopped && isEarlier) {
        isEarlier = false;
        backAt = inSeconds(20);
      }
      if (Date.now() >= backAt || backAt === Infinity)
        return call.isWorker ? workerAnswer(call) : plannerAnswer(call, parts);
      refused.push(Date.now());
      if (isStopped) early.push(call);
      return { ...NO_QUOTA, headers: { 'retry-after': new Date(backAt).toUTCString() } };
    };
    let isStopped = false;
    // Who asks before it is told is told of a nearer time.
    let isEarlier = true;
    const servers = {
      one: await startModelServer(t, answer),
      two: await startModelServer(t, answer),
      three: await startModelServer(t, answer),
    };
    const world = await worldOver(t, servers);
    const base = await world.git('rev-parse', 'HEAD');

    const run = await world.swarm([...ARGS, '--workers', '3'], { env: KEY });
    isStopped = true;
    const time = new Date(backAt).toISOString().slice(11, 19);
    assert.equal(run.code, 79, run.stderr);
    const stops = (await world.log()).filter((line) => line.event === 'run.stopped');
    assert.deepEqual(
      stops.map((line) => line.data.reason),
      ['quota'],
    );
    // Each endpoint refuses whoever was on the way to it, and is asked by nobody after.
    assert.ok(refused.length >= 3 && refused.length <= 9, `${refused.length} refused`);
    const left = (await world.log()).filter((l) => l.event === 'attempt.ended' && l.data.work !== undefined);
    assert.ok(left.length > 0, 'what was written is kept');
    assert.match(run.stderr, new RegExp(`there is more at .*${time}`));
    const status = await world.swarm(['status'], { env: KEY });
    assert.match(status.stdout, new RegExp(`there is more at .*${time}`));

    assert.equal((await world.swarm(['resume', '--now'], { env: KEY })).code, 79);
    assert.ok(early.length >= 3, 'who asks for it asks at once');
    early.length = 0;
    const again = await world.swarm(['resume'], { env: KEY });
    assert.equal(again.code, 0, again.stderr);
    assert.match(again.stderr, /waits until .*no model is asked/);
    assert.deepEqual(early, []);
    await assertLandedOnce(world, base, parts.map(titleOf));
  });
});

describe('an endpoint’s key', { concurrency: true }, () => {
  test('comes from a file or a command as well, which is asked once a run', async (t) => {
    const parts = ['axle', 'spoke'];
    // Neither does all of it: the first that a worker asks is busy until the other was asked.
    const answer = (call: Call): Answer => {
      if (!call.isWorker) return plannerAnswer(call, parts);
      const isOnlyOne = [file, command].some(({ calls }) => calls.length === 0);
      return isOnlyOne ? { status: 503, message: 'busy' } : workerAnswer(call);
    };
    const [file, command] = [await startModelServer(t, answer), await startModelServer(t, answer)];
    const world = await World.with(t, FILES);
    const [path, asked] = [join(world.root, 'model.key'), join(world.root, 'asked')];
    await writeFile(path, 'sk-from-a-file-1\n', { mode: 0o600 });
    const run = ['sh', '-c', `echo >> ${asked}; echo sk-from-a-command-2`];
    await world.configure(
      `[models]\ndefault = "test-model"\n${table('file', file)}\nkey_file = "${path}"\n${table('command', command)}\nkey_command = ${JSON.stringify(run)}`,
    );

    const ended = await world.swarm(ARGS);

    assert.equal(ended.code, 0, ended.stderr);
    assert.deepEqual(new Set(file.calls.map(({ key }) => key)), new Set(['sk-from-a-file-1']));
    assert.deepEqual(new Set(command.calls.map(({ key }) => key)), new Set(['sk-from-a-command-2']));
    assert.equal(await readFile(asked, 'utf8'), '\n');
    assert.doesNotMatch(JSON.stringify(await world.log()) + ended.stderr, /sk-from/);
  });

  test('that a command gave is asked for once more when a server rejects it', async (t) => {
    const parts = ['axle', 'spoke', 'pedal'];
    const answered: Call[] = [];
    const server = await startModelServer(t, (call) => {
      // The first key ends in the middle of the run.
      if (call.key === 'sk-first-key-1' && answered.length >= 3) return { status: 401, message: 'expired' };
      answered.push(call);
      return call.isWorker ? workerAnswer(call) : plannerAnswer(call, parts);
    });
    const world = await World.with(t, FILES);
    const asked = join(world.root, 'asked');
    const script = `echo >> ${asked}; [ "$(wc -l < ${asked})" = 1 ] && echo sk-first-key-1 || echo sk-second-key-2`;
    const command = JSON.stringify(['sh', '-c', script]);
    await world.configure(
      `[models]\ndefault = "test-model"\n${table('short', server)}\nkey_command = ${command}`,
    );
    const base = await world.git('rev-parse', 'HEAD');

    const ended = await world.swarm([...ARGS, '--workers', '3']);

    assert.equal(ended.code, 0, ended.stderr);
    await assertLandedOnce(world, base, parts.map(titleOf));
    assert.equal(await readFile(asked, 'utf8'), '\n\n');
    assert.equal(answered.at(-1)!.key, 'sk-second-key-2');
  });

  test('is never a command or a file of a repository’s choice, trusted or not', async (t) => {
    const world = await World.with(t, FILES);
    const asked = join(world.root, 'asked');
    const own = `[[endpoints]]\nname = "x"\nbase_url = "http://127.0.0.1:1/v1"\n`;
    for (const line of [`key_command = ["touch", "${asked}"]`, 'key_file = "~/.ssh/id_rsa"']) {
      await world.commit({ 'swarm.toml': `${own}${line}\n` }, 'Choose');
      const ended = await world.swarm([...ARGS, '--trust-repo']);
      assert.equal(ended.code, 2, ended.stderr);
      assert.match(ended.stderr, /a repository cannot choose `key_(command|file)`/);
    }
    await assert.rejects(readFile(asked), /ENOENT/);
  });

  test('in a file that others may read ends the run before it begins', async (t) => {
    const world = await World.with(t, FILES);
    const path = join(world.root, 'model.key');
    await writeFile(path, 'sk-from-a-file-1\n', { mode: 0o644 });
    const up = await startModelServer(t, () => ({ text: '' }));
    await world.configure(
      `[models]\ndefault = "test-model"\n${table('up', up)}\n${table('file', up)}\nkey_file = "${path}"`,
    );
    const ended = await world.swarm(ARGS);
    assert.equal(ended.code, 77, ended.stderr);
    assert.match(ended.stderr, /others may read or write it[\s\S]*chmod 600/);
    assert.deepEqual(up.calls, []);
  });
});

const SAID = 'I look at it before I write. '.repeat(4);
const NO_QUOTA = { status: 429, code: 'insufficient_quota', message: 'You exceeded your current quota' };

async function spentBy(world: World) {
  const { stdout } = await world.swarm(['status', '--json'], { env: KEY });
  const { spending } = JSON.parse(stdout) as { spending: { used: Usage } };
  return spending.used;
}
