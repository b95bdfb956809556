/** A target that was red before we began: what was there blocks nobody, what is new does. Real repositories, real runs. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import { landings } from './support/landings.ts';
import { World } from './support/world.ts';

const suite = (name: string, value: string): string =>
  `const { test } = require('node:test');
const assert = require('node:assert');
test('${name} is right', () => assert.equal(require('../${name}.js'), 'good'));
test('${name} is there', () => assert.ok(require('../${name}.js')));
// ${value}
`;

/** Two of three modules are wrong, so that two of six tests fail. */
const RED = {
  'a.js': "module.exports = 'bad';\n",
  'b.js': "module.exports = 'bad';\n",
  'c.js': "module.exports = 'good';\n",
  'test/a.test.js': suite('a', ''),
  'test/b.test.js': suite('b', ''),
  'test/c.test.js': suite('c', ''),
};
const write = (name: string, value: string): string => `echo "module.exports = '${value}';" > ${name}.js`;

test('a red suite is made green task by task, and a task that breaks another test is refused', async (t) => {
  const world = await World.with(t, RED);
  await world.configure('[workers]\nattempts = 1\npre_gate = false\n[gate]\nflaky_retries = 0');
  const base = await world.git('rev-parse', 'HEAD');
  const tasks = [
    { title: 'Mend a', description: write('a', 'good'), scope: ['a.js'] },
    { title: 'Mend b', description: write('b', 'good'), scope: ['b.js'] },
    { title: 'Break c', description: write('c', 'worse'), scope: ['c.js'] },
  ];

  const run = await world.swarm(await world.plan(tasks, '--gate', 'node --test', '--workers', '1'));

  assert.equal(run.code, 1, run.stderr);
  assert.match(
    run.stderr,
    /the gate failed on the base .* before anything was changed: .*test\/a\.test\.js a is right/,
  );
  const landed = await landings(world, base, await world.branch());
  assert.deepEqual(landed.map((l) => l.subject).toSorted(), ['Mend a', 'Mend b']);
  const log = await world.log();
  const outcomes = log
    .filter((line) => line.event === 'gate.ended')
    .map((line) => (line.data.result as { outcome: string }).outcome);
  for (const outcome of ['no-worse', 'passed', 'failed'])
    assert.ok(outcomes.includes(outcome), `${outcomes}`);
  const [rejected] = log.filter((line) => line.event === 'landing.rejected');
  assert.match(String(rejected!.data.detail), /c is right/);
  assert.match(run.stdout, /the head is green/);
  assert.equal((await world.swarm(['verify'])).code, 0);
});

test('a request that mends every test of a red suite ends green, with exit 0', async (t) => {
  const world = await World.with(t, RED);
  const tasks = ['a', 'b'].map((name) => ({
    title: `Mend ${name}`,
    description: write(name, 'good'),
    scope: [`${name}.js`],
  }));
  const run = await world.swarm(await world.plan(tasks, '--gate', 'node --test', '--workers', '2'));
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, /the head is green/);
  assert.equal((await world.swarm(['verify'])).code, 0);
});

test('a landing on a target that stays red is no pass: it is told as known failures, and the run is not green', async (t) => {
  const world = await World.with(t, RED);
  const run = await world.swarm(
    await world.plan([{ title: 'Mend a', description: write('a', 'good') }], '--gate', 'node --test'),
  );
  assert.equal(run.code, 1, run.stderr);
  assert.match(run.stdout, /1 landed/);
  assert.match(run.stdout, /the head is RED/);
  assert.match(run.stderr, /gate is no worse than before \(1 known failure\)/);
  assert.equal((await world.swarm(['verify'])).code, 0);
});

test('a failure that was mended is new when it comes back', async (t) => {
  const world = await World.with(t, RED);
  await world.configure('[workers]\nattempts = 1\npre_gate = false\n[gate]\nflaky_retries = 0');
  const base = await world.git('rev-parse', 'HEAD');
  const tasks = [
    { id: 'mend', title: 'Mend a', description: write('a', 'good') },
    { title: 'Break it again', description: write('a', 'bad'), dependsOn: ['mend'] },
  ];
  const run = await world.swarm(await world.plan(tasks, '--gate', 'node --test'));
  assert.equal(run.code, 1, run.stderr);
  const landed = await landings(world, base, await world.branch());
  assert.deepEqual(
    landed.map((l) => l.subject),
    ['Mend a'],
  );
});

test('failures nobody can tell apart need --fix-red, and then only what makes the gate pass lands', async (t) => {
  const world = await World.with(t, { 'a.txt': 'bad\n', 'b.txt': 'bad\n' });
  const gate = 'grep -q good a.txt || { echo no; exit 1; }';
  const base = await world.git('rev-parse', 'HEAD');
  await world.configure('[workers]\nattempts = 1\npre_gate = false\n[gate]\nflaky_retries = 0');
  const tasks = [
    { title: 'Leave it red', description: 'echo good > b.txt', scope: ['b.txt'] },
    { title: 'Make it pass', description: 'echo good > a.txt', scope: ['a.txt'] },
  ];
  const args = await world.plan(tasks, '--gate', gate, '--workers', '1');

  const refused = await world.swarm(args);
  assert.equal(refused.code, 80, refused.stderr);
  assert.match(refused.stderr, /fix .*--fix-red/);
  await rm(world.runs, { recursive: true });

  const run = await world.swarm([...args, '--fix-red']);
  assert.equal(run.code, 1, run.stderr);
  const landed = await landings(world, base, await world.branch());
  assert.deepEqual(
    landed.map((l) => l.subject),
    ['Make it pass'],
  );
  assert.match(run.stdout, /the head is green/);
});

test('a base whose gate runs no test at all is said aloud', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const run = await world.swarm(
    await world.plan([{ title: 'Add x', description: 'echo x > x.txt' }], '--gate', 'node --test'),
  );
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stderr, /0 tests ran, so that it says nothing/);
});
