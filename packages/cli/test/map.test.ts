/** `swarm map`: the same at many places, one answer at the end, in the real program. */
import assert from 'node:assert/strict';
import { cp, readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { World } from './support/world.ts';

/** By hand with SWARM_MAP_PLACES=200: minutes on a busy machine. */
const PLACES = Number(process.env.SWARM_MAP_PLACES ?? 20);
const OPEN = ['--agent', 'command', '--setup', 'none', '--sandbox', 'none', '--gate', 'true'];
/** Hands in what failed, and how many answers it was given. */
const REDUCE = `node -e '
const prompt = require("fs").readFileSync(process.env.PROMPT, "utf8");
const failed = [...prompt.matchAll(/(t[0-9]+ .*): FAILED/g)].map(([, name]) => name);
const seen = [...prompt.matchAll(/: counted [^ ]+ as 1/g)].length;
const summary = "Failed: " + failed.join("; ") + "\\nCounted: " + seen;
require("fs").writeFileSync(process.env.SWARM_HANDOFF, JSON.stringify({ status: "complete", summary }));'`;
/** So many files of a package that is installed here, as a repository of their own. */
async function realFiles(world: World, count: number): Promise<readonly string[]> {
  const from = dirname(createRequire(import.meta.url).resolve('zod'));
  const names = (await readdir(from, { recursive: true })).filter((name) => /\.c?js$/.test(name)).sort();
  const chosen = names.slice(0, count);
  assert.equal(chosen.length, count, `zod has ${names.length} such files`);
  for (const name of chosen) await cp(join(from, name), join(world.repository, 'lib', name));
  await world.commit({}, 'A real package');
  return chosen.map((name) => `lib/${name}`);
}

test('many files of a real package: one fails, the others land, and the answer over all names it', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const places = await realFiles(world, PLACES);
  const bad = places[12]!;
  const change = `test "{place}" != "${bad}" || exit 3\nprintf '// seen\\n' >> "{place}"\nprintf '{"status":"complete","summary":"counted {place} as 1"}' > "$SWARM_HANDOFF"`;
  const asked = ['map', change, '--over', 'lib/**/*.{js,cjs}', '--reduce', REDUCE, '--workers', '8', ...OPEN];
  const { code, stdout } = await world.swarm([...asked, '--verify', 'tail -n1 {place} | grep -q seen']);
  assert.equal(code, 1);
  assert.match(stdout, new RegExp(`${PLACES - 1} landed, 1 answered, 1 failed`));
  assert.match(stdout, new RegExp(`answered {2}t${PLACES + 1} {2}`));
  const answer = new RegExp(`Failed: t13 .*\n +Counted: ${PLACES - 1}$`, 'm');
  assert.match(stdout, answer);
  const branch = await world.branch();
  const changed = await world.git('diff', '--name-only', 'main', branch);
  assert.deepEqual(changed.split('\n').sort(), places.filter((place) => place !== bad).sort());
  const report = JSON.parse((await world.swarm(['report', '--json'])).stdout);
  assert.equal(report.tasks.landed, PLACES - 1);
  assert.match(report.list[PLACES].answer, /^Failed: t13 .*/);
});
