import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type TaskId, taskId } from '../model/ids.ts';
import { PASSED_OVER_MAX, ReadyQueue, type ReadyTask } from './ready-queue.ts';
import { foldScope, overlaps } from './scopes.ts';

const task = (number: number, scope: readonly string[] = [], priority = 5): ReadyTask => ({
  id: taskId(number),
  number,
  priority,
  scope,
});
const queueOf = (...tasks: ReadyTask[]): ReadyQueue => {
  const queue = new ReadyQueue('serialize');
  for (const t of tasks) queue.offer(t);
  return queue;
};
const takeAll = (queue: ReadyQueue): string[] => {
  const ids: string[] = [];
  for (let t = queue.next(); t !== undefined; t = queue.next()) ids.push(t.id);
  return ids;
};

describe('the ready queue', () => {
  it('gives the most urgent first, and the older first among equals', () => {
    const queue = queueOf(task(3), task(1), task(4, [], 1), task(2, [], 10));
    assert.deepEqual(takeAll(queue), ['t4', 't1', 't3', 't2']);
    assert.equal(queue.size, 0);
  });
  it('passes over a task whose scope is in use, and does not let it hold up the others', () => {
    const queue = queueOf(task(1, ['a.ts']), task(2, ['a.ts', 'b.ts']), task(3, ['c.ts']));
    assert.deepEqual(takeAll(queue), ['t1', 't3']);
    assert.deepEqual(queue.waitingFor(taskId(2)), ['t1']);
    queue.release(taskId(1));
    assert.deepEqual(takeAll(queue), ['t2']);
  });
  it('keeps a passed-over task’s place in the order', () => {
    const queue = queueOf(task(1, ['a.ts']), task(2, ['a.ts']), task(3, ['a.ts'], 1));
    assert.deepEqual(takeAll(queue), ['t3']);
    queue.offer(task(4, ['a.ts'], 2));
    assert.deepEqual(takeAll(queue), []);
    for (const [over, next] of [
      [3, 't4'],
      [4, 't1'],
      [1, 't2'],
    ] as const) {
      queue.release(taskId(over));
      assert.deepEqual(takeAll(queue), [next]);
    }
  });
  it('lets everybody go where overlap is not serialised', () => {
    for (const mode of ['warn', 'off'] as const) {
      const queue = new ReadyQueue(mode);
      for (const n of [1, 2]) queue.offer(task(n, ['a.ts']));
      assert.deepEqual(takeAll(queue), ['t1', 't2']);
    }
  });
  it('knows who a task runs beside where overlap is only told', () => {
    const queue = new ReadyQueue('warn');
    for (const n of [1, 2]) queue.offer(task(n, ['src/a.ts']));
    takeAll(queue);
    assert.deepEqual(queue.beside(taskId(2)), [{ id: 't1', entry: 'src/a.ts' }]);
    queue.release(taskId(1));
    assert.deepEqual(queue.beside(taskId(2)), []);
  });
  it('puts a task that conflicted behind the fresh ones of its priority, and before those of the next', () => {
    const queue = queueOf({ ...task(1), isBehind: true }, task(2), task(3, [], 6));
    assert.deepEqual(takeAll(queue), ['t2', 't1', 't3']);
  });
  it('gives back at once what a task in flight turns out not to need, and keeps out of what it turns out to', () => {
    const queue = queueOf(task(1, ['a.ts']), task(2, ['a.ts']), task(3, ['b.ts']));
    queue.hold(taskId(1), foldScope(['a.ts']));
    queue.hold(taskId(1), foldScope(['b.ts']));
    assert.deepEqual(takeAll(queue), ['t2']);
    queue.release(taskId(1));
    assert.deepEqual(takeAll(queue), ['t3']);
  });
  it('has nobody wait for a task whose scope is unknown', () => {
    assert.deepEqual(takeAll(queueOf(task(1), task(2, ['**']), task(3))), ['t1', 't2', 't3']);
  });
  it('forgets a task that is withdrawn, and wakes the next in its line', () => {
    const queue = queueOf(task(1, ['a.ts']), task(2, ['a.ts']), task(3, ['a.ts']));
    assert.deepEqual(takeAll(queue), ['t1']);
    queue.release(taskId(1));
    queue.withdraw(taskId(2));
    assert.deepEqual(takeAll(queue), ['t3']);
    assert.deepEqual(queue.waitingFor(taskId(2)), []);
  });
  it('takes a task offered again by its new scope and priority', () => {
    const queue = queueOf(task(1, ['a.ts']), task(2, ['a.ts']));
    assert.deepEqual(takeAll(queue), ['t1']);
    queue.offer(task(2, ['b.ts']));
    assert.equal(queue.size, 1);
    assert.deepEqual(takeAll(queue), ['t2']);
  });
  it('keeps out of scopes held since before a restart', () => {
    const queue = queueOf(task(2, ['src/a.ts']));
    queue.hold(taskId(1), foldScope(['src/']));
    assert.deepEqual(takeAll(queue), []);
    queue.release(taskId(1));
    assert.deepEqual(takeAll(queue), ['t2']);
  });
  it(`reserves the scope of a task that ${PASSED_OVER_MAX} later ones have passed over`, () => {
    const queue = queueOf(task(1, ['src/0.ts']));
    assert.equal(queue.next()?.id, 't1');
    queue.offer(task(2, ['src/']));
    let passed = 0;
    // One file of the folder is always in use: the next task starts before the last one is done.
    for (let n = 3; n < 500; n++) {
      queue.offer(task(n, [`src/${n}.ts`]));
      const started = queue.next();
      if (started === undefined) break;
      passed++;
      queue.release(taskId(n === 3 ? 1 : n - 1));
    }
    assert.equal(passed, PASSED_OVER_MAX);
    const last = taskId(passed + 2);
    const waiting = taskId(passed + 3);
    assert.deepEqual(queue.waitingFor(waiting), ['t2']);
    queue.offer(task(1_000, ['docs/x.md']));
    queue.offer(task(1_001, ['src/urgent.ts'], 1));
    assert.deepEqual(takeAll(queue), ['t1001', 't1000']);
    queue.release(taskId(1_001));
    queue.release(last);
    assert.deepEqual(takeAll(queue), ['t2']);
    queue.release(taskId(2));
    assert.deepEqual(takeAll(queue), [waiting]);
  });
  it('counts those that pass a task over as they start, though what it waits for takes as long as it will', () => {
    const queue = queueOf(task(1, ['src/slow.ts']), task(2, ['src/']), task(3, ['lib/', 'src/x.ts']));
    for (let n = 4; n < 500; n++) queue.offer(task(n, [`src/${n}.ts`]));
    let started = 0;
    for (let t = queue.next(); t !== undefined; t = queue.next()) {
      if (t.id !== 't1') queue.release(t.id);
      started++;
    }
    assert.equal(started, 1 + PASSED_OVER_MAX);
    queue.release(taskId(1));
    assert.equal(queue.next()?.id, 't2');
  });
  it('lets no more than that many pass anybody over, whatever ends when', () => {
    const pass = fc.record({ scope: folders, priority: fc.integer({ min: 1, max: 2 }) });
    fc.assert(
      fc.property(fc.array(pass, { minLength: 60, maxLength: 200 }), fc.array(fc.nat()), boundsPasses),
      {
        numRuns: 300,
      },
    );
  });
  it('does what a search of everything would do', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 60, size: 'max' }), sameAsSearching), {
      numRuns: 1_000,
    });
  });
  it('lets nobody in where somebody is and everybody in at last, whatever is learned meanwhile', () => {
    fc.assert(
      fc.property(fc.array(scopes, { maxLength: 12 }), fc.array(scopes), fc.array(fc.nat()), learns),
      {
        numRuns: 1_000,
      },
    );
  });
  // A search of everything for each would be ten thousand million looks: the deadline only guards against that.
  it('takes 100,000 tasks through, even where all of them want one file', { timeout: 60_000 }, () => {
    for (const scopeOf of [
      (n: number) => [`src/m${n % 997}/f${n}.ts`],
      (n: number) => ['package.json', `f${n}`],
    ]) {
      const queue = new ReadyQueue('serialize');
      const tasks = Array.from({ length: 100_000 }, (_, i) => task(i + 1, scopeOf(i), 1 + (i % 10)));
      for (const t of tasks) queue.offer(t);
      assert.equal(drain(queue, 64), 100_000);
    }
  });
});

