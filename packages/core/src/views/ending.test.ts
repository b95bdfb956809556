import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Event } from '../events.ts';
import type { TaskId } from '../model/ids.ts';
import type { CloseReason } from '../model/request.ts';
import { acceptedTask, commit, failedTask, landedTask, openedRun, stateOf } from '../testing.ts';
import { type Amount, amountOf, endingText, headline } from './ending.ts';
import { shortfallTexts, verdictOf } from './verdict.ts';

const HEAD = commit('landed t1.1');
const closed = (reason: CloseReason, head = HEAD): Event => ({
  type: 'run.closed',
  reason,
  head,
  green: true,
});
const refused = (label: string, iteration = 1): Event => ({
  type: 'task.refused',
  label,
  iteration,
  problem: 'it depends on nobody, which is no task’s id',
});

/** What was asked for, and what came of it. */
const TASKS: Readonly<Record<Amount, readonly Event[]>> = {
  all: [acceptedTask('t1'), ...landedTask('t1', 'l1')],
  some: [acceptedTask('t1'), acceptedTask('t2'), ...landedTask('t1', 'l1'), failedTask('t2', 'attempts')],
  none: [
    ...[acceptedTask('t1'), acceptedTask('t2')],
    ...[failedTask('t1', 'attempts'), failedTask('t2', 'dependency')],
  ],
  'nothing-asked': [],
};

const ended = (reason: CloseReason, amount: Amount) =>
  stateOf([
    openedRun({ mode: 'planner' }),
    ...TASKS[amount],
    closed(reason, amount === 'all' || amount === 'some' ? HEAD : commit('base')),
  ]);

const NOTHING = 'the planner gave nothing that could be used, 5 times in a row';

describe('how a run ended is told by why it closed and by how much of what was asked for is there', () => {
  const TABLE: Readonly<Record<CloseReason, Readonly<Record<Amount, string>>>> = {
    done: {
      all: 'complete: 1 of 1 landed',
      some: 'incomplete: 1 of 2 landed, 1 failed',
      none: 'incomplete: nothing landed: 2 of 2 failed',
      'nothing-asked': 'incomplete: nothing landed: the plan was empty',
    },
    budget: {
      all: 'incomplete: 1 of 1 landed, then the budget was used up',
      some: 'incomplete: 1 of 2 landed, 1 failed, then the budget was used up',
      none: 'incomplete: nothing landed: 2 of 2 failed, then the budget was used up',
      'nothing-asked': 'incomplete: nothing landed: the budget was used up before there was a task',
    },
    time: {
      all: 'incomplete: 1 of 1 landed, then the time was used up',
      some: 'incomplete: 1 of 2 landed, 1 failed, then the time was used up',
      none: 'incomplete: nothing landed: 2 of 2 failed, then the time was used up',
      'nothing-asked': 'incomplete: nothing landed: the time was used up before there was a task',
    },
    'planner-failed': {
      all: `incomplete: 1 of 1 landed, then ${NOTHING}`,
      some: `incomplete: 1 of 2 landed, 1 failed, then ${NOTHING}`,
      none: `incomplete: nothing landed: 2 of 2 failed, then ${NOTHING}`,
      'nothing-asked': `incomplete: nothing landed: ${NOTHING}`,
    },
    cancelled: {
      all: 'incomplete: 1 of 1 landed, then the run was cancelled',
      some: 'incomplete: 1 of 2 landed, 1 failed, then the run was cancelled',
      none: 'incomplete: nothing landed: 2 of 2 failed, then the run was cancelled',
      'nothing-asked': 'incomplete: nothing landed: the run was cancelled before there was a task',
    },
  };
  for (const [reason, row] of Object.entries(TABLE)) {
    for (const [amount, told] of Object.entries(row)) {
      it(`${reason}, ${amount}`, () => {
        const state = ended(reason as CloseReason, amount as Amount);
        assert.equal(amountOf(state), amount);
        assert.equal(`${verdictOf(state)}: ${headline(state)}`, told);
        if (verdictOf(state) === 'incomplete') assert.notDeepEqual(shortfallTexts(state), []);
      });
    }
  }
});

describe('the ending', () => {
  it('says whether the head is green after what happened, and never of a head nobody looked at', () => {
    assert.equal(
      endingText(ended('done', 'all')),
      `1 of 1 landed; the head is green at ${HEAD.slice(0, 10)}`,
    );
    const undone: Event = {
      type: 'landing.undone',
      task: 't1' as TaskId,
      commit: commit('undo'),
      by: 'operator',
    };
    const after = stateOf([openedRun(), ...TASKS.all, closed('done'), undone]);
    const now = `the head is now ${commit('undo').slice(0, 10)}, which was not checked`;
    assert.equal(endingText(after), `nothing landed: 1 of 1 undone; ${now}`);
    assert.equal(verdictOf(after), 'incomplete');
  });
  it('names what the planner asked for and was refused, where nothing else is there', () => {
    const state = stateOf([
      openedRun({ mode: 'planner' }),
      refused('a'),
      refused('b'),
      closed('done', commit('base')),
    ]);
    assert.equal(headline(state), 'nothing landed: 2 of 2 tasks refused');
    assert.deepEqual(shortfallTexts(state), [
      '2 tasks of the planner’s were refused (a: it depends on nobody, which is no task’s id; b: it depends on nobody, which is no task’s id)',
    ]);
  });
  it('does not hold a refusal against a run whose planner asked for the same again, and got it', () => {
    const task = acceptedTask('t1', {}, { by: 'planner', label: 'a' as never, iteration: 2 });
    const events = [openedRun({ mode: 'planner' }), refused('a'), task, ...landedTask('t1', 'l1')];
    assert.equal(verdictOf(stateOf([...events, closed('done')])), 'complete');
    assert.equal(
      verdictOf(stateOf([...events, refused('a', 3), closed('done')])),
      'complete',
      'asked for again',
    );
    assert.equal(verdictOf(stateOf([...events, refused('z', 3), closed('done')])), 'incomplete');
  });
  it('of a run that is under way is how far it has come, of all its tasks', () => {
    const state = stateOf([openedRun(), acceptedTask('t1'), acceptedTask('t2')]);
    assert.equal(headline(state), '0 of 2 landed, 2 unfinished');
  });
});
