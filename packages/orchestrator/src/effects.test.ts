import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Effects } from './effects.ts';

function effects() {
  const faults: unknown[] = [];
  let ended = 0;
  const all = new Effects({ onEnd: () => ended++, onFault: (error) => faults.push(error) });
  return { all, faults, ended: () => ended };
}

/** Runs until it is stopped, and says why it was. */
const untilStopped = (causes: unknown[]) => (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => {
      causes.push(signal.reason);
      resolve();
    });
  });

describe('what runs beside the loop', () => {
  it('runs once under a name', async () => {
    const { all } = effects();
    const causes: unknown[] = [];
    all.start('planner', untilStopped(causes));
    all.start('planner', untilStopped(causes));
    await all.stopAll('drained');
    assert.deepEqual(causes, ['drained']);
    assert.deepEqual(all.names, []);
  });
  it('is stopped with its cause, and the first cause stays', async () => {
    const { all } = effects();
    const causes: unknown[] = [];
    all.start('t1.1', untilStopped(causes));
    all.stop('t1.1', 'cancelled');
    await all.stopAll('drained');
    assert.deepEqual(causes, ['cancelled']);
  });
  it('tells of its end when its name is free again', async () => {
    const { all, ended } = effects();
    all.start('checks', async () => undefined);
    await all.stopAll('drained');
    assert.equal(ended(), 1);
    assert.equal(all.has('checks'), false);
  });
  it('that throws is a fault of the run, and never an unhandled rejection', async () => {
    const { all, faults } = effects();
    all.start('landing', async () => {
      throw new Error('broken');
    });
    await all.stopAll('drained');
    assert.deepEqual(faults, [new Error('broken')]);
  });
});
