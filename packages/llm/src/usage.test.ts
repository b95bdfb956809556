import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mostTokensIn } from './usage.ts';

test('the most tokens of a text: letters and blanks two to a token and a half, every other byte one', () => {
  const told = (text: string): number => {
    const letters = text.match(/[A-Za-z ]/g)?.length ?? 0;
    return Math.ceil(letters / 1.5) + (Buffer.byteLength(text) - letters);
  };
  for (let code = 0; code <= 0xffff; code++) {
    const mark = String.fromCharCode(code);
    assert.equal(mostTokensIn(mark), told(mark), `U+${code.toString(16)}`);
  }
  for (const text of ['', 'const total = 12;\n', 'Größe: 10 €', '日本語 and more', '😀😀'])
    assert.equal(mostTokensIn(text), told(text), text);
});
