/** The page in a real browser: Debian's Chromium, started once for a file of tests, and everything it does wrong noted. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { after, type TestContext } from 'node:test';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

const PROGRAM = (process.env.PATH ?? '')
  .split(delimiter)
  .flatMap((folder) => NAMES.map((name) => join(folder, name)))
  .find((path) => existsSync(path));

export const browsed: { readonly skip?: string } =
  PROGRAM === undefined ? { skip: 'there is no chromium on PATH; fix: apt-get install chromium' } : {};

let browser: Promise<Browser> | undefined;
after(async () => (await browser)?.close());

function started(): Promise<Browser> {
  // Its own sandbox wants another user than root; what it is shown is ours, or hostile text that must stay text.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  browser ??= chromium.launch({ executablePath: PROGRAM!, args });
  return browser;
}

export interface Visit {
  readonly page: Page;
  /** What the page did that no page of ours does: asked elsewhere, opened a dialog, broke its policy, threw. */
  readonly wrongs: readonly string[];
  /** Where the run is, and this view of it. */
  show(path: string): Promise<void>;
  end(): Promise<void>;
}

/** Through the link that was printed, as a person opens it. */
export async function visit(t: TestContext, link: string, how: BrowserContextOptions = {}): Promise<Visit> {
  const context = await (await started()).newContext({ viewport: { width: 1280, height: 860 }, ...how });
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const wrongs = watched(page, new URL(link).origin);
  await page.goto(link);
  await page.locator('.view').waitFor();
  const run = await page.getByLabel('Run', { exact: true }).inputValue();
  return {
    page,
    wrongs,
    async show(path) {
      await page.evaluate(`location.hash = ${JSON.stringify(`${run}${path}`)}`);
    },
    end: async () => {
      assert.deepEqual(wrongs, []);
      await context.close();
    },
  };
}

function watched(page: Page, origin: string): string[] {
  const wrongs: string[] = [];
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !url.startsWith('data:,')) wrongs.push(`asked ${url.slice(0, 200)}`);
  });
  page.on('dialog', (dialog) => {
    wrongs.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('pageerror', (error) => wrongs.push(`threw: ${error.message}`));
  page.on('popup', (other) => wrongs.push(`opened ${other.url()}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && /Content Security Policy|Uncaught/.test(message.text()))
      wrongs.push(message.text());
  });
  return wrongs;
}

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

interface Found {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
  }[];
}

let axe: Promise<string> | undefined;

/**
 * What axe-core finds against WCAG AA, each with where it stands.
 * @param rules only these: of all there are, colours alone differ between light and dark.
 */
export async function barriers(page: Page, rules?: readonly string[]): Promise<readonly string[]> {
  axe ??= readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  if (!(await page.evaluate(`'axe' in globalThis`))) {
    // By the debugger: the page's own policy lets no script in.
    const debug = await page.context().newCDPSession(page);
    await debug.send('Runtime.evaluate', { expression: await axe });
    await debug.detach();
  }
  const runOnly = rules ? { type: 'rule', values: rules } : { type: 'tag', values: RULES };
  const only = JSON.stringify({ runOnly, resultTypes: ['violations'] });
  const { violations } = await page.evaluate<Found>(`axe.run(document, ${only})`);
  return violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes.length}, ${nodes[0]!.html.slice(0, 160)} ${nodes[0]!.failureSummary ?? ''}`,
  );
}

/** A file as somebody opens it who was sent it: all that it asks for, and all that it complains of. */
export async function openedFile(t: TestContext, path: string): Promise<{ asked: string[]; said: string[] }> {
  const context = await (await started()).newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  const [asked, said]: [string[], string[]] = [[], []];
  page.on('request', (request) => asked.push(request.url()));
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(String(error)));
  await page.goto(`file://${path}`, { waitUntil: 'networkidle' });
  await page.evaluate('document.querySelectorAll("details").forEach((one) => { one.open = true; })');
  await page.screenshot({ fullPage: true });
  return { asked, said };
}
