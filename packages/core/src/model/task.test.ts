import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { canMove, isOver, isSatisfied, TASK_STATES, type TaskStateName } from './task.ts';

/** Written out a second time on purpose: a change of the table has to be made twice, knowingly. */
const MAY: Record<TaskStateName, string> = {
  pending: 'expanded assigned landed failed cancelled',
  expanded: 'pending landed gathered failed cancelled',
  assigned: 'running landed failed cancelled',
  running: 'contending complete landed answered unneeded failed cancelled',
  contending: 'pending complete landed failed cancelled',
  reviewing: 'pending complete landed failed cancelled',
  complete: 'pending reviewing landed unneeded failed cancelled',
  landed: 'pending cancelled',
  answered: 'landed',
  unneeded: 'landed',
  gathered: 'expanded landed',
  failed: 'pending landed cancelled',
  cancelled: 'pending landed',
};

for (const from of TASK_STATES) {
  test(`a task that is ${from} may become: ${MAY[from]}; nothing else`, () => {
    assert.equal(TASK_STATES.filter((to) => canMove(from, to)).join(' '), MAY[from]);
  });
}

test('whatever state a task is in, git may say that it has landed', () => {
  const others = TASK_STATES.filter((s) => s !== 'landed');
  assert.deepEqual(
    others.filter((s) => !canMove(s, 'landed')),
    [],
  );
});

test('every state that is not over leads to one that is', () => {
  for (const state of TASK_STATES.filter((s) => !isOver(s))) {
    assert.ok(
      TASK_STATES.some((to) => isOver(to) && canMove(state, to)),
      state,
    );
  }
});

test('dependents may start once the work is there or was found not to be needed, never after a failure', () => {
  assert.deepEqual(TASK_STATES.filter(isSatisfied), ['landed', 'answered', 'unneeded', 'gathered']);
});
