import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MeasuredChange } from '@swarm/core/model/handoff';
import type { AttemptId, TaskId } from '@swarm/core/model/ids';
import { acceptedTask, commit, openedRun } from '@swarm/core/testing';
import { givenWorld, going, NO_FILES } from '../testing.ts';
import { givenHost, ran } from './testing-bench.ts';
import { scriptsIn, Vacuity } from './vacuity.ts';

const CHANGE: MeasuredChange = {
  commit: commit('work'),
  base: commit('base'),
  filesChanged: ['add.js', 'test/add.test.js'],
  linesAdded: 2,
  linesRemoved: 0,
};

function given(exits: (command: string) => number, proves = true) {
  const deeds: string[] = [];
  const host = givenHost(deeds, { shell: (command) => ran({ exitCode: exits(command) }) });
  const events = [openedRun({ gate: 'make test' }), acceptedTask('t1')];
  const world = givenWorld(events, { host }, proves ? { proves: true } : {});
  const task = world.state.tasks.get('t1' as TaskId)!;
  const vacuity = new Vacuity(world.context);
  return { world, deeds, tried: () => vacuity.try('t1.1' as AttemptId, task, CHANGE, going()) };
}

const isPut = (command: string): boolean => command.startsWith('git cat-file');

for (const [exitCode, says] of [
  [1, 'proves'],
  [0, 'nothing'],
] as const)
  test(`tests that end with ${exitCode} on the sources before their change: ${says}`, async () => {
    const { deeds, tried, world } = given((command) => (isPut(command) ? 0 : exitCode));
    const found = await tried();
    assert.deepEqual([found?.says, found?.by, found?.files], [says, 'make test', ['test/add.test.js']]);
    assert.deepEqual(
      deeds.map((deed) => deed.split('\n')[0]),
      [
        'open proves-t1-1',
        `git cat-file -e ${CHANGE.base}^{commit} && git read-tree --reset -u ${CHANGE.base} || exit 97`,
        'make test',
        'close proves-t1-1',
      ],
    );
    assert.deepEqual(
      world.told.map(({ name, fields }) => [name, fields.level]),
      [['tests.tried', says === 'nothing' ? 'warn' : undefined]],
    );
  });

test('what could not be put together is not tried, and no word is made of it', async () => {
  const { tried, deeds } = given((command) => (isPut(command) ? 97 : 0));
  assert.deepEqual((await tried())?.says, 'unknown');
  assert.ok(!deeds.includes('make test'));
});

test('where nobody asks nothing is run', async () => {
  const { tried, deeds } = given(() => 0, false);
  assert.equal(await tried(), undefined);
  assert.deepEqual(deeds, []);
});

test('scripts of a manifest are named where the gate runs them', async () => {
  const manifest = (test: string) => JSON.stringify({ scripts: { test, start: `${test} start` } });
  const read = async (at: string) => manifest(at === CHANGE.base ? 'node --test' : 'exit 0');
  const world = givenWorld([openedRun({ gate: 'npm test' })], { reader: { ...NO_FILES, read } });
  const change = { ...CHANGE, filesChanged: ['package.json', 'a.js'] };
  assert.deepEqual(await scriptsIn(world.context, change), [
    { path: 'package.json', why: 'scripts.test is now "exit 0", and the gate runs it' },
  ]);
});
