import type { CommitId } from '@swarm/core/model/ids';
import type { SaveReport } from '@swarm/core/ports/git';

/** What became of an attempt's work on its way into the hub. */
export type Taken =
  | { readonly kind: 'work'; readonly work: CommitId; readonly report: SaveReport }
  | { readonly kind: 'nothing'; readonly report: SaveReport }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'secret'; readonly why: string }
  /** What could be saved is kept, for the next attempt to go on from. */
  | { readonly kind: 'not-saved'; readonly why: string; readonly work?: CommitId }
  | { readonly kind: 'disk-full'; readonly why: string; readonly work?: CommitId };

/** Undefined: nothing was. */
export const leftOutOf = ({ leftOut }: SaveReport): string | undefined =>
  leftOut.length === 0 ? undefined : `not all of the work could be saved:\n${leftOut.join('\n')}`;
