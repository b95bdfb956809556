/** Tests that would have passed without their change prove nothing, and that is said wherever the change is told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World } from './support/world.ts';

const FILES = {
  'package.json': `${JSON.stringify({ name: 'shop', scripts: { test: 'node --test' } }, null, 2)}\n`,
  'add.js': 'exports.add = (a, b) => a + b;\n',
  'test/add.test.js':
    "const { test } = require('node:test');\nconst { add } = require('../add.js');\ntest('adds', () => { if (add(1, 2) !== 3) throw new Error('no'); });\n",
};

const writes = (file: string, text: string): string => `cat > ${file} <<'END'\n${text}END\n`;
const requires = (name: string): string =>
  `const { test } = require('node:test');\nconst { ${name} } = require('../${name}.js');\n`;

test('report, explain and the commit say of vacuous tests that they prove nothing, and it lands all the same', async (t) => {
  const world = await World.with(t, FILES);
  await world.configure('[verify]\nprove = true\n[workers]\nattempts = 1\npre_gate = false');
  const tasks = [
    {
      title: 'Subtract',
      description: `${writes('sub.js', 'exports.sub = (a, b) => a - b;\n')}${writes('test/sub.test.js', `${requires('sub')}test('subtracts', () => { if (sub(3, 2) !== 1) throw new Error('no'); });\n`)}`,
      scope: ['sub.js', 'test/sub.test.js'],
    },
    {
      title: 'Multiply',
      description: `${writes('mul.js', 'exports.mul = (a, b) => a + b;\n')}${writes('test/mul.test.js', "const { test } = require('node:test');\ntest('multiplies', () => {});\n")}`,
      scope: ['mul.js', 'test/mul.test.js'],
    },
    {
      title: 'Time the tests',
      description: `sed -i 's/node --test/node --test --test-timeout=60000/' package.json`,
      scope: ['package.json'],
    },
  ];
  const run = await world.swarm(await world.plan(tasks, '--gate', 'node --run test', '--workers', '1'));
  assert.equal(run.code, 0, run.stderr);

  const report = JSON.parse((await world.swarm(['report', '--format', 'json'])).stdout);
  const of = (task: string) => report.changes.find((c: { task: string }) => c.task === task);
  assert.deepEqual(
    [of('t1').tests.says, of('t2').tests.says, of('t3').tests],
    ['proves', 'nothing', undefined],
  );
  assert.deepEqual(of('t2').tests.files, ['test/mul.test.js']);
  assert.match(
    of('t3').touches[0].why,
    /scripts\.test is now "node --test --test-timeout=60000", and the gate runs it/,
  );
  assert.equal(report.changes[0].task, 't3', 'what touches the gate is to be looked at first');

  const markdown = (await world.swarm(['report', '--format', 'md'])).stdout;
  assert.match(markdown, /its tests \*\*prove nothing\*\*: on the sources before it/);
  assert.match(markdown, /\*\*touches the gate, or what is protected\*\*: `package\.json`/);
  assert.match(markdown, /undo: `swarm undo t3`/);
  assert.match(
    (await world.swarm(['explain', 't2'])).stdout,
    /Its tests prove nothing: on the sources before it/,
  );
  assert.match((await world.swarm(['explain', 't1'])).stdout, /Its tests fail without its change/);
  const messages = await world.git('log', '--format=%s%n%b', await world.branch());
  assert.deepEqual(messages.match(/^Swarm-Tests: .*$/gm), ['Swarm-Tests: prove nothing (test/mul.test.js)']);
  const checked = await world.swarm(['verify']);
  assert.equal(checked.code, 0, checked.stdout);
});
