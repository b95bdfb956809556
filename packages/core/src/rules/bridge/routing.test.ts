import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { CLOSED, failed } from './breaker.ts';
import {
  credits,
  isAddress,
  isWorkerName,
  type Route,
  route,
  type Standing,
  versionText,
} from './routing.ts';

const OPEN = [1, 2, 3, 4, 5].reduce((b) => failed(b, 0), CLOSED);

const worker = (name: string, more: Partial<Standing> = {}): Standing => ({
  name,
  capabilities: [],
  maxTasks: 4,
  active: 0,
  breaker: CLOSED,
  turn: 0,
  ...more,
});

const told = (way: Route): string => (way.kind === 'worker' ? way.name : way.kind);

const WORKERS = [
  worker('worker-1.relay', { capabilities: ['process@1.2.0'], version: '1.0.0', turn: 3 }),
  worker('worker-2.relay', { capabilities: ['process@2.0.0', 'enrich@2.1.0'], turn: 1 }),
  worker('agent-b', { version: '2.3', capabilities: ['enrich@1.9'], turn: 2 }),
];

const TABLE: readonly (readonly [to: string, requires: readonly string[], goesTo: string])[] = [
  ['worker-1.relay', [], 'worker-1.relay'],
  ['worker-9.relay', [], 'nobody'],
  ['any', [], 'worker-2.relay'],
  ['process', [], 'worker-2.relay'],
  ['process@>=1', [], 'worker-2.relay'],
  ['process@1', [], 'worker-1.relay'],
  ['process@>=3', [], 'nobody'],
  ['enrich@>=2.0.0', [], 'worker-2.relay'],
  ['enrich@<2', [], 'agent-b'],
  ['agent-b:v2', [], 'agent-b'],
  ['agent-b:2.3', [], 'agent-b'],
  ['agent-b:v3', [], 'nobody'],
  ['agent-b@^2.1', [], 'agent-b'],
  ['worker-1.relay:v1', [], 'worker-1.relay'],
  ['worker-2.relay:v1', [], 'nobody'],
  ['any', ['process', 'enrich@>=2'], 'worker-2.relay'],
  ['any', ['process@1', 'enrich'], 'nobody'],
  ['worker-1.relay', ['enrich'], 'nobody'],
];

for (const [to, requires, goesTo] of TABLE)
  test(`a call to ${to}${requires.length > 0 ? ` with ${requires.join(' and ')}` : ''} goes to ${goesTo}`, () => {
    assert.equal(told(route({ to, requires }, WORKERS, 0)), goesTo);
  });

test('who is not well or has an open breaker is passed over; where nobody else is, that is said', () => {
  const sick = { health: { isWell: false } };
  const two = [worker('a', sick), worker('b')];
  assert.equal(told(route({ to: 'any' }, two, 0)), 'b');
  assert.deepEqual(route({ to: 'a' }, two, 0), { kind: 'unwell', names: ['a'] });
  assert.equal(
    told(route({ to: 'any' }, [worker('a', { breaker: OPEN }), worker('b', { active: 3 })], 0)),
    'b',
  );
  assert.equal(told(route({ to: 'a' }, [worker('a', { breaker: OPEN })], 1)), 'unwell');
  assert.equal(told(route({ to: 'a' }, [worker('a', { breaker: OPEN })], 30_000)), 'a');
});

test('who works on as much as it takes gets no more; where all do, that is said', () => {
  const full = worker('a', { active: 4 });
  assert.equal(credits(full), 0);
  assert.equal(told(route({ to: 'any' }, [full, worker('b', { active: 3 })], 0)), 'b');
  assert.deepEqual(route({ to: 'a' }, [full], 0), { kind: 'full', names: ['a'] });
});

test('a load that a worker tells of itself counts where it is more than what it has of us', () => {
  const loaded = worker('a', { health: { isWell: true, load: 0.9 } });
  assert.equal(told(route({ to: 'any' }, [loaded, worker('b', { active: 3, turn: 9 })], 0)), 'b');
});

const some = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    isWell: fc.boolean(),
    isOpen: fc.boolean(),
    active: fc.integer({ min: 0, max: 4 }),
    turn: fc.integer({ min: 0, max: 9 }),
  }),
  { selector: ({ name }) => name },
);

test('law: a call goes to somebody who is well, let through and has a credit, the least busy of them; else why not is said', () => {
  fc.assert(
    fc.property(some, (all) => {
      const workers = all.map(({ name, isWell, isOpen, active, turn }) =>
        worker(name, { health: { isWell }, breaker: isOpen ? OPEN : CLOSED, active, turn }),
      );
      const way = route({ to: 'any' }, workers, 1);
      const well = workers.filter(({ health, breaker }) => health!.isWell && breaker === CLOSED);
      const free = well.filter((one) => credits(one) > 0);
      if (free.length > 0) {
        const taken = free.find(({ name }) => way.kind === 'worker' && name === way.name)!;
        assert.ok(free.every(({ active }) => active >= taken.active));
        assert.ok(free.every(({ active, turn }) => active > taken.active || turn >= taken.turn));
      } else assert.equal(way.kind, workers.length === 0 ? 'nobody' : well.length === 0 ? 'unwell' : 'full');
    }),
  );
});

test('law: workers that are alike take turns, and none is sent more than it takes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 4 }), (many, maxTasks) => {
      const workers = Array.from({ length: many }, (_, i) => ({ ...worker(`w${i}`, { maxTasks }) }));
      for (let turn = 1; turn <= many * maxTasks; turn++) {
        const way = route({ to: 'any' }, workers, 0);
        assert.equal(way.kind, 'worker');
        const index = workers.findIndex(({ name }) => name === told(way));
        workers[index] = { ...workers[index]!, active: workers[index]!.active + 1, turn };
      }
      assert.ok(workers.every(({ active }) => active === maxTasks));
      assert.equal(route({ to: 'any' }, workers, 0).kind, 'full');
    }),
  );
});

test('names and addresses are words; keys of prototypes, paths and markup are none', () => {
  for (const name of ['worker-1.relay', 'a', '9', 'A_b']) assert.ok(isWorkerName(name), name);
  for (const name of ['', 'any', '__proto__', '.a', 'a b', 'a/b', 'a"b', '<a>', 'a\n', 'x'.repeat(65)])
    assert.ok(!isWorkerName(name), name);
  for (const to of ['any', 'a', 'process@>=1', 'agent-b:v2', 'enrich@>=2 <3']) assert.ok(isAddress(to), to);
  for (const to of ['', '__proto__', 'a:vx', 'process@latest', 'a\n@1', `x@${'1'.repeat(200)}`])
    assert.ok(!isAddress(to), to);
  assert.deepEqual(['v2', '2.1.0', '2.x', '', 'v'].map(versionText), [
    '2',
    '2.1.0',
    undefined,
    undefined,
    undefined,
  ]);
});
