/**
 * Eight features of a real package from the registry, by agents that settle conflicts by taking their own side: what
 * is said to be verified at the end is green in a clean checkout, the rest is named, and the exit is 1. Needs the network.
 *
 *   node --conditions=swarm-src packages/cli/test/acceptance/destroyers.ts [package@version file]
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { tellsWhatHolds } from '../support/destroyers.ts';
import { World } from '../support/world.ts';
import { asScript } from './script.ts';

const [name = 'ms@2.1.3', file = 'index.js'] = process.argv.slice(2);

await asScript(async (owner) => {
  const world = await World.make(owner);
  mkdirSync(world.repository);
  execFileSync('npm', ['pack', '--silent', '--pack-destination', world.root, name], { stdio: 'inherit' });
  execFileSync('sh', ['-c', `tar -xzf ${world.root}/*.tgz --strip-components=1 -C ${world.repository}`]);
  await world.git('init', '--quiet', '--initial-branch=main');
  await world.commit({}, name);
  console.log(`${name}: ${await tellsWhatHolds(world, file, 8)}`);
});
