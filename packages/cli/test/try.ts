import { asScript } from './acceptance/script.ts';
import { World } from './support/world.ts';
import { onPty } from './support/pty.ts';
const nap = (ms: number) => new Promise((r) => setTimeout(r, ms));
await asScript(async (owner) => {
  const world = await World.with(owner, { 'README.md': 'shop\n' });
  await world.configure('[workers]\nmax = 12');
  const plan = [...Array(14).keys()].map((i) => ({ id: `k${i}`, title: `Write the part number ${i} of the whole`, scope: [`p${i}.txt`], description: i === 3 ? 'exit 1' : i<2 ? `echo ${i} > p${i}.txt`: `until test -e ${world.root}/go; do sleep 0.1; done; echo ${i} > p${i}.txt` }));
  const [c, r] = process.argv.slice(2).map(Number);
  const pty = onPty(world, await world.plan(plan, '--gate', 'true', '--sandbox', 'none', '--workers', '12', ...process.argv.slice(4)), { columns: c, rows: r });
  if (!process.argv[4]) { await pty.shows(/working/); pty.press('b\r'); }
  await pty.shows(/━ agents/).catch(e=>console.log('!!', e.message, pty.sent().slice(0,3000)));
  await nap(3000);
  console.log(pty.screen());
  pty.press('q'); await nap(1500);
  console.log(pty.screen());
  pty.press('b\r'); await nap(1500);
  console.log(pty.screen());
  pty.press('p'); await nap(1500);
  console.log(pty.screen());
  pty.press('\u0003'); await nap(1500);
  console.log(pty.screen());
  console.log(await Promise.race([pty.ended, nap(33000)]), pty.modes(), JSON.stringify(pty.sent().slice(-200)));
  console.log(pty.screen());
});
