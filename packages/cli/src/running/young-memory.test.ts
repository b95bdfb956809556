import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

/** Makes objects of which many live for a while, and tells how large the memory for young ones became. */
const CHURN = `
  let held = [];
  const seen = [];
  for (let round = 0; round < 100; round++) {
    const live = Array.from({ length: 20_000 }, (_, n) => ({ n, text: 'x' + n, list: [n] }));
    held = [held[1], live];
    seen.push(youngBytes());
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  console.log(Math.max(...seen));
`;

function youngAfter(isBounded: boolean): number {
  const from = JSON.stringify(new URL('./young-memory.ts', import.meta.url).href);
  const start = isBounded ? 'boundYoungMemory();' : '';
  const program = `import { boundYoungMemory, youngBytes } from ${from}; ${start} ${CHURN}`;
  return Number(execFileSync(process.execPath, ['--input-type=module', '-e', program]).toString());
}

test('the memory for young objects stays small where it is bounded', () => {
  const [bounded, free] = [youngAfter(true), youngAfter(false)];
  assert.ok(bounded <= free / 2, `${bounded} of ${free} bytes`);
});
