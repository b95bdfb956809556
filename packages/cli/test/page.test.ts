/** The page in a real browser, beside real runs: followed, steered, looked back on; by mouse, by keyboard, on a phone. */
import assert from 'node:assert/strict';
import { after, type TestContext, test } from 'node:test';
import type { Page } from 'playwright-core';
import { modelEnvironment } from './support/bicycle.ts';
import { barriers, browsed, visit } from './support/browser.ts';
import { type Answer, startModelServer } from './support/model-server.ts';
import { servedBy } from './support/served.ts';
import { World } from './support/world.ts';

const FILES = { 'README.md': 'shop\n', 'list.txt': 'one\ntwo\nthree\n' };
const OPEN = ['--gate', 'true', '--sandbox', 'none', '--setup', 'none', '--agent', 'command'];

const task = (id: string, more: object = {}) => ({
  id,
  title: `Write ${id}`,
  description: `echo ${id} > ${id}.txt`,
  scope: [`${id}.txt`],
  ...more,
});
const answer = (tasks: readonly object[], more: object = {}): Answer => ({
  text: JSON.stringify({ tasks, scratchpad: '', done: true, ...more }),
});

const served = (t: TestContext, world: World) => servedBy(t, world.start(['serve', '--port', '0', '--json']));
const said = (page: Page) => page.locator('.said');
/** A row of the tasks. */
const row = (page: Page, id: string) =>
  page.locator('.tasks .rows .row', { has: page.locator(`[data-task="${id}"]`) });
const isIn = (page: Page, id: string, state: string) =>
  row(page, id).locator('.state', { hasText: state }).waitFor();

// ───────────── a live run ─────────────

/** A planner's run: the first task waits, the second fails unless it is told how, the third waits for the first. */
async function live(t: TestContext) {
  const world = await World.with(t, FILES);
  await world.configure('[workers]\nmax = 2\nattempts = 1');
  const wait = `until test -e ${world.root}/go; do sleep 0.05; done`;
  const server = await startModelServer(t, ({ messages, turn }) => {
    if (messages.some(({ content }) => String(content).includes('wants to change the request')))
      return answer([task('d')]);
    const plan = [
      task('a', { description: `${wait}; echo a > a.txt`, priority: 1 }),
      task('b', { description: 'grep -q "say ple""ase" "$PROMPT" && echo b > b.txt' }),
      task('c', { dependsOn: ['a'] }),
    ];
    return turn === 0 ? answer(plan) : answer([]);
  });
  const run = world.start(['run', 'Write them', ...OPEN], { env: modelEnvironment(server.url) });
  await run.line(/t1\.1 started/);
  await run.line(/t3 Write c/);
  return { world, run };
}

