/** A commit object as `git commit-tree` makes it, byte for byte. */
import { SwarmError } from '@swarm/core/errors';
import type { CommitId, TreeId } from '@swarm/core/model/ids';

export interface CommitParts {
  readonly tree: TreeId;
  readonly parents: readonly CommitId[];
  /** Author and committer, with `atSeconds`. */
  readonly who: string;
  /** Seconds since the epoch. */
  readonly atSeconds: number;
  /** Whole, ending as it shall end. */
  readonly message: string;
}

/** A NUL in the message is SW0702, as git would have it. */
export function commitBody({ tree, parents, who, message }: Omit<CommitParts, 'atSeconds'>): Buffer {
  if (message.includes('\0'))
    throw new SwarmError({ code: 'SW0702', what: 'a commit message holds a NUL byte' });
  const above = parents.map((parent) => `parent ${parent}\n`).join('');
  return Buffer.from(`tree ${tree}\n${above}author ${who}\ncommitter ${who}\n\n${message}`);
}
