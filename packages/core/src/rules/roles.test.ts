import assert from 'node:assert/strict';
import { test } from 'node:test';
import { choose, isRoleName, KNOWN_ROLES, rolesWith } from './roles.ts';

const ROLES = rolesWith({
  plain: {},
  other: { agent: 'codex' },
  both: { agent: 'codex', model: 'big' },
  model: { model: 'big' },
});
const RUN = { driver: 'claude', current: 'claude' };
const STOOD_IN = { driver: 'claude', current: 'pi' };

/** task's agent, task's role, run → agent, model, whether it was named */
for (const [agent, role, run, ...expected] of [
  [undefined, undefined, RUN, 'claude', undefined, false],
  [undefined, undefined, STOOD_IN, 'pi', undefined, false],
  [undefined, 'plain', RUN, 'claude', undefined, false],
  [undefined, 'plain', STOOD_IN, 'pi', undefined, false],
  [undefined, 'other', RUN, 'codex', undefined, true],
  [undefined, 'other', STOOD_IN, 'codex', undefined, true],
  [undefined, 'both', RUN, 'codex', 'big', true],
  [undefined, 'both', STOOD_IN, 'codex', 'big', true],
  [undefined, 'model', RUN, 'claude', 'big', false],
  // The model is the driver's: who stands in for it keeps its own.
  [undefined, 'model', STOOD_IN, 'pi', undefined, false],
  ['gemini', undefined, RUN, 'gemini', undefined, true],
  ['gemini', 'plain', RUN, 'gemini', undefined, true],
  ['gemini', 'other', RUN, 'gemini', undefined, true],
  ['gemini', 'both', RUN, 'gemini', undefined, true],
  ['gemini', 'model', RUN, 'gemini', undefined, true],
  ['codex', 'both', RUN, 'codex', 'big', true],
  ['claude', 'both', RUN, 'claude', undefined, true],
  ['claude', 'model', RUN, 'claude', 'big', true],
  ['claude', 'model', STOOD_IN, 'claude', 'big', true],
  // A journal of before, or of a task that was accepted under another configuration.
  [undefined, 'gone', RUN, 'claude', undefined, false],
] as const) {
  const who = `${agent ?? 'no agent'}, ${role ?? 'no role'}${run === STOOD_IN ? ', with a stand-in' : ''}`;
  test(`a task with ${who} is done by ${expected[0]} with ${expected[1] ?? 'its own model'}`, () => {
    const wish = { ...(agent && { agent }), ...(role && { role }) };
    const choice = choose(wish, ROLES, run);
    assert.deepEqual([choice.agent, choice.model, choice.isNamed], expected);
  });
}

test('of several that try a task each is done by the next of its role’s agents and models, and again from the first', () => {
  const hands = [{ agent: 'claude' }, { agent: 'codex', model: 'big' }];
  const roles = rolesWith({ coder: { agent: 'claude', hands }, plain: { agent: 'pi' } });
  const of = (role: string, nth?: number) => {
    const { agent, model } = choose({ role, ...(nth && { nth }) }, roles, RUN);
    return `${agent} ${model ?? '-'}`;
  };
  assert.deepEqual(
    [1, 2, 3].map((nth) => of('coder', nth)),
    ['claude -', 'codex big', 'claude -'],
  );
  assert.equal(of('coder'), 'claude -');
  assert.equal(of('plain', 2), 'pi -');
  // A task that names its agent has it, whoever's turn it is.
  assert.equal(choose({ role: 'coder', agent: 'gemini', nth: 2 }, roles, RUN).agent, 'gemini');
});

test('the known roles are there without a word of configuration, and a configured one is there once', () => {
  assert.deepEqual(
    rolesWith({ reviewer: { agent: 'codex' }, poet: {} }).map(({ name }) => name),
    [...KNOWN_ROLES, 'poet'],
  );
});

test('a role has no name of another prompt, and none that is no name of a file', () => {
  for (const name of ['planner', 'worker', 'conflict', 'reconciler', 'subplanner', 'readme'])
    assert.equal(isRoleName(name), false, name);
  for (const name of ['', 'Poet', '../x', 'a b', '-a', 'a'.repeat(41)])
    assert.equal(isRoleName(name), false, name);
  for (const name of [...KNOWN_ROLES, 'poet', 'site-reviewer']) assert.equal(isRoleName(name), true, name);
});
