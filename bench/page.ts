/**
 * How long the page's scripts take for one update, in Chromium: a run of 2,000 tasks with 100,000 lines behind it goes on,
 * 20 decisions a second, and each view is looked at meanwhile. Counted from the browser's own trace: all scripting of each
 * task of its main thread in which the page changed. Needs Debian's chromium.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { type CDPSession, chromium, type Page } from 'playwright-core';
import { pageIn } from '../packages/cli/src/serving/page.ts';
import type { Event } from '../packages/core/src/events.ts';
import { attemptId, taskId } from '../packages/core/src/model/ids.ts';
import { NO_USAGE } from '../packages/core/src/model/usage.ts';
import { serve } from '../packages/dashboard/src/index.ts';
import { MemoryRun, memoryRuns } from '../packages/dashboard/src/testing.ts';
import type { Figure } from './figure.ts';
import { longRun } from './long-run.ts';
import { scriptingOf, type TraceEvent } from './page-trace.ts';

const TASKS = 2_000;
const LINES = 100_000;
const FOLDER = join(import.meta.dirname, '..', 'packages', 'dashboard', 'src', 'page');
const TOKEN = 'b'.repeat(43);
/** One decision after another, each ms, and so many for each view. */
const EVERY_MS = 50;
const DECISIONS = 80;
const AIM_MS = 16;

const PROGRAM = '/usr/bin/chromium';

export async function run(): Promise<readonly Figure[]> {
  if (!existsSync(PROGRAM)) throw new Error('there is no chromium: apt-get install chromium');
  const page = await pageIn(FOLDER, false);
  const world = longWorld();
  const runs = memoryRuns([world.run]);
  const site = await serve({
    runs,
    page,
    token: TOKEN,
    host: '127.0.0.1',
    port: 0,
    names: [],
    now: () => Date.now(),
    onFault: (error) => {
      throw error;
    },
  });
  const browser = await chromium.launch({ executablePath: PROGRAM, args: ['--no-sandbox'] });
  try {
    const context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
    const shown = await context.newPage();
    shown.setDefaultTimeout(60_000);
    await shown.goto(site.link);
    await shown.locator('.view .tasks .row').first().waitFor();
    const debug = await context.newCDPSession(shown);
    const figures: Figure[] = [];
    for (const view of VIEWS) figures.push(...(await measured(view, shown, debug, world)));
    const bytes = [...page].reduce((sum, [, { body }]) => sum + gzipSync(body).length, 0);
    return [...figures, { name: 'the page: all its files, gzip', value: bytes / 1_000, unit: 'kB' }];
  } finally {
    await browser.close();
    await site.close();
  }
}

// ───────────── what is looked at ─────────────

interface View {
  readonly name: string;
  readonly path: string;
  /** There when it is. */
  readonly sign: string;
  /** Done by a person meanwhile. */
  readonly meanwhile?: (page: Page) => Promise<void>;
}

const scroll = (box: string) => async (page: Page) => {
  for (let i = 1; i <= 20; i++) {
    await page.evaluate(`document.querySelector('${box}').scrollTop = ${i * 400}`);
    await pause(150);
  }
};

const VIEWS: readonly View[] = [
  { name: 'overview', path: '/overview', sign: '.overview .tasks .row' },
  {
    name: `${TASKS} tasks, scrolled`,
    path: '/tasks',
    sign: '.view.tasks .row',
    meanwhile: scroll('.tasks.virtual'),
  },
  { name: 'graph, scrolled', path: '/graph', sign: '.node', meanwhile: scroll('.canvas') },
  { name: 'timeline', path: '/timeline', sign: '.lane .bar' },
  { name: 'charts', path: '/charts', sign: '#spent canvas' },
  {
    name: `${LINES} lines of activity, scrolled and searched`,
    path: '/activity',
    sign: '.lines .row',
    meanwhile: async (page) => {
      await page.getByRole('button', { name: /From the beginning/ }).click();
      await page
        .getByText(`${(LINES + 1).toLocaleString('en').slice(0, 3)}`)
        .first()
        .waitFor();
      await scroll('.lines.virtual')(page);
      await page.getByLabel('Find what happened by words').fill('t1999');
    },
  },
  {
    name: `${LINES} lines of a transcript, searched`,
    path: '/t1/transcript',
    sign: '.transcript .row',
    meanwhile: async (page) => {
      await page.getByLabel(/Find in what/).fill('line 99999');
      await page.locator('.transcript .here').waitFor();
    },
  },
];

