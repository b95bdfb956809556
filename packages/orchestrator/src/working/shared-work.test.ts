import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SharedWork } from './shared-work.ts';

/** Work that ends when it is told to, and says how often it was begun and whether it was called off. */
function given() {
  const shared = new SharedWork<string>();
  const begun: { signal: AbortSignal; end: (value: string) => void }[] = [];
  const join = (asker: AbortController) =>
    shared.join('key', asker.signal, (signal) => {
      const { promise, resolve } = Promise.withResolvers<string>();
      signal.addEventListener('abort', () => resolve('called off'));
      begun.push({ signal, end: resolve });
      return promise;
    });
  return { join, begun };
}

test('what several ask for is done once, and each is told', async () => {
  const { join, begun } = given();
  const both = [join(new AbortController()), join(new AbortController())];
  begun[0]!.end('made');
  assert.deepEqual(await Promise.all(both), ['made', 'made']);
  assert.equal(begun.length, 1);
});

test('the first asker’s leaving leaves the work to the others', async () => {
  const { join, begun } = given();
  const [first, second] = [new AbortController(), new AbortController()];
  const both = [join(first), join(second)];
  first.abort();
  assert.equal(await both[0], undefined);
  assert.equal(begun[0]!.signal.aborted, false);
  begun[0]!.end('made');
  assert.equal(await both[1], 'made');
});

test('work nobody waits for any more is called off, and its last asker leaves when it is dead', async () => {
  const { join, begun } = given();
  const asker = new AbortController();
  const joined = join(asker);
  asker.abort();
  assert.equal(await joined, undefined);
  assert.equal(begun[0]!.signal.aborted, true);
});

test('whoever comes while called-off work is dying begins it anew, after it', async () => {
  const shared = new SharedWork<string>();
  const order: string[] = [];
  const work = (name: string, dying: Promise<unknown>) => (signal: AbortSignal) =>
    new Promise<string>((resolve) => {
      order.push(`${name} begins`);
      if (name === 'second') return resolve('made');
      signal.addEventListener('abort', () => {
        void dying.then(() => {
          order.push(`${name} is dead`);
          resolve('called off');
        });
      });
    });
  const asker = new AbortController();
  const death = Promise.withResolvers<void>();
  const first = shared.join('key', asker.signal, work('first', death.promise));
  asker.abort();
  await new Promise(setImmediate);
  const second = shared.join('key', new AbortController().signal, work('second', death.promise));
  death.resolve();
  assert.deepEqual([await first, await second], [undefined, 'made']);
  assert.deepEqual(order, ['first begins', 'first is dead', 'second begins']);
});

test('a failure is told to everybody who waits, and the next asker tries again', async () => {
  const shared = new SharedWork<string>();
  const { signal } = new AbortController();
  const fails = () => Promise.reject(new Error('no'));
  const both = [shared.join('key', signal, fails), shared.join('key', signal, fails)];
  for (const each of both) await assert.rejects(each, /no/);
  assert.equal(await shared.join('key', signal, async () => 'made'), 'made');
});

test('who was called off before asking begins nothing', async () => {
  const { join, begun } = given();
  const asker = new AbortController();
  asker.abort();
  assert.equal(await join(asker), undefined);
  assert.equal(begun.length, 0);
});
