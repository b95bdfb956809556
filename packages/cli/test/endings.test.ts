/** Every way a run ends, as the real program tells it: its closing screen, then status and report, which say the same. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { modelEnvironment } from './support/bicycle.ts';
import { goldensIn } from './support/golden.ts';
import { type Answer, type Call, startModelServer } from './support/model-server.ts';
import { contained, type PlanTask, World } from './support/world.ts';

const goldens = goldensIn(join(import.meta.dirname, 'golden', 'endings'));
const FILES = { 'README.md': 'shop\n' };
const HAND_IN_PART = `printf '%s' '{"status":"partial","summary":"half is missing"}' > "$SWARM_HANDOFF"`;
const ALREADY = `printf '%s' '{"status":"already_done","summary":"it is there"}' > "$SWARM_HANDOFF"`;

const write = (name: string, more = ''): PlanTask => ({
  id: name,
  title: `Write ${name}`,
  description: `echo ${name} > ${name}.txt${more}`,
  scope: [`${name}.txt`],
});
const fail = (name: string): PlanTask => ({ id: name, title: `Write ${name}`, description: 'exit 3' });

interface Ending {
  readonly code: number;
  /** The first line of stdout, without commits. */
  readonly says: RegExp;
  /** Tasks that are told to have failed or to be left, and to have failed in the log. */
  readonly failed?: readonly string[];
}

const cases: readonly (Ending & { readonly name: string; readonly tasks: readonly PlanTask[] })[] = [
  {
    name: 'all-landed',
    code: 0,
    says: /^2 of 2 landed; the head is green at <commit>$/,
    tasks: [write('a'), write('b')],
  },
  {
    name: 'nothing-to-do',
    code: 0,
    says: /^1 of 1 unneeded; the head is green/,
    tasks: [{ ...write('a'), description: ALREADY, verify: 'test -f README.md' }],
  },
  {
    name: 'some-failed',
    code: 1,
    says: /^1 of 3 landed, 2 failed; the head is green/,
    failed: ['t2', 't3'],
    tasks: [write('a'), fail('b'), { ...write('c'), dependsOn: ['b'] }],
  },
  {
    name: 'all-failed',
    code: 1,
    says: /^nothing landed: 2 of 2 failed; the head is green/,
    failed: ['t1', 't2'],
    tasks: [fail('a'), fail('b')],
  },
  {
    name: 'in-part',
    code: 1,
    says: /^1 of 1 landed; the head is green/,
    tasks: [write('a', `; ${HAND_IN_PART}`)],
  },
];

/** Run, commits, folders and times by what they are; everything else as it was printed. */
const plain = (text: string, world: World): string =>
  text
    .replaceAll(world.root, '<root>')
    .replaceAll(/r-\d{8}-[a-z2-7]{4}/g, '<run>')
    .replaceAll(/\b[0-9a-f]{10}\b/g, '<commit>')
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, '<date>')
    .replaceAll(/^\d\d:\d\d:\d\d /gm, '<time> ')
    .replaceAll(/\b\d+m ?\d+s\b|\b\d+(\.\d+)? ?m?s\b/g, '<duration>')
    .replaceAll(/\/\S*\/swarm\\-e2e\\-\w+/g, '<root>')
    .replaceAll(/(landed per hour \|?) .*|^(\|? ?gate +\|?) .*(?:\n {15}.*)*/gm, '$1$2 <figures>')
    .replaceAll(/(exit code 1\\?): node\\?:.*?(?=$| \|)/gm, '$1: <trace>')
    .replaceAll(/[ \t]+$/gm, '')
    .trimEnd();

async function screens(world: World, run: { stdout: string; code: number | null }): Promise<string> {
  const parts = [plain(run.stdout, world), `exit ${run.code}`];
  for (const command of ['status', 'report']) {
    const { stdout, code } = await world.swarm([command]);
    parts.push(`$ swarm ${command}`, plain(stdout, world), `exit ${code}`);
  }
  return `${parts.join('\n\n')}\n`;
}

