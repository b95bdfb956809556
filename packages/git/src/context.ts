import type { CommitId, RunId } from '@swarm/core/model/ids';
import type { Identity, SecretFinder, SecretRules } from '@swarm/core/ports/git';
import type { AttributeFile } from './attributes.ts';
import type { Boundary } from './boundary.ts';
import type { Git, Place } from './git.ts';
import type { HubHelpers } from './helpers.ts';
import type { ObjectFormat } from './identity.ts';
import type { Layout, RunRefs } from './layout.ts';
import type { GitMutex } from './mutex.ts';
import type { Signer } from './signing.ts';

/** What the rooms of one opened hub share. Made by `openHub`; nothing in it changes. */
export interface HubContext extends HubHelpers {
  readonly git: Git;
  readonly mutex: GitMutex;
  readonly layout: Layout;
  readonly refs: RunRefs;
  /** Our own bare repository. */
  readonly hub: { readonly gitDir: string };
  /** The user's repository, or our bare clone of a URL. */
  readonly origin: {
    readonly gitDir: string;
    readonly workTree?: string;
    readonly isShared: boolean;
    /** Objects of its history may have been left at a remote. */
    readonly isPartial?: boolean;
    /** Where it keeps the repositories of its submodules. */
    readonly modules?: readonly string[];
    /** Environment of a git that fetches from it: it may belong to somebody the operator trusts. */
    readonly served?: Readonly<Record<string, string>>;
  };
  readonly objectFormat: ObjectFormat;
  /** Where the hub's history ends. */
  readonly boundary: Boundary;
  readonly run: RunId;
  /** The target's head when the run was opened first. */
  readonly base: CommitId;
  /** The branch the operator named, `refs/heads/main`. */
  readonly targetRef: string;
  /** The reference landings are published to; the target itself, or a branch for review. */
  readonly landOn: string;
  /** False where landings are pushed to a remote. */
  readonly landsHere: boolean;
  readonly identity: Identity;
  /** How files are merged, as the base will have it: `info/attributes` of the hub and of every workspace. */
  readonly attributes: string;
  /** Every `.gitattributes` of the base. */
  readonly attributesAtBase: readonly AttributeFile[];
  readonly cleanUp: CleanUp;
  /** Present when work is looked through for secrets before it is taken. */
  readonly secrets?: SecretFinder;
  /** The same for what has the form of one. */
  readonly rules?: SecretRules;
  /** Changes are named, so that the same one is known again. */
  readonly namesChanges?: true;
  /** Present when what lands is signed. */
  readonly signer?: Signer;
}

/** Removal of what agents and gates wrote in. Whatever cannot be removed is somebody else's to keep and to tell. */
export interface CleanUp {
  /** Afterwards the name is free, or it was told why not. */
  discard(path: string): Promise<void>;
  /** What an earlier clean-up could not remove is tried again. */
  again(): Promise<void>;
}

/** True when every object named is there; asks about the objects themselves, not what they lead to. */
export async function hasCommits(git: Git, place: Place, ids: readonly CommitId[]): Promise<boolean> {
  const ask = ids.map((id) => `${id}\n`).join('');
  const told = await git.text(place, 'cat-file', ['--batch-check=%(objecttype)'], { stdin: ask });
  return told.split('\n').every((line) => line === 'commit');
}
