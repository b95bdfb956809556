/** Commit objects as `git commit-tree` makes them, byte for byte. */
import { type CommitId, type Identity, SwarmError, type TreeId } from '@swarm/core';
import { type HubContext, identityEnv } from './context.ts';
import { expectObject, type Git, type Place } from './git.ts';
import { writeLoose } from './loose.ts';

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

/** Makes a commit of the hub that is to land: signed, where the operator's are. @throws SW0313 when it cannot be. */
export async function writeLanding(hub: HubContext, ask: Omit<CommitParts, 'who'>): Promise<CommitId> {
  const { signer } = hub;
  if (!signer) return writeCommit(hub, ask);
  const parts = { ...ask, who: await hub.author.at(ask.atSeconds) };
  return remembered(hub, ask, await hub.mutex.run(() => signer.sign(parts)));
}

/** Makes a commit of the hub that nobody will see, or that is not signed. */
export async function writeCommit(hub: HubContext, ask: Omit<CommitParts, 'who'>): Promise<CommitId> {
  const body = commitBody({ ...ask, who: await hub.author.at(ask.atSeconds) });
  const object = { type: 'commit', body } as const;
  const [name = ''] = await hub.mutex.run(() =>
    writeLoose(hub.layout.hubObjects, hub.objectFormat, [object]),
  );
  return remembered(hub, ask, expectObject(name, 'the commit written'));
}

function remembered(
  hub: HubContext,
  { tree, parents }: Omit<CommitParts, 'who'>,
  commit: CommitId,
): CommitId {
  hub.objects.remember(commit, { tree, parents });
  return commit;
}
