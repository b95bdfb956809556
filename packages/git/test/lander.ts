/** A process that lands one task after another and says each step before it takes it, until it is killed. */

import { openHub } from '../src/index.ts';
import { commitOf, land, RUN, work } from './world.ts';

const [stateDir = '', repository = '', first = '1'] = process.argv.slice(2);
const identity = { name: 'Swarm', email: 'swarm@example.invalid' };
const landOn = `refs/heads/swarm/${RUN}`;
const opened = await openHub({ stateDir, repository, run: RUN, target: 'main', landOn, identity });
for (let n = Number(first); ; n++) {
  const onto = commitOf(await opened.hub.targetHead());
  console.log(`work ${n}`);
  const done = await work(opened, `t${n}.1`, onto, { [`t${n}.txt`]: `${n}\n` });
  console.log(`land ${n}`);
  await land(opened, `t${n}.1`, onto, done);
  console.log(`landed ${n}`);
}
