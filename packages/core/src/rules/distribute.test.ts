import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { acceptedTask, check, draft, openedRun, startedAttempt } from '../testing.ts';
import { type Distribution, type Needs, workerFor } from './distribute.ts';

const KINDS = [
  { name: 'plain', slots: 2, capabilities: [] },
  { name: 'strong', slots: 2, capabilities: ['coder@2.1', 'gpu'] },
  { name: 'reader', slots: 4, capabilities: ['researcher'] },
] as const;
const by = (how: Distribution['by']): Distribution => ({ by: how, kinds: KINDS });
const ANY: Needs = { requires: [] };

function choose(d: Distribution, needs: Needs, busy: readonly string[] = [], turn = 0): string | undefined {
  return workerFor(d, needs, { busy: new Set(busy), turn, agents: ['builtin'] });
}

test('only a worker that has all that is required takes a task', () => {
  const d = by('load');
  assert.equal(choose(d, { requires: ['coder@>=2', 'gpu'] }), 'strong-1');
  assert.equal(choose(d, { requires: ['coder@>=2'] }, ['strong-1']), 'strong-2');
  assert.equal(choose(d, { requires: ['coder@>=2'] }, ['strong-1', 'strong-2']), undefined);
  assert.equal(choose(d, { requires: ['coder@>=3'] }), undefined);
  // Every worker is a coder, and has the run's agents.
  assert.equal(choose(d, { requires: ['coder', 'builtin'] }), 'plain-1');
});

test('a role goes to the workers that name it; one that nobody names goes to any', () => {
  assert.equal(choose(by('capability'), { role: 'researcher', requires: [] }), 'reader-1');
  assert.equal(choose(by('capability'), { role: 'tester', requires: [] }), 'plain-1');
});

test('by capability whoever can do least besides takes it, so that the able stay free', () => {
  const d = by('capability');
  assert.equal(choose(d, ANY), 'plain-1');
  assert.equal(choose(d, ANY, ['plain-1', 'plain-2']), 'reader-1');
});

test('by load the kind with the smallest share of its slots taken takes it', () => {
  const d = by('load');
  assert.equal(choose(d, ANY, ['plain-1']), 'strong-1');
  assert.equal(choose(d, ANY, ['plain-1', 'strong-2']), 'reader-1');
  assert.equal(choose(d, ANY, ['plain-1', 'strong-1', 'reader-1', 'reader-2', 'reader-3']), 'plain-2');
});

test('in turn each kind takes one, those without a free slot are passed over, and a restart keeps the turn', () => {
  const d = by('round-robin');
  assert.deepEqual(
    [0, 1, 2, 3].map((turn) => choose(d, ANY, [], turn)),
    ['plain-1', 'strong-1', 'reader-1', 'plain-1'],
  );
  assert.equal(choose(d, ANY, ['strong-1', 'strong-2'], 1), 'reader-1');
});

const run = openedRun({ agents: ['builtin'], distribute: by('load') });
const needy = acceptedTask('t1', { requires: ['gpu'] });
const start = (task: string, worker: string) =>
  ({ type: 'startAttempt', task: task as `t${number}`, worker, reserved: { tokens: 0, usd: 0 } }) as const;

for (const [what, given, command, gives] of [
  [
    'starts a task on a worker that has what it asks for',
    [run, needy],
    start('t1', 'strong-2'),
    ['attempt.started t1.1'],
  ],
  ['starts none on a worker that lacks something', [run, needy], start('t1', 'plain-1'), 'not-ready'],
  ['knows no worker beyond the slots', [run, needy], start('t1', 'strong-3'), 'not-ready'],
  ['knows no worker that is of no kind', [run, needy], start('t1', 'w1'), 'not-ready'],
  [
    'has one attempt on one worker',
    [run, acceptedTask('t1'), acceptedTask('t2'), { ...startedAttempt('t1.1'), worker: 'plain-1' }],
    start('t2', 'plain-1'),
    'not-ready',
  ],
] as const)
  test(`a run with kinds of workers ${what}`, () =>
    check({ given: [...given] as never, when: command as never, gives }));

test('a task that no kind could do is refused when it is filed', () => {
  check({
    given: [run],
    when: {
      type: 'acceptTasks',
      drafts: [draft('a', { requires: ['gpu', 'researcher'] })],
      from: { by: 'operator' },
      eachAlone: false,
    },
    gives: 'bad-task',
  });
});
