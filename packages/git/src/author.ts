import type { Identity } from '@swarm/core/ports/git';
import type { Git, Place } from './git.ts';
import { identityEnv } from './identity.ts';

/** Name and address as git writes them: it drops what would break the line they stand in. */
export class Author {
  readonly #git: Git;
  readonly #place: Place;
  readonly #identity: Identity;
  #ident: Promise<string> | undefined;

  constructor(git: Git, place: Place, identity: Identity) {
    this.#git = git;
    this.#place = place;
    this.#identity = identity;
  }

  /** `Name <address> seconds +0000`. SW0702 when git takes it for nobody. */
  async at(seconds: number): Promise<string> {
    const options = { env: identityEnv(this.#identity, 0) };
    this.#ident ??= this.#git.text(this.#place, 'var', ['GIT_COMMITTER_IDENT'], options);
    return (await this.#ident).replace(/ 0 \+0000$/, ` ${Math.floor(seconds)} +0000`);
  }
}
