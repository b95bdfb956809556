import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { type ForeignWish, foreignFor, type Here, neededHere } from './foreign.ts';
import { unmetWish } from './wishes.ts';

const FOREIGN = [
  { name: 'worker-1.relay', capabilities: ['worker-1.relay', 'enrich@2.1.0', 'gpu'] },
  { name: 'worker-2.relay', capabilities: ['worker-2.relay@1.0', 'enrich@1.0'] },
];
const PLAIN: Here = { agents: ['builtin', 'codex'], foreign: FOREIGN };
const KINDS: Here = {
  agents: ['builtin'],
  foreign: FOREIGN,
  distribute: { by: 'load', kinds: [{ name: 'strong', slots: 1, capabilities: ['gpu'] }] },
};

type Asks = { readonly agent?: string; readonly requires: readonly string[] };

const TABLE: readonly (readonly [why: string, asks: Asks, here: Here, wish: ForeignWish | undefined])[] = [
  ['one that names it', { agent: 'worker-1.relay', requires: [] }, PLAIN, { name: 'worker-1.relay' }],
  ['one that names nobody', { requires: [] }, PLAIN, undefined],
  ['one that names an agent here', { agent: 'codex', requires: ['enrich'] }, PLAIN, undefined],
  [
    'one that asks for what it alone has',
    { requires: ['enrich@>=2.0.0'] },
    PLAIN,
    { requires: ['enrich@>=2.0.0'] },
  ],
  [
    'one that asks for all that it has',
    { requires: ['gpu', 'enrich'] },
    PLAIN,
    { requires: ['gpu', 'enrich'] },
  ],
  ['one that asks for what no single worker has', { requires: ['gpu', 'enrich@1.0'] }, PLAIN, undefined],
  ['one that anybody here can do', { requires: ['coder', 'codex'] }, PLAIN, undefined],
  ['one that a kind of worker here can do', { requires: ['gpu'] }, KINDS, undefined],
  ['one that no kind of worker here can do', { requires: ['enrich@2'] }, KINDS, { requires: ['enrich@2'] }],
  ['any, without a bridge', { agent: 'worker-1.relay', requires: [] }, { agents: ['builtin'] }, undefined],
];

for (const [why, asks, here, wish] of TABLE)
  test(`a task is a worker's elsewhere or not: ${why}`, () => {
    assert.deepEqual(foreignFor(asks, here), wish);
  });

test('what somebody elsewhere does asks nothing of the worker here that sees to it', () => {
  const asks = { title: 'x', requires: ['enrich@2'] };
  assert.deepEqual(neededHere(asks, KINDS), { title: 'x', requires: [] });
  assert.equal(neededHere({ requires: ['gpu'] }, KINDS).requires.length, 1);
});

test('a wish that somebody elsewhere meets is met; a name that is nearly theirs is asked about', () => {
  const able = { ...PLAIN, agents: PLAIN.agents, roles: undefined };
  assert.equal(unmetWish({ agent: 'worker-1.relay', requires: [] }, able), undefined);
  assert.equal(unmetWish({ requires: ['enrich@>=2.0.0'] }, able), undefined);
  assert.equal(
    unmetWish({ requires: ['enrich@>=2.0.0'] }, { ...able, distribute: KINDS.distribute }),
    undefined,
  );
  assert.match(unmetWish({ requires: ['enrich@>=3'] }, able)!.why, /no worker has/);
  assert.match(unmetWish({ agent: 'worker-1.relax', requires: [] }, able)!.meant!, /worker-1\.relay/);
  assert.match(unmetWish({ agent: 'worker-1.relay', role: 'nobody', requires: [] }, able)!.why, /no role/);
});
