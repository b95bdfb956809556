/** How fast a decision becomes durable, is read again, and finds the next task. */
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Entry } from '../packages/core/src/events.ts';
import { fold } from '../packages/core/src/fold.ts';
import { taskId } from '../packages/core/src/model/ids.ts';
import { ReadyQueue } from '../packages/core/src/rules/ready-queue.ts';
import { emptyState } from '../packages/core/src/state.ts';
import { openFileJournal, readJournal } from '../packages/journal/src/index.ts';
import { type Figure, secondsOf } from './figure.ts';
import { longRun, tryOf } from './long-run.ts';

/** Appends in flight together, each of one entry, as when 64 workers report at once. */
const BURST = 64;
const ROUNDS = 200;
const BURST_ONCE = 1_000;
const EVENTS = 1_000_000;
const TASKS = 100_000;

export async function run(): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-bench-'));
  try {
    return [...(await appends(folder)), await queueing(), ...(await resuming(folder))];
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function appends(folder: string): Promise<Figure[]> {
  const path = join(folder, 'journal.ndjson');
  const { journal } = await openFileJournal(path, { create: true });
  let seq = 0;
  const burst = (size: number) =>
    Promise.all(Array.from({ length: size }, () => journal.append([tryOf(++seq)])));
  await burst(BURST); // warm
  const rounds = await secondsOf(async () => {
    for (let i = 0; i < ROUNDS; i++) await burst(BURST);
  });
  const once = await secondsOf(() => burst(BURST_ONCE));
  await journal.close();
  const lineBytes = (await stat(path)).size / seq;
  const aim = { kind: 'at-least', value: 20_000 } as const;
  return [
    {
      name: `journal: ${BURST} appends at once, ${ROUNDS} times over`,
      value: (BURST * ROUNDS) / rounds,
      unit: 'entries/s',
      aim,
    },
    { name: `journal: ${BURST_ONCE} appends at once`, value: BURST_ONCE / once, unit: 'entries/s', aim },
    {
      name: `bare: write + fdatasync of ${BURST} such lines`,
      value: await bareSyncs(folder, lineBytes * BURST),
      unit: 'syncs/s',
    },
    {
      name: 'bare: write + fdatasync of one such line',
      value: await bareSyncs(folder, lineBytes),
      unit: 'syncs/s',
    },
  ];
}

/** What the disk gives with nothing of ours around it: the most a journal without grouping could reach. */
async function bareSyncs(folder: string, bytes: number): Promise<number> {
  const handle = await open(join(folder, `bare-${Math.round(bytes)}`), 'a');
  const buffer = Buffer.alloc(Math.round(bytes), 'x');
  const seconds = await secondsOf(async () => {
    for (let i = 0; i < ROUNDS; i++) {
      await handle.write(buffer);
      await handle.datasync();
    }
  });
  await handle.close();
  return ROUNDS / seconds;
}

/** As a new process would: from the file, with nothing else in memory. */
async function resuming(folder: string): Promise<Figure[]> {
  const path = join(folder, 'long.ndjson');
  await writeLongRun(path);
  let entries: readonly Entry[] = [];
  const read = await secondsOf(async () => {
    entries = (await readJournal(path)).entries;
  });
  const state = emptyState();
  const folded = await secondsOf(() => {
    for (const entry of entries) fold(state, entry);
  });
  const events = entries.reduce((sum, entry) => sum + entry.events.length, 0);
  const size = `${events} events, ${state.tasks.size} tasks`;
  return [
    { name: `fold: ${size}`, value: folded, unit: 's', aim: { kind: 'at-most', value: 3 } },
    {
      name: 'resume: read, check and fold the same',
      value: read + folded,
      unit: 's',
      aim: { kind: 'at-most', value: 10 },
    },
  ];
}

async function writeLongRun(path: string): Promise<void> {
  const entries = longRun(EVENTS);
  const { journal } = await openFileJournal(path, { create: true });
  for (let i = 0; i < entries.length; i += 10_000) await journal.append(entries.slice(i, i + 10_000));
  await journal.close();
}

/** Every task is offered, taken and released; a hundred in flight at a time, scopes of which one in ten collide. */
async function queueing(): Promise<Figure> {
  const tasks = Array.from({ length: TASKS }, (_, i) => ({
    id: taskId(i + 1),
    number: i + 1,
    priority: 1 + ((i * 7) % 10),
    scope: [`src/part-${(i * 31) % (TASKS / 10)}/file-${i % 9}.ts`],
  }));
  let taken = 0;
  const seconds = await secondsOf(() => {
    const queue = new ReadyQueue('serialize');
    for (const task of tasks) queue.offer(task);
    const inFlight: (typeof tasks)[number]['id'][] = [];
    while (taken < TASKS) {
      const next = inFlight.length < 100 ? queue.next() : undefined;
      if (next) {
        inFlight.push(next.id);
        taken++;
      } else queue.release(inFlight.shift()!);
    }
  });
  return {
    name: `ready queue: ${TASKS} tasks in and out`,
    value: seconds,
    unit: 's',
    aim: { kind: 'at-most', value: 0.3 },
  };
}
