/** Commit objects as `git commit-tree` makes them, byte for byte. */
import { type CommitId, type Identity, SwarmError, type TreeId } from '@swarm/core';
import { identityEnv } from './context.ts';
import type { Git, Place } from './git.ts';

/** Name and address as git writes them: it drops what would break the line they stand in. */
export class Author {
  private readonly git: Git;
  private readonly place: Place;
  private readonly identity: Identity;
  private ident: Promise<string> | undefined;

  constructor(git: Git, place: Place, identity: Identity) {
    this.git = git;
    this.place = place;
    this.identity = identity;
  }

  /** `Name <address> seconds +0000`. SW0702 when git takes it for nobody. */
  async at(seconds: number): Promise<string> {
    const options = { env: identityEnv(this.identity, 0) };
    this.ident ??= this.git.text(this.place, 'var', ['GIT_COMMITTER_IDENT'], options);
    return (await this.ident).replace(/ 0 \+0000$/, ` ${Math.floor(seconds)} +0000`);
  }
}

/** @param parts.message whole, ending as it shall end; a NUL in it is SW0702, as git would have it. */
export function commitBody(parts: {
  readonly tree: TreeId;
  readonly parents: readonly CommitId[];
  /** Author and committer. */
  readonly who: string;
  readonly message: string;
}): Buffer {
  const { tree, parents, who, message } = parts;
  if (message.includes('\0'))
    throw new SwarmError({ code: 'SW0702', what: 'a commit message holds a NUL byte' });
  const above = parents.map((parent) => `parent ${parent}\n`).join('');
  return Buffer.from(`tree ${tree}\n${above}author ${who}\ncommitter ${who}\n\n${message}`);
}
