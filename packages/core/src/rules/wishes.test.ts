import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '../decide.ts';
import { draft, openedRun, stateOf } from '../testing.ts';
import { wishProblem } from './wishes.ts';

const AGENTS = ['builtin', 'command'];

for (const [wish, problem] of [
  [{ agent: 'codex' }, /^there is no agent "codex"; there are: builtin, command$/],
  [{ role: 'reviewer' }, /^there is no role "reviewer"; every worker is a coder$/],
  [
    { requires: ['coder', 'gpu'] },
    /^no worker has "gpu", which it requires; they have: coder, builtin, command$/,
  ],
  [{ requires: ['coder@>=2'] }, /^no worker has "coder@>=2"/],
] as const) {
  test(`a task that asks for ${JSON.stringify(wish)} is refused, by the name nobody has and with those there are`, () => {
    assert.match(wishProblem(draft('a', wish), AGENTS) ?? '', problem);
  });
}

test('what there is may be asked for, and nothing need be', () => {
  for (const wish of [{}, { agent: 'command' }, { role: 'coder' }, { requires: ['coder', 'builtin'] }])
    assert.equal(wishProblem(draft('a', wish), AGENTS), undefined);
});

test('a planner’s task with a wish nobody can meet is refused by name, and its siblings go ahead', () => {
  const state = stateOf([openedRun({ mode: 'planner', agents: AGENTS })]);
  const drafts = [draft('a', { agent: 'codex' }), draft('b')];
  const answer = decide(state, {
    type: 'acceptTasks',
    drafts,
    from: { by: 'planner', iteration: 1 },
    eachAlone: true,
  });
  assert(answer.kind === 'decision');
  assert.deepEqual(
    answer.events.map((e) => e.type),
    ['task.refused', 'task.accepted'],
  );
});