function drain(queue: ReadyQueue, slots: number): number {
  const inFlight: TaskId[] = [];
  for (let count = 0; ; ) {
    for (let t = queue.next(); t !== undefined; t = inFlight.length < slots ? queue.next() : undefined) {
      inFlight.push(t.id);
      count++;
    }
    const first = inFlight.shift();
    if (first === undefined) return count;
    queue.release(first);
  }
}

const scopes = fc.uniqueArray(fc.constantFrom('a', 'a/b', 'a/c', 'd', '**/b', 'a/*'), { maxLength: 2 });
const number = fc.integer({ min: 1, max: 8 });
const step = fc.oneof(
  fc.record({
    do: fc.constant('offer' as const),
    n: number,
    scope: scopes,
    priority: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({ do: fc.constantFrom('withdraw' as const, 'release' as const), n: number }),
  fc.record({ do: fc.constant('next' as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

const folders = fc.uniqueArray(fc.constantFrom('a', 'a/b', 'a/c', 'a/*', 'd', 'd/e.ts'), {
  minLength: 1,
  maxLength: 2,
});

/** Four slots; who ends next is anybody’s guess, and some hold on for very long. */
function boundsPasses(all: { scope: string[]; priority: number }[], picks: number[]): void {
  const queue = new ReadyQueue('serialize');
  const tasks = all.map(({ scope, priority }, i) => task(i + 1, scope, priority));
  const waiting = new Map(tasks.map((t) => [t, 0]));
  for (const t of tasks) queue.offer(t);
  const inFlight: ReadyTask[] = [];
  for (let turn = 0; waiting.size > 0; turn++) {
    for (let t = queue.next(); t !== undefined; t = inFlight.length < 4 ? queue.next() : undefined) {
      inFlight.push(t);
      waiting.delete(t);
      for (const [other, passed] of waiting) {
        const isFirst =
          other.priority < t.priority || (other.priority === t.priority && other.number < t.number);
        if (isFirst && overlaps(other.scope, t.scope)) waiting.set(other, passed + 1);
      }
    }
    assert.ok(Math.max(0, ...waiting.values()) <= PASSED_OVER_MAX);
    const pick = picks[turn % Math.max(1, picks.length)] ?? 0;
    const [gone] = inFlight.splice(pick % 3 === 0 ? pick % inFlight.length : inFlight.length - 1, 1);
    queue.release(gone!.id);
  }
}

/** The rule without any cleverness: of all that wait, the first in order whose scope overlaps nothing held. */
function sameAsSearching(steps: Step[]): void {
  const queue = new ReadyQueue('serialize');
  const waiting = new Map<TaskId, ReadyTask>();
  const held = new Map<TaskId, ReadyTask>();
  for (const s of steps) {
    if (s.do === 'next') {
      const expected = [...waiting.values()]
        .sort((a, b) => a.priority - b.priority || a.number - b.number)
        .find((t) => ![...held.values()].some((h) => overlaps(h.scope, t.scope)));
      assert.equal(queue.next()?.id, expected?.id);
      if (expected !== undefined) held.set(expected.id, expected);
      if (expected !== undefined) waiting.delete(expected.id);
    } else if (s.do === 'offer' && !held.has(taskId(s.n))) {
      const offered = task(s.n, s.scope, s.priority);
      waiting.set(offered.id, offered);
      queue.offer(offered);
    } else if (s.do === 'withdraw') {
      waiting.delete(taskId(s.n));
      queue.withdraw(taskId(s.n));
    } else if (s.do === 'release') {
      const id = [...held.keys()][s.n % Math.max(1, held.size)] ?? taskId(s.n);
      held.delete(id);
      queue.release(id);
    }
    assert.equal(queue.size, waiting.size);
  }
}

/** Every turn takes what there is, learns to leave some entries out of account, and gives one back. */
function learns(all: string[][], lessons: string[][], picks: number[]): void {
  let ignored: readonly string[] = [];
  const effective = ({ scope }: ReadyTask) => scope.filter((entry) => !ignored.includes(entry));
  const queue = new ReadyQueue('serialize', (t) => foldScope(effective(t)));
  const held: ReadyTask[] = [];
  for (const [i, scope] of all.entries()) queue.offer(task(i + 1, scope));
  for (let turn = 0, started = 0; started < all.length; turn++) {
    for (let t = queue.next(); t !== undefined; t = queue.next()) {
      const mine = effective(t);
      assert.ok(!held.some((h) => overlaps(effective(h), mine)), `${t.id} got in`);
      held.push(t);
      started += 1;
    }
    assert.ok(held.length > 0 || started === all.length, 'somebody waits for nobody');
    ignored = lessons[turn] ?? [];
    queue.relearn();
    for (const h of held) queue.hold(h.id, foldScope(effective(h)));
    const [gone] = held.splice((picks[turn] ?? 0) % Math.max(1, held.length), 1);
    if (gone) queue.release(gone.id);
  }
}
