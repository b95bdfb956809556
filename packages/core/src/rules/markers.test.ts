import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conflictLines } from './markers.ts';

const [OURS, PARTS, THEIRS, BASE] = ['<', '=', '>', '|'].map((sign) => sign.repeat(7)) as [
  string,
  string,
  string,
  string,
];
const text = (...lines: string[]): string => lines.join('\n');

for (const [form, lines] of [
  ['two sides', ['a', `${OURS} HEAD`, 'one', PARTS, 'two', `${THEIRS} theirs`, 'b']],
  [
    'three',
    [`${OURS} HEAD`, 'one', `${BASE} 1a2b3c4`, 'old', PARTS, 'two', `${THEIRS} 1a2b3c4 (What it did)`],
  ],
  ['no lines of ours', [`${OURS} HEAD`, PARTS, 'two', `${THEIRS} theirs`]],
  ['Windows’ line ends', [`${OURS} HEAD\r`, 'one\r', `${PARTS}\r`, 'two\r', `${THEIRS} theirs\r`]],
] as const) {
  test(`a conflict git left with ${form} is seen`, () => {
    assert.equal(conflictLines(text(...lines)).length, 3);
  });
}

test('each conflict is told by the lines of its three marks', () => {
  const one = [`${OURS} HEAD`, 'one', PARTS, 'two', `${THEIRS} theirs`];
  assert.deepEqual(
    conflictLines(text('x', ...one, 'y', ...one)).map((line) => line.split(':')[0]),
    ['2', '4', '6', '8', '10', '12'],
  );
});

for (const [what, lines] of [
  ['headings underlined with seven signs', ['Title', PARTS, 'text', 'Another', PARTS]],
  [
    'a manual that speaks of one mark after the other',
    [`The line ${OURS} opens it`, PARTS, `and ${THEIRS} closes it`],
  ],
  [
    'an example that is set in by blanks',
    [`    ${OURS} HEAD`, '    a', `    ${PARTS}`, '    b', `    ${THEIRS} theirs`],
  ],
  ['marks out of order', [`${THEIRS} theirs`, PARTS, `${OURS} HEAD`]],
  ['longer rows of signs', [`${OURS}< HEAD`, 'a', `${PARTS}=`, 'b', `${THEIRS}> theirs`]],
  ['a mark without a name', [OURS, 'a', PARTS, 'b', THEIRS]],
  ['an end that is missing', [`${OURS} HEAD`, 'a', PARTS, 'b']],
] as const) {
  test(`${what} is no conflict`, () => {
    assert.deepEqual(conflictLines(text(...lines)), []);
  });
}
