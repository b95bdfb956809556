import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GateReading, LINES_MAX } from './gate-reading.ts';

const read = (...lines: readonly string[]): GateReading => {
  const reading = new GateReading('/workspace');
  for (const line of lines) reading.line(line);
  return reading;
};

test('a gate’s output names its failures and its tests', () => {
  const reading = read('✖ adds (1ms)', 'ℹ pass 2', 'ℹ fail 1', '✖ failing tests:', '✖ adds (1ms)');
  const { signatures, isWhole } = reading.told('');
  assert.deepEqual([signatures, isWhole], [['node:test adds'], true]);
  assert.deepEqual(reading.tests, { run: 3, failed: 1, skipped: 0 });
});

test('of more lines than are read nothing is taken for the whole', () => {
  const reading = read('✖ adds (1ms)', 'ℹ pass 2');
  for (let n = 0; n < LINES_MAX; n++) reading.line('y');
  assert.equal(reading.told('').isWhole, false);
  assert.equal(reading.tests, undefined);
});
