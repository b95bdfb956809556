/**
 * What a decision costs when a thousand workers work on ten thousand tasks whose scopes meet: the real core and the
 * real scheduling, a simulated world. Two tasks in flight whose scopes meet, or a task that never starts, is an
 * error, not a figure.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type AttemptId, taskNumber, taskOf } from '../packages/core/src/model/ids.ts';
import { PASSED_OVER_MAX } from '../packages/core/src/rules/ready-queue.ts';
import type { State } from '../packages/core/src/state.ts';
import { board } from '../packages/core/src/views/board.ts';
import { queue } from '../packages/core/src/views/queue.ts';
import { AREAS, AT, endOne, Guard, openWorld, startOne, TASKS, WORKERS } from './dispatch-world.ts';
import type { Figure } from './figure.ts';

/** Which of those in flight, oldest first, ends next. */
type EndsNext = (inFlight: readonly AttemptId[], landed: number) => number;

/** One among so many of the oldest: the larger, the less alike are their lengths. */
const oneOf =
  (window: number): EndsNext =>
  (inFlight, landed) =>
    (landed * 7919) % Math.min(window, inFlight.length);

/** One task in so many ends only when everything else has, or waits for it. */
const STRAGGLER = 100;
const stragglersLast: EndsNext = (inFlight) =>
  Math.max(
    0,
    inFlight.findIndex((attempt) => taskNumber(taskOf(attempt)) % STRAGGLER !== 0),
  );

const LENGTHS: readonly (readonly [string, EndsNext])[] = [
  ['alike', oneOf(8)],
  ['window 50', oneOf(50)],
  ['window 200', oneOf(200)],
  ['stragglers', stragglersLast],
];

export async function run(): Promise<readonly Figure[]> {
  simulate(oneOf(8)); // warm
  return LENGTHS.flatMap(([name, endsNext], i) => figuresOf(name, simulate(endsNext), i === 0));
}

const percentile = (list: number[], share: number): number =>
  list.toSorted((a, b) => a - b)[Math.floor(list.length * share)]!;

function figuresOf(lengths: string, measured: Measured, isWhole: boolean): Figure[] {
  const { starts, ends, passedOver, inFlight } = measured;
  const atMost = (value: number) => ({ kind: 'at-most', value }) as const;
  const of = `dispatch, ${lengths}:`;
  return [
    ...(isWhole ? wholeFigures(measured) : []),
    {
      name: `${of} p99 of what is wanted and one start`,
      value: percentile(starts, 0.99),
      unit: 'ms',
      aim: atMost(5),
    },
    {
      name: `${of} p99 of an end, handoff to landed`,
      value: percentile(ends, 0.99),
      unit: 'ms',
      aim: atMost(5),
    },
    {
      name: `${of} most starts in the way of one`,
      value: passedOver,
      unit: '',
      aim: atMost(PASSED_OVER_MAX),
    },
    { name: `${of} attempts in flight, mean`, value: inFlight, unit: '' },
  ];
}

function wholeFigures({ starts, views, heap }: Measured): Figure[] {
  const early = heap[3]! - heap[1]!;
  const late = heap.at(-1)! - heap.at(-3)!;
  const size = `${TASKS} tasks, ${AREAS} areas, ${WORKERS} workers`;
  return [
    { name: `dispatch: ${size}: p50`, value: percentile(starts, 0.5), unit: 'ms' },
    {
      name: 'dispatch: board and queue, drawn half-way',
      value: views,
      unit: 'ms',
      aim: { kind: 'at-most', value: 50 },
    },
    { name: 'dispatch: heap kept of 1,000 tasks, the first', value: early / 2, unit: 'MB' },
    {
      name: 'dispatch: heap kept of 1,000 tasks, the last',
      value: late / 2,
      unit: 'MB',
      aim: { kind: 'at-most', value: 4 },
    },
  ];
}

interface Measured {
  readonly starts: number[];
  readonly ends: number[];
  readonly heap: number[];
  views: number;
  passedOver: number;
  /** At each end, the mean. */
  inFlight: number;
}

function simulate(endsNext: EndsNext): Measured {
  const world = openWorld();
  const measured: Measured = { starts: [], ends: [], heap: [heapMb()], views: 0, passedOver: 0, inFlight: 0 };
  const guard = new Guard();
  const inFlight: AttemptId[] = [];
  for (let landed = 0; landed < TASKS; ) {
    for (;;) {
      const began = performance.now();
      const task = startOne(world);
      measured.starts.push(performance.now() - began);
      if (task === undefined) break;
      guard.enter(task);
      inFlight.push(`${task}.1` as AttemptId);
    }
    measured.inFlight += inFlight.length / TASKS;
    if (inFlight.length === 0) throw new Error(`${TASKS - landed} tasks never start`);
    const [attempt] = inFlight.splice(endsNext(inFlight, landed), 1) as [AttemptId];
    const began = performance.now();
    endOne(world, attempt, landed);
    measured.ends.push(performance.now() - began);
    guard.leave(taskOf(attempt));
    landed += 1;
    if (landed % 1_000 === 0) measured.heap.push(heapMb());
    if (landed === TASKS / 2) measured.views = drawn(world.state);
  }
  return { ...measured, passedOver: guard.passedOver };
}

function drawn(state: State): number {
  const began = performance.now();
  board(state, AT);
  queue(state);
  return performance.now() - began;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heapMb(): number {
  collect();
  return process.memoryUsage().heapUsed / 2 ** 20;
}
