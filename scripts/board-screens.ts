/**
 * `pnpm screens` makes docs/board.md's captures: the program as it is installed, on terminals of three sizes, one live run
 * of twelve workers. Takes half a minute.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asScript } from '../packages/cli/test/acceptance/script.ts';
import { onPty } from '../packages/cli/test/support/pty.ts';
import { type PlanTask, World } from '../packages/cli/test/support/world.ts';

const DOC = join(import.meta.dirname, '..', 'docs', 'board.md');
const BEGIN = '<!-- captures: made by `pnpm screens` -->';
const END = '<!-- /captures -->';
const SIZES = [
  [100, 30],
  [80, 24],
  [200, 50],
] as const;
const NAMES =
  'slugs,title case,camel case,sentence count,reading time,HTML escapes,right-to-left text,truncation,word wrap,hyphens,quotes,ligatures,plurals,ordinals,currencies,dates,units,names'.split(
    ',',
  );
/** As long as the folder that it stands for: lines break where they broke. */
const HOME = '/home/somebody/market';

/** Of the first some land at once, one asks, one fails; the others are at work, or wait. */
function planIn(world: World): PlanTask[] {
  const wait = `until test -e ${world.root}/go; do sleep 1; done`;
  return NAMES.map((name, i) => {
    const file = `src/${name.replaceAll(/\W/g, '-')}.txt`;
    const write = `mkdir -p src; echo ${i} > ${file}`;
    const does = i < 3 ? write : i === 3 ? 'echo no such table; exit 1' : `${wait}; ${write}`;
    return { title: `Add ${name}`, description: does, scope: [file] };
  });
}

await asScript(async (owner) => {
  const world = await World.with(owner, { 'README.md': 'texts\n' });
  await world.configure('[workers]\nattempts = 1\npre_gate = false');
  const words = ['--gate', 'sleep 1', '--sandbox', 'none', '--workers', '12'];
  const run = world.start(await world.plan(planIn(world), ...words));
  await run.line(/landed .*t3/);
  await world.swarm(['pause']);
  const parts: string[] = [];
  for (const [columns, rows] of SIZES) {
    const pty = onPty(world, ['board'], { columns, rows });
    const screen = await pty.shows(/12 of 12 at work[\s\S]* begins [\s\S]*q leave/);
    const shown = screen.replaceAll(world.root, HOME).replaceAll(/[ \t]+$/gm, '');
    parts.push(`### ${columns} by ${rows}\n\n\`\`\`text\n${shown}\n\`\`\``);
    pty.press('q');
    await pty.ended;
  }
  await world.release();
  await world.swarm(['continue']);
  await run.ended;
  const text = await readFile(DOC, 'utf8');
  const made = `${BEGIN}\n\n${parts.join('\n\n')}\n\n`;
  await writeFile(DOC, text.slice(0, text.indexOf(BEGIN)) + made + text.slice(text.indexOf(END)));
});
