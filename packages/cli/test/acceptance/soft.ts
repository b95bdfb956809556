/**
 * Sixty tasks with half of what they are forecast to use, by the real program on a real repository, once from a plan and
 * once by a planner that is asked as the run goes. Some break the gate at first, some wait for others. What could land has
 * landed and is green, the rest is named, the exit code is 79, and the command that it names does the rest. What the
 * screens say is compared with git alone: a fresh clone, its trailers, and the gate run there by hand.
 *
 *   node --conditions=swarm-src packages/cli/test/acceptance/soft.ts [-v]      # -v prints the screens
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { asking, USAGE, writing } from '../support/asking.ts';
import type { Call } from '../support/model-server.ts';
import type { Owner } from '../support/world.ts';
import { asScript } from './script.ts';

const TASKS = 60;
const GATE = '! grep -qx broken *.txt';
const OPEN = ['--sandbox', 'none', '--gate', GATE, '--setup', 'none', '--workers', '6'];
const isTold = process.argv.includes('-v');

/** Every ninth breaks the gate at first, every seventh waits for the one before. */
const SIXTY = Array.from({ length: TASKS }, (_, i) => {
  const name = `part${i + 1}`;
  const after = i % 7 === 6 ? { dependsOn: [`part${i}`] } : {};
  return writing(name, { ...after, ...(i % 9 === 8 && { title: `Break ${name}` }) });
});
const SEEDS = Array.from({ length: 6 }, (_, i) => writing(`seed${i + 1}`));

/** Twelve tasks an iteration; the agents ask too, and are told apart by what they are not: planners. */
const isPlanner = ({ messages }: Call): boolean =>
  messages.some(({ role, content }) => role === 'system' && content?.includes('plan') === true);
function planner(all: readonly { id: string }[]) {
  let at = 0;
  return (call: Call) => {
    if (!isPlanner(call)) return { text: 'ok', usage: USAGE };
    const tasks = all.slice(at, at + 12);
    at += tasks.length;
    return { text: JSON.stringify({ tasks, scratchpad: 'goals: sixty', done: at >= all.length }) };
  };
}

type Asked = Awaited<ReturnType<typeof asking>>;

async function cappedAtHalf(owner: Owner, isPlanned: boolean): Promise<string> {
  const it = await asking(owner, isPlanned ? planner(SIXTY) : undefined);
  const { world, env, configure, json } = it;
  await configure('[workers]\npre_gate = false');
  const seeded = await world.swarm(await world.plan(SEEDS as never, ...OPEN), { env });
  assert.equal(seeded.code, 0, seeded.stderr);
  const sixty = await world.plan(SIXTY as never, ...OPEN);
  const { forecast } = JSON.parse((await world.swarm([...sixty, '--dry-run', '--json'], { env })).stdout);
  const cap = Math.round(forecast.tokens.likely / 2);
  const words = isPlanned ? ['run', 'sixty parts', '--agent', 'command', ...OPEN] : sixty;

  const ended = await world.swarm([...words, '--budget', `${cap}tok`], { env });
  show('swarm run --budget half', ended.stdout, ended.stderr);
  assert.equal(ended.code, 79, ended.stderr);
  const report = await json('report');
  assert.ok(report.tokens <= cap, `${report.tokens} of ${cap} tokens`);
  assert.ok(report.tokens >= 0.6 * cap, `${report.tokens} of ${cap} tokens`);
  const first = await inGit(it);
  assert.equal(first.landed.length, report.landed);
  assert.ok(report.landed > TASKS / 5 && report.landed < (TASKS * 4) / 5, `${report.landed} landed`);
  // What was handed in is on the target: each task has landed, or has nothing to land.
  const tasks: { id: string; state: string; failure?: string }[] = await json('tasks');
  assert.deepEqual(
    tasks.filter(({ state }) => state !== 'landed' && state !== 'failed'),
    [],
  );
  const { remainder } = report;
  const left = [...remainder.notBegun, ...remainder.begun].length;
  assert.equal(left + report.landed, tasks.length, JSON.stringify(remainder));
  for (const what of ['status', 'report', 'tasks', 'verify'])
    show(`swarm ${what}`, (await world.swarm([what], { env })).stdout);

  const more = await world.swarm(remainder.goOn.split(' ').slice(1), { env });
  show(remainder.goOn, more.stdout, more.stderr);
  assert.equal(more.code, 0, more.stdout + more.stderr);
  const whole = await inGit(it);
  assert.deepEqual(
    whole.landed.toSorted(),
    SIXTY.map(({ title }) => title).toSorted(),
    'each of the sixty has landed, once',
  );
  assert.equal((await world.swarm(['verify'], { env })).code, 0);
  return `${report.landed} of ${tasks.length} landed with ${report.tokens} of ${cap} tokens; ${remainder.goOn}: all ${TASKS}`;
}

/** What a clone of somebody who knows nothing of swarm has. */
async function inGit({ world, json }: Asked): Promise<{ landed: readonly string[] }> {
  const { run } = await json('status');
  const clone = join(world.root, 'tmp', `clone-${process.hrtime.bigint()}`);
  const branch = `swarm/${typeof run === 'string' ? run : run.id}`;
  await world.gitIn(world.root, 'clone', '--quiet', '--branch', branch, world.repository, clone);
  execFileSync('sh', ['-c', GATE], { cwd: clone });
  const log = await world.gitIn(clone, 'log', '--format=%s%x00%(trailers:key=Swarm-Task,valueonly)%x01');
  const landed = log
    .split('\u0001')
    .map((one) => one.trim().split('\0'))
    .filter(([, task]) => task?.trim());
  return { landed: landed.map(([title]) => title!) };
}

function show(what: string, ...said: readonly string[]): void {
  if (isTold) console.log(`──── ${what}\n${said.filter(Boolean).join('\n')}`);
}

for (const isPlanned of [false, true])
  await asScript(async (owner) => {
    const took = performance.now();
    const said = await cappedAtHalf(owner, isPlanned);
    const seconds = Math.round((performance.now() - took) / 1000);
    console.log(`${isPlanned ? 'by a planner' : 'from a plan'}: ${said} (${seconds} s)`);
  });
