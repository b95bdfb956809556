import { test } from 'node:test';
import { tellsWhatHolds } from './support/destroyers.ts';
import { World } from './support/world.ts';

test('of features that agents destroy one another’s, what is said to hold does, and what does not is named', async (t) => {
  const world = await World.with(t, { 'lib.js': "module.exports.name = () => 'lib';\n" });
  await tellsWhatHolds(world, 'lib.js', 3);
});
