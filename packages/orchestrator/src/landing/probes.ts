import type { Attempt } from '@swarm/core/model/attempt';
import { type AttemptId, type CommitId, taskOf } from '@swarm/core/model/ids';
import type { Hub } from '@swarm/core/ports/git';
import type { ForeseenConflict } from '@swarm/core/rules/landing-order';
import { hasRule } from '@swarm/core/rules/resolve/resolve';
import type { State } from '@swarm/core/state';
import type { Context } from '../context.ts';

/** Merges tried for one handoff. */
export const PROBES_MAX = 32;
/** After so many conflicts found for one handoff the next would tell nothing new. */
export const FORESEEN_MAX = 4;
/** Conflicts kept for whoever orders the queue. */
const KEPT_MAX = 256;

/** Work that is alive beside a handoff. */
interface Other {
  readonly attempt: AttemptId;
  readonly commit: CommitId;
}

/**
 * Merges a fresh handoff with what else is alive before anybody lands it, and says which would conflict. Looks only:
 * nothing is decided, and a crash loses nothing. Only pairs that changed a common file are merged, newest first.
 */
export class Probes {
  readonly #context: Context<'hub' | 'log'>;
  #foreseen: readonly ForeseenConflict[] = [];

  constructor(context: Context<'hub' | 'log'>) {
    this.#context = context;
  }

  /** Conflicts foreseen between handoffs that still wait to land. */
  get foreseen(): readonly ForeseenConflict[] {
    const { queue } = this.#context.state;
    return this.#foreseen.filter(({ a, b }) => queue.has(a) && queue.has(b));
  }

  /** To be called when the handoff is recorded. */
  async probe(attempt: AttemptId): Promise<void> {
    const { ports, state } = this.#context;
    const mine = changeOf(state, attempt);
    if (!mine || !state.queue.has(attempt)) return;
    let found = 0;
    for (const other of othersOf(state, attempt, mine.filesChanged)) {
      const files = await conflictOf(ports.hub, mine.commit, other.commit);
      if (files.length === 0) continue;
      this.#tell({ a: attempt, b: other.attempt, files });
      if (++found === FORESEEN_MAX) return;
    }
  }

  #tell(conflict: ForeseenConflict): void {
    const { a, b, files } = conflict;
    this.#foreseen = [...this.foreseen, conflict].slice(-KEPT_MAX);
    this.#context.ports.log.write('conflict.foreseen', {
      msg: `${taskOf(a)} and ${taskOf(b)} conflict in ${files.join(', ')}`,
      task: taskOf(a),
      attempt: a,
      data: { tasks: [taskOf(a), taskOf(b)], attempts: [a, b], files },
    });
  }
}

/** What no rule could settle. */
async function conflictOf(hub: Hub, a: CommitId, b: CommitId): Promise<readonly string[]> {
  return (await hub.probe(a, b)).filter((file) => !hasRule(file));
}

/** The queue's handoffs that changed a common file, then attempts that go on from earlier work. */
function othersOf(state: State, attempt: AttemptId, files: readonly string[]): readonly Other[] {
  const mine = new Set(files);
  const queued = [...state.queue].flatMap((id): Other[] => {
    const change = id === attempt ? undefined : changeOf(state, id);
    const isNear = change?.filesChanged.some((file) => mine.has(file));
    return change && isNear ? [{ attempt: id, commit: change.commit }] : [];
  });
  const live = [...state.liveAttempts].flatMap((id): Other[] => {
    const { from } = state.attempts.get(id)!;
    return from ? [{ attempt: id, commit: from }] : [];
  });
  return [...queued.reverse(), ...live].slice(0, PROBES_MAX);
}

function changeOf(state: State, id: AttemptId) {
  const attempt: Attempt | undefined = state.attempts.get(id);
  return attempt?.state === 'ended' ? attempt.handoff?.change : undefined;
}