async function measured(
  { name, path, sign, meanwhile }: View,
  page: Page,
  debug: CDPSession,
  world: World,
): Promise<readonly Figure[]> {
  await page.evaluate(`location.hash = '${world.run.run}${path}'`);
  await page.locator(sign).first().waitFor();
  await pause(1_000);
  const events: TraceEvent[] = [];
  const hear = ({ value }: { value: unknown[] }): void => void events.push(...(value as TraceEvent[]));
  debug.on('Tracing.dataCollected', hear);
  await debug.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['toplevel', 'devtools.timeline', 'blink.user_timing', 'v8.execute'] },
  });
  const acting = meanwhile?.(page);
  for (let i = 0; i < DECISIONS; i++) {
    world.decide();
    await pause(EVERY_MS);
  }
  await acting;
  const over = new Promise<void>((resolve) => debug.once('Tracing.tracingComplete', () => resolve()));
  await debug.send('Tracing.end');
  await over;
  debug.off('Tracing.dataCollected', hear);
  const times = scriptingOf(events);
  const at = (share: number): number =>
    times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? 0;
  if (times.length === 0) throw new Error(`${name}: the page did not change`);
  return [
    { name: `${name}: an update, median of ${times.length}`, value: at(0.5), unit: 'ms' },
    {
      name: `${name}: 95 of 100 within`,
      value: at(0.95),
      unit: 'ms',
      aim: { kind: 'at-most', value: AIM_MS },
    },
    { name: `${name}: the longest`, value: at(1), unit: 'ms' },
  ];
}

// ───────────── a run ─────────────

interface World {
  readonly run: MemoryRun;
  /** Another attempt begins, or ends. */
  decide(): void;
}

function longWorld(): World {
  const run = new MemoryRun(1);
  run.entries.length = 0;
  run.transcript = Array.from({ length: LINES / 2 }, (_, i) => ({
    time: '10:02:03',
    head: `bash gives ${i}`,
    body: `line ${2 * i + 1} of what a long test said, at /src/some/module-${i % 97}.test.ts`,
  }));
  const lives = longRun(11 * TASKS).map(({ events }) => events);
  const all: Event[] = lives.flat().filter((event) => event.type !== 'run.opened' || event.run !== run.run);
  const opening = all[0]! as Extract<Event, { type: 'run.opened' }>;
  add({ ...opening, run: run.run });
  for (const event of all.slice(1)) add(event);
  const usage = { ...NO_USAGE, calls: 1, inputTokens: 900, outputTokens: 80, costUsd: 0.002 };
  while (run.entries.length < LINES) add({ type: 'spend.recorded', role: 'reconciler', usage });
  let more = TASKS;
  function add(event: Event): void {
    const seq = run.entries.length + 1;
    run.entries.push({ seq, at: Date.UTC(2026, 10, 21) + seq * 50, cause: 'bench', events: [event] });
  }
  const next = lives.slice(2, 9).flat();
  return {
    run,
    decide() {
      const id = taskId(++more);
      const attempt = attemptId(id, 1);
      const accepted =
        next.find((event) => event.type === 'task.accepted') ??
        all.find((event) => event.type === 'task.accepted')!;
      run.add(
        { ...(accepted as Extract<Event, { type: 'task.accepted' }>), task: id },
        {
          ...(all.find((event) => event.type === 'attempt.started') as Extract<
            Event,
            { type: 'attempt.started' }
          >),
          attempt,
        },
      );
    },
  };
}
