import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRunId, parseRunId, type RunId } from './ids.ts';

const at = (time: string): number => Date.parse(`2026-11-21T${time}Z`);
const low = (): number => 0;
const high = (): number => 0.999_999;

test('names of runs are names of runs, and sort by the time they were begun', () => {
  const times = ['00:00:00', '00:01:00', '09:59:00', '10:00:00', '18:30:00', '23:58:00'];
  const ids = times.flatMap((time) => [makeRunId(at(time), low), makeRunId(at(time), high)]);
  assert.deepEqual(ids.toSorted(), ids);
  assert.equal(new Set(ids).size, ids.length);
  assert.ok(ids.every((id) => parseRunId(id) === id && id.startsWith('r-20261121-')));
});

test('a run sorts behind the newest there is, whatever the clock says', () => {
  const newest = makeRunId(at('12:00:00'), high);
  const next = makeRunId(at('11:59:00'), low, newest);
  assert.ok(next > newest, `${next} ${newest}`);
  assert.ok(makeRunId(at('12:00:00'), low, next) > next);
  const yesterdays = 'r-20261120-zzzz' as RunId;
  assert.equal(makeRunId(at('00:00:00'), low, yesterdays), 'r-20261121-2222');
});

test('a day whose last name is taken still names its runs', () => {
  const last = 'r-20261121-zzzz' as RunId;
  assert.equal(parseRunId(makeRunId(at('23:59:59'), low, last)), 'r-20261121-2222');
});
