/** Spans on lanes: a worker has one, and what ran beside itself, such as a gate, has as many as ran at a time. */
import type { Span } from '@swarm/core/views/history';

export interface Lane {
  readonly name: string;
  readonly kind: Span['kind'];
  /** In the order they began; none begins before the one before is over. */
  readonly spans: readonly Span[];
}

const ORDER: readonly Span['kind'][] = ['planning', 'attempt', 'gate', 'checks'];

/** @param now when what goes on is over, for as much as is known. */
export function lanesOf(spans: readonly Span[], now: number): readonly Lane[] {
  const groups = Map.groupBy(spans, ({ kind, lane }) => `${kind} ${lane}`);
  const lanes = [...groups.values()].flatMap((group) => {
    const packed: Span[][] = [];
    const ends: number[] = [];
    for (const span of group.sort((a, b) => a.from - b.from)) {
      const place = ends.findIndex((end) => end <= span.from);
      const at = place < 0 ? packed.push([]) - 1 : place;
      packed[at]!.push(span);
      ends[at] = span.to ?? now;
    }
    const { kind, lane } = group[0]!;
    return packed.map(
      (inLane, i): Lane => ({ kind, name: i === 0 ? lane : `${lane} ${i + 1}`, spans: inLane }),
    );
  });
  const natural = new Intl.Collator('en', { numeric: true });
  return lanes.sort(
    (a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || natural.compare(a.name, b.name),
  );
}

/** Spans that ran by then, as they were then. */
export const clipped = (spans: readonly Span[], at: number): readonly Span[] =>
  spans
    .filter(({ from }) => from <= at)
    .map((span) =>
      span.to !== null && span.to > at ? { ...span, to: null, outcome: '', isBad: false } : span,
    );

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400];

/** Times for an axis: at most so many, on round seconds. */
export function ticksOf(from: number, until: number, most: number): readonly number[] {
  const stepMs = 1_000 * (STEPS.find((step) => (until - from) / (step * 1_000) <= most) ?? 86_400 * 7);
  const first = Math.ceil(from / stepMs) * stepMs;
  const count = Math.min(10 * most, Math.max(0, Math.floor((until - first) / stepMs) + 1));
  return Array.from({ length: count }, (_, i) => first + i * stepMs);
}
