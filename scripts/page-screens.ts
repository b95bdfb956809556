/**
 * `pnpm screens:page`: runs the demo and writes what its page shows, in Chromium, into docs: at work, looked back on, in light and dark, on a phone. Look at each picture before it is committed.
 */
import { dirname, join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { asScript } from '../packages/cli/test/acceptance/script.ts';
import { World } from '../packages/cli/test/support/world.ts';

const DOCS = join(import.meta.dirname, '..', 'docs');
const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 360, height: 740 };

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
try {
  await asScript(async (owner) => {
    const world = await World.make(owner);
    const demo = world.start(['demo'], { cwd: world.root });
    const [, shop] = /a made-up project in (.*), and a model/.exec(await demo.line(/a made-up project in/))!;
    await demo.line(/t1\.1 started/);
    const home = dirname(shop!);
    const env = { HOME: home, XDG_CONFIG_HOME: join(home, 'config'), XDG_STATE_HOME: join(home, 'state') };
    const site = world.start(['serve', '--port', '0'], { cwd: shop!, env });
    const link = await site.line(/^http:/);
    await demo.line(/landed t1/);
    await picture(browser, link, 'serve', 'light', DESKTOP, '', '.overview .tasks .row');
    await demo.ended;
    await picture(browser, link, 'serve-timeline', 'dark', DESKTOP, '/timeline', '.lane .bar');
    await picture(browser, link, 'serve-change', 'light', DESKTOP, '/graph/t3/diff', '.diff .row.in');
    await picture(browser, link, 'serve-charts', 'dark', DESKTOP, '/charts', '#spent canvas');
    await picture(browser, link, 'serve-phone', 'light', PHONE, '/tasks', '.tasks .row');
    site.kill('SIGTERM');
    await site.ended;
  });
} finally {
  await browser.close();
}

async function picture(
  from: Browser,
  link: string,
  name: string,
  colorScheme: 'light' | 'dark',
  viewport: typeof DESKTOP,
  path: string,
  sign: string,
): Promise<void> {
  const context = await from.newContext({ colorScheme, viewport, timezoneId: 'UTC' });
  const page: Page = await context.newPage();
  await page.goto(link);
  await page.locator('.view').waitFor();
  const run = await page.getByLabel('Run', { exact: true }).inputValue();
  await page.evaluate(`location.hash = '${run}${path}'`);
  await page.locator(sign).first().waitFor();
  await page.locator('.light:not(.lost)').waitFor();
  await page.mouse.move(0, 0);
  await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))');
  await page.screenshot({ path: join(DOCS, `${name}.png`) });
  await context.close();
}
