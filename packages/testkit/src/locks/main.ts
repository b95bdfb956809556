/** `pnpm locks [--pairs N] [--seed N] [--only NAME]…`: tries joined lockfiles on the package managers of this machine. */

import { parseArgs } from 'node:util';
import { MANAGERS, versionHere } from './managers.ts';
import { tryPairs } from './pairs.ts';

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', multiple: true },
    verbose: { type: 'boolean', default: false },
  },
});

let isRight = true;
for (const manager of MANAGERS) {
  if (values.only && !values.only.includes(manager.name)) continue;
  const version = await versionHere(manager);
  if (version === undefined) {
    console.log(`${manager.name}: not on this machine`);
    continue;
  }
  const tell = values.verbose ? (line: string) => console.log(line) : undefined;
  const tally = await tryPairs(manager, {
    pairs: Number(values.pairs),
    seed: Number(values.seed),
    ...(tell && { tell }),
  });
  const { joined, givenBack, refused } = tally;
  const share = Math.round((100 * joined) / (joined + givenBack));
  console.log(
    `${manager.name} ${version}: ${joined} joined (${share} %), ${givenBack} given back, ${refused.length} refused`,
  );
  for (const each of refused) console.log(`  ${each}`);
  if (refused.length > 0 || joined === 0) isRight = false;
}
// Not `process.exit`: what a pipe has not taken yet would be lost.
process.exitCode = isRight ? 0 : 1;
