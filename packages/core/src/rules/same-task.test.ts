import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { Event } from '../events.ts';
import { acceptedTask, aSpec, failedTask, openedRun, stateOf } from '../testing.ts';
import { isSaidAgain, sameTask } from './same-task.ts';

const SPEC = aSpec({
  title: 'Parse ISO dates',
  description: 'In src/parse.ts make parseLine accept ISO dates and refuse the 30th of February.',
  scope: ['src/parse.ts', 'test/parse.ts'],
});
const found = (over: Partial<typeof SPEC>, ...more: Event[]): string | undefined => {
  const state = stateOf([openedRun(), { ...acceptedTask('t1'), spec: SPEC } as Event, ...more]);
  return sameTask(state.tasks.values(), { ...SPEC, ...over })?.id;
};

test('a task of the same scope is the same by its title, whatever its case, order of paths and description', () => {
  assert.equal(
    found({ title: 'parse ISO dates.', description: 'x', scope: [...SPEC.scope].reverse() }),
    't1',
  );
});

test('a task of the same scope is the same by nearly the same words', () => {
  assert.equal(found({ title: 'Parse the ISO dates' }), 't1');
  assert.equal(
    found({ title: 'Parse dates', description: 'Write parseDuration for hours and minutes.' }),
    undefined,
  );
});

test('another scope, another kind, or a task that failed is no duplicate', () => {
  assert.equal(found({ scope: ['src/parse.ts'] }), undefined);
  assert.equal(found({ kind: 'answer' }), undefined);
  assert.equal(found({}, failedTask('t1', 'blocked')), undefined);
});

test('without a scope only the title counts: two tasks may say alike things of different places', () => {
  const spec = aSpec({ ...SPEC, scope: [] });
  const state = stateOf([openedRun(), { ...acceptedTask('t1'), spec } as Event]);
  const same = (title: string) => sameTask(state.tasks.values(), { ...spec, title })?.id;
  assert.deepEqual([same('Parse ISO dates'), same('Parse the ISO dates')], ['t1', undefined]);
});

test('said again is said word for word', () => {
  assert.equal(isSaidAgain(SPEC, { ...SPEC, scope: [...SPEC.scope].reverse() }), true);
  assert.equal(isSaidAgain(SPEC, { ...SPEC, description: 'other' }), false);
});
