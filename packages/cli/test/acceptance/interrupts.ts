/**
 * Ctrl-C at thirty moments of a run with setup, base gate, work, landings and delivery, each in a world of its own, and
 * each run taken up again. Prints one row for each, and exits 1 when one lost something or called it a fault.
 *
 *   node --conditions=swarm-src packages/cli/test/acceptance/interrupts.ts [number of moments]
 */
import { interrupted } from '../support/interrupts.ts';
import { asScript } from './script.ts';

const count = Number(process.argv[2] ?? 30);
let wholeMs = 0;
await asScript(async (owner) => {
  wholeMs = (await interrupted(owner, undefined)).tookMs;
});
console.log(`undisturbed: ${wholeMs} ms\npressed at (ms)  the last it had said`);
let failed = 0;
for (let n = 1; n <= count; n++) {
  const ms = Math.round((n * wholeMs) / (count + 1));
  await asScript(async (owner) => {
    const { at } = await interrupted(owner, ms);
    console.log(`${String(ms).padEnd(15)}  ${at ?? 'it was over'}`);
  }).catch((error: Error) => {
    failed += 1;
    console.log(`${String(ms).padEnd(15)}  FAILED: ${error.message}`);
  });
}
process.exitCode = failed > 0 ? 1 : 0;
