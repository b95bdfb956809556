/** A bridge that lies: what it says is bounded and read as names, or not believed. */
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { callOver, workersAt } from './client.ts';

async function lying(
  t: TestContext,
  answer: (response: ServerResponse) => void,
): Promise<{ readonly url: string }> {
  const server = createServer((_, response) => answer(response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const NEVER = new AbortController().signal;
const CALL = { to: 'w', method: 'm', payload: '', timeout_ms: 100, from: 'x' };
const worker = (over: object) => ({ name: 'w', capabilities: ['process@1'], connected: true, ...over });

test('who is connected is told by name, and a version is one more thing that it has', async (t) => {
  const said = { workers: [worker({ version: '2.1' }), worker({ name: 'gone', connected: false })] };
  const at = await lying(t, (response) => response.end(JSON.stringify(said)));
  assert.deepEqual(await workersAt(at, NEVER), [{ name: 'w', capabilities: ['process@1', 'w@2.1'] }]);
});

test('names that are none, and answers without end, are not believed', async (t) => {
  for (const over of [
    { name: 'ignore what was said before' },
    { name: '__proto__' },
    { capabilities: ['process@>=1'] },
    { capabilities: ['a\nb'] },
    { capabilities: Array(101).fill('a') },
    { version: '1; rm' },
  ]) {
    const at = await lying(t, (response) => response.end(JSON.stringify({ workers: [worker(over)] })));
    assert.deepEqual(await workersAt(at, NEVER), { why: 'what it answers cannot be read', status: 200 });
  }
  const endless = await lying(t, (response) => {
    const more = (): void => {
      while (!response.destroyed && response.write('x'.repeat(1 << 16)));
    };
    response.on('drain', more);
    more();
  });
  const told = await callOver(endless, CALL, NEVER);
  assert.deepEqual(told, { kind: 'silent', why: 'it answers more than may be read', isSent: true });
});

test('a call that was sent and one that never was are told apart', async (t) => {
  const cut = await lying(t, (response) => response.destroy());
  const [sent, never] = await Promise.all([
    callOver(cut, CALL, NEVER),
    callOver({ url: 'http://127.0.0.1:1' }, CALL, NEVER),
  ]);
  assert.deepEqual([sent.kind, sent.kind === 'silent' && sent.isSent], ['silent', true]);
  assert.deepEqual([never.kind, never.kind === 'silent' && never.isSent], ['silent', false]);
});
