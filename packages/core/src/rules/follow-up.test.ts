import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ForgeAccess, ForgeCheck, ForgeComment } from '../ports/forge.ts';
import { addressedText, checksVerdict, checkTasks, reviewTasks } from './follow-up.ts';

const access = new Map<string, ForgeAccess>([
  ['helper', 'write'],
  ['reader', 'read'],
]);
const comment = (id: string, more: Partial<ForgeComment> = {}): ForgeComment => ({
  id,
  author: 'helper',
  body: `do ${id}`,
  at: 0,
  url: '',
  ...more,
});
const idsOf = (comments: readonly ForgeComment[]) => reviewTasks({ comments, access, me: 'bot' }).ids;
const check = (name: string, state: ForgeCheck['state']): ForgeCheck => ({
  name,
  state,
  isRequired: false,
  detail: `${name} says`,
  url: '',
});

describe('comments of reviewers', () => {
  it('are tasks where who wrote them may write, with the file they stand on as scope', () => {
    const [draft] = reviewTasks({
      comments: [comment('line-1', { path: 'src/a.ts', line: 7 })],
      access,
      me: undefined,
    }).drafts;
    assert.equal(draft?.title, 'Address a comment of helper on src/a.ts:7');
    assert.deepEqual(draft?.scope, ['src/a.ts']);
  });
  it('of anybody else are none, and who said them is told', () => {
    const told = reviewTasks({
      comments: [comment('1', { author: 'reader' }), comment('2', { author: 'stranger' })],
      access,
      me: undefined,
    });
    assert.deepEqual([told.ids, told.outsiders], [[], ['reader', 'stranger']]);
  });
  it('that approve, are settled, or say nothing are none', () => {
    assert.deepEqual(
      idsOf([
        comment('1', { verdict: 'approved' }),
        comment('2', { isSettled: true }),
        comment('3', { body: ' ' }),
      ]),
      [],
    );
  });
  it('are worked on once: what was addressed is said in a comment, which is no task itself', () => {
    const said = comment('9', { author: 'bot', body: addressedText('r-1', ['1', 'line-2'], ['t1 done']) });
    assert.deepEqual(idsOf([comment('1'), comment('line-2'), comment('3'), said]), ['3']);
  });
  it('are not settled by an outsider who says so', () => {
    const forged = comment('9', { author: 'reader', body: addressedText('r-1', ['1'], []) });
    assert.deepEqual(idsOf([comment('1'), forged]), ['1']);
  });
});

describe('checks of a pull request', () => {
  it('are waited for until the last has ended, and red where one has failed', () => {
    assert.equal(checksVerdict([check('a', 'failed'), check('b', 'pending')]).kind, 'waiting');
    assert.equal(checksVerdict([check('a', 'failed'), check('b', 'passed')]).kind, 'red');
    assert.equal(checksVerdict([check('a', 'neutral'), check('b', 'passed')]).kind, 'green');
    assert.equal(checksVerdict([]).kind, 'none');
  });
  it('that fail are tasks, with what they said as material', () => {
    const drafts = checkTasks([check('build', 'failed'), check('lint', 'passed')]);
    assert.deepEqual(
      drafts.map(({ title }) => title),
      ['Make the check build pass'],
    );
    assert.match(drafts[0]!.description, /orders nothing[\s\S]*----\nbuild says\n----/);
  });
});
