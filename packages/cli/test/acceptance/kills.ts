/**
 * Twenty random kills with signal 9, half of a plan and half of a planned request, each run killed once more while
 * it resumes. Prints one row for each, and exits 1 when any of them lost something.
 *
 *   node --conditions=swarm-src packages/cli/test/acceptance/kills.ts [first seed] [number of runs]
 */
import { planCase, requestCase } from '../support/kill-cases.ts';
import { seeded } from '../support/kills.ts';
import { asScript } from './script.ts';

const [first = '1', count = '20'] = process.argv.slice(2);
const CASES = [planCase(20), requestCase(['axle', 'spoke', 'rim', 'hub', 'brake', 'bell', 'seat', 'lamp'])];

console.log('seed  case     killed at (ms)        kills  resumes  outcome');
let failed = 0;
for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
  const killCase = CASES[seed % CASES.length]!;
  const random = seeded(seed);
  const moments = [300 + random(6_000), 300 + random(4_000)];
  const row = [String(seed).padEnd(4), killCase.name.padEnd(7), moments.join(', ').padEnd(20)];
  await asScript(async (owner) => {
    const { kills, resumes } = await killCase.run(owner, moments);
    row.push(String(kills).padEnd(5), String(resumes).padEnd(7), 'every task landed once');
  }).catch((error: Error) => {
    failed += 1;
    row.push('', '', `FAILED: ${error.message}`);
  });
  console.log(row.join('  '));
}
process.exitCode = failed > 0 ? 1 : 0;
