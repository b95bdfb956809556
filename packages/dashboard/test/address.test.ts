import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type Address, addressOf, hashOf, NOWHERE, PANES, VIEWS } from '../src/page/address.ts';

const RUN = 'r-20261121-k3f9';

test('the address of a task is the run and its id, as it has been', () => {
  assert.deepEqual(addressOf(`#${RUN}/t12`), { ...NOWHERE, run: RUN, task: 't12' });
});

test('a view, a time, a task’s change and another run stand in the address', () => {
  assert.deepEqual(addressOf(`#${RUN}@120/graph/t12/diff/t12.2`), {
    ...NOWHERE,
    run: RUN,
    at: 120,
    view: 'graph',
    task: 't12',
    pane: 'diff',
    attempt: 't12.2',
  });
  assert.equal(addressOf(`#${RUN}/compare/r-20261122-aaaa`).other, 'r-20261122-aaaa');
});

test('whatever is shown comes back from its address', () => {
  const maybe = (...values: readonly string[]) => fc.constantFrom(undefined, ...values);
  const shown = fc.record({
    run: fc.constantFrom(RUN, 'r-20261122-aaaa'),
    at: fc.option(fc.nat(), { nil: undefined }),
    view: fc.constantFrom(...VIEWS),
    task: maybe('t1', 't99'),
    pane: fc.constantFrom(...PANES),
    attempt: maybe('t1.1', 't99.12', 't1.2-critic'),
    other: maybe('r-20261123-bbbb'),
  });
  const isSaid = (a: Address): Address => {
    const pane = a.task === undefined ? 'story' : a.pane;
    return { ...a, pane, attempt: pane === 'story' ? undefined : a.attempt };
  };
  fc.assert(fc.property(shown, (a) => assert.deepEqual(addressOf(hashOf(a)), isSaid(a))));
});

test('an address that somebody made up names nothing', () => {
  for (const hash of ['', '#', '#x', '#javascript:alert(1)', '#/t1', '#r-', `#${RUN}@-1`, `#${RUN}@1e9`])
    assert.equal(addressOf(hash).run, undefined, hash);
  assert.deepEqual(addressOf(`#${RUN}/<img src=x>/t1x/../__proto__/${'a'.repeat(9_999)}`), {
    ...NOWHERE,
    run: RUN,
  });
});
