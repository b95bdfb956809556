/** The target's health: what is found red, who is told to mend it, whose change it was. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LogLine } from '@swarm/core/log-events';
import { FILES, GATE, modelEnvironment, plannerAnswer, workerAnswer } from './support/bicycle.ts';
import { type Answer, type Call, startModelServer } from './support/model-server.ts';
import { type PlanTask, World } from './support/world.ts';

const add = (name: string, more: Partial<PlanTask> = {}): PlanTask => ({
  id: name,
  title: `Add ${name}`,
  description: `echo ${name} > ${name}.txt`,
  scope: [`${name}.txt`],
  ...more,
});
const FIVE = ['a', 'b', 'c', 'd', 'e'].map((name) => add(name));
/** Red as soon as the third task's file is there. */
const NO_C = 'test ! -e c.txt || { echo "--- FAIL: TestNoC (0.00s)"; exit 1; }';
const checks = (command: string, more = ''): string =>
  `[workers]\nattempts = 1\n[checks]\ncommand = ${JSON.stringify(command)}\nmin_interval = "10m"\n${more}`;

const of = (log: readonly LogLine[], event: string): LogLine[] => log.filter((line) => line.event === event);
const fixTasks = (log: readonly LogLine[]): LogLine[] =>
  of(log, 'task.accepted').filter((line) => (line.data.source as { by: string }).by === 'reconciler');

