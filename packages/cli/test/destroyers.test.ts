import { test } from 'node:test';
import { destroying, tellsWhatHolds } from './support/destroyers.ts';
import { World } from './support/world.ts';

const feature = (n: number) => ({
  title: `Add feature ${n}`,
  description: destroying(`printf '\\nmodule.exports.feature${n} = () => ${n};\\n' >> lib.js`),
  verify: `node -e 'if (require("./lib.js").feature${n}() !== ${n}) process.exit(1)'`,
});

test('of features that agents destroy one another’s, what is said to hold does, and what does not is named', async (t) => {
  const world = await World.with(t, { 'lib.js': "module.exports.name = () => 'lib';\n" });
  await tellsWhatHolds(world, { tasks: [1, 2, 3].map(feature), gate: `node -e 'require("./lib.js")'` });
});
