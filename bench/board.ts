/**
 * The board of a large run: what a change, a second and a key cost, from the entry to the bytes on the terminal. All of it but
 * the terminal is real: the read model, the panes, ink.
 */
import { PassThrough } from 'node:stream';
import type { Entry, Event } from '../packages/core/src/events.ts';
import { attemptId, type CommitId, taskId } from '../packages/core/src/model/ids.ts';
import { acceptedTask, aSpec, landedTask, openedRun, running } from '../packages/core/src/testing.ts';
import type { BoardPort } from '../packages/dashboard/src/board/ports.ts';
import { showBoard } from '../packages/dashboard/src/board/show.ts';
import type { Figure } from './figure.ts';

const WORKERS = 1_000;
const TASKS = 10_000;
const LANDED = 2_000;
const UPDATES = 60;
const KEYS = 60;
const SIZE = { columns: 200, rows: 50 } as const;

export async function run(): Promise<readonly Figure[]> {
  const all = largeRun();
  const coming = growth();
  const screen = new Screen();
  const source = sourceOf(all);
  const board = await showBoard({
    port: source.port,
    stdin: screen.stdin,
    stdout: screen as unknown as NodeJS.WriteStream,
    isColoured: true,
    isFar: false,
    now: () => Date.UTC(2026, 10, 21, 11) + performance.now(),
  });
  await screen.settles();
  const updates: number[] = [];
  const bytes: number[] = [];
  for (const events of coming.slice(0, UPDATES)) {
    const before = screen.bytes;
    updates.push(await cpuOf(() => source.add(events), screen));
    bytes.push(screen.bytes - before);
  }
  const keys: number[] = [];
  for (const key of [...Array(KEYS).keys()].map((i) => (i % 12 === 0 ? '\t' : 'j')))
    keys.push(await cpuOf(() => screen.stdin.write(key), screen));
  const filtered = await cpuOf(() => screen.stdin.write('/'), screen).then(() =>
    cpuOf(() => screen.stdin.write('part 77\r'), screen),
  );
  board.close();
  await board.left;
  const name = `board: ${WORKERS} workers, ${TASKS} tasks, ${SIZE.columns} by ${SIZE.rows}`;
  const atMost = (value: number) => ({ kind: 'at-most', value }) as const;
  return [
    { name: `${name}, a change, median`, value: median(updates), unit: 'ms CPU', aim: atMost(50) },
    { name: `${name}, a change, slowest`, value: Math.max(...updates), unit: 'ms CPU' },
    { name: `${name}, a change, to the terminal`, value: median(bytes), unit: 'bytes', aim: atMost(12_288) },
    { name: `${name}, a key, median`, value: median(keys), unit: 'ms CPU', aim: atMost(50) },
    { name: `${name}, a filter`, value: filtered, unit: 'ms CPU' },
  ];
}

const median = (some: readonly number[]): number =>
  some.toSorted((a, b) => a - b)[Math.floor(some.length / 2)]!;

/** CPU of this process from the step until the terminal has been told and is told no more. */
async function cpuOf(step: () => void, screen: Screen): Promise<number> {
  const before = process.cpuUsage();
  step();
  await screen.settles();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** A terminal that counts. */
class Screen extends PassThrough {
  readonly isTTY = true;
  readonly columns = SIZE.columns;
  readonly rows = SIZE.rows;
  readonly stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: () => undefined,
    ref: () => undefined,
    unref: () => undefined,
  }) as unknown as NodeJS.ReadStream & PassThrough;
  bytes = 0;

  override write(chunk: unknown, ...rest: unknown[]): boolean {
    this.bytes += Buffer.byteLength(String(chunk));
    const done = rest.find((one) => typeof one === 'function') as (() => void) | undefined;
    done?.();
    return true;
  }

  /** Told nothing more for longer than the board waits before it looks. */
  async settles(): Promise<void> {
    for (let before = -1; before !== this.bytes; ) {
      before = this.bytes;
      await new Promise((resolve) => setTimeout(resolve, 360));
    }
  }
}

// ───────────── the run ─────────────

const title = (n: number): string => `Write part ${n} of the whole, with a title of some length`;

function largeRun(): readonly Event[] {
  const limits = { workers: WORKERS, attempts: 3, tasks: 1_000_000, attemptTokens: 100_000 };
  const events: Event[] = [openedRun({ limits, gate: 'make check' })];
  for (let n = 1; n <= TASKS; n++)
    events.push(
      acceptedTask(`t${n}`, { ...aSpec({ title: title(n), scope: [`src/${n}.ts`] }) }, { by: 'operator' }),
    );
  let parent: CommitId | undefined;
  for (let n = 1; n <= LANDED; n++) {
    const landed = landedTask(taskId(n), `l${n}`, parent);
    const last = landed.at(-1)!;
    parent = last.type === 'landing.landed' ? last.candidate.commit : parent;
    events.push(...landed);
  }
  for (let n = LANDED + 1; n <= LANDED + WORKERS; n++) events.push(...running(attemptId(taskId(n), 1)));
  return events;
}

/** One attempt ends, and another begins. */
function growth(): readonly (readonly Event[])[] {
  return [...Array(UPDATES).keys()].map((i): readonly Event[] => {
    const ended = attemptId(taskId(LANDED + 1 + i), 1);
    return [
      { type: 'attempt.ended', attempt: ended, reason: 'agent-failed', detail: 'it failed', usage: USAGE },
      ...running(attemptId(taskId(LANDED + WORKERS + 1 + i), 1)),
    ];
  });
}
const USAGE = { calls: 3, inputTokens: 40_000, outputTokens: 900, costUsd: 0.2, priced: true };

function sourceOf(events: readonly Event[]): {
  readonly port: BoardPort;
  add(events: readonly Event[]): void;
} {
  const at = (seq: number): number => Date.UTC(2026, 10, 21, 10) + seq;
  const entries = events.map(
    (event, i): Entry => ({ seq: i + 1, at: at(i + 1), cause: 'x', events: [event] }),
  );
  let seq = entries.length;
  const coming: Entry[] = [];
  let wake = Promise.withResolvers<void>();
  const source: BoardPort['source'] = {
    run: 'r-20261121-k3f7' as BoardPort['source']['run'],
    mark: async () => '',
    async *present() {
      yield* entries;
    },
    async *follow(_, signal) {
      while (!signal.aborted) {
        yield* coming.splice(0);
        wake = Promise.withResolvers();
        await wake.promise;
      }
    },
    objection: () => undefined,
    // Nobody works on it: no time goes on, and what is measured is one change.
    holder: async () => undefined,
    heard: async () => ({ signs: new Map(), quotas: [] }),
    pinned: onlyMeasured,
    diff: onlyMeasured,
    transcript: onlyMeasured,
    ask: onlyMeasured,
    undo: onlyMeasured,
    propose: onlyMeasured,
  };
  return {
    port: {
      source,
      date: String,
      async *acts() {},
      diff: async () => ({ kind: 'refused', text: '' }),
      transcript: async () => ({ kind: 'refused', text: '' }),
      steer: async () => ({ isRefused: true, text: '' }),
    },
    add(more) {
      seq += 1;
      coming.push({ seq, at: at(seq), cause: 'x', events: more });
      wake.resolve();
    },
  };
}

const onlyMeasured = (): Promise<never> => Promise.reject(new Error('it is only measured'));
