/** A server may fail at one kind of call and do the rest: what is looked at before it is given up, and until it is back. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ask as post } from '../test/support/agent.ts';
import { modelOver, startServer } from '../test/support/asking.ts';
import { answering, geminiChunks, SPOKEN } from '../test/support/dialects.ts';
import * as fault from '../test/support/fault-server.ts';
import { a1, openGateway, until } from '../test/support/gateways.ts';

const USED = { input: 60, cached: 0, written: 0, output: 4 };
const isProbe = (seen: fault.Seen): boolean => !fault.isNoProbe(seen);

/** Answers in the dialect of the path, but for what fails now. */
async function serverFailing(fails: (seen: fault.Seen) => boolean) {
  let isMended = false;
  const server = await startServer((res, seen) => {
    if (!isMended && fails(seen)) return fault.status(503, { error: { message: 'overloaded' } })(res, seen);
    return answering(seen.path.includes('/responses') ? 'responses' : 'chat', 'Hi', USED)(res, seen);
  });
  const failed = (): fault.Seen[] => server.seen.filter(fails);
  return { server, failed, mend: () => (isMended = true) };
}

describe('a server that fails at one model', () => {
  it('is lost for that model alone: another one’s answers neither make it the request’s fault nor end it', async () => {
    const { server, mend } = await serverFailing(({ body }) => body.model === 'small');
    const changes: string[] = [];
    const over = modelOver([server], { onHealth: ({ kind }) => changes.push(kind) });
    for (let i = 0; i < 2; i++) {
      const [small, big] = await Promise.all([over.ask(), over.ask({ role: 'planner' })]);
      assert.deepEqual([small.end.kind, big.text], ['down', 'Hi']);
    }
    assert.deepEqual(new Set(over.probes.map(({ model }) => model)), new Set(['small']));
    const before = server.seen.length;
    const up = over.model.whenUp(new AbortController().signal);
    await until(() => server.seen.length >= before + 3);
    assert.deepEqual([server.seen.at(-1)!.body.model, changes], ['small', ['down']]);
    mend();
    await up;
    assert.deepEqual([(await over.ask()).text, changes], ['Hi', ['down', 'up']]);
  });
});

describe('a server that answers chat completions and fails at responses', () => {
  it('is looked at by responses, holds what is asked in them, and answers the rest meanwhile', async () => {
    const { server, failed, mend } = await serverFailing(({ path }) => path.includes('/responses'));
    const endpoints = (['chat', 'responses'] as const).map((dialect) => ({
      name: dialect,
      baseUrl: server.baseUrl,
      dialect,
    }));
    const changes: string[] = [];
    const { gateway } = openGateway([], { endpoints, onHealth: ({ kind }) => changes.push(kind) });
    const { socketPath, token } = await gateway.issue(a1, { tokens: 1_000_000 });
    const asking = (name: 'chat' | 'responses') =>
      post(socketPath, token, SPOKEN[name].question('Do.', true), { path: SPOKEN[name].path(true) });
    const held = asking('responses');
    await until(() => failed().some(isProbe) && failed().length > 6);
    assert.equal((await asking('chat')).status, 200);
    assert.deepEqual(changes, ['down']);
    assert.ok(server.seen.filter(isProbe).every(({ path }) => path === '/v1/responses'));
    mend();
    assert.equal((await held).status, 200);
    assert.deepEqual(changes, ['down', 'up']);
  });
});

describe('a server that streams and fails at whole answers', () => {
  it('is looked at by a whole one, and holds those alone', async () => {
    const { server, failed, mend } = await serverFailing(({ body }) => body.stream !== true);
    const { gateway } = openGateway([server]);
    const { socketPath, token } = await gateway.issue(a1, { tokens: 1_000_000 });
    const asking = (isStream: boolean) => post(socketPath, token, SPOKEN.chat.question('Do.', isStream));
    const held = asking(false);
    await until(() => failed().some(isProbe) && failed().length > 6);
    assert.equal((await asking(true)).status, 200);
    assert.ok(server.seen.filter(isProbe).every(({ body }) => body.stream !== true));
    mend();
    const answer = await held;
    assert.deepEqual([answer.status, JSON.parse(answer.text).choices[0].message.content], [200, 'Hi']);
  });

  it('is looked at by a list that grows, where such a call fails, and its answer is understood', async () => {
    let isMended = false;
    const server = await startServer((res, seen) =>
      (isMended || isProbe(seen) ? fault.json(geminiChunks('Hi', USED)) : fault.status(503))(res, seen),
    );
    const endpoints = [{ name: 'e1', baseUrl: server.baseUrl, dialect: 'gemini' as const }];
    const probes: boolean[] = [];
    const { gateway } = openGateway([], { endpoints, onProbe: ({ doesAnswer }) => probes.push(doesAnswer) });
    const { socketPath, token } = await gateway.issue(a1, { tokens: 1_000_000 });
    const path = '/v1beta/models/x:streamGenerateContent';
    const held = post(socketPath, token, SPOKEN.gemini.question('Do.', true), { path });
    await until(() => probes.length === 1);
    isMended = true;
    assert.equal((await held).status, 200);
    assert.deepEqual(probes, [true]);
    assert.ok(server.seen.every((seen) => seen.path === '/v1/models/work-model:streamGenerateContent'));
  });
});
