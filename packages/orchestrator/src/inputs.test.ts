import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Decision } from '@swarm/core/decide';
import type { Refusal } from '@swarm/core/errors';
import { type Input, Inputs } from './inputs.ts';

const woken: Input = { kind: 'woken' };
const drain: Input = { kind: 'signalled', how: 'drain' };

describe('the run’s inputs', () => {
  it('are taken together when they came together', async () => {
    const inputs = new Inputs();
    inputs.put(woken);
    inputs.put(drain);
    assert.deepEqual(await inputs.take(), [woken, drain]);
  });
  it('are waited for when there are none', async () => {
    const inputs = new Inputs();
    const taken = inputs.take();
    inputs.put(drain);
    assert.deepEqual(await taken, [drain]);
  });
  it('are refused when nobody reads any more, those already waiting too', async () => {
    const inputs = new Inputs();
    const asked = (): Promise<Decision | Refusal> =>
      new Promise((answer) =>
        inputs.put({ kind: 'asked', command: { type: 'amend', text: 'also' }, answer }),
      );
    const before = asked();
    inputs.close();
    for (const answer of [await before, await asked()]) assert.equal(answer.kind, 'refusal');
  });
  it('are each taken once', async () => {
    const inputs = new Inputs();
    inputs.put(woken);
    await inputs.take();
    inputs.put(drain);
    assert.deepEqual(await inputs.take(), [drain]);
  });
});
