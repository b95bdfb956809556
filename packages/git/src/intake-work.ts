import type { CommitId } from '@swarm/core/model/ids';

/** A commit that came in, and the one of the hub it must descend from. */
export interface Work {
  readonly pushed: CommitId;
  readonly base: CommitId;
}
