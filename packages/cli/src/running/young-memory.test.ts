import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { YOUNG_BYTES } from './young-memory.ts';

/** Makes objects of which many live for a while, with a look between any two rounds however slow the machine is, and tells how large the memory for young ones became. */
const CHURN = `
  let held = [];
  const seen = [];
  for (let round = 0; round < 100; round++) {
    const live = Array.from({ length: 20_000 }, (_, n) => ({ n, text: 'x' + n, list: [n] }));
    held = [held[1], live];
    seen.push(youngBytes());
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  console.log(Math.max(...seen));
`;

/** Twice what is enough, as it may double once before it is seen, and a little. Unbounded it becomes 38 MB here, and 128 MB in a run. */
const MOST = 2.1 * YOUNG_BYTES;

test('the memory for young objects stays small where it is bounded', () => {
  const from = JSON.stringify(new URL('./young-memory.ts', import.meta.url).href);
  const program = `import { boundMemory, youngBytes } from ${from}; boundMemory(); ${CHURN}`;
  const told = execFileSync(process.execPath, ['--input-type=module', '-e', program]).toString();
  assert.ok(Number(told) <= MOST, `${told.trim()} bytes`);
});
