/** Our own roles among endpoints of several dialects, and looks whether they live. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { modelOver, startServer } from '../../test/support/asking.ts';
import { systemClock } from '../../test/support/clocks.ts';
import { answering, SPOKEN } from '../../test/support/dialects.ts';
import * as fault from '../../test/support/fault-server.ts';
import { KEY, speaking, USED } from '../../test/support/own.ts';
import { lookByCall } from '../call-look.ts';
import { probeEndpoint } from '../probe.ts';

describe('endpoints of several dialects', () => {
  it('stand in for one another for our own roles, each asked in its own, and Gemini’s is left alone', async () => {
    const [broken, gemini, well] = [
      await startServer(fault.status(500)),
      await startServer(answering('gemini', 'Hi', USED)),
      await startServer(answering('messages', 'Hi', USED)),
    ];
    const endpoints = [
      { name: 'a', baseUrl: broken.baseUrl, dialect: 'responses' as const },
      { name: 'b', baseUrl: gemini.baseUrl, dialect: 'gemini' as const, weight: 1_000 },
      { name: 'c', baseUrl: well.baseUrl, dialect: 'messages' as const, weight: 0 },
    ];
    const { ask } = modelOver([], { endpoints });
    assert.equal((await ask()).text, 'Hi');
    assert.equal(broken.seen.filter(fault.isNoProbe)[0]!.path, '/v1/responses');
    assert.equal(well.seen[0]!.path, '/v1/messages');
    assert.equal(gemini.seen.length, 0);
  });

  it('end a call of ours where none speaks what we speak, naming the setting', async () => {
    const { ask, server } = await speaking('gemini', [answering('gemini', 'Hi', USED)]);
    const { end } = await ask();
    assert.deepEqual(end, {
      kind: 'bad-request',
      why: 'no endpoint of this run speaks chat or responses or messages: add dialect = "chat" to one of [[endpoints]]',
    });
    assert.equal(server.seen.length, 0);
  });

  it('are lost dialect by dialect: one that answers another dialect is no end of an outage', async () => {
    let isBack = false;
    const lost = await startServer((res, seen) =>
      isBack ? answering('chat', 'Hi', USED)(res, seen) : fault.status(500)(res, seen),
    );
    const other = await startServer(answering('gemini', 'Hi', USED));
    const endpoints = [
      { name: 'lost', baseUrl: lost.baseUrl, dialect: 'chat' as const },
      { name: 'other', baseUrl: other.baseUrl, dialect: 'gemini' as const },
    ];
    const changes: string[] = [];
    const { ask, model } = modelOver([], { endpoints, onHealth: ({ kind }) => changes.push(kind) });
    assert.equal((await ask()).end.kind, 'down');
    assert.deepEqual(changes, ['down']);
    const before = lost.seen.length;
    const up = model.whenUp(new AbortController().signal);
    while (lost.seen.length < before + 3) await new Promise(setImmediate);
    assert.deepEqual(changes, ['down']);
    isBack = true;
    await up;
    assert.deepEqual(changes, ['down', 'up']);
    assert.equal(other.seen.length, 0);
    assert.equal((await ask()).text, 'Hi');
  });
});

describe('what an endpoint lists', () => {
  for (const [dialect, list, asked] of [
    ['chat', { data: [{ id: 'm' }] }, '/v1/models'],
    ['messages', { data: [{ id: 'm' }], has_more: false }, '/v1/models?limit=1000'],
    ['gemini', { models: [{ name: 'models/m' }] }, '/v1/models?pageSize=1000'],
  ] as const)
    it(`is read in ${dialect}, and a part of a list is none`, async () => {
      const server = await startServer(
        fault.json(list),
        fault.json({ ...list, has_more: true, nextPageToken: 'x' }),
      );
      const endpoint = { name: 'e1', baseUrl: server.baseUrl, apiKey: KEY, dialect };
      const look = () => probeEndpoint(endpoint, { clock: systemClock });
      assert.deepEqual(await look(), { kind: 'up', models: ['m'] });
      assert.equal(server.seen[0]!.path, asked);
      assert.match(String(server.seen[0]!.headers[SPOKEN[dialect].key]), new RegExp(`${KEY}$`));
      assert.deepEqual(await look(), { kind: 'up', models: [] });
    });
});

describe('a refusal that a provider calls a fault of the request', () => {
  const anthropic = {
    type: 'error',
    error: { type: 'invalid_request_error', message: 'Your credit balance is too low to access the API.' },
  };
  const google = {
    error: {
      code: 400,
      message: 'API key not valid. Please pass a valid API key.',
      status: 'INVALID_ARGUMENT',
    },
  };
  it('is one of the account, or of the key', async () => {
    const { ask } = await speaking('messages', [fault.status(400, anthropic)]);
    assert.equal((await ask()).end.kind, 'quota');
    const server = await startServer(fault.status(400, google));
    const endpoint = { name: 'e1', baseUrl: server.baseUrl, dialect: 'gemini' as const };
    assert.equal((await lookByCall(endpoint, 'm', { clock: systemClock })).kind, 'auth');
  });
});

describe('a small call that looks for life', () => {
  for (const dialect of ['chat', 'responses', 'messages', 'gemini'] as const)
    it(`is made in ${dialect}, and says what it took`, async () => {
      const server = await startServer(answering(dialect, 'pong', USED));
      const endpoint = { name: 'e1', baseUrl: server.baseUrl, apiKey: KEY, dialect };
      const look = await lookByCall(endpoint, 'work-model', { clock: systemClock });
      assert.ok(look.kind === 'answers' && look.tokens === 59, JSON.stringify(look));
      assert.ok(server.seen[0]!.path.startsWith(SPOKEN[dialect].upstream));
      const refused = await startServer(fault.status(401, { error: { message: 'no' } }));
      const stranger = { ...endpoint, baseUrl: refused.baseUrl };
      assert.equal((await lookByCall(stranger, 'work-model', { clock: systemClock })).kind, 'auth');
    });
});
