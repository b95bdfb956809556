import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ask } from '../../test/support/agent.ts';
import * as fault from '../../test/support/fault-server.ts';
import { a1, a2, openGateway, question, startServer } from '../../test/support/gateways.ts';

const GOOD = fault.raw(fault.textEvent('x'), fault.endEvent(), fault.usageEvent(10, 1), fault.DONE);

describe('the model an attempt is given', () => {
  it('is the one its ticket names, with what is known of that one, beside others of the same run', async () => {
    const server = await startServer(GOOD);
    const { gateway } = openGateway([server], { profiles: [{ 'own-*': { temperature: 0.3 } }] });
    const own = await gateway.issue(a1, { tokens: 1e6, model: 'own-model' });
    const plain = await gateway.issue(a2, { tokens: 1e6 });
    await ask(own.socketPath, own.token, question);
    await ask(plain.socketPath, plain.token, question);
    const sent = server.seen.map(({ body }) => [body.model, body.temperature]);
    assert.deepEqual(sent, [
      ['own-model', 0.3],
      ['work-model', undefined],
    ]);
  });
});

describe('an attempt that every endpoint turns away', () => {
  it('is told so by its ticket, and the run whose attempt it was', async () => {
    const server = await startServer(fault.status(402));
    const told: unknown[] = [];
    const { gateway } = openGateway([server], {
      onRefused: ({ kind, attempt }) => told.push([kind, attempt]),
    });
    const { socketPath, token, turnedAway } = await gateway.issue(a1, { tokens: 1e6 });
    assert.equal(turnedAway(), undefined);
    const reply = await ask(socketPath, token, question);
    assert.equal(reply.status, 402);
    assert.deepEqual([turnedAway(), told], ['quota', [['quota', a1]]]);
  });
});