describe('the reconciler', { concurrency: 2 }, () => {
  test('files one task for each of two unrelated failures, none again on a second look, and is quiet once green', async (t) => {
    const full = `for part in axle spoke; do
      [ ! -e parts/$part.txt ] || grep -q round parts/$part.txt || { echo "--- FAIL: Test_$part (0.00s)"; bad=1; }
      done; exit \${bad:-0}\n`;
    const world = await World.with(t, { ...FILES, 'full.sh': full });
    await world.configure('[checks]\ncommand = "sh full.sh"\nmin_interval = "1s"');
    const server = await startModelServer(t, (call) => (isReconciler(call) ? fixesFor(call) : doPart(call)));

    const args = ['run', 'Build a bicycle', '--workers', '2', '--gate', GATE];
    const run = await world.swarm(args, { env: modelEnvironment(server.url) });

    assert.equal(run.code, 0, run.stderr);
    const log = await world.log();
    assert.deepEqual(
      fixTasks(log)
        .map((line) => (line.data.spec as { title: string }).title)
        .toSorted(),
      ['Make axle round', 'Make spoke round'],
    );
    assert.deepEqual([of(log, 'finding.opened').length, of(log, 'finding.closed').length], [2, 2]);
    const last = of(log, 'checks.ended').at(-1)!;
    assert.equal((last.data.result as { outcome: string }).outcome, 'passed');
    assert.equal(of(log.slice(log.indexOf(last)), 'checks.started').length, 0, 'a green head is left alone');
    const report = JSON.parse((await world.swarm(['report', '--json'])).stdout);
    assert.deepEqual([report.green, report.findings], [true, []]);
  });

  test('finds the landing that turned the checks red by bisection, and says it in report and explain', async (t) => {
    const world = await World.with(t, { 'README.md': 'shop\n' });
    await world.configure(checks(NO_C));

    const run = await world.swarm(await world.plan(FIVE, '--workers', '1', '--gate', 'true'));

    assert.equal(run.code, 1, run.stderr);
    const log = await world.log();
    const [found] = of(log, 'culprit.found');
    assert.deepEqual([found?.task, found?.data.signature], ['t3', 'go TestNoC']);
    const probes = of(log, 'checks.started').filter((line) => line.data.signature);
    assert.ok(
      probes.length <= 1 + Math.ceil(Math.log2(5)),
      `${probes.length} looks: the base, and log2 of five`,
    );
    const report = JSON.parse((await world.swarm(['report', '--json'])).stdout);
    assert.deepEqual(
      [report.findings[0].culprit.task, report.findings[0].culprit.commit, report.findings[0].fixes],
      ['t3', found!.data.commit, ['t6']],
    );
    assert.match(
      (await world.swarm(['report'])).stdout,
      /TestNoC: since `[0-9a-f]{10}` \(t3\); fix tasks: t6/,
    );
    const story = await world.swarm(['explain', 't3']);
    assert.match(story.stdout, /is the first that fails the checks: go TestNoC/);
    assert.deepEqual([await world.workspaces(), world.strays()], [[], []]);
  });

  test('takes the culprit’s landing back after as many failed fixes as it was told, and the target is green', async (t) => {
    const world = await World.with(t, { 'README.md': 'shop\n' });
    await world.configure(checks(NO_C, 'revert_after = 2'));

    const run = await world.swarm(await world.plan(FIVE, '--workers', '1', '--gate', 'true'));

    assert.equal(run.code, 1, run.stderr);
    const log = await world.log();
    assert.equal(fixTasks(log).length, 2);
    const [undone] = of(log, 'landing.undone');
    assert.deepEqual([undone?.task, undone?.data.by], ['t3', 'reconciler']);
    const files = await world.git('ls-tree', '--name-only', await world.branch());
    assert.equal(files.replaceAll('\n', ' '), 'README.md a.txt b.txt d.txt e.txt');
    const report = JSON.parse((await world.swarm(['report', '--json'])).stdout);
    assert.deepEqual([report.green, report.findings], [true, []]);
    assert.deepEqual([report.landed, report.tasks.failed], [4, 2]);
    const verify = await world.swarm(['verify']);
    assert.equal(verify.code, 0, verify.stdout);
  });

  test('says that a failure was on the base already, and blames nobody', async (t) => {
    const world = await World.with(t, { 'README.md': 'shop\n' });
    await world.configure(checks('echo "--- FAIL: TestOld (0.00s)"; exit 1', 'revert_after = 1'));
    const base = await world.git('rev-parse', 'HEAD');

    const run = await world.swarm(await world.plan([add('a')], '--gate', 'true'));

    assert.equal(run.code, 1, run.stderr);
    const log = await world.log();
    const [found] = of(log, 'culprit.found');
    assert.deepEqual([found?.data.commit, found?.task], [base, undefined]);
    assert.match(run.stderr, /no landing is to blame, the base shows it: go TestOld/);
    assert.deepEqual([fixTasks(log).length, of(log, 'landing.undone').length], [1, 0]);
    assert.match((await world.swarm(['report'])).stdout, /TestOld: it failed on the base already/);
  });

  test('conflict markers never land, but for those the base has', async (t) => {
    const markers = '<<<<<<< ours\\na\\n=======\\nb\\n>>>>>>> theirs\\n';
    const world = await World.with(t, { 'fixture.txt': markers.replaceAll('\\n', '\n') });
    await world.configure(checks('true'));
    const task = add('a', {
      description: `printf '${markers}' > a.txt; echo '<<<<<<< only a quote' > b.txt`,
    });

    const run = await world.swarm(await world.plan([{ ...task, scope: [] }], '--gate', 'true'));

    assert.equal(run.code, 1, run.stderr);
    const log = await world.log();
    const [rejected] = of(log, 'landing.rejected');
    assert.match(rejected!.msg, /^t1\.1 holds a conflict that a merge has left: a\.txt:1$/);
    assert.deepEqual([of(log, 'landing.landed'), of(log, 'finding.opened')], [[], []]);
  });
});

const isReconciler = (call: Call): boolean =>
  call.messages.some((message) => message.content?.includes('You keep a target branch healthy'));

function fixesFor(call: Call): Answer {
  const said = call.messages.map((message) => message.content ?? '').join('\n');
  const parts = ['axle', 'spoke'].filter((part) => said.includes(`signature: go Test_${part}`));
  const tasks = parts.map((part) => ({
    id: `fix-${part}`,
    title: `Make ${part} round`,
    description: `parts/${part}.txt has to say round.`,
    scope: [`parts/${part}.txt`],
    acceptance: 'the checks pass',
    priority: 1,
    signatures: [`go Test_${part}`],
  }));
  return { text: JSON.stringify({ tasks, scratchpad: '', done: false }) };
}

function doPart(call: Call): Answer {
  if (!call.isWorker) return plannerAnswer(call, ['axle', 'spoke', 'rim']);
  const fix = /^Make (\w+) round$/.exec(call.title)?.[1];
  if (!fix || call.turn > 0) return workerAnswer({ ...call, title: fix ? `Add ${fix}` : call.title });
  return { tool: { name: 'write', arguments: { path: `parts/${fix}.txt`, content: `${fix}\nround\n` } } };
}
