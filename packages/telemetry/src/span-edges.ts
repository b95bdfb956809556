/**
 * What a line of the log begins, ends or passes, as a span. The ids are those that the entries name: an attempt, a
 * landing, an iteration and whose it is.
 */
import type { LogEventName, LogFields } from '@swarm/core/log-events';

/** Spans that are open for a while. Each kind may be open several times, under different keys. */
export type SpanKind =
  | 'planner'
  | 'iteration'
  | 'attempt'
  | 'review'
  | 'landing'
  | 'gate'
  | 'checks'
  | 'criteria'
  | 'setup';

/** One span among those that are open. */
export interface Place {
  readonly kind: SpanKind;
  /** Its id; empty for what there is one of. */
  readonly key: string;
}

export type Edge =
  | (Place & { readonly edge: 'begins' | 'ends' | 'marks' })
  /** It is told when it is over, with its length. */
  | { readonly edge: 'passing'; readonly kind: 'model' | 'sweep' | 'push' | 'tool'; readonly ms: number }
  /** An agent says when it begins with a tool, and not when that ends: it lasts until the attempt's next sign. */
  | { readonly edge: 'tool'; readonly key: string }
  | { readonly edge: 'run' };

const begins = (kind: SpanKind, key: unknown): Edge => ({ edge: 'begins', kind, key: keyOf(key) });
const ends = (kind: SpanKind, key: unknown): Edge => ({ edge: 'ends', kind, key: keyOf(key) });
const passing = (kind: 'model' | 'sweep' | 'push' | 'tool', ms: unknown): Edge => ({
  edge: 'passing',
  kind,
  ms: typeof ms === 'number' && ms > 0 ? ms : 0,
});

const keyOf = (key: unknown): string => (typeof key === 'string' || typeof key === 'number' ? `${key}` : '');

export function edgeOf(name: LogEventName, { attempt, data = {} }: LogFields): Edge | undefined {
  switch (name) {
    case 'iteration.started':
      return begins('iteration', data.iteration);
    case 'iteration.ended':
      return ends('iteration', data.iteration);
    case 'attempt.started':
      return begins('attempt', attempt);
    case 'agent.started':
      return { edge: 'marks', kind: 'attempt', key: keyOf(attempt) };
    case 'attempt.ended':
      return ends('attempt', attempt);
    case 'review.asked':
      return begins('review', attempt);
    case 'review.ended':
      return ends('review', attempt);
    case 'landing.started':
      return begins('landing', data.landing);
    case 'landing.landed':
    case 'landing.dropped':
      return ends('landing', data.landing);
    case 'landing.rejected':
      return data.landing === undefined ? undefined : ends('landing', data.landing);
    // The gate on the base and the one on an undo are of no landing: there is one of them at a time.
    case 'gate.started':
      return begins('gate', data.landing);
    case 'gate.ended':
      return ends('gate', data.landing);
    case 'base.checked':
    case 'undo.passed':
    case 'undo.refused':
      return ends('gate', '');
    case 'checks.started':
      return begins('checks', 'checks');
    case 'checks.ended':
      return ends('checks', 'checks');
    case 'rechecks.started':
      return begins('checks', 'recheck');
    case 'rechecks.ended':
      return ends('checks', 'recheck');
    case 'criteria.started':
      return begins('criteria', 'criterion');
    case 'criteria.ended':
      return ends('criteria', 'criterion');
    case 'setup.started':
      return begins('setup', data.key);
    case 'setup.ended':
      return ends('setup', data.key);
    case 'model.called':
    case 'model.failed':
      return passing('model', data.ms);
    case 'sweep.ended':
      return passing('sweep', data.durationMs);
    case 'push.ended':
      return passing('push', data.durationMs);
    case 'agent.activity':
      if (typeof data.tool !== 'string') return undefined;
      return attempt === undefined ? passing('tool', 0) : { edge: 'tool', key: attempt };
    case 'run.closed':
      return { edge: 'run' };
    default:
      return undefined;
  }
}

/** What a span goes into: the first of these that is open, else the run. */
export function placesOf(
  kind: Edge | SpanKind | 'line',
  { attempt, task, data = {} }: LogFields,
): readonly Place[] {
  if (kind === 'iteration') return [{ kind: 'planner', key: keyOf(data.owner) }];
  if (kind === 'gate') return [{ kind: 'landing', key: keyOf(data.landing) }];
  if (kind === 'attempt' || kind === 'landing' || kind === 'planner' || kind === 'review') return [];
  return [
    ...(attempt === undefined ? [] : placesNamed(attempt)),
    ...(data.landing === undefined ? [] : [{ kind: 'landing' as const, key: keyOf(data.landing) }]),
    ...(data.iteration === undefined ? [] : [{ kind: 'iteration' as const, key: keyOf(data.iteration) }]),
    ...(data.role === 'planner' || typeof data.tool === 'string' ? planningOf(task) : []),
  ];
}

/** A planner's iteration, and it has one at a time; between two of them the planner itself. */
const planningOf = (owner: string | undefined): readonly Place[] => [
  { kind: 'iteration', key: liveOf(owner) },
  { kind: 'planner', key: keyOf(owner) },
];

/** Where the iteration that a planner has now is found. @param owner the task whose planner it is; absent: the run's. */
export const liveOf = (owner: unknown): string => `of ${keyOf(owner)}`;

/**
 * The spans that a name of ours tells: `t12.2`, `pregate-t12.2`, `t12.2-reviewer-1`, `gate-l7`, `checks-41`. Which of
 * them are open is looked up by the ids that entries had: nothing is cut off, and nothing guessed.
 */
export function placesNamed(name: string): readonly Place[] {
  const words = name.split('-');
  return [
    ...words.flatMap((key) => BY_NAME.map((kind): Place => ({ kind, key }))),
    ...(words[0] === 'gate' ? [{ kind: 'gate' as const, key: '' }] : []),
  ];
}
const BY_NAME: readonly SpanKind[] = ['attempt', 'review', 'gate', 'landing', 'checks', 'criteria', 'setup'];
