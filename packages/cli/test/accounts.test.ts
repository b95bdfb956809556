/** Whole runs with several accounts at one server: one after the other is used up, and what is told of their quotas. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { samplesOf } from '@swarm/telemetry/testing';
import { FILES, GATE, plannerAnswer, titleOf, workerAnswer } from './support/bicycle.ts';
import { assertLandedOnce } from './support/landings.ts';
import { type Answer, type Call, startModelServer } from './support/model-server.ts';
import { World } from './support/world.ts';

const ARGS = ['run', 'Build a bicycle', '--gate', GATE, '--workers', '2'];
const KEYS = { WORK_KEY: 'sk-of-work-1', HOME_KEY: 'sk-of-home-2' };
const PARTS = ['axle', 'spoke', 'pedal'];

const configOf = (url: string): string => `
[models]
default = "test-model"
[[endpoints]]
name = "vendor"
base_url = "${url}"
accounts = [{ name = "work", key_env = "WORK_KEY" }, { name = "home", key_env = "HOME_KEY" }]
`;

/** As a server of plans says it. */
const used = (percent: number, resetsAt: number): Record<string, string> => ({
  'x-codex-primary-used-percent': String(percent),
  'x-codex-primary-window-minutes': '300',
  'x-codex-primary-reset-at': String(resetsAt / 1_000),
});

/** A whole second, as headers tell times. */
const inSeconds = (n: number): number => (Math.ceil(Date.now() / 1_000) + n) * 1_000;

const usedUp = (resetsAt: number): Answer => ({
  status: 429,
  code: 'usage_limit_reached',
  message: 'The usage limit has been reached',
  headers: used(100, resetsAt),
});

const answerTo = (call: Call): Answer => (call.isWorker ? workerAnswer(call) : plannerAnswer(call, PARTS));

test('an account that is used up in the middle of the work costs no attempt: the next one goes on, and keeps what it has', async (t) => {
  const resetsAt = inSeconds(7_200);
  const server = await startModelServer(t, (call) => {
    const ofWork = server.calls.filter(({ key }) => key === KEYS.WORK_KEY).length;
    if (call.key === KEYS.WORK_KEY && ofWork > 3) return usedUp(resetsAt);
    const percent = call.key === KEYS.WORK_KEY ? 90 + ofWork : 12;
    return { ...answerTo(call), headers: used(percent, resetsAt) };
  });
  const world = await World.with(t, FILES);
  await world.configure(configOf(server.url));
  const base = await world.git('rev-parse', 'HEAD');

  const run = await world.swarm(ARGS, { env: KEYS });

  assert.equal(run.code, 0, run.stderr);
  await assertLandedOnce(world, base, PARTS.map(titleOf));
  const log = await world.log();
  const of = (event: string) => log.filter((line) => line.event === event);
  const endings = of('attempt.ended').map(({ data }) => data.reason);
  assert.deepEqual(endings, ['handed-in', 'handed-in', 'handed-in']);
  assert.deepEqual(
    of('endpoint.emptied').map(({ data }) => [data.endpoint, data.moreAt]),
    [['vendor/work', resetsAt]],
  );
  // Who was on the way to it is refused too; nobody sets out after.
  const refused = server.calls.filter(({ key }) => key === KEYS.WORK_KEY).slice(3);
  assert.ok(refused.length >= 1 && refused.length <= 3, `${refused.length} refused`);
  // The plan and two calls: at least one of them is in the middle of a conversation.
  const turned = PARTS.map((part) => {
    const keys = server.calls.filter(({ title }) => title === titleOf(part)).map(({ key }) => key);
    const at = keys.indexOf(KEYS.HOME_KEY);
    assert.deepEqual(new Set(keys.slice(at)), new Set([KEYS.HOME_KEY]), part);
    return at;
  });
  assert.ok(Math.max(...turned) > 0);
  assert.doesNotMatch(JSON.stringify(log) + run.stderr, /sk-of/);

  const { stdout } = await world.swarm(['status', '--json'], { env: KEYS });
  const { quotas } = JSON.parse(stdout) as { quotas: Record<string, unknown>[] };
  const reset = new Date(resetsAt).toISOString();
  assert.deepEqual(quotas, [
    { endpoint: 'vendor/home', isEmpty: false, quotas: [{ of: '5h', used: 0.12, resetsAt: reset }] },
    {
      endpoint: 'vendor/work',
      isEmpty: true,
      moreAt: reset,
      quotas: [{ of: '5h', used: 1, resetsAt: reset }],
    },
  ]);
  const samples = samplesOf((await world.swarm(['status', '--metrics'], { env: KEYS })).stdout);
  const ofWork = { endpoint: 'vendor/work', quota: '5h' };
  assert.equal(samples.one('swarm_quota_used_ratio', ofWork), 1);
  assert.equal(samples.one('swarm_quota_reset_timestamp_seconds', ofWork), resetsAt / 1_000);
  assert.equal(samples.one('swarm_breaker_state', { target: 'endpoint/vendor/work' }), 1);
});

test('accounts that are all used up stop the run once, with the earliest time of more; then that one is asked', async (t) => {
  const answered: Call[] = [];
  const [later, sooner] = [inSeconds(36_000), inSeconds(18_000)];
  let isStopped = false;
  const server = await startModelServer(t, (call) => {
    const isWork = call.key === KEYS.WORK_KEY;
    if (isStopped ? isWork : answered.length >= 3) return usedUp(isWork ? later : sooner);
    answered.push(call);
    return { ...answerTo(call), headers: used(40, later) };
  });
  const world = await World.with(t, FILES);
  await world.configure(configOf(server.url));
  const base = await world.git('rev-parse', 'HEAD');

  const run = await world.swarm(ARGS, { env: KEYS });
  isStopped = true;

  assert.equal(run.code, 79, run.stderr);
  const stops = (await world.log()).filter((line) => line.event === 'run.stopped');
  assert.deepEqual(
    stops.map(({ data }) => [data.reason, data.moreAt]),
    [['quota', sooner]],
  );
  const time = (at: number): string => new Date(at).toISOString().slice(11, 19);
  const { stdout } = await world.swarm(['status'], { env: KEYS });
  assert.match(stdout, new RegExp(`quota +used up; there is more at .*${time(sooner)}`));
  assert.match(stdout, new RegExp(`quota +vendor/work: used up; there is more at [^;]*${time(later)}`));
  assert.match(stdout, /quota +vendor\/home: [^:]*:[^:]*:[\s\S]*5h 100% used for 4h/);

  const again = await world.swarm(['resume', '--now'], { env: KEYS });
  assert.equal(again.code, 0, again.stderr);
  await assertLandedOnce(world, base, PARTS.map(titleOf));
  assert.equal(answered.at(-1)!.key, KEYS.HOME_KEY);
});

test('the doctor tells each account by its name, with how much of its quota is used', async (t) => {
  const server = await startModelServer(t, ({ key }) =>
    key === KEYS.WORK_KEY ? usedUp(inSeconds(7_200)) : { text: 'yes', headers: used(87.6, inSeconds(7_230)) },
  );
  const world = await World.with(t, FILES);
  await world.configure(configOf(server.url));
  const looked = await world.swarm(['doctor', '--yes'], { env: KEYS });
  assert.match(looked.stdout, /call vendor\/home +ok +test-model answered .*; 5h 87% used for 2h/);
  assert.match(
    looked.stdout,
    /call vendor\/work +note +used up; there is more at .*; 5h 100% used for (1h|2h)/,
  );
  assert.doesNotMatch(looked.stdout + looked.stderr, /sk-of/);
});
