import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '../decide.ts';
import { draft, openedRun, stateOf } from '../testing.ts';
import { rolesWith } from './roles.ts';
import { wishProblem } from './wishes.ts';

const AGENTS = ['builtin', 'command'];
const ROLES = rolesWith({ poet: { agent: 'codex' }, scribe: { agent: 'command' } });
const ABLE = { agents: AGENTS, roles: ROLES };

for (const [wish, problem] of [
  [{ agent: 'codex' }, /^there is no agent "codex"; there are: builtin, command$/],
  [
    { agent: 'bultin' },
    /^there is no agent "bultin"; there are: builtin, command; did you mean "agent": "builtin"\?$/,
  ],
  [
    { role: 'reviwer' },
    /^there is no role "reviwer"; there are: coder, researcher, reviewer, tester, poet, scribe; did you mean "role": "reviewer"\?$/,
  ],
  [
    { role: 'poet' },
    /^the role "poet" is done by "codex", and there is no such agent; there are: builtin, command$/,
  ],
  [{ role: 'poet', agent: 'codex' }, /^there is no agent "codex"/],
  [
    { requires: ['coder', 'gpu'] },
    /^no worker has "gpu", which it requires; they have: coder, builtin, command$/,
  ],
  [{ requires: ['coder@>=2'] }, /^no worker has "coder@>=2"/],
] as const) {
  test(`a task that asks for ${JSON.stringify(wish)} is refused, by the name nobody has and with those there are`, () => {
    assert.match(wishProblem(draft('a', wish), ABLE) ?? '', problem);
  });
}

test('what there is may be asked for, and nothing need be', () => {
  for (const wish of [
    {},
    { agent: 'command' },
    { role: 'coder' },
    { role: 'reviewer' },
    { role: 'scribe' },
    // Its own agent goes before the role's, which is not there.
    { role: 'poet', agent: 'builtin' },
    { requires: ['coder', 'builtin'] },
  ])
    assert.equal(wishProblem(draft('a', wish), ABLE), undefined);
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

test('a journal of before roles has coders alone, and one of before agents refuses nobody', () => {
  const before = { agents: AGENTS, roles: undefined };
  assert.match(wishProblem(draft('a', { role: 'reviewer' }), before) ?? '', /there are: coder$/);
  assert.equal(wishProblem(draft('a', { role: 'coder' }), before), undefined);
  const older = { agents: undefined, roles: undefined };
  assert.equal(wishProblem(draft('a', { role: 'reviewer', agent: 'x' }), older), undefined);
});