async function check(world: World, name: string, ending: Ending, run: Awaited<ReturnType<World['swarm']>>) {
  assert.equal(run.code, ending.code, run.stdout + run.stderr);
  assert.match(plain(run.stdout, world).split('\n')[0]!, ending.says);
  const log = await world.log();
  const failed = log.filter(({ event }) => event === 'task.failed').map(({ task }) => task);
  assert.deepEqual(failed.sort(), ending.failed ?? []);
  for (const task of failed) assert.match(run.stdout, new RegExp(`failed +${task} |left: .*\\b${task}\\b`));
  // Where it was stopped the screen also says by what.
  const headline = run.stdout.split('\n')[0]!.replace(/; stopped by a signal$/, '');
  const [status, report] = await Promise.all(
    ['status', 'report'].map(async (read) => JSON.parse((await world.swarm([read, '--json'])).stdout)),
  );
  assert.deepEqual([status.ending, report.ending], [headline, headline]);
  goldens.compare(name, await screens(world, run));
}

describe('a run of a plan ends', contained, () => {
  for (const { name, tasks, ...ending } of cases)
    it(`${name.replaceAll('-', ' ')}: exit ${ending.code}`, async (t) => {
      const world = await World.with(t, FILES);
      await world.configure('[workers]\nattempts = 1\nmax = 1');
      const run = await world.swarm(await world.plan(tasks, '--gate', 'test -f README.md'));
      await check(world, name, ending, run);
    });

  it('undone afterwards: its status, its report and the undo itself say so alike', async (t) => {
    const world = await World.with(t, FILES);
    await world.swarm(await world.plan([write('a')], '--gate', 'test -f README.md'));
    const undone = await world.swarm(['undo', 't1']);
    const says = /^nothing landed: 1 of 1 undone; the head is now <commit>, which was not checked$/m;
    assert.match(plain(undone.stdout, world), says);
    const seen = await screens(world, undone);
    assert.equal(
      seen.replaceAll(/\s+/g, ' ').match(new RegExp(says.source.slice(1, -1), 'gi'))?.length,
      3,
      seen,
    );
    goldens.compare('undone', seen);
  });

  it('out of time: what had not landed is left undone, exit 79', async (t) => {
    const world = await World.with(t, FILES);
    // The gate on the base takes longer than the run may.
    const plan = await world.plan([write('a'), write('b')], '--gate', 'sleep 3', '--time', '1s');
    const run = await world.swarm(plan);
    const says = /^nothing landed: 2 of 2 left undone, then the time was used up; the head is green/;
    await check(world, 'out-of-time', { code: 79, says, failed: ['t1', 't2'] }, run);
  });

  it('cancelled: what landed stays, the rest is cancelled, exit 1', async (t) => {
    const { world, running } = await begun(t);
    const cancelled = await world.swarm(['cancel', '--yes']);
    assert.equal(cancelled.code, 0, cancelled.stderr);
    const run = await running.ended;
    const says = /^1 of 3 landed, 2 cancelled, then the run was cancelled; the head is green/;
    await check(world, 'cancelled', { code: 1, says }, run);
  });

  it('stopped: it says what is left and how to go on, exit 130', async (t) => {
    const { world, running } = await begun(t);
    running.kill('SIGINT');
    await running.line(/stopping/);
    await running.insist('SIGINT', running.line(/ending what is in flight/));
    const run = await running.ended;
    const says = /^1 of 3 landed, 2 unfinished; the head is <commit>; stopped by a signal$/;
    await check(world, 'stopped', { code: 130, says }, run);
  });
});

/** A run of three, one after the other, of which the first has landed and the second is being worked on. */
async function begun(t: TestContext) {
  const world = await World.with(t, FILES);
  await world.configure('[workers]\nattempts = 1\nmax = 1');
  const wait = { ...write('b'), description: 'sleep 600', dependsOn: ['a'] };
  const tasks = [write('a'), wait, { ...write('c'), dependsOn: ['b'] }];
  const running = world.start(await world.plan(tasks, '--gate', 'test -f README.md'));
  await running.line(/t2\.1 started/);
  return { world, running };
}

