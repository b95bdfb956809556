/** Whole runs in which the conversation outgrows the model's window: it is kept inside, whatever the server says. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { modelEnvironment } from './support/bicycle.ts';
import { bash, planOf, submit, task, textOf } from './support/harness.ts';
import { few } from './support/long.ts';
import { type Move, startWindowServer } from './support/window-server.ts';
import { World } from './support/world.ts';

const LINES = 4_000;
const long = (n: number): string =>
  Array.from({ length: LINES }, (_, i) => `export const handler_${n}_${i} = (request) => request.ok;\n`).join(
    '',
  );
const PLAN = planOf(task('a', { verify: 'test -f a.txt' }));
const VLLM = (window: number) => (asked: number) =>
  `This model's maximum context length is ${window} tokens. However, you requested ${asked} tokens. Please reduce the length of the messages.`;
const LLAMA = () => () =>
  'the request exceeds the available context size. try increasing the context size or enable context shift';

/** Reads on and on, two files at once every seventh time, and writes its own file at the end. */
const reads =
  (steps: number) =>
  ({ step }: { readonly step: number }): Move => {
    const read = (n: number) =>
      ['read', { path: `long${n % 2}.js`, offset: step * 11 + 1, limit: 500 }] as const;
    if (step === steps - 2) return bash('echo a > a.txt');
    if (step === steps - 1) return submit();
    return { calls: step % 7 === 3 ? [read(0), read(1)] : [read(step)] };
  };

async function worldOf(t: Parameters<typeof World.with>[0], toml = ''): Promise<World> {
  const world = await World.with(t, { 'long0.js': long(0), 'long1.js': long(1) });
  await world.configure(`[workers]\nsteps = 300\ntokens = 100_000_000\n${toml}`);
  return world;
}
const RUN = ['run', 'Add a', '--gate', 'true', '--setup', 'none', '--workers', '1'];

describe('an attempt of 200 steps', { concurrency: 1 }, () => {
  for (const [window, words] of few([
    [8_192, VLLM(8_192)],
    [32_768, LLAMA()],
    [131_072, VLLM(131_072)],
  ] as const))
    test(`lands in a window of ${window} tokens that nobody told of: no refusal ends it, every call has its result`, async (t) => {
      const world = await worldOf(t);
      const server = await startWindowServer(t, window, words, PLAN, reads(200));
      const run = await world.swarm(RUN, { env: modelEnvironment(server.url) });
      assert.equal(run.code, 0, run.stderr);
      const { seen, unpaired } = server;
      assert.equal(seen.steps, 200);
      assert.deepEqual(unpaired, []);
      assert.ok(seen.refused <= 6, `${seen.refused} refusals`);
      assert.ok(seen.longest > window * 0.45, `it used ${seen.longest} of ${window}`);
      assert.equal((await world.log()).filter((line) => line.event === 'attempt.started').length, 1);
      assert.doesNotMatch(run.stdout + run.stderr, /context|window/);
      const last = textOf(server.taken.at(-1)!);
      assert.match(last, /You are a worker/);
      assert.match(last, /Task t1: Add a/);
    });
});

test('a window that a profile tells of is never met', async (t) => {
  const world = await worldOf(t, '[models.profiles."test-model"]\nwindow = 16_384');
  const server = await startWindowServer(t, 16_384, VLLM(16_384), PLAN, reads(60));
  const run = await world.swarm(RUN, { env: modelEnvironment(server.url) });
  assert.equal(run.code, 0, run.stderr);
  assert.deepEqual([server.seen.steps, server.seen.refused, server.unpaired], [60, 0, []]);
});

test('a plan and a check that fails are told again after the conversation was summed up', async (t) => {
  const world = await worldOf(t, '[models.profiles."test-model"]\nwindow = 12_000');
  const server = await startWindowServer(t, 12_000, VLLM(12_000), PLAN, ({ step }): Move => {
    if (step === 0) return { calls: [['plan', { items: [{ text: 'NEEDLE-PLAN', status: 'in_progress' }] }]] };
    if (step === 1) return bash('echo NEEDLE-RED; exit 1');
    if (step === 58) return bash('echo a > a.txt');
    if (step === 59) return submit();
    // Its own words, which nothing but a summary takes out.
    return {
      calls: [
        ['write', { path: 'scratch.txt', content: `${step}` }],
        ['bash', { command: `true ${'w'.repeat(700)} ${step}; rm -f scratch.txt` }],
      ],
    };
  });
  const run = await world.swarm(RUN, { env: modelEnvironment(server.url) });
  assert.equal(run.code, 0, run.stderr);
  assert.ok(server.seen.summaries > 0, 'it was summed up');
  const last = textOf(server.taken.at(-1)!);
  for (const needle of [/## Next\ngo on/, /\[>\] NEEDLE-PLAN/, /exit code 1\nNEEDLE-RED/])
    assert.match(last, needle);
  assert.match(
    (await world.swarm(['transcript', 't1'])).stdout,
    /room is made \(model\): \d+ characters became \d+/,
  );
});
