/** A budget that lands softly, as its operator sees it: what could land has landed, the rest is named, and more goes on. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { asking, writing } from './support/asking.ts';

const OPEN = ['--sandbox', 'none', '--gate', 'test -f README.md'];
const task = writing;
const tasks = (n: number, kind: string) => Array.from({ length: n }, (_, i) => task(`${kind}${i + 1}`));

async function given(t: TestContext) {
  const { world, env, ...rest } = await asking(t);
  const run = async (plan: readonly object[], ...more: string[]) => {
    const args = await world.plan(plan as never, ...OPEN, '--workers', '6', ...more);
    return world.swarm(args, { env });
  };
  return { world, env, run, ...rest };
}

test('sixty tasks with half of what they are likely to use land softly, and go on with more', async (t) => {
  const { world, env, run, json, configure } = await given(t);
  await configure('[workers]\npre_gate = false');
  assert.equal((await run(tasks(4, 'seed'))).code, 0);
  const { forecast } = JSON.parse((await run(tasks(60, 'part'), '--dry-run', '--json')).stdout);
  assert.deepEqual(forecast.from, { runs: 1, tasks: 4 });
  const cap = Math.round(forecast.tokens.likely / 2);

  const ended = await run(tasks(60, 'part'), '--budget', `${cap}tok`);
  assert.equal(ended.code, 79, ended.stderr);
  assert.match(
    ended.stdout,
    /^2\d of 60 landed, 3\d left undone, then the budget came near its end; the head is green/,
  );
  assert.match(ended.stdout, /^ {2}left: 3\d tasks were not begun \(t\d+, /m);
  // In sum, and not once more a line each.
  assert.doesNotMatch(ended.stdout, /^ *failed|tasks failed/m);
  assert.match(ended.stderr, /SW0601.*nearly used up[\s\S]*fix +swarm resume --budget \+\d+ktok/);

  const report = await json('report');
  const { notBegun, begun, goOn } = report.remainder;
  assert.deepEqual([begun, notBegun.length + report.landed, report.green], [[], 60, true]);
  // Nothing that was done waits, and nobody spent more than there was.
  assert.ok(report.tokens <= cap && report.tokens >= 0.75 * cap, `${report.tokens} of ${cap}`);
  assert.equal(report.handoffs, report.landed);
  const told = (await world.swarm(['logs', '--event', 'budget.*'])).stdout;
  assert.match(told, /^[^\n]*the budget is near its end \(soft limit: 85 % of [\d,]+ tokens\)[^\n]*\n$/);
  const status = (await world.swarm(['status'])).stdout;
  assert.match(status, /^left +3\d tasks were not begun[\s\S]*^to go on +swarm resume --budget \+/m);

  const more = await world.swarm(goOn.split(' ').slice(1), { env });
  assert.equal(more.code, 0, more.stdout + more.stderr);
  assert.match(more.stdout, /^60 of 60 landed; the head is green/);
  assert.equal((await json('verify')).ok ?? true, true);
});

test('a raise with which nothing would open is refused, and says what it takes', async (t) => {
  const { world, env, run } = await given(t);
  assert.equal((await run(tasks(12, 'part'), '--budget', '60ktok')).code, 79);
  const little = await world.swarm(['resume', '--budget', '+1tok'], { env });
  assert.match(little.stderr, /SW0105.*is less than the \d+ it takes to go on/);
  const twice = await world.swarm(['resume', '--budget', '+1Mtok,2Mtok'], { env });
  assert.match(twice.stderr, /SW0102.*cannot be read/);
});

test('with soft = 1 a run goes on until nothing more can be set aside, as it always did', async (t) => {
  const { world, run, configure } = await given(t);
  await configure('[budget]\nsoft = 1');
  const ended = await run(tasks(12, 'part'), '--budget', '60ktok', '--workers', '1');
  assert.match(ended.stdout, /then the budget was used up/);
  const near = (await world.log()).filter(({ event }) => event === 'budget.neared');
  assert.deepEqual([ended.code, near], [79, []]);
});

test('a task has a budget of its own, over all its attempts', async (t) => {
  const { run, json, configure } = await given(t);
  await configure('[workers]\nattempts = 5\n[budget]\ntask_tokens = 25_000');
  const never = task('never', { verify: 'false', title: 'Write never' });
  const ended = await run([never, task('fine')]);
  assert.equal(ended.code, 1, ended.stderr);
  const { list } = await json('report');
  assert.match(list[0].why, /its budget of 25000 tokens is used up/);
  assert.equal(list[1].state, 'landed');
  assert.ok(list[0].attempts < 5);
});

test('a role’s part bounds it, and a share of nothing is refused', async (t) => {
  const { world, run, configure } = await given(t);
  await configure('[budget.roles]\nworker = "50%"');
  const nothing = await run(tasks(2, 'part'));
  assert.match(
    nothing.stderr,
    /SW0102.*`budget.roles.worker = "50%"` is a share of a budget, and there is none/,
  );
  const ended = await run(tasks(12, 'part'), '--budget', '120ktok', '--workers', '1');
  assert.equal(ended.code, 79, ended.stderr);
  const used = (await world.swarm(['status', '--json'])).stdout;
  const { tokens } = JSON.parse(used).spending.roles.worker.spent;
  assert.ok(tokens <= 60_000 && tokens > 30_000, String(tokens));
});