/** Bad plans, each given again as often as it is asked for. */
const PLANS: Readonly<Record<string, Ending & { readonly text: string }>> = {
  'empty-plan': {
    code: 1,
    says: /^nothing landed: the plan was empty; the head is green/,
    text: '{"tasks":[],"scratchpad":"there is nothing to do","done":true}',
  },
  'all-refused': {
    code: 1,
    says: /^nothing landed: 2 of 2 tasks refused; the head is green/,
    text: JSON.stringify({
      tasks: [
        { id: 'a', title: 'Write a', description: 'as asked', dependsOn: ['nobody'] },
        { id: 'b', title: 'Write b', description: 'as asked', agent: 'codex' },
      ],
      done: true,
    }),
  },
  unreadable: {
    code: 1,
    says: /^nothing landed: the planner gave nothing that could be used, 5 times in a row; the head is green/,
    text: 'I looked at the shop.\n\nIt would be best to begin with the till; tell me how you want it.',
  },
};

/** Each waits between the answers it asks for again: side by side they take as long as one. */
describe('a run with a planner ends', { ...contained, concurrency: true }, () => {
  for (const [name, { text, ...ending }] of Object.entries(PLANS))
    it(`${name.replaceAll('-', ' ')}: exit ${ending.code}, with the planner’s last words`, async (t) => {
      const { world, run } = await planned(t, () => ({ text }));
      await check(world, name, ending, run);
      assert.match(run.stdout, /the planner’s last words are in .*\/planner\/\d\.txt\n {4}\| \S/);
    });

  it('out of budget: what was planned and had not begun is left undone, exit 79', async (t) => {
    const tasks = ['a', 'b'].map((id) => ({ id, title: `Write ${id}`, description: 'as asked' }));
    const text = JSON.stringify({ tasks, done: true });
    // What the server says it used is twice what there is.
    const usage = { prompt_tokens: 39_000, completion_tokens: 1_000, total_tokens: 40_000 };
    const piece = {
      choices: [{ index: 0, delta: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    };
    const events = [piece, { choices: [], usage }, '[DONE]'];
    const { world, run } = await planned(t, () => ({ events }), '--budget', '20ktok', '--workers', '1');
    const says = /^nothing landed: 2 of 2 left undone, then the budget was used up; the head is green/;
    await check(world, 'out-of-budget', { code: 79, says, failed: ['t1', 't2'] }, run);
  });

  it('out of budget in an attempt: the budget was too small, not the task’s only try, exit 79', async (t) => {
    const world = await World.with(t, FILES);
    await world.configure('[workers]\nattempts = 1');
    // The first answer leaves too little for a second call.
    const usage = { prompt_tokens: 10_000, completion_tokens: 500, total_tokens: 10_500 };
    const tool = { name: 'bash', arguments: { command: 'echo a > a.txt' } };
    const server = await startModelServer(t, () => ({ tool, usage }));
    const plan = await world.plan([write('a')], '--gate', 'test -f README.md', '--budget', '12ktok');
    const agent = ['--agent', 'builtin'];
    const run = await world.swarm([...plan, ...agent], { env: modelEnvironment(server.url) });
    const says = /^nothing landed: 1 of 1 left undone, then the budget was used up; the head is green/;
    await check(world, 'attempt-out-of-budget', { code: 79, says, failed: ['t1'] }, run);
  });
});

async function planned(t: TestContext, answer: (call: Call) => Answer, ...more: string[]) {
  const world = await World.with(t, FILES);
  const server = await startModelServer(t, answer);
  const env = modelEnvironment(server.url);
  const run = await world.swarm(['run', 'Build a till', '--gate', 'test -f README.md', ...more], { env });
  return { world, run };
}

goldens.testNoneLeftOver();
