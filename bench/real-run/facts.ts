/** What is known of the run that is replayed, and what follows from it. */
import facts from './facts.json' with { type: 'json' };

export interface PlannedFact {
  readonly id: string;
  readonly scope: readonly string[];
  readonly priority: number;
  readonly createdAtMs: number;
  readonly durationMs: number;
  readonly linesAdded: number;
  readonly tokens: number;
}

interface Recorded extends Partial<PlannedFact> {
  readonly id: string;
  readonly priority: number;
  readonly createdAtMs: number;
  readonly filesChanged?: number;
  readonly outcome?: string;
  readonly landedAtMs?: number;
}

const recorded = facts.planned as readonly Recorded[];
const ended = recorded.filter((task) => task.durationMs !== undefined);

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

/** Tasks without an end in the log take what the median one did. */
export const PLANNED: readonly PlannedFact[] = recorded.map((task) => ({
  id: task.id,
  scope: task.scope ?? [],
  priority: task.priority,
  createdAtMs: task.createdAtMs,
  durationMs: task.durationMs ?? median(ended.map((t) => t.durationMs!)),
  linesAdded: task.linesAdded ?? median(ended.map((t) => t.linesAdded!)),
  tokens: task.tokens ?? median(ended.map((t) => t.tokens!)),
}));

/** A repair, and any attempt after a task's first: the median of the recorded repairs. */
export const AGAIN = {
  durationMs: median(facts.repairs.map((r) => r.durationMs)),
  tokens: median(facts.repairs.map((r) => r.tokens)),
} as const;

export const SUMMARY = facts.summary;

/** Files changed beyond the declared scope, a handoff: the mean of the recorded ones. */
export const MEAN_FILES_BEYOND_SCOPE =
  ended.reduce((sum, t) => sum + Math.max(0, (t.filesChanged ?? 0) - (t.scope?.length ?? 0)), 0) /
  ended.length;

export const ORIGINAL = {
  handoffs: recorded.filter((t) => t.outcome !== undefined).length,
  firstTryLandings: recorded.filter((t) => t.outcome === 'merged').length,
  landed: SUMMARY.merged,
  firstLandingMs: Math.min(
    ...recorded.flatMap((t) => (t.outcome === 'merged' && t.landedAtMs !== undefined ? [t.landedAtMs] : [])),
  ),
} as const;
