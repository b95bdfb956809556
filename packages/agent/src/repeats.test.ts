import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Repeats } from './repeats.ts';

const step = (output: string, name = 'bash', argumentsJson = '{"command":"x"}') => [
  { name, argumentsJson, output },
];
const noted = (...outputs: string[]): readonly string[] => {
  const repeats = new Repeats();
  return outputs.map((output) => repeats.note(step(output)));
};

test('the same step is told at its third time, and ends at its fifth', () => {
  assert.deepEqual(noted('a', 'a', 'a', 'a', 'a'), ['fresh', 'fresh', 'told', 'fresh', 'stuck']);
});

test('what came between breaks the row: four times, another, four times again is no end', () => {
  assert.equal(noted('a', 'a', 'a', 'a', 'b', 'a', 'a', 'a', 'a').includes('stuck'), false);
});

for (const circle of [
  ['a', 'b'],
  ['a', 'b', 'c', 'd', 'e'],
]) {
  test(`a circle of ${circle.length} steps ends when it was gone round four times, and not before`, () => {
    const rounds = [...circle, ...circle, ...circle, ...circle];
    const told = noted(...rounds);
    assert.deepEqual([told.indexOf('stuck'), told.length], [rounds.length - 1, rounds.length]);
  });
}

test('a circle of six is work: nothing is said of it', () => {
  const circle = ['a', 'b', 'c', 'd', 'e', 'f'];
  assert.ok(noted(...circle, ...circle, ...circle, ...circle, ...circle).every((r) => r === 'fresh'));
});

test('a run is the same run, however long it took this time', () => {
  const outputs = [3, 14, 15, 92, 65].map(
    (ms) => `not ok 1\n# duration_ms ${ms} ms, at 10:02:${(ms % 60) + 10}`,
  );
  assert.equal(noted(...outputs).at(-1), 'stuck');
  assert.equal(noted(...[1, 2, 3, 4, 5].map((n) => `${n} of 5 done`)).at(-1), 'fresh');
});

test('a time that names its unit before it is a time too', () => {
  const outputs = [3.1, 14.15, 9.26, 53.5, 89.79].map(
    (ms) => `✖ tax is added (${ms}ms)\nℹ fail 1\nℹ duration_ms ${ms}\n"elapsed": ${ms}`,
  );
  assert.equal(noted(...outputs).at(-1), 'stuck');
  assert.equal(noted(...[1, 2, 3, 4, 5].map((n) => `runtime tests: ${n}`)).at(-1), 'fresh');
});
