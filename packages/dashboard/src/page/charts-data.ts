/** What landed an hour and what it cost, as series: from what was on the target, and nothing else. */
import type { Point } from '@swarm/core/views/history';

export interface Series {
  /** Seconds since the epoch. */
  readonly at: readonly number[];
  readonly values: readonly number[];
}

export interface Throughput extends Series {
  readonly bucketMs: number;
  /** Of the whole time. */
  readonly perHour: number;
  readonly best: { readonly at: number; readonly perHour: number } | undefined;
}

const BUCKETS_MOST = 60;
const HOUR = 3_600_000;
const SIZES = [10, 30, 60, 300, 900, 1_800, 3_600, 21_600, 86_400].map((s) => s * 1_000);

/** The last bucket counts as if it were over: less is said of it than may come of it, and never more. */
export function throughputOf(points: readonly Point[], from: number, until: number): Throughput {
  const spanMs = Math.max(1, until - from);
  const bucketMs = SIZES.find((size) => spanMs / size <= BUCKETS_MOST) ?? 7 * 86_400_000;
  const count = Math.ceil(spanMs / bucketMs);
  const landed = new Array<number>(count).fill(0);
  let last = 0;
  for (const { at, landed: now } of points) {
    const place = Math.min(count - 1, Math.max(0, Math.floor((at - from) / bucketMs)));
    landed[place]! += now - last;
    last = now;
  }
  const values = landed.map((n) => (n * HOUR) / bucketMs);
  const top = values.reduce((best, value, i) => (value > values[best]! ? i : best), 0);
  const at = values.map((_, i) => (from + i * bucketMs + bucketMs / 2) / 1_000);
  return {
    bucketMs,
    at,
    values,
    perHour: (last * HOUR) / spanMs,
    best: (values[top] ?? 0) > 0 ? { at: from + top * bucketMs, perHour: values[top]! } : undefined,
  };
}

/** From the beginning to the end, also where nothing changed there. */
export function growthOf(
  points: readonly Point[],
  of: (point: Point) => number,
  from: number,
  until: number,
): Series {
  const last = points.at(-1);
  return {
    at: [from, ...points.map(({ at }) => at), Math.max(until, last?.at ?? until)].map((at) => at / 1_000),
    values: [0, ...points.map(of), last ? of(last) : 0],
  };
}

export const pointsUntil = (points: readonly Point[], seq: number | undefined): readonly Point[] =>
  seq === undefined ? points : points.filter((point) => point.seq <= seq);
