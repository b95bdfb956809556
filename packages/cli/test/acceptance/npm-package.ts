/**
 * Forty tasks on a real package from the registry, as `npm pack` unpacks it. Needs the network, so it is asked for:
 *
 *   node --conditions=swarm-src packages/cli/test/acceptance/npm-package.ts [package@version]
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { landsMany, TASKS } from '../support/forty.ts';
import { World } from '../support/world.ts';
import { asScript } from './script.ts';

const [name = 'lodash@4.17.21'] = process.argv.slice(2);
/** The package still loads, and so does every file it requires. */
const GATE = `node -e 'require(".")'`;

await asScript(async (owner) => {
  const world = await World.make(owner);
  mkdirSync(world.repository);
  execFileSync('npm', ['pack', '--silent', '--pack-destination', world.root, name], { stdio: 'inherit' });
  const unpack = `tar -xzf ${world.root}/*.tgz --strip-components=1 -C ${world.repository}`;
  execFileSync('sh', ['-c', unpack]);
  await world.git('init', '--quiet', '--initial-branch=main');
  await world.commit({}, name);
  const tracked = (await world.git('ls-files', '*.js')).split('\n').filter((path) => !path.includes("'"));
  const startedAt = performance.now();
  await landsMany(world, tracked.slice(0, TASKS), GATE);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${name}: ${TASKS} tasks landed in ${seconds} s`);
});
