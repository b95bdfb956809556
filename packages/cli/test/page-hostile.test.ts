/** Hostile text everywhere the page shows text, in a real browser: it stays text. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { browsed, visit } from './support/browser.ts';
import { HOSTILE_TEXTS } from './support/hostile-texts.ts';
import { servedBy } from './support/served.ts';
import { World } from './support/world.ts';

const LINES = HOSTILE_TEXTS.join('\n');
const VIEWS = ['/overview', '/tasks', '/graph', '/timeline', '/charts', '/activity', '/compare', '/steer'];
/** What the page itself is made of, and no text may add to. */
const FOREIGN =
  'script:not([src="/page.js"]), iframe, object, embed, img, base, form[action], video, audio, marquee, math';

test(
  `${HOSTILE_TEXTS.length} hostile texts stay text, as titles, descriptions, changes and words of an agent`,
  browsed,
  async (t) => {
    assert.ok(HOSTILE_TEXTS.length >= 200);
    const world = await World.with(t, { 'README.md': 'shop\n' });
    const corpus = join(world.root, 'corpus.txt');
    await writeFile(corpus, `${LINES}\n`);
    const plan = HOSTILE_TEXTS.map((title, i) => ({
      id: `x${i}`,
      title: title.slice(0, 200),
      description:
        i === 0
          ? `cat ${corpus}; cp ${corpus} out.html; cp ${corpus} "' onerror=alert(1) x='.html"`
          : `exit 1\n${LINES.slice(0, 4_000)}`,
      ...(i > 0 && { dependsOn: [i === 1 ? 'x0' : `x${Math.floor(i / 2)}`] }),
    }));
    const run = world.start(await world.plan(plan, '--gate', 'true', '--sandbox', 'none', '--workers', '1'));
    await run.line(/landed t1/);
    await run.line(/t2 failed/);
    const site = await servedBy(t, world.start(['serve', '--port', '0', '--json']));
    const { page, show, end } = await visit(t, site.link);
    const titles = new Set<string>();

    for (const path of VIEWS) {
      await show(path);
      await page.locator(`.view.${path.slice(1)}`).waitFor();
      assert.equal(await page.locator(FOREIGN).count(), 0, path);
    }
    await show('/tasks');
    for (let at = 0; at < 10_000 && titles.size < plan.length; at += 600) {
      await page.evaluate(`document.querySelector('.tasks.virtual').scrollTo({ top: ${at} })`);
      await page.evaluate(
        'new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))',
      );
      // However many there are, only those that can be seen are there.
      assert.ok((await page.locator('.tasks .rows .row').count()) < 80);
      for (const title of await page.locator('.tasks .rows .title').all())
        titles.add((await title.getAttribute('title'))!);
    }
    // Nothing was lost either: what is hostile is read as it stands.
    assert.deepEqual([...titles].sort(), plan.map(({ title }) => title.trim()).sort());
    for (const [pane, sign] of [
      ['/t1', '#story .sentences li'],
      ['/t1/diff', '.diff .row.in'],
      ['/t1/transcript', '.transcript .row'],
      ['/graph/t2', '#story .sentences li'],
      ['/activity/t3', '#story .sentences li'],
    ] as const) {
      await show(pane);
      await page.locator(sign).first().waitFor();
      assert.equal(await page.locator(FOREIGN).count(), 0, pane);
    }
    await show('/t1/diff');
    await page.locator('.diff .row.in', { hasText: HOSTILE_TEXTS[0]! }).first().waitFor();
    await page.mouse.move(640, 400);
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate('globalThis.pwned'), undefined);
    await end();

    // The same texts as markup would do what they say, but for the policy: the test would see it.
    const other = await visit(t, site.link);
    await other.page.evaluate(
      `document.body.append(Object.assign(document.createElement('div'), { innerHTML: ${JSON.stringify(LINES)} }))`,
    );
    assert.ok((await other.page.locator(FOREIGN).count()) > 20);
    assert.equal(await other.page.evaluate('globalThis.pwned'), undefined);
    assert.ok(other.wrongs.some((wrong) => /Content Security Policy/.test(wrong)));
    assert.deepEqual(
      other.wrongs.filter((wrong) => wrong.startsWith('a dialog')),
      [],
    );
    run.kill('SIGINT');
    await run.ended;
  },
);
