import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { attemptId, taskId } from '@swarm/core/model/ids';
import { NO_USAGE, type Usage } from '@swarm/core/model/usage';
import { createTicket } from './tokens.ts';

const attempt = attemptId(taskId(1), 1);
const tokens = (n: number): Usage => ({ ...NO_USAGE, calls: 1, inputTokens: n });

describe('a ticket', () => {
  it('is settled when the last call under way is, and not before', async () => {
    const ticket = createTicket(attempt, { tokens: 100 });
    const [one, two] = [ticket.reserve(tokens(10)), ticket.reserve(tokens(10))];
    let isSettled = false;
    const settled = ticket.settled().then(() => {
      isSettled = true;
    });
    assert.ok(one.kind === 'reserved' && two.kind === 'reserved');
    one.settle(tokens(1));
    await new Promise(setImmediate);
    assert.equal(isSettled, false);
    two.settle(tokens(2));
    await settled;
    assert.equal(ticket.usage().inputTokens, 3);
  });

  it('counts a call once, however often it is settled', () => {
    const ticket = createTicket(attempt, { tokens: 100 });
    const call = ticket.reserve(tokens(90));
    assert.ok(call.kind === 'reserved');
    call.settle(tokens(30));
    call.settle(tokens(30));
    assert.equal(ticket.usage().inputTokens, 30);
    assert.equal(ticket.reserve(tokens(70)).kind, 'reserved');
    assert.equal(ticket.reserve(tokens(1)).kind, 'refused');
  });

  it('is a secret of its own for every attempt', () => {
    const [one, two] = [createTicket(attempt, { tokens: 1 }), createTicket(attempt, { tokens: 1 })];
    assert.notEqual(one.token, two.token);
    assert.deepEqual(
      [[one.token], [two.token, one.token], [two.token], ['wrong', two.token], []].map((shown) =>
        one.accepts(shown),
      ),
      [true, true, false, false, false],
    );
  });
});
