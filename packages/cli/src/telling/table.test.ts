import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutToWidth, widthOf } from '@swarm/core/views/width';
import { renderTable } from './table.ts';

const LONG = 'Teach the till to count '.repeat(12).trim();
const WIDE = '在庫を数える機能をレジに追加する '.repeat(8).trim();

test('wide characters take two cells, marks that sit on others none', () => {
  const rows: [string, number][] = [
    ['till', 4],
    ['レジ', 4],
    ['한글', 4],
    ['ｆｕｌｌ', 8],
    ['e\u0301', 1],
    ['🛒', 2],
    ['👩‍👧', 2],
    ['über', 4],
  ];
  for (const [text, width] of rows) assert.equal(widthOf(text), width, text);
});

test('what is cut ends in an ellipsis, takes no more room than it may, and is cut between characters', () => {
  assert.equal(cutToWidth('レジを数える', 7), 'レジを…');
  assert.equal(cutToWidth('レジを数える', 6), 'レジ…');
  assert.equal(cutToWidth('till', 4), 'till');
  assert.equal(cutToWidth('tills', 4), 'til…');
});

test('a table fits terminals of every size: titles are cut, ids and commits are whole, no line wraps', () => {
  const rows = [
    ['t1', 'landed', '1', LONG, '1f9bcdc4e0'],
    ['t12345', 'failed', '3', WIDE, `attempts: ${LONG}`],
    ['t3', 'pending', '0', 'short', ''],
  ];
  for (const columns of [50, 80, 100, 200]) {
    const lines = renderTable(['task', 'state', 'attempts', 'title', ''], rows, {
      columns,
      flexible: [3, 4],
    }).split('\n');
    assert.equal(lines.length, 4);
    for (const line of lines) assert.ok(widthOf(line) <= columns, `${columns}: ${line}`);
    assert.match(lines[2]!, /^t12345 {2}failed {3}3 {9}\S/);
    assert.match(lines[1]!, /…/);
  }
});

test('without a terminal nothing is cut', () => {
  assert.match(renderTable(['title'], [[WIDE.slice(0, 90)]]), new RegExp(WIDE.slice(0, 80)));
});