test(
  'a live run is followed and steered: paused, told, tried again with a hint, amended, cancelled, undone',
  browsed,
  async (t) => {
    const { world, run } = await live(t);
    const site = await served(t, world);
    const { page, end } = await visit(t, site.link);
    // The token goes from the address into the cookie.
    assert.equal(new URL(page.url()).search, '');

    await t.test('who works and what failed is shown, and what needs a person stands first', async () => {
      await isIn(page, 't1', 'running');
      await isIn(page, 't2', 'failed');
      await page.locator('#workers', { hasText: 't1.1' }).waitFor();
    });

    await t.test('a key pauses the run, another press goes on, in the words of the command', async () => {
      await page.keyboard.press('p');
      await said(page).filter({ hasText: 'paused: 1 attempt goes on to the end' }).waitFor();
      await page.getByRole('button', { name: 'Continue' }).first().waitFor();
      assert.match((await world.swarm(['status'])).stdout, /paused \(operator\)/);
      await page.keyboard.press('p');
      await said(page).filter({ hasText: 'the run goes on' }).waitFor();
    });

    await t.test('a failed task is tried again with a hint, and lands', async () => {
      await page.locator('[data-task="t2"]').click();
      await page.getByLabel('To t2').fill('say please');
      await page.getByRole('button', { name: 'Try again' }).click();
      await said(page).filter({ hasText: 't2 is tried again, and told your hint' }).waitFor();
      await isIn(page, 't2', 'landed');
    });

    await t.test('a task at work is told something, and its story says so', async () => {
      await page.locator('[data-task="t1"]').click();
      await page.getByLabel('To t1').fill('keep the old names');
      await page.getByRole('button', { name: 'Tell', exact: true }).click();
      await said(page).filter({ hasText: 'the next attempt at t1 is told' }).waitFor();
      await page.locator('#story .sentences', { hasText: 'keep the old names' }).waitFor();
    });

    await t.test('a changed request shows first what would change, and counts after a yes', async () => {
      await page.getByRole('link', { name: 'Steer' }).click();
      await page.getByLabel('What is to be different').fill('and d');
      await page.getByRole('button', { name: 'What would change?' }).click();
      await page.locator('#amend pre', { hasText: 'Write d' }).waitFor();
      assert.equal(JSON.parse((await world.swarm(['tasks', '--json'])).stdout).length, 3);
      await page.getByRole('button', { name: 'Apply it' }).click();
      await said(page).filter({ hasText: 'the request is amended: t4 new' }).waitFor();
    });

    await t.test('a task is submitted, and what the run refuses is refused with its reason', async () => {
      await page.getByLabel('Title').fill('Write e');
      await page.getByLabel('What is to be done').fill('echo e > e.txt');
      await page.getByLabel('After').fill('t99');
      await page.getByRole('button', { name: 'Submit' }).click();
      await page.locator('.said.refused', { hasText: 't99' }).waitFor();
      await page.getByLabel('After').fill('t1');
      await page.getByRole('button', { name: 'Submit' }).click();
      await said(page).filter({ hasText: 'accepted as t5' }).waitFor();
      await page.getByLabel('How many at a time').fill('100000');
      await page.getByRole('button', { name: 'Scale' }).click();
      const { stderr } = await world.swarm(['scale', '100000']);
      const [, what] = /error\[\w+\]: (.*)/.exec(stderr)!;
      await page.locator('.said.refused', { hasText: what! }).waitFor();
    });

    await t.test('what ends something is asked for twice: a cancelled task, an undone landing', async () => {
      await page.getByRole('link', { name: 'Tasks' }).click();
      await page.locator('[data-task="t5"]').click();
      await page.getByRole('button', { name: 'Cancel' }).click();
      await page.getByRole('button', { name: 'Really cancel t5?' }).waitFor();
      await isIn(page, 't5', 'pending');
      await page.getByRole('button', { name: 'Really cancel t5?' }).click();
      await isIn(page, 't5', 'cancelled');
      await page.locator('[data-task="t2"]').click();
      await page.getByRole('button', { name: 'Undo' }).click();
      await page.getByRole('button', { name: 'Really take t2 back?' }).click();
      await said(page)
        .filter({ hasText: /^t2 is undone/ })
        .waitFor();
    });

    await t.test(
      'the view of a live run has no barrier, and neither has the one that steers it',
      async () => {
        for (const view of ['Overview', 'Steer']) {
          await page.getByRole('link', { name: view }).click();
          assert.deepEqual(await barriers(page), [], view);
        }
      },
    );

    await t.test('its end is seen by itself, and nobody can be steered any more', async () => {
      await page.getByRole('link', { name: 'Overview' }).click();
      await world.release();
      await run.ended;
      await page.locator('.standing', { hasText: 'closed' }).waitFor();
      await page.getByRole('group', { name: 'Look back' }).waitFor();
      assert.equal(await page.getByRole('button', { name: 'Pause' }).count(), 0);
    });
    await end();
  },
);

// ───────────── runs that are over ─────────────

/** Two runs of one plan, made once, for nothing changes them. */
let made: ReturnType<typeof twoRuns> | undefined;
const ends: (() => Promise<void>)[] = [];
after(async () => {
  for (const end of ends) await end();
});

async function twoRuns() {
  const world = await World.with({ after: (end) => void ends.push(end) }, FILES);
  const plan = [
    task('a', {
      description: 'echo looking for the needle; sed -i "s/two/twenty/" list.txt',
      scope: ['list.txt'],
    }),
    task('b', { dependsOn: ['a'] }),
    task('c', { description: 'exit 1' }),
  ];
  for (let n = 0; n < 2; n++)
    await world.swarm(await world.plan(plan, '--gate', 'true', '--sandbox', 'none', '--workers', '2'));
  return world;
}

async function over(t: TestContext) {
  made ??= twoRuns();
  const world = await made;
  return { world, site: await served(t, world) };
}

/** Every view, and what is there when it is. */
const SHOWN: ReadonlyMap<string, string> = new Map([
  ['/overview', '.overview .tasks .row'],
  ['/tasks', '.view.tasks .rows .row'],
  ['/graph', '.node.landed'],
  ['/timeline', '.lane.attempt .bar'],
  ['/charts', '#spent canvas'],
  ['/activity', '.lines .row'],
  ['/compare', '#compare select'],
  ['/steer', '#steer code'],
  ['/t1', '#story .sentences li'],
  ['/graph/t1/diff', '.diff .row.in'],
  ['/t1/transcript', '.transcript .row'],
  ['@5/overview', '.past.then'],
]);

