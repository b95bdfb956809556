/** Notices to the outside, with a server and a program of the test's own. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { LogLine } from '@swarm/core/log-events';
import { Notifier, type NotifierAsk } from './notifier.ts';

const line = (event: LogLine['event'], data: object, msg: string = event): LogLine =>
  ({ v: 1, ts: '2026-11-21T10:00:00.000Z', seq: 1, level: 'warn', run: 'r', event, msg, data }) as LogLine;
const need = (id: string) =>
  line('need.opened', { id, kind: 'blocked', text: `${id} is blocked`, choices: [] });
const closed = line('run.closed', { reason: 'done', green: true }, 'the run has ended');

async function folder(t: TestContext): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'swarm-notify-'));
  t.after(() => rm(made, { recursive: true }));
  return made;
}

async function server(t: TestContext, answer: (n: number) => number | undefined) {
  const got: string[] = [];
  const listening = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    got.push(Buffer.concat(chunks).toString());
    const status = answer(got.length);
    if (status === undefined) response.destroy();
    else response.writeHead(status, { location: '/elsewhere' }).end();
  }).listen(0, '127.0.0.1');
  await once(listening, 'listening');
  t.after(() => {
    listening.close();
    listening.closeAllConnections();
  });
  return { got, url: `http://127.0.0.1:${(listening.address() as AddressInfo).port}/hook-NEEDLE` };
}

async function told(t: TestContext, ask: Partial<NotifierAsk>, ...lines: readonly LogLine[]) {
  const troubles: string[] = [];
  const repository = await folder(t);
  const notifier = new Notifier({
    config: {},
    env: {},
    run: 'r',
    repository,
    onTrouble: (why) => void troubles.push(why),
    ...ask,
  });
  for (const one of lines) notifier.note(one);
  await notifier.settled();
  return troubles;
}

test('a server is posted what needs a person, together, and then that the run has closed; nothing else', async (t) => {
  const { got, url } = await server(t, () => 204);
  const ask = { config: { webhookEnv: 'HOOK' }, env: { HOOK: url } };
  const other = line('task.failed', {});
  assert.deepEqual(await told(t, ask, need('t1'), other, need('t2'), closed), []);
  const [first, second] = got.map((text) => JSON.parse(text));
  assert.equal(got.length, 2);
  assert.deepEqual([first.event, first.text, first.run], ['needs-you', 't1 is blocked\nt2 is blocked', 'r']);
  assert.deepEqual(
    first.needs.map(({ id }: { id: string }) => id),
    ['t1', 't2'],
  );
  assert.deepEqual([second.event, second.reason, second.green], ['closed', 'done', true]);
});

test('a server that fails is asked once more; what is said of it does not hold its address', async (t) => {
  const again = await server(t, (n) => (n === 1 ? 500 : 200));
  assert.deepEqual(await told(t, { config: { webhookEnv: 'HOOK' }, env: { HOOK: again.url } }, closed), []);
  assert.equal(again.got.length, 2);
  for (const [status, why] of [
    [503, 'it answered 503'],
    [302, 'it cannot be reached'],
    [undefined, 'it cannot be reached'],
  ] as const) {
    const { got, url } = await server(t, () => status);
    const troubles = await told(t, { config: { webhookEnv: 'HOOK' }, env: { HOOK: url } }, closed);
    assert.deepEqual(troubles, [`the webhook of [notify] was not taken: ${why}`]);
    assert.equal(got.length, 2);
  }
});

test('a variable that holds no address is named, and its value is not', async (t) => {
  for (const env of [{}, { HOOK: 'file:///NEEDLE' }])
    assert.deepEqual(await told(t, { config: { webhookEnv: 'HOOK' }, env }, closed), [
      'HOOK of [notify] holds no http address',
    ]);
});

test('a command is given the same on its stdin, and the event’s name; how it ends is told and no more', async (t) => {
  const place = await folder(t);
  const script = join(place, 'tell');
  await writeFile(script, `#!/bin/sh\ncat > "${place}/$SWARM_EVENT"; exit "$1"\n`);
  await chmod(script, 0o700);
  const env = { PATH: process.env.PATH! };
  assert.deepEqual(await told(t, { config: { command: [script, '0'] }, env }, need('t1'), closed), []);
  assert.equal(JSON.parse(await readFile(join(place, 'needs-you'), 'utf8')).needs[0].id, 't1');
  assert.equal(JSON.parse(await readFile(join(place, 'closed'), 'utf8')).event, 'closed');
  assert.deepEqual(await told(t, { config: { command: [script, '3'] }, env }, closed), [
    'the command of [notify] ended with 3',
  ]);
  assert.deepEqual(await told(t, { config: { command: [join(place, 'none')] }, env }, closed), [
    'the command of [notify] cannot be run: ENOENT',
  ]);
});

test('a command that does not end is ended with what it started, after ten seconds', async (t) => {
  const startedAt = performance.now();
  const command = ['sh', '-c', 'sleep 600 & sleep 600'];
  const env = { PATH: process.env.PATH! };
  assert.deepEqual(await told(t, { config: { command }, env }, closed), [
    'the command of [notify] did not end within 10 s',
  ]);
  assert.ok(performance.now() - startedAt < 60_000);
});
