import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LogEventName, LogLine } from '../log-events.ts';
import { quotasNow } from './quotas.ts';

const NOW = 1_800_000_000_000;
const HOUR_MS = 3_600_000;
const line = (event: LogEventName, data: object): LogLine => ({
  v: 1,
  ts: '',
  seq: 1,
  level: 'info',
  event,
  run: 'r',
  msg: '',
  data: data as LogLine['data'],
});
const five = (used: number, hours = 2) => ({ of: '5h', used, resetsAt: NOW + hours * HOUR_MS });

describe('what is left at each endpoint', () => {
  it('is what it said last, by name', () => {
    const lines = [
      line('endpoint.quota', { endpoint: 'b', quotas: [five(0.1)] }),
      line('endpoint.quota', { endpoint: 'a', quotas: [five(0.9)] }),
      line('endpoint.quota', { endpoint: 'b', quotas: [five(0.2)] }),
    ];
    assert.deepEqual(quotasNow(lines, NOW), [
      { endpoint: 'a', quotas: [five(0.9)], isEmpty: false },
      { endpoint: 'b', quotas: [five(0.2)], isEmpty: false },
    ]);
  });

  it('is nothing from a refusal on until it answers again, or until the time it named', () => {
    const emptied = line('endpoint.emptied', { endpoint: 'a', quotas: [five(1)], moreAt: NOW + 2 * HOUR_MS });
    const heard = line('endpoint.quota', { endpoint: 'a', quotas: [five(1)] });
    const refilled = line('endpoint.refilled', { endpoint: 'a', quotas: [five(0)] });
    const empty = { endpoint: 'a', quotas: [five(1)], isEmpty: true, moreAt: NOW + 2 * HOUR_MS };
    assert.deepEqual(quotasNow([emptied], NOW), [empty]);
    assert.deepEqual(quotasNow([emptied, heard], NOW), [empty]);
    assert.deepEqual(quotasNow([emptied, refilled], NOW), [
      { endpoint: 'a', quotas: [five(0)], isEmpty: false },
    ]);
    assert.deepEqual(quotasNow([emptied], NOW + 2 * HOUR_MS), []);
  });

  it('is unknown once its time has come, for each quota by itself', () => {
    const week = { of: '7d', used: 0.5, resetsAt: NOW + 100 * HOUR_MS };
    const lines = [line('endpoint.quota', { endpoint: 'a', quotas: [five(0.9), week] })];
    assert.deepEqual(quotasNow(lines, NOW + 2 * HOUR_MS), [
      { endpoint: 'a', quotas: [week], isEmpty: false },
    ]);
  });

  it('is read from a log that anybody may have written into', () => {
    const odd = [null, 7, [], { of: 7, used: 1 }, { of: 'x', used: -1 }, { of: 'x', used: Number.NaN }];
    const lines = [
      line('endpoint.quota', { endpoint: 7, quotas: [five(1)] }),
      line('endpoint.quota', { quotas: [five(1)] }),
      line('endpoint.quota', { endpoint: 'a', quotas: odd }),
      line('endpoint.quota', { endpoint: 'b', quotas: 'all' }),
      line('endpoint.emptied', { endpoint: 'c', moreAt: 9e99 }),
      line('endpoint.quota', { endpoint: 'd'.repeat(9_999), quotas: Array(999).fill(five(7)) }),
      ...Array.from({ length: 999 }, (_, i) =>
        line('endpoint.quota', { endpoint: `e${i}`, quotas: [five(0.5)] }),
      ),
    ];
    const [c, d, ...rest] = quotasNow(lines, NOW);
    assert.deepEqual(c, { endpoint: 'c', quotas: [], isEmpty: true });
    assert.deepEqual([d!.endpoint.length, d!.quotas.length, d!.quotas[0]], [130, 8, five(1)]);
    assert.equal(rest.length, 60);
  });
});