test(
  'a run that is over is looked back on: its stories, changes, transcripts, at any time, beside another',
  browsed,
  async (t) => {
    const { world, site } = await over(t);
    const { page, show, end } = await visit(t, site.link);

    await t.test('a change is told line by line, with what changed in a line', async () => {
      await show('/t1/diff');
      await page.locator('.diff .file', { hasText: 'list.txt' }).waitFor();
      assert.deepEqual(await page.locator('.diff .row.out, .diff .row.in').allInnerTexts(), [
        '2−two',
        '2+twenty',
      ]);
    });

    await t.test('a transcript is searched, and the line is gone to', async () => {
      await show('/t1/transcript');
      await page.getByLabel('Find in what t1.1 said').fill('needle');
      await page.locator('.transcript .here mark', { hasText: 'needle' }).waitFor();
      await page.getByText('1 of 1', { exact: true }).waitFor();
      await page.getByLabel('Find in what t1.1 said').fill('a haystack');
      await page.getByText('not found').waitFor();
    });

    await t.test(
      'a slider shows the run as it was: tasks, story, graph and charts of that time',
      async () => {
        await show('/tasks/t1');
        await isIn(page, 't1', 'landed');
        const slider = page.getByLabel('Entry of the journal');
        const last = Number(await slider.getAttribute('max'));
        await slider.focus();
        await page.keyboard.press('Home');
        await isIn(page, 't1', 'pending');
        await page.locator('.standing', { hasText: 'as it was then' }).waitFor();
        assert.match(page.url(), /@1\//);
        await page.locator('#story[aria-busy=false]', { hasText: 't1 was accepted' }).waitFor();
        assert.doesNotMatch((await page.locator('#story').textContent())!, /landed/);
        await page.getByRole('link', { name: 'Graph' }).click();
        await page.locator('.node.pending').first().waitFor();
        await page.keyboard.press('Escape');
        await slider.fill(`${last}`);
        await page.locator('.node.landed').first().waitFor();
        assert.doesNotMatch(page.url(), /@/);
      },
    );

    await t.test('two runs of one request are compared, with the figures of the command', async () => {
      await show('/compare');
      const [other] = (await page.getByLabel('with').locator('option').all()).slice(1);
      await page.getByLabel('with').selectOption((await other!.getAttribute('value'))!);
      await page.locator('.compared').waitFor();
      const names = await page.locator('.compared thead a').allInnerTexts();
      const { stdout } = await world.swarm(['compare', ...names, '--json']);
      const { runs } = JSON.parse(stdout);
      const landed = page.locator('.compared tr', {
        has: page.getByRole('rowheader', { name: 'landed', exact: true }),
      });
      assert.deepEqual(
        await landed.locator('td').allInnerTexts(),
        runs.map((run: { landed: number }) => `${run.landed}`),
      );
    });

    await t.test('charts count what landed, in words too', async () => {
      await show('/charts');
      await page.locator('#throughput canvas').waitFor();
      assert.match((await page.locator('#throughput').textContent())!, /2 landed in \d+m?s/);
    });

    await t.test('nothing was asked of another host, no dialog opened, no policy was broken', end);
  },
);

test('no view has a barrier, in light and in dark, and none is wider than a phone', browsed, async (t) => {
  const { site } = await over(t);
  const { page, show, end } = await visit(t, site.link);
  for (const [path, there] of SHOWN) {
    await show(path);
    await page.locator(there).first().waitFor();
    assert.deepEqual(await barriers(page), [], `light ${path}`);
    await page.emulateMedia({ colorScheme: 'dark' });
    assert.deepEqual(await barriers(page, ['color-contrast']), [], `dark ${path}`);
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 360, height: 740 });
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360, path);
    await page.setViewportSize({ width: 1280, height: 860 });
  }
  await page.setViewportSize({ width: 360, height: 740 });
  for (const path of ['/overview', '/t1', '/timeline']) {
    await show(path);
    await page.locator(SHOWN.get(path)!).first().waitFor();
    assert.deepEqual(await barriers(page), [], `on a phone, ${path}`);
  }
  await end();
});

test('all of it can be done by the keyboard', browsed, async (t) => {
  const { site } = await over(t);
  const { page, end } = await visit(t, site.link);
  const focused = () => page.evaluate('document.activeElement.id');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  assert.equal(await focused(), 'main');
  await page.keyboard.press('2');
  await page.locator('.view.tasks').waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.locator('#story-title', { hasText: 't2' }).waitFor();
  assert.equal(await focused(), 'story');
  await page.keyboard.press('k');
  await page.locator('#story-title', { hasText: 't1' }).waitFor();
  await page.keyboard.press('Escape');
  await page.locator('#story').waitFor({ state: 'detached' });
  await page.keyboard.press('/');
  await page.keyboard.type('Write b');
  await page.locator('.tasks .rows .row').nth(1).waitFor({ state: 'detached' });
  await page.keyboard.press('Escape');
  await page.keyboard.press('3');
  await page.locator('.view.graph').waitFor();
  // A task of the drawing is a link like any other.
  for (let n = 0; n < 40 && !(await page.evaluate(`document.activeElement.classList.contains('node')`)); n++)
    await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.locator('#story').waitFor();
  await end();
});
